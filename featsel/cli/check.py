"""The command ``featsel check``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from featsel.cli import options
from featsel.cli.config import config_file, option_keys
from featsel.cli.log_options import LogOptions, reads_log
from featsel.cli.progress import TerminalReporter
from featsel.core.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from featsel.workflows.check import CheckOptions, CheckResult

EXAMPLES = """Examples:

featsel check monday.parquet --save-profile good-day.json

featsel check tuesday.parquet --reference good-day.json -o checks.xml -o checks.json

featsel check test.parquet --reference train.parquet --time ts --rules checks.toml

featsel check monday.parquet --init checks.toml

featsel check --explain FS401"""

GITHUB = "github"
FAILED = 1


@reads_log()
def check(
    log: LogOptions,
    data: Annotated[
        list[str] | None,
        typer.Argument(metavar="DATA...", help="Files, globs, folders, URLs, or - for standard input."),
    ] = None,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATA|PROFILE",
            help="What to compare with: a log, or a saved profile (.json); several are taken together.",
        ),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML file with thresholds, severities and waivers.")
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Feature config: its fields must be there and worth it."),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Only these rules, by code or its beginning (repeatable)."),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Not these rules (repeatable).")
    ] = None,
    fail_on: Annotated[
        Literal["error", "warning", "never"] | None,
        typer.Option(help="Failures of which severity end with exit code 1; else error."),
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write the findings: .json, .xml (JUnit), .sarif, .md, .html or .tsv (repeatable).",
        ),
    ] = None,
    html: options.Html = None,
    save_profile: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Keep a small profile of this log, unless the check fails (.json)."
        ),
    ] = None,
    keep_values: Annotated[
        bool, typer.Option("--keep-values", help="Keep values in the profile, not their hashes alone.")
    ] = False,
    init: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a new rules file that holds on this log, to edit."),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List all rules, and end.")] = False,
    explain: Annotated[
        str | None, typer.Option(metavar="CODE", help="Say what a rule measures and why, and end.")
    ] = None,
    no_ci: Annotated[
        bool, typer.Option("--no-ci", help="No annotations and no summary in a GitHub workflow.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    config: options.Config = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Check a log, alone and against a good day, and end with exit code 1 where something is wrong.

    One pass over the log measures all rules, each against what chance alone would bring. Without DATA, the
    rules file, the profiles and the feature config are read and nothing else. Rows count, not the weights
    that --weight names. --format github prints
    annotations, and is the default in a GitHub workflow.
    """
    if list_ or explain is not None:
        _describe(explain)
        return
    wants_github = log.input_format == GITHUB
    if wants_github:
        log = replace(log, input_format=None)
    resources = log.resources()
    # polars and numba are loaded from here on
    from featsel.quality.policy import FailOn  # noqa: PLC0415
    from featsel.workflows import check as workflow  # noqa: PLC0415

    asked = workflow.CheckOptions(
        references=tuple(reference or ()),
        rules=rules,
        config=config_file(config),
        select=tuple(select or ()),
        ignore=tuple(ignore or ()),
        fail_on=FailOn(fail_on) if fail_on is not None else None,
        features=features,
        outputs=tuple(output or ()),
        html=html,
        profile=save_profile,
        keeps_values=keep_values,
        init=init,
    )
    keys = option_keys(check)
    if not data:
        _validate(asked, keys, wants_result=json)
        return
    with TerminalReporter(quiet=quiet, verbose=verbose) as reporter:
        result = workflow.check(log.request(data), asked, resources, reporter, option_keys=keys)
    is_github = wants_github or (workflow.wants_github() and not no_ci)
    _print(result, json=json, is_github=is_github, is_quiet=quiet, is_verbose=verbose)
    if is_github and not no_ci:
        workflow.append_step_summary(result.report)
    if result.has_failed:
        raise typer.Exit(FAILED)


def _describe(code: str | None) -> None:
    from featsel.quality.rules import RULES  # noqa: PLC0415
    from featsel.report.check_rules import explain, list_rules  # noqa: PLC0415
    from featsel.report.table import to_tsv  # noqa: PLC0415
    from featsel.report.terminal import print_rich  # noqa: PLC0415

    if code is not None:
        rule = RULES.get(code.upper()) or next((each for each in RULES.values() if each.name == code), None)
        if rule is None:
            raise ConfigError(
                f"--explain {code!r} is no rule", did_you_mean(code.upper(), list(RULES), what="Rules are")
            )
        sys.stdout.write(explain(rule))
    elif sys.stdout.isatty():
        print_rich(list_rules(RULES))
    else:
        sys.stdout.write(to_tsv(list_rules(RULES)))


def _validate(asked: CheckOptions, keys: frozenset[str], *, wants_result: bool) -> None:
    from featsel.workflows.check import PROFILE_SUFFIX, validate  # noqa: PLC0415

    profiles = all(path.lower().endswith(PROFILE_SUFFIX) for path in asked.references)
    # a gate whose list of files came out empty must not pass
    wants_log = wants_result or asked.outputs or asked.html or asked.profile or asked.init
    if wants_log or not profiles or not (asked.rules or asked.references or asked.features):
        raise ConfigError("there is no log to check", "Name one: featsel check day.parquet.")
    for line in validate(asked, option_keys=keys):
        sys.stdout.write(f"{line}\n")


def _print(result: CheckResult, *, json: bool, is_github: bool, is_quiet: bool, is_verbose: bool) -> None:
    from featsel.report.check import check_table  # noqa: PLC0415
    from featsel.report.check_github import github_annotations  # noqa: PLC0415
    from featsel.report.check_overview import check_overview  # noqa: PLC0415
    from featsel.report.check_summary import check_summary  # noqa: PLC0415
    from featsel.report.table import to_tsv  # noqa: PLC0415
    from featsel.report.terminal import print_paragraphs  # noqa: PLC0415

    report = result.report
    if is_github:
        (sys.stderr if json else sys.stdout).write(github_annotations(report))
    if json:
        sys.stdout.write(result.to_json())
    elif sys.stdout.isatty():
        print_paragraphs(check_overview(report, is_whole=is_verbose))
    else:
        if not is_github:
            sys.stdout.write(to_tsv(check_table(report, is_whole=is_verbose)))
        if not is_quiet:
            sys.stderr.write(f"featsel: {check_summary(report)}\n")
