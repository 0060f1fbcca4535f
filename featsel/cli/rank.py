"""The command ``featsel rank``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from featsel.cli import options
from featsel.cli.log_options import LogOptions, reads_log
from featsel.cli.progress import TerminalReporter
from featsel.cli.rank_quickselection import check_options, rank_quickselection
from featsel.ranking.scores import Method, Score, Strategy

EXAMPLES = """Examples:

featsel rank day.parquet

featsel rank 'logs/*.csv.gz' --label click --exclude 'post_*' --top 20

featsel rank week.parquet --time ts --score forward --by country

featsel rank train.tsv --format criteo --json -o ranking.json --html ranking.html

featsel rank day.parquet --redundancy --strategy jmi --interactions 10

featsel rank today.parquet --compare yesterday.json --stability 100

featsel rank numbers.parquet --method quickselection"""


@reads_log()
def rank(
    context: typer.Context,
    data: options.Data,
    log: LogOptions,
    method: Annotated[
        Method,
        typer.Option(help="By information on the label, or (quickselection) numeric fields without a label."),
    ] = Method.INFORMATION,
    score: Annotated[Score, typer.Option(help="What orders the list.")] = Score.USABLE,
    top: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Print the best N fields; files hold all.")
    ] = None,
    bins: Annotated[int, typer.Option(min=2, max=1000, help="Quantile bins of a numeric field.")] = 32,
    min_count: Annotated[int, typer.Option(min=1, help="Values with fewer rows are pooled into one.")] = 1,
    by: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Rank within each domain too: the values of this field."),
    ] = None,
    redundancy: Annotated[
        bool,
        typer.Option(
            "--redundancy/--no-redundancy", help="Tell which fields go together, and what each adds."
        ),
    ] = False,
    strategy: Annotated[
        Strategy | None,
        typer.Option(
            help="With --redundancy: order fields by what each adds to those before it.  [default: mrmr]"
        ),
    ] = None,
    stability: Annotated[
        int | None,
        typer.Option(
            min=2, metavar="N", help="Rank N random halves too, of the days with --time: is the order sure?"
        ),
    ] = None,
    interactions: Annotated[
        int | None,
        typer.Option(
            min=1, max=1000, metavar="K", help="Find the K best pairs of fields that tell more together."
        ),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A saved ranking (.json): what moved by more than its noise?"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the ranking: .json, .csv, .tsv, .parquet or .md."),
    ] = None,
    html: options.Html = None,
    cache: options.Cache = None,
    no_cache: options.NoCache = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    config: options.Config = None,  # noqa: ARG001 - its callback does the work
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Score every field of a log by its information on the label, corrected for cardinality.

    All rows are counted, exactly. Fields that tell no more than chance would are called noise, however many
    values they have; row ids, constants and columns written after the click are named too. With --time it
    also says what of each field lasts from one day to the next, with --by for whom it tells something, and
    with --redundancy and --interactions what goes, and what works, together. With --method quickselection no
    label is needed: numeric fields are ranked by what they tell of each other.
    """
    if method is Method.QUICKSELECTION:
        check_options(context)
        rank_quickselection(
            log,
            data,
            TerminalReporter(quiet=quiet, verbose=verbose),
            top=top,
            output=output,
            cache=(cache, no_cache),
            as_json=json,
        )
        return
    resources = log.resources()
    request = log.request(data)
    # polars and numba are loaded from here on
    from featsel.report.ranking import ranking_overview, ranking_table  # noqa: PLC0415
    from featsel.report.table import to_tsv  # noqa: PLC0415
    from featsel.report.terminal import print_rich  # noqa: PLC0415
    from featsel.workflows import rank as workflow  # noqa: PLC0415
    from featsel.workflows.rank_questions import Asked  # noqa: PLC0415

    asked = Asked(by, redundancy, strategy, interactions, stability, compare)
    questions = asked.questions(request, score)
    with TerminalReporter(quiet=quiet, verbose=verbose) as reporter:
        result = workflow.rank(
            request,
            workflow.RankOptions(
                score,
                bins,
                min_count,
                output,
                html,
                options.cache_folder(cache, is_off=no_cache),
                questions,
                about=() if by is None else (by,),
                asked=asked.as_options(),
            ),
            resources,
            reporter,
        )
    if json:
        sys.stdout.write(result.to_json(top))
    elif sys.stdout.isatty():
        print_rich(ranking_overview(result.ranking, top, more=result.columns))
        for table in result.tables:
            sys.stdout.write("\n")
            print_rich(table)
    else:
        tables = (ranking_table(result.ranking, top, more=result.columns), *result.tables)
        sys.stdout.write("\n".join(map(to_tsv, tables)))
