"""What is different about ``featsel rank --method quickselection``?"""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

import typer

from featsel.cli import options
from featsel.cli.log_options import LogOptions
from featsel.cli.progress import TerminalReporter
from featsel.core.errors import ConfigError

SHARED = {
    *("data", "method", "top", "output", "cache", "no_cache", "json", "config", "quiet", "verbose"),
    *(each.name for each in fields(LogOptions)),
}
"""Parameters of ``featsel rank`` that mean something without a label too."""


def check_options(context: typer.Context) -> None:
    """Refuse options of the command line that only a ranking against a label has.

    Parameters
    ----------
    context : typer.Context
        Of the command; options from a config file are passed over.

    Raises
    ------
    ConfigError
        There are such options.
    """
    given = [
        f"--{name.replace('_', '-')}"
        for name in context.params
        if name not in SHARED and getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    ]
    if given:
        raise ConfigError(
            f"{', '.join(given)} with --method quickselection: strengths have nothing of the kind",
            "Drop the option, or use --method information.",
        )


def rank_quickselection(
    log: LogOptions,
    data: list[str],
    reporter: TerminalReporter,
    *,
    top: int | None,
    output: Path | None,
    cache: tuple[Path | None, bool],
    as_json: bool,
) -> None:
    """Rank the numeric fields of a log without a label and print them.

    Parameters
    ----------
    log : LogOptions
        What the user said of the log.
    data : list of str
        The log.
    reporter : TerminalReporter
        Told of progress and of what is worth knowing.
    top : int, optional
        Fields to print.
    output : Path, optional
        File to write.
    cache : tuple of (Path or None, bool)
        ``--cache`` and ``--no-cache``.
    as_json : bool
        Whether to print the document.
    """
    resources = log.resources()
    from featsel.report.terminal import print_rich  # noqa: PLC0415 - polars and numba are loaded from here on
    from featsel.workflows.quickselect import quickselect  # noqa: PLC0415

    with reporter:
        result = quickselect(
            log.request(data),
            resources,
            reporter,
            output=output,
            cache=options.cache_folder(cache[0], is_off=cache[1]),
        )
    if as_json:
        sys.stdout.write(result.to_json(top))
    elif sys.stdout.isatty():
        print_rich(result.overview(top))
    else:
        sys.stdout.write(result.to_tsv(top))
