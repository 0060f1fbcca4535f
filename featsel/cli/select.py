"""The command ``featsel select``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from featsel.cli import options
from featsel.cli.log_options import LogOptions, reads_log
from featsel.cli.progress import TerminalReporter
from featsel.core.feature_config import (
    ConfigSplit,
    EmbeddingScheme,
    Encoding,
    Method,
    Pooling,
    Rest,
    SplitOrder,
)

EXAMPLES = """Examples:

featsel select day.parquet --method all -o features.yaml

featsel select 'logs/*.csv.gz' --method all --time ts --min-count 10 --cross user,item -o features.yaml"""


@reads_log()
def select(
    data: options.Data,
    log: LogOptions,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The feature config to write: .yaml or .json.")
    ],
    method: Annotated[
        Method, typer.Option(help="How features are chosen; all keeps every field and every value.")
    ],
    min_count: Annotated[
        int, typer.Option(min=1, help="Values in fewer training rows have no feature of their own.")
    ] = 1,
    numeric_encoding: Annotated[
        Literal["quantile", "log2", "standard"],
        typer.Option(help="How numeric fields are encoded: bins, floor(ln² x), or one scaled embedding."),
    ] = "quantile",
    bins: Annotated[int, typer.Option(min=2, max=10_000, help="Quantile bins of a numeric field.")] = 32,
    cross: Annotated[
        list[str] | None, typer.Option(metavar="A,B", help="Cross these categorical fields (repeatable).")
    ] = None,
    cross_buckets: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Hash crosses into N features; else pairs are counted."),
    ] = None,
    pooling: Annotated[
        Pooling, typer.Option(help="How lists of values become one embedding.")
    ] = Pooling.MEAN,
    max_length: Annotated[
        int, typer.Option(min=1, max=10_000, help="Values of a list that are read at most.")
    ] = 64,
    dim: Annotated[int, typer.Option(min=1, max=4096, help="Width of the embeddings.")] = 16,
    embedding: Annotated[
        EmbeddingScheme, typer.Option(help="How the trainer stores the table.")
    ] = EmbeddingScheme.FULL,
    table_rows: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Rows of a hash, qr or unified table.")
    ] = None,
    lookups: Annotated[int, typer.Option(min=1, help="Rows that make one embedding of a unified table.")] = 2,
    rest: Annotated[
        Rest,
        typer.Option(help="Whether values without a feature share an embedding (oov) or have none (zero)."),
    ] = Rest.OOV,
    valid: options.ValidShare = 0.1,
    test: options.TestShare = 0.1,
    split: options.Split = None,
    cache: options.Cache = None,
    no_cache: options.NoCache = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    config: options.Config = None,  # noqa: ARG001 - its callback does the work
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Choose the features of a log and write the feature config that `featsel train` consumes.

    Vocabularies and bins come from the training rows alone: the rows held out for validation and test are
    the same that `featsel train` holds out on this log.
    """
    resources = log.resources()
    # polars and numba are loaded from here on
    from featsel.encoding.fit import FitOptions  # noqa: PLC0415
    from featsel.report.features import features_table  # noqa: PLC0415
    from featsel.report.table import to_tsv  # noqa: PLC0415
    from featsel.report.terminal import print_rich  # noqa: PLC0415
    from featsel.workflows import select as workflow  # noqa: PLC0415

    order = split or (SplitOrder.TIME if log.time else SplitOrder.RANDOM)
    selected = workflow.SelectOptions(
        output,
        method,
        FitOptions(min_count, dim, bins, Encoding(numeric_encoding), pooling, max_length, cross_buckets),
        tuple(tuple(name.strip() for name in names.split(",")) for names in cross or ()),
        options.embedding_table(embedding, dim, table_rows, lookups, seed=log.seed),
        rest,
        ConfigSplit(order, valid, test, log.seed),
        options.cache_folder(cache, is_off=no_cache),
    )
    with TerminalReporter(quiet=quiet, verbose=verbose) as reporter:
        result = workflow.select(
            log.request(data), selected, n_threads=resources.n_threads, reporter=reporter
        )
    if json:
        sys.stdout.write(result.to_json())
    elif sys.stdout.isatty():
        print_rich(features_table(result.config))
    else:
        sys.stdout.write(to_tsv(features_table(result.config)))
