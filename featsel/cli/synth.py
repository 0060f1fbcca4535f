"""The command ``featsel synth``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from featsel.cli import options
from featsel.cli.progress import TerminalReporter

EXAMPLES = """Examples:

featsel synth demo.parquet

featsel synth big.parquet --rows 10000000 --fields 40 --noise 20 --leak --seed 7"""


def synth(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="File to write: .parquet, .csv, .tsv, .ndjson or .arrow.")
    ],
    rows: Annotated[int, typer.Option(min=1, help="Rows.")] = 100_000,
    fields: Annotated[int, typer.Option(min=1, help="Fields, label and day not counted.")] = 24,
    noise: Annotated[
        int | None, typer.Option(min=0, help="Fields that tell nothing, a row id among them; else 40 %.")
    ] = None,
    redundant: Annotated[
        int | None, typer.Option(min=0, help="Copies of other fields, 1:1 and coarser in turn.")
    ] = None,
    interactions: Annotated[
        int | None, typer.Option(min=0, help="Pairs of fields that tell something only together.")
    ] = None,
    drift: Annotated[
        int | None, typer.Option(min=0, help="Fields whose effect is drawn anew every day.")
    ] = None,
    multivalued: Annotated[int, typer.Option(min=0, help="Informative fields that hold lists.")] = 0,
    leak: Annotated[bool, typer.Option("--leak", help="Two fields written after the click.")] = False,
    positive_rate: Annotated[float, typer.Option(help="Share of clicks.")] = 0.1,
    max_cardinality: Annotated[
        int | None, typer.Option(min=2, help="Most values of a field; else half the rows.")
    ] = None,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    config: options.Config = None,  # noqa: ARG001 - its callback does the work
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Make a click log of which the truth is known, and write the truth beside it (OUT.truth.json).

    Informative fields in which only some values matter, noise at all cardinalities up to row ids, copies,
    pairs that matter only together, drift, a leak. Same options and seed: same bytes.
    """
    options.use_threads(threads)
    # polars is loaded from here on
    from featsel.synth.plan import plan_log  # noqa: PLC0415
    from featsel.workflows import synth as workflow  # noqa: PLC0415

    plan = plan_log(
        n_rows=rows,
        n_fields=fields,
        n_noise=noise,
        n_redundant=redundant,
        n_interactions=interactions,
        n_drift=drift,
        n_multivalued=multivalued,
        leak=leak,
        positive_rate=positive_rate,
        max_cardinality=max_cardinality,
        seed=seed,
    )
    with TerminalReporter(quiet=quiet, verbose=verbose) as reporter:
        workflow.synth(plan, out, reporter)
