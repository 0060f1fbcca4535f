"""The command ``featsel rank``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from featsel.cli import options
from featsel.cli.log_options import LogOptions, reads_log
from featsel.cli.progress import TerminalReporter
from featsel.ranking.scores import Score

EXAMPLES = """Examples:

featsel rank day.parquet

featsel rank 'logs/*.csv.gz' --label click --exclude 'post_*' --top 20

featsel rank train.tsv --format criteo --json -o ranking.json --html ranking.html"""


@reads_log()
def rank(
    data: options.Data,
    log: LogOptions,
    score: Annotated[Score, typer.Option(help="What orders the list.")] = Score.USABLE,
    top: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Print the best N fields; files hold all.")
    ] = None,
    bins: Annotated[int, typer.Option(min=2, max=1000, help="Quantile bins of a numeric field.")] = 32,
    min_count: Annotated[int, typer.Option(min=1, help="Values with fewer rows are pooled into one.")] = 1,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the ranking: .json, .csv, .tsv, .parquet or .md."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page that opens offline.")] = None,
    cache: options.Cache = None,
    no_cache: options.NoCache = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    config: options.Config = None,  # noqa: ARG001 - its callback does the work
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Score every field of a log by its information on the label, corrected for cardinality.

    All rows are counted, exactly. Fields that tell no more than chance would are called noise, however many
    values they have; row ids, constants and columns written after the click are named too.
    """
    resources = log.resources()
    # polars and numba are loaded from here on
    from featsel.report.ranking import ranking_overview, ranking_table  # noqa: PLC0415
    from featsel.report.table import to_tsv  # noqa: PLC0415
    from featsel.report.terminal import print_rich  # noqa: PLC0415
    from featsel.workflows import rank as workflow  # noqa: PLC0415

    with TerminalReporter(quiet=quiet, verbose=verbose) as reporter:
        result = workflow.rank(
            log.request(data),
            workflow.RankOptions(
                score,
                bins,
                min_count,
                output,
                html,
                options.cache_folder(cache, is_off=no_cache),
            ),
            resources,
            reporter,
        )
    if json:
        sys.stdout.write(result.to_json(top))
    elif sys.stdout.isatty():
        for table in (ranking_overview(result.ranking, top, more=result.columns), *result.tables):
            print_rich(table)
    else:
        tables = (ranking_table(result.ranking, top, more=result.columns), *result.tables)
        sys.stdout.write("\n".join(map(to_tsv, tables)))
