"""The command ``featsel bench``."""

from __future__ import annotations

import json as json_text
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from featsel.cli import options
from featsel.cli.log_options import LogOptions, reads_log
from featsel.cli.progress import TerminalReporter
from featsel.core.errors import ConfigError
from featsel.core.feature_config import ConfigSplit, Encoding, SplitOrder
from featsel.training.recipe import EPOCHS, PATIENCE, PLATEAU, RATE

EXAMPLES = """Examples:

featsel bench day.parquet

featsel bench day.parquet --method deletion --method gbdt --model deepfm --model dcnv2 --k 10%,30%,50%,all

featsel bench day.parquet --method all --time ts --seeds 5 --jobs 4 -o bench.json --html bench.html

featsel bench day.parquet --embeddings --scheme hash --scheme unified --budgets .5,.1"""


@reads_log()
def bench(
    data: options.Data,
    log: LogOptions,
    method: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="What orders the fields (repeatable): a --method of select, usable (the --score of rank), "
            "or all of them; else information, usable, mrmr, lasso, gbdt, permutation and deletion. Chance "
            "always takes part, and the truth of a planted log.",
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="What learns from the first fields (repeatable); else fm. As of train; the first one is "
            "also what methods ask.",
        ),
    ] = None,
    k: Annotated[
        str | None,
        typer.Option(
            "--k",
            metavar="N,N,…",
            help="How many first fields: numbers, percentages or all; else 1, 2, 4, … and all.",
        ),
    ] = None,
    embeddings: Annotated[
        bool,
        typer.Option(
            "--embeddings",
            help="Compare schemes of embedding tables in the same bytes, not methods that order fields.",
        ),
    ] = False,
    scheme: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="With --embeddings: full, hash, qr, unified, int8, pca or optembed (repeatable); else all.",
        ),
    ] = None,
    budgets: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE,…",
            help="With --embeddings: shares of the bytes of the full table; else 1,.5,.1,.01.",
        ),
    ] = None,
    lookups: Annotated[
        int | None,
        typer.Option(
            min=1, help="With --embeddings: rows that make one embedding of a unified table; else 2."
        ),
    ] = None,
    seeds: Annotated[
        int,
        typer.Option(min=1, max=1000, help="How often: each seed splits, searches and trains anew."),
    ] = 3,
    jobs: Annotated[
        int, typer.Option(min=1, max=1024, help="Processes, which share --threads; results are the same.")
    ] = 1,
    truth: Annotated[
        Path | None,
        typer.Option(help="Truth of a planted log; else the NAME.truth.json beside it, if there is one."),
    ] = None,
    min_count: options.MinCount = 1,
    numeric_encoding: options.NumericEncoding = "quantile",
    bins: options.Bins = 32,
    dim: options.Dim = 16,
    epochs: options.Epochs = EPOCHS,
    batch_size: options.BatchSize = None,
    lr: options.LearningRate = RATE,
    l2: options.TableL2 = None,
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    valid: options.ValidShare = 0.1,
    test: options.TestShare = 0.1,
    split: options.Split = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the result: .json, .csv, .tsv, .parquet or .md."),
    ] = None,
    html: options.Html = None,
    cache: options.Cache = None,
    no_cache: options.NoCache = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    config: options.Config = None,  # noqa: ARG001 - its callback does the work
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Compare methods that order the fields of a log, by models that learn from the first k of each.

    With --embeddings, compare embedding tables in the same bytes instead. Test rows judge, which no method
    and no training has seen. What is finished is kept beside the encoded log: a bench that was stopped goes
    on where it was, and one more method, model or seed costs only itself.
    """
    resources = log.resources()
    options.needs_torch("bench")
    options.check_finite({"--lr": lr, "--l2": l2})
    _check_kind(
        embeddings=embeddings,
        of_orders={"--method": method, "--k": k, "--truth": truth},
        of_tables={"--scheme": scheme, "--budgets": budgets, "--lookups": lookups},
    )
    # torch is loaded from here on
    from featsel.encoding.fit import FitOptions  # noqa: PLC0415
    from featsel.models.settings import ModelSettings  # noqa: PLC0415
    from featsel.report.bench import points_table, summary_tables  # noqa: PLC0415
    from featsel.report.bench_tables import tables_points, tables_summary  # noqa: PLC0415
    from featsel.report.table import to_tsv  # noqa: PLC0415
    from featsel.report.terminal import print_rich  # noqa: PLC0415
    from featsel.training.devices import Device, Precision  # noqa: PLC0415
    from featsel.training.settings import TrainSettings  # noqa: PLC0415
    from featsel.workflows import bench as workflow  # noqa: PLC0415
    from featsel.workflows.bench_embeddings import (  # noqa: PLC0415
        USUAL_SHARES,
        TableOptions,
        bench_embeddings,
    )
    from featsel.workflows.bench_log import BenchOptions  # noqa: PLC0415
    from featsel.workflows.train_settings import Wishes  # noqa: PLC0415

    order = split or (SplitOrder.TIME if log.time else SplitOrder.RANDOM)
    chosen = BenchOptions(
        tuple(dict.fromkeys(model or ("fm",))),
        ModelSettings(),
        TrainSettings(epochs=epochs, rate=lr, patience=PATIENCE, plateau_factor=PLATEAU, seed=log.seed),
        Wishes(Device(device), Precision(precision), batch_size, l2),
        tuple(dict.fromkeys(method or ())),
        k,
        seeds,
        jobs,
        FitOptions(min_count, dim, bins, Encoding(numeric_encoding)),
        ConfigSplit(order, valid, test, log.seed),
        truth,
        output,
        html,
        options.cache_folder(cache, is_off=no_cache),
    )
    with TerminalReporter(quiet=quiet, verbose=verbose) as reporter:
        if embeddings:
            tables = TableOptions(
                tuple(dict.fromkeys(scheme or ())),
                USUAL_SHARES if budgets is None else budgets,
                lookups or 2,
            )
            result = bench_embeddings(log.request(data), chosen, tables, resources, reporter)
        else:
            result = workflow.bench(log.request(data), chosen, resources, reporter)
    if json:
        sys.stdout.write(result.to_json())
        return
    document = json_text.loads(result.to_json())
    if sys.stdout.isatty():
        for table in tables_summary(document) if embeddings else summary_tables(document):
            print_rich(table)
    else:
        sys.stdout.write(to_tsv(tables_points(document) if embeddings else points_table(document)))


def _check_kind(
    *, embeddings: bool, of_orders: Mapping[str, object], of_tables: Mapping[str, object]
) -> None:
    """Refuse options of the other comparison, which would change nothing."""
    idle = of_orders if embeddings else of_tables
    for name, value in idle.items():
        if value:
            with_or_without = "is for methods that order fields" if embeddings else "is for --embeddings"
            hint = f"Leave out {name}, or {'--embeddings' if embeddings else 'add --embeddings'}."
            raise ConfigError(f"{name} {with_or_without}", hint)
