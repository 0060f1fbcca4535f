"""The command ``featsel report``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from featsel.cli import options
from featsel.cli.progress import TerminalReporter

EXAMPLES = """Examples:

featsel report ranking.json checks.json -o report.html

featsel report results/ -o report.html --title 'Clicks of May'

featsel report monday.json tuesday.json features.yaml model/ -o report.html"""


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Results: JSON documents, feature configs, folders of models, or a folder of these.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Page to write, .html.")],
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Heading of the page; else the name of the log.")
    ] = None,
    config: options.Config = None,  # noqa: ARG001 - its callback does the work
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Put several results on one page that opens offline, and print what they say in plain sentences.

    A result is what check, rank, select, train or bench wrote as JSON (-o x.json, or --json), a feature
    config, or the folder of a model. In a folder, what is no result is left out. The page needs no network
    and no server, and holds aggregates alone: no row of a log.
    """
    # polars is loaded from here on
    from featsel.workflows import report as workflow  # noqa: PLC0415

    with TerminalReporter(quiet=quiet, verbose=verbose) as reporter:
        result = workflow.report(runs, output, reporter, title=title)
    sys.stdout.write("".join(f"{line}\n" for line in result.lines))
