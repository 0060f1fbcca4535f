"""The commands ``featsel config validate``, ``show`` and ``diff``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = """Examples:

featsel config validate features.yaml

featsel config show features.yaml

featsel config diff monday.yaml tuesday.yaml --json"""

app = typer.Typer(
    name="config",
    help="Check, show and compare feature configs.",
    epilog=EXAMPLES,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="Feature config, .yaml or .json.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No notes.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show tracebacks.")]


@app.command("validate")
def validate(
    file: File,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,  # noqa: ARG001 - read where errors are told
) -> None:
    """Check a feature config and its values file: all that is wrong is told at once, with its place.

    Exit code 0 if nothing is, 2 if something is, 3 if there is no such file.
    """
    # polars is loaded from here on
    from featsel.report.features import features_summary  # noqa: PLC0415
    from featsel.workflows import features as workflow  # noqa: PLC0415

    result = workflow.validate(file)
    if json:
        sys.stdout.write(result.to_json())
    elif not quiet:
        sys.stdout.write(f"valid: {features_summary(result.config)}\n")


@app.command("show")
def show(
    file: File,
    json: Json = False,
    quiet: Quiet = False,  # noqa: ARG001 - there are no notes
    verbose: Verbose = False,  # noqa: ARG001 - read where errors are told
) -> None:
    """Show the fields of a feature config, what each takes up, and the fields that were dropped."""
    # polars is loaded from here on
    from featsel.report.features import features_table  # noqa: PLC0415
    from featsel.report.table import to_tsv  # noqa: PLC0415
    from featsel.report.terminal import print_rich  # noqa: PLC0415
    from featsel.workflows import features as workflow  # noqa: PLC0415

    result = workflow.show(file)
    if json:
        sys.stdout.write(result.to_json())
    elif sys.stdout.isatty():
        print_rich(features_table(result.config))
    else:
        sys.stdout.write(to_tsv(features_table(result.config)))


@app.command("diff")
def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="Feature config, .yaml or .json.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    json: Json = False,
    quiet: Quiet = False,  # noqa: ARG001 - there are no notes
    verbose: Verbose = False,  # noqa: ARG001 - read where errors are told
) -> None:
    """Show what differs from one feature config to another: fields, features, other keys.

    Exit code 0 whether they differ or not.
    """
    # polars is loaded from here on
    from featsel.report.features import diff_table  # noqa: PLC0415
    from featsel.report.table import to_tsv  # noqa: PLC0415
    from featsel.report.terminal import print_rich  # noqa: PLC0415
    from featsel.workflows import features as workflow  # noqa: PLC0415

    result = workflow.diff(before, after)
    if json:
        sys.stdout.write(result.to_json())
    elif sys.stdout.isatty():
        print_rich(diff_table(result.diff))
    else:
        sys.stdout.write(to_tsv(diff_table(result.diff)))
