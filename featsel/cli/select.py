"""The command ``featsel select``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from featsel.cli import options
from featsel.cli.log_options import LogOptions, reads_log
from featsel.cli.progress import TerminalReporter
from featsel.core.errors import ConfigError
from featsel.core.feature_config import (
    ConfigSplit,
    Dims,
    EmbeddingScheme,
    Encoding,
    Method,
    Pooling,
    Rest,
    SplitOrder,
    TableDtype,
)
from featsel.training.recipe import EPOCHS, PATIENCE, PLATEAU, RATE

EXAMPLES = """Examples:

featsel select day.parquet --budget 30% -o features.yaml

featsel select day.parquet --budget 20fields,64MB --time ts --model dcnv2 -o features.yaml

featsel select day.parquet --method all -o features.yaml

featsel select 'logs/*.csv.gz' --method all --time ts --min-count 10 --cross user,item -o features.yaml"""


@reads_log()
def select(
    data: options.Data,
    log: LogOptions,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The feature config to write: .yaml or .json.")
    ],
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help="What features may take up: 20fields, 30%, 250000features, 64MB, or several with commas.",
        ),
    ] = None,
    method: Annotated[
        Method | None,
        typer.Option(
            help="How features are chosen: by what a model loses without them on rows that it did not learn "
            "from (deletion), by gates of features (optfs) or of fields (autofield, adafs, mvfs, lpfs, "
            "vdrop), by what a trained model makes of fields (permutation, shark, sfs), or by a plain score; "
            "all keeps every field and every value. "
            "deletion where there is a --budget."
        ),
    ] = None,
    ranking: Annotated[
        Path | None,
        typer.Option(
            help="What 'featsel rank -o ranking.json' wrote of this log: its noise, constants, identifiers "
            "and leaks are left out."
        ),
    ] = None,
    min_count: options.MinCount = 1,
    numeric_encoding: options.NumericEncoding = "quantile",
    bins: options.Bins = 32,
    cross: Annotated[
        list[str] | None, typer.Option(metavar="A,B", help="Cross these categorical fields (repeatable).")
    ] = None,
    crosses: Annotated[
        int,
        typer.Option(
            min=0,
            max=1000,
            metavar="K",
            help="Find the K best crosses of two categorical fields on the training rows, and add them.",
        ),
    ] = 0,
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
    dim: options.Dim = 16,
    dims: Annotated[
        Dims,
        typer.Option(
            help="Widths of fields: --dim (fixed), or up to that, by what a trained table holds (pca) or by "
            "an evolution (optembed)."
        ),
    ] = Dims.FIXED,
    embedding: Annotated[
        EmbeddingScheme, typer.Option(help="How the trainer stores the table.")
    ] = EmbeddingScheme.FULL,
    table_rows: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Rows of a hash, qr or unified table.")
    ] = None,
    lookups: Annotated[int, typer.Option(min=1, help="Rows that make one embedding of a unified table.")] = 2,
    table_dtype: Annotated[
        TableDtype,
        typer.Option(help="Numbers of the table in the file of a model; int8 takes a quarter of the bytes."),
    ] = TableDtype.FLOAT32,
    rest: Annotated[
        Rest,
        typer.Option(help="Whether values without a feature share an embedding (oov) or have none (zero)."),
    ] = Rest.OOV,
    model: Annotated[
        Literal["lr", "fm", "deepfm", "dcn", "dcnv2", "ipnn", "autoint", "finalmlp", "mlp"],
        typer.Option(help="The model that features are chosen for."),
    ] = "deepfm",
    epochs: options.Epochs = EPOCHS,
    batch_size: options.BatchSize = None,
    lr: options.LearningRate = RATE,
    l2: options.TableL2 = None,
    penalty: Annotated[
        float | None,
        typer.Option(
            "--lambda",
            min=0,
            help="optfs: what an open gate costs. Without --budget, gates alone decide, as published.",
        ),
    ] = None,
    temperature: Annotated[
        float, typer.Option(min=1, max=1e6, help="optfs: of the gates in the last epoch.")
    ] = 200.0,
    gate_epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Epochs of a search of gates: 10, but 2 of lpfs and vdrop."),
    ] = None,
    gate_lr: Annotated[
        float | None,
        typer.Option(min=0, help="Learning rate of gates; else far enough to close any."),
    ] = None,
    rewind: Annotated[int, typer.Option(min=0, help="optfs: epoch whose weights are remembered.")] = 1,
    keep_noise: Annotated[
        bool, typer.Option("--keep-noise", help="Keep fields that are noise, in the search and by --ranking.")
    ] = False,
    shadow: Annotated[
        bool,
        typer.Option(
            help="Estimate how many worthless features are kept; optfs searches fields of chance too for it."
        ),
    ] = True,
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    valid: options.ValidShare = 0.1,
    test: options.TestShare = 0.1,
    split: options.Split = None,
    html: options.Html = None,
    cache: options.Cache = None,
    no_cache: options.NoCache = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    config: options.Config = None,  # noqa: ARG001 - its callback does the work
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Choose the features of a log and write the feature config that `featsel train` consumes.

    Vocabularies, bins and the order of features come from the training rows alone; the rows held out for
    validation and test are the same that `featsel train` holds out on this log. With the same options, it
    reaches on the validation rows what is said here.
    """
    resources = log.resources()
    _check_method(method, budget, dims, has_penalty=penalty is not None)
    options.check_finite({"--lr": lr, "--l2": l2, "--lambda": penalty, "--gate-lr": gate_lr})
    # polars and numba are loaded from here on
    from featsel.encoding.fit import FitOptions  # noqa: PLC0415
    from featsel.report.features import features_table  # noqa: PLC0415
    from featsel.report.selection import evidence_sentences, evidence_table  # noqa: PLC0415
    from featsel.report.table import to_tsv  # noqa: PLC0415
    from featsel.report.terminal import print_rich  # noqa: PLC0415
    from featsel.workflows import select as workflow  # noqa: PLC0415

    order = split or (SplitOrder.TIME if log.time else SplitOrder.RANDOM)
    choose = None
    if method is not Method.ALL:
        options.needs_torch("select --budget")
        # torch is loaded from here on
        from featsel.models.settings import ModelSettings  # noqa: PLC0415
        from featsel.selection.budget import parse_budget  # noqa: PLC0415
        from featsel.training.devices import Device, Precision  # noqa: PLC0415
        from featsel.training.settings import TrainSettings  # noqa: PLC0415
        from featsel.workflows.choose import ChooseOptions, Gates  # noqa: PLC0415
        from featsel.workflows.train_settings import Wishes  # noqa: PLC0415

        choose = ChooseOptions(
            method or Method.DELETION,
            None if budget is None else parse_budget(budget),
            model,
            ModelSettings(),
            TrainSettings(epochs=epochs, rate=lr, patience=PATIENCE, plateau_factor=PLATEAU, seed=log.seed),
            Wishes(Device(device), Precision(precision), batch_size, l2),
            keeps_noise=keep_noise,
            has_shadows=shadow,
            gates=Gates(penalty, temperature, gate_epochs, gate_lr, rewind),
            dims=dims,
        )
    selected = workflow.SelectOptions(
        output,
        choose,
        FitOptions(min_count, dim, bins, Encoding(numeric_encoding), pooling, max_length, cross_buckets),
        tuple(tuple(name.strip() for name in names.split(",")) for names in cross or ()),
        replace(
            options.embedding_table(embedding, dim, table_rows, lookups, seed=log.seed), dtype=table_dtype
        ),
        rest,
        ConfigSplit(order, valid, test, log.seed),
        options.cache_folder(cache, is_off=no_cache),
        html,
        ranking,
        keep_noise,
        crosses,
    )
    with TerminalReporter(quiet=quiet, verbose=verbose) as reporter:
        result = workflow.select(log.request(data), selected, resources, reporter)
        if not json and not sys.stdout.isatty():
            for sentence in evidence_sentences(result.document):
                reporter.note(sentence)
    if json:
        sys.stdout.write(result.to_json())
    elif sys.stdout.isatty():
        table = evidence_table(result.document)
        if table.rows:
            print_rich(replace(table, notes=tuple(evidence_sentences(result.document))))
        print_rich(features_table(result.config))
    else:
        sys.stdout.write(to_tsv(features_table(result.config)))


def _check_method(method: Method | None, budget: str | None, dims: Dims, *, has_penalty: bool) -> None:
    if has_penalty and method is not Method.OPTFS:
        raise ConfigError("--lambda is a penalty of gates", "Add --method optfs, or leave out --lambda.")
    if budget is None and not has_penalty and method is not Method.ALL:
        raise ConfigError(
            "there is no --budget", "Write --budget 30%, 20fields or 64MB; or --method all for no selection."
        )
    if budget is not None and method is Method.ALL:
        raise ConfigError("--method all keeps every feature, whatever the --budget", "Leave out one of them.")
    if dims is not Dims.FIXED and method is Method.ALL:
        raise ConfigError(
            f"--dims {dims} asks a trained model, and --method all trains none",
            "Give a --budget, or leave out --dims.",
        )
