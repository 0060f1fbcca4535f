"""The command ``featsel predict``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from featsel.cli import options
from featsel.cli.log_options import LogOptions, reads_log
from featsel.cli.progress import TerminalReporter
from featsel.cli.train import OF_THE_CONFIG

EXAMPLES = """Examples:

featsel predict model/ tomorrow.parquet -o scores.parquet

featsel predict model/ tomorrow.csv.gz --keep user_id --keep item_id -o scores.csv"""


@reads_log(without=(*OF_THE_CONFIG, "time", "weight"))
def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Folder that 'featsel train -o' wrote.")],
    data: options.Data,
    log: LogOptions,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Table to write: .parquet, .csv, .tsv, .arrow, .ndjson, …")
    ],
    keep: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Write this column of the log too (repeatable).")
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"],
        typer.Option(help="Where to predict; auto takes a GPU if there is one."),
    ] = "auto",
    precision: Annotated[
        Literal["auto", "fp32", "bf16"],
        typer.Option(help="Of matrix products; auto takes bf16 where the device is faster with it."),
    ] = "auto",
    cache: options.Cache = None,
    no_cache: options.NoCache = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    config: options.Config = None,  # noqa: ARG001 - its callback does the work
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Predict the click probability of every row of a log, in its order, as column `score`.

    Values without a feature count as the out-of-vocabulary feature of their field. Where the log has the
    label, AUC and log loss are told too.
    """
    resources = log.resources()
    options.needs_torch("predict")
    # torch is loaded from here on
    from featsel.training.devices import Device, Precision  # noqa: PLC0415
    from featsel.workflows import predict as workflow  # noqa: PLC0415

    chosen = workflow.PredictOptions(
        model,
        output,
        tuple(keep or ()),
        Device(device),
        Precision(precision),
        options.cache_folder(cache, is_off=no_cache),
    )
    with TerminalReporter(quiet=quiet, verbose=verbose) as reporter:
        result = workflow.predict(log.request(data), chosen, resources, reporter)
    if json:
        sys.stdout.write(result.to_json())
