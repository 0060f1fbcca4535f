"""The command ``featsel export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from featsel.cli import options
from featsel.cli.progress import TerminalReporter

EXAMPLES = """Examples:

featsel export features.yaml --to fuxictr -o fuxictr/

featsel export features.yaml --to sql -o encode.sql

featsel export model/ --to onnx -o model.onnx"""


def export(
    source: Annotated[
        Path,
        typer.Argument(metavar="FILE|DIR", help="The feature config; for onnx the folder of the model."),
    ],
    to: Annotated[
        str,
        typer.Option(metavar="TARGET", help="fuxictr, torchrec, easyrec, deepctr, merlin, sql or onnx."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write; a folder where the target has several.")
    ],
    config: options.Config = None,  # noqa: ARG001 - its callback does the work
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write a feature config as another library reads it, or a trained model as ONNX.

    What the library cannot express, or does in another way, is said in a warning.
    """
    if to == "onnx":
        options.needs_torch("export --to onnx", extra="onnx")
        # torch is loaded from here on
        from featsel.workflows.export_model import export_model  # noqa: PLC0415

        with TerminalReporter(quiet=quiet, verbose=verbose) as reporter:
            export_model(source, output, reporter)
        return
    # polars is loaded from here on
    from featsel.workflows import export as workflow  # noqa: PLC0415

    with TerminalReporter(quiet=quiet, verbose=verbose) as reporter:
        workflow.export(source, to, output, reporter)
