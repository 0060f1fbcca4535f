"""The command ``featsel train``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from featsel.cli import options
from featsel.cli.log_options import LogOptions, reads_log
from featsel.cli.progress import TerminalReporter
from featsel.core.errors import ConfigError
from featsel.core.feature_config import TableDtype
from featsel.core.processes import is_first_process
from featsel.training.recipe import EPOCHS, PATIENCE, PLATEAU, RATE

EXAMPLES = """Examples:

featsel train features.yaml day.parquet -o model/

featsel train features.yaml train.parquet --valid valid.parquet --test test.parquet --model dcnv2 -o model/

torchrun --nproc-per-node 4 -m featsel train features.yaml log.parquet --batch-size 65536 -o model/

torchrun --nproc-per-node 4 -m featsel train features.yaml log/ --shards 4 --batch-size 65536 -o model/"""

OF_THE_CONFIG = ("include", "exclude", "categorical", "numeric", "multivalued")
"""Options of a log that a feature config has decided."""


@reads_log(without=OF_THE_CONFIG)
def train(
    features: Annotated[Path, typer.Argument(metavar="FEATURES", help="Feature config, .yaml or .json.")],
    data: options.Data,
    log: LogOptions,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the model.")],
    model: Annotated[
        Literal["lr", "fm", "deepfm", "dcn", "dcnv2", "ipnn", "autoint", "finalmlp", "mlp"],
        typer.Option(help="Which model."),
    ] = "deepfm",
    hidden: Annotated[
        str, typer.Option(metavar="N,N,…", help="Widths of the perceptron's hidden layers.")
    ] = "400,400,400",
    dropout: Annotated[float, typer.Option(min=0, max=0.99, help="Share of hidden units left out.")] = 0.0,
    embedding_sd: Annotated[
        float | None,
        typer.Option(min=0, help="Standard deviation of new embeddings; else small where fields are many."),
    ] = None,
    cross_layers: Annotated[int, typer.Option(min=1, help="Cross layers of dcn and dcnv2.")] = 3,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training rows, at most.")] = EPOCHS,
    batch_size: Annotated[
        int | None,
        typer.Option(
            min=1, help="Rows of a step, over all processes; else 128 to 4096, about 128 steps an epoch."
        ),
    ] = None,
    lr: options.LearningRate = RATE,
    table_lr: Annotated[
        float | None, typer.Option(min=0, help="Learning rate of the embeddings; else that of --lr.")
    ] = None,
    optimizer: Annotated[
        Literal["adam", "adagrad", "dense-adam"],
        typer.Option(
            help="Of the embeddings: Adam on the rows of a batch, row-wise Adagrad, or Adam on all."
        ),
    ] = "adam",
    l2: options.TableL2 = None,
    head_l2: Annotated[
        float, typer.Option(min=0, help="L2 of all other weights, first-order ones of features among them.")
    ] = 0.0,
    clip: Annotated[
        float | None, typer.Option(min=0, metavar="NORM", help="Shorten longer gradients to this norm.")
    ] = None,
    base_batch_size: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Rates and L2 are meant for batches of N rows: CowClip's rule scales them to --batch-size.",
        ),
    ] = None,
    patience: Annotated[
        int,
        typer.Option(min=0, help="Evaluations without a better model before training ends; 0 never ends."),
    ] = PATIENCE,
    plateau: Annotated[
        float,
        typer.Option(
            min=0.0001, max=1, help="Learning rates fall to this share after one of them; 1 is never."
        ),
    ] = PLATEAU,
    monitor: Annotated[
        Literal["log-loss", "auc"], typer.Option(help="What better means, on the validation rows.")
    ] = "log-loss",
    evaluate_steps: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Evaluate every N steps, not only after epochs.")
    ] = None,
    valid: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|SHARE",
            help="Log, or share of the rows, for validation; else as in the config, or 0.1.",
        ),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|SHARE", help="Log, or share of the rows, for test; else as in the config."
        ),
    ] = None,
    split: options.Split = None,
    group: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column, such as the user, for the AUC within groups.")
    ] = None,
    shards: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="K",
            help="Cut the rows into K shards: each process of torchrun reads and keeps K/N of them alone.",
        ),
    ] = None,
    table_dtype: Annotated[
        TableDtype | None,
        typer.Option(
            help="Numbers of the table in the model's file; else as the config says. int8 takes a quarter of "
            "the bytes; training is in float32 all the same."
        ),
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where to train; auto takes a GPU if there is one.")
    ] = "auto",
    precision: Annotated[
        Literal["auto", "fp32", "bf16"],
        typer.Option(help="Of matrix products; auto takes bf16 where the device is faster with it."),
    ] = "auto",
    compile_head: Annotated[
        bool, typer.Option("--compile", help="Compile the model with torch.compile.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on from the last checkpoint of --output, as if never stopped."),
    ] = False,
    checkpoint_steps: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Steps between checkpoints; else five minutes and each epoch."),
    ] = None,
    tensorboard: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the learning curves for TensorBoard.")
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a line of JSON at start, end and each evaluation."),
    ] = None,
    cache: options.Cache = None,
    no_cache: options.NoCache = False,
    html: options.Html = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    config: options.Config = None,  # noqa: ARG001 - its callback does the work
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Train the model that a feature config describes, on a CPU or on GPUs.

    Validation rows decide when to stop and which weights are kept; test rows are looked at once, at the end.
    """
    resources = log.resources()
    options.needs_torch("train")
    options.check_finite(
        {"--lr": lr, "--table-lr": table_lr, "--l2": l2, "--head-l2": head_l2, "--clip": clip}
    )
    # torch is loaded from here on
    from featsel.models.settings import ModelSettings  # noqa: PLC0415
    from featsel.report.table import to_tsv  # noqa: PLC0415
    from featsel.report.terminal import print_rich  # noqa: PLC0415
    from featsel.report.training import training_table  # noqa: PLC0415
    from featsel.training.devices import Device, Precision  # noqa: PLC0415
    from featsel.training.optimizers import TableOptimizer  # noqa: PLC0415
    from featsel.training.settings import Monitor, TrainSettings  # noqa: PLC0415
    from featsel.workflows import train as workflow  # noqa: PLC0415
    from featsel.workflows.model_folder import Architecture  # noqa: PLC0415
    from featsel.workflows.train_settings import Wishes  # noqa: PLC0415

    sizes = ModelSettings(
        hidden=_widths(hidden), dropout=dropout, cross_layers=cross_layers, embedding_sd=embedding_sd
    )
    settings = TrainSettings(
        epochs=epochs,
        rate=lr,
        table_rate=table_lr,
        optimizer=TableOptimizer(optimizer),
        head_l2=head_l2,
        base_batch_size=base_batch_size,
        most_gradient=clip,
        patience=patience or None,
        monitor=Monitor(monitor),
        plateau_factor=plateau,
        evaluate_steps=evaluate_steps,
        seed=log.seed,
        is_compiled=compile_head,
    )
    chosen = workflow.TrainOptions(
        features,
        output,
        Architecture(model, sizes),
        settings,
        Wishes(Device(device), Precision(precision), batch_size, l2),
        {"valid": workflow.held_out("--valid", valid), "test": workflow.held_out("--test", test)},
        split,
        group,
        is_resumed=resume,
        checkpoint_steps=checkpoint_steps,
        tensorboard=tensorboard,
        events=events,
        html=html,
        cache=options.cache_folder(cache, is_off=no_cache),
        shards=shards,
        table_dtype=table_dtype,
    )
    is_silent = not is_first_process()
    with TerminalReporter(quiet=quiet, verbose=verbose, is_silent=is_silent) as reporter:
        result = workflow.train(log.request(data), chosen, resources, reporter)
    if not result.is_first:
        return  # of several processes, one tells
    if json:
        sys.stdout.write(result.to_json())
    elif sys.stdout.isatty():
        print_rich(training_table(result.document))
    else:
        sys.stdout.write(to_tsv(training_table(result.document)))


def _widths(text: str) -> tuple[int, ...]:
    widths = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and 0 < int(part) <= 1 << 16 for part in widths):
        raise ConfigError(f"--hidden {text!r} is no list of widths", "Write something like 400,400,400.")
    return tuple(int(part) for part in widths)
