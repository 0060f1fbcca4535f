"""The command ``featsel rank``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from featsel.cli import options
from featsel.cli.progress import TerminalReporter
from featsel.ranking.scores import Score

EXAMPLES = """Examples:

featsel rank day.parquet

featsel rank 'logs/*.csv.gz' --label click --exclude 'post_*' --top 20

featsel rank train.tsv --format criteo --json -o ranking.json --html ranking.html"""


def rank(
    data: options.Data,
    score: Annotated[Score, typer.Option(help="What orders the list.")] = Score.USABLE,
    top: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Print the best N fields; files hold all.")
    ] = None,
    bins: Annotated[int, typer.Option(min=2, max=1000, help="Quantile bins of a numeric field.")] = 32,
    min_count: Annotated[int, typer.Option(min=1, help="Values with fewer rows are pooled into one.")] = 1,
    label: options.Label = None,
    positive: options.Positive = None,
    include: options.Include = None,
    exclude: options.Exclude = None,
    categorical: options.Categorical = None,
    numeric: options.Numeric = None,
    multivalued: options.Multivalued = None,
    time: options.Time = None,
    weight: options.Weight = None,
    input_format: options.InputFormat = None,
    columns: options.Columns = None,
    no_header: options.NoHeader = False,
    separator: options.Separator = None,
    null_values: options.NullValues = None,
    rows: options.Rows = None,
    sample: options.Sample = None,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    memory_limit: options.MemoryLimit = "4GB",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the ranking: .json, .csv, .tsv, .parquet or .md."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page that opens offline.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    config: options.Config = None,  # noqa: ARG001 - its callback does the work
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Score every field of a log by its information on the label, corrected for cardinality.

    All rows are counted, exactly. Fields that tell no more than chance would are called noise, however many
    values they have; row ids, constants and columns written after the click are named too.
    """
    n_threads = options.use_threads(threads)
    # polars and numba are loaded from here on
    from featsel.engines.local import Resources  # noqa: PLC0415
    from featsel.report.ranking import ranking_overview, ranking_table  # noqa: PLC0415
    from featsel.report.table import to_tsv  # noqa: PLC0415
    from featsel.report.terminal import print_rich  # noqa: PLC0415
    from featsel.workflows import rank as workflow  # noqa: PLC0415
    from featsel.workflows.request import LogRequest  # noqa: PLC0415

    request = LogRequest(
        paths=tuple(data),
        format=options.known_format(input_format),
        label=label,
        positive=positive,
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        categorical=tuple(categorical or ()),
        numeric=tuple(numeric or ()),
        multivalued=tuple(multivalued or ()),
        time=time,
        weight=weight,
        text=options.text_options(columns, separator, null_values, has_header=not no_header),
        rows=rows,
        sample=sample,
        seed=seed,
    )
    with TerminalReporter(quiet=quiet, verbose=verbose) as reporter:
        result = workflow.rank(
            request,
            workflow.RankOptions(score, bins, min_count, output, html),
            Resources(n_threads, options.parse_bytes(memory_limit)),
            reporter,
        )
    if json:
        sys.stdout.write(result.to_json(top))
    elif sys.stdout.isatty():
        print_rich(ranking_overview(result.ranking, top))
    else:
        sys.stdout.write(to_tsv(ranking_table(result.ranking, top)))
