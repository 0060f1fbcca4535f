"""What does ``featsel train`` do?"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from featsel import __version__
from featsel.artifacts.atomic import check_target, write_text
from featsel.artifacts.documents import to_json, without_nan
from featsel.artifacts.feature_configs import read_features
from featsel.core.errors import ConfigError
from featsel.core.feature_config import FeatureConfig, SplitOrder, TableDtype
from featsel.core.table_size import stored_as
from featsel.core.temporary import remove_abandoned
from featsel.engines.local import Resources
from featsel.models.model import CTRModel
from featsel.models.quantised import round_table
from featsel.report.training_page import training_html
from featsel.training.calibration import calibration
from featsel.training.cuts import Cuts, EqualCuts, ShardCuts
from featsel.training.devices import keep_freed_memory
from featsel.training.distributed import Team, joined_team
from featsel.training.loop import Callbacks, FitResult, fit
from featsel.training.metrics import auc, grouped_auc, log_loss
from featsel.training.progress import Report
from featsel.training.settings import TrainSettings
from featsel.training.shards import Shards, predicted_by_all
from featsel.workflows.encode import EncodeResources
from featsel.workflows.log_rows import LogRows
from featsel.workflows.model_folder import (
    Architecture,
    start_folder,
    write_weights,
)
from featsel.workflows.outputs import check_outputs
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest
from featsel.workflows.train_events import TrainEvents
from featsel.workflows.train_listener import TrainListener
from featsel.workflows.train_rows import Held, HeldOut, TrainRows
from featsel.workflows.train_settings import Wishes, complete
from featsel.workflows.train_team import open_rows, read_common_checkpoint

METRICS_SCHEMA = "featsel.metrics/1"
"""Version of ``metrics.json``."""


@dataclass(frozen=True)
class TrainOptions:
    """How a model is trained, and where it goes.

    Parameters
    ----------
    features : Path
        The feature config.
    output : Path
        Folder of the model.
    architecture : Architecture
        Which model.
    settings : TrainSettings
        How it learns; device, precision, batch, L2 of the table and buffer are found here.
    wishes : Wishes
        Device, precision, batch and L2, as far as they were chosen.
    held_out : mapping of str to HeldOut
        ``valid`` and ``test``: rows that are not trained on.
    order : SplitOrder, optional
        Which rows a share holds out; what the config says where absent.
    group : str, optional
        Column whose groups have an AUC of their own.
    is_resumed : bool
        Whether an interrupted training goes on.
    checkpoint_steps : int, optional
        Steps between checkpoints within an epoch.
    tensorboard : Path, optional
        Folder for TensorBoard.
    events : Path, optional
        File that gets a line of JSON for each evaluation.
    html : Path, optional
        Page to write.
    cache : Path, optional
        Folder of the cache of encoded logs.
    shards : int, optional
        How many shards the rows are cut into, which processes divide; where absent, each process has all
        rows.
    table_dtype : TableDtype, optional
        How the numbers of the table are stored; as the config says where absent.
    """

    features: Path
    output: Path
    architecture: Architecture
    settings: TrainSettings = field(default_factory=TrainSettings)
    wishes: Wishes = field(default_factory=Wishes)
    held_out: Mapping[str, HeldOut] = field(default_factory=lambda: {"valid": HeldOut(), "test": HeldOut()})
    order: SplitOrder | None = None
    group: str | None = None
    is_resumed: bool = False
    checkpoint_steps: int | None = None
    tensorboard: Path | None = None
    events: Path | None = None
    html: Path | None = None
    cache: Path | None = None
    shards: int | None = None
    table_dtype: TableDtype | None = None


@dataclass(frozen=True)
class TrainResult:
    """What a training led to, whether this process is the one to tell of it, and the document that does."""

    history: Sequence[Report]
    is_first: bool
    document: Mapping[str, Any]

    def to_json(self) -> str:
        """Text of the document."""
        return to_json(self.document)


@dataclass(frozen=True)
class _Moment:
    """Wall-clock and processor seconds."""

    wall_s: float
    cpu_s: float

    @staticmethod
    def now() -> _Moment:
        return _Moment(time.monotonic(), time.process_time())


def held_out(option: str, text: str | None) -> HeldOut:
    """Rows that an option names: a share if it is a number below 1, else a log.

    Parameters
    ----------
    option : str
        Name of the option, for messages.
    text : str or None
        What the user wrote.

    Returns
    -------
    HeldOut
        The rows.

    Raises
    ------
    ConfigError
        A number is no share.
    """
    if text is None:
        return HeldOut()
    try:
        share = float(text)
    except ValueError:
        return HeldOut(path=text)
    if not 0 <= share < 1:
        raise ConfigError(
            f"{option} {text!r} is no share of the rows", "Write a number from 0 to below 1, or a file."
        )
    return HeldOut(share=share)


def train(
    request: LogRequest, options: TrainOptions, resources: Resources, reporter: Reporter
) -> TrainResult:
    """Train the model that a feature config describes.

    Parameters
    ----------
    request : LogRequest
        The log.
    options : TrainOptions
        How to train, where to write.
    resources : Resources
        Threads and memory.
    reporter : Reporter
        Told of progress and of what is worth knowing.

    Returns
    -------
    TrainResult
        The folder holds it too.

    Raises
    ------
    ConfigError, DataError
        The request or the data is wrong.
    """
    moments = [_Moment.now()]
    torch.set_num_threads(resources.n_threads)
    with joined_team() as team, ExitStack() as stack:
        with team.together():
            config, values = read_features(options.features)
            config = stored_as(config, options.table_dtype)
            if team.rank == 0:
                _check_output(options.output)
                _check_files(request, options)
        rows = stack.enter_context(
            open_rows(
                request,
                config,
                values,
                n_shards=options.shards,
                team=team,
                held_out=options.held_out,
                order=options.order,
                group=options.group,
                resources=EncodeResources(options.cache, resources.n_threads, reporter, resources.cluster),
            )
        )
        with team.together():
            settings = complete(
                options.settings,
                options.wishes,
                n_rows=rows.train.n_rows,
                row_bytes=rows.row_bytes,
                memory_bytes=resources.memory_bytes,
                local_rank=team.local_rank,
            )
        data = f"{rows.fingerprint} {rows.split}"
        state = None
        if options.is_resumed:
            state = read_common_checkpoint(options.output, options.architecture, config, team, data=data)
        if options.is_resumed and state is None:
            reporter.note(f"{options.output} has no checkpoint: the training begins anew")
        model = options.architecture.build(config, seed=settings.seed).to(settings.device)
        with team.together():
            if team.rank == 0 and state is None:
                start_folder(options.output, options.architecture, config, values)
            if team.rank == 0:
                remove_abandoned(options.output, prefix=".")
            events = stack.enter_context(
                TrainEvents(options.events if team.rank == 0 else None, is_continued=state is not None)
            )
        keep_freed_memory()  # only now: encoding would keep what training has no use for
        moments.append(_Moment.now())
        valid = rows.held.get("valid")
        facts = {
            "featsel": __version__,
            "input": _input(request, rows, config),
            "processes": _processes(rows, team),
            "options": _options(request, options, settings),
            "model": {
                "name": options.architecture.model,
                "parameters": model.n_parameters,
                "table_bytes": model.table_bytes,
            },
        }
        events.start({**facts, "rows": _row_numbers(rows), "is_resumed": state is not None})
        with TrainListener(
            options.output,
            settings,
            reporter,
            cuts=_cuts(rows.train, settings),
            n_rows=rows.train.n_rows,
            data=data,
            checkpoint_steps=options.checkpoint_steps,
            tensorboard=options.tensorboard if team.rank == 0 else None,
        ) as listener:

            def on_report(line: Report) -> None:
                listener.on_report(line)
                events.evaluation(line, rows_per_second=listener.rows_per_second)

            fitted = fit(
                model,
                rows.train,
                valid=None if valid is None else valid.rows,
                settings=settings,
                state=state,
                callbacks=Callbacks(listener.on_step, on_report, listener.on_checkpoint),
                team=team,
            )
        moments.append(_Moment.now())
        round_table(model, config.embedding.dtype)  # metrics are those of the file
        held = {name: _metrics(model, each, settings, team) for name, each in rows.held.items()}
        document = cast(
            "dict[str, Any]",
            without_nan(
                {
                    "schema": METRICS_SCHEMA,
                    **facts,
                    **_outcome(fitted, rows, held),
                    "rows_per_second": listener.rows_per_second,
                    "timing": _timing(moments, listener),
                    "history": [asdict(line) for line in fitted.progress.history],
                    "elapsed_s": round(time.monotonic() - moments[0].wall_s, 3),
                }
            ),
        )
        if team.rank == 0:
            write_weights(options.output, model, config.embedding.dtype)
            write_text(options.output / "history.csv", _history_csv(fitted.progress.history))
            write_text(options.output / "metrics.json", to_json(document))
            if options.html is not None:
                write_text(options.html, training_html(document))
        events.done(document)
    return TrainResult(fitted.progress.history, team.rank == 0, document)


def _check_output(folder: Path) -> None:
    if not folder.exists():
        check_target(folder)
    elif not folder.is_dir():
        raise ConfigError(f"output {str(folder)!r} is a file", "Name a folder for the model.")
    elif any(folder.iterdir()) and not (folder / "model.json").is_file():
        raise ConfigError(
            f"output {str(folder)!r} is a folder with other things in it", "Name a new folder for the model."
        )


def _check_files(request: LogRequest, options: TrainOptions) -> None:
    others = [held.path for held in options.held_out.values() if held.path is not None]
    check_outputs(
        [_beside(options.events, options)],
        page=_beside(options.html, options),
        inputs=(*request.paths, *others),
    )


def _beside(path: Path | None, options: TrainOptions) -> Path | None:
    """Same file, or one beside the folder of the model where it is in that, which will be there in time."""
    folder = options.output.resolve()
    if path is not None and not folder.exists() and path.resolve().parent == folder:
        return folder.parent / path.name
    return path


def _cuts(train: LogRows | Shards, settings: TrainSettings) -> Cuts:
    """How many rows batches have; of shards, about."""
    equal = EqualCuts(train.n_rows, settings.batch_size)
    return ShardCuts(train.n_rows, equal.n_batches, 0) if isinstance(train, Shards) else equal


def _processes(rows: TrainRows, team: Team) -> dict[str, Any]:
    return {"number": team.size, "shards": rows.train.sizes if isinstance(rows.train, Shards) else None}


def _row_numbers(rows: TrainRows) -> dict[str, int]:
    return {"train": rows.train.n_rows, **{name: held.rows.n_rows for name, held in rows.held.items()}}


def _metrics(model: CTRModel, held: Held, settings: TrainSettings, team: Team) -> dict[str, Any]:
    found = predicted_by_all(model, held.rows, team, device=settings.device, precision=settings.precision)
    return team.from_first({} if found is None else _metrics_of(*found, groups=held.groups))


def _metrics_of(
    labels: NDArray[np.uint8],
    chances: NDArray[np.float32],
    weights: NDArray[np.float32] | None,
    *,
    groups: NDArray[np.integer] | None,
) -> dict[str, Any]:
    metrics: dict[str, Any] = {
        "auc": auc(labels, chances, weights=weights),
        "log_loss": log_loss(labels, chances, weights=weights),
        "calibration": asdict(calibration(labels, chances, weights=weights)),
        "rows": labels.size,
    }
    if groups is not None:
        metrics["gauc"] = asdict(grouped_auc(labels, chances, groups=groups, weights=weights))
    return metrics


def _input(request: LogRequest, rows: TrainRows, config: FeatureConfig) -> dict[str, Any]:
    return {
        "paths": request.paths,
        "rows": rows.n_log_rows,
        "columns": len(config.fields),
        "fingerprint": rows.fingerprint,
    }


def _options(request: LogRequest, options: TrainOptions, settings: TrainSettings) -> dict[str, Any]:
    names = (
        "epochs batch_size rate table_rate table_l2 head_l2 base_batch_size most_gradient patience "
        "plateau_factor evaluate_steps is_compiled seed"
    )
    return {
        "features": str(options.features),
        "model": options.architecture.model,
        **asdict(options.architecture.settings),
        **{name: getattr(settings, name) for name in names.split()},
        "optimizer": str(settings.optimizer),
        "monitor": str(settings.monitor),
        "precision": str(settings.precision),
        "device": str(settings.device),
        "held_out": {name: asdict(held) for name, held in options.held_out.items()},
        "rows": request.rows,
        "sample": request.sample,
    }


def _outcome(fitted: FitResult, rows: TrainRows, held: Mapping[str, Any]) -> dict[str, Any]:
    history = fitted.progress.history
    best = next((line for line in reversed(history) if line.is_best), history[-1])
    return {
        "train": {"log_loss": history[-1].train_loss, "rows": rows.train.n_rows},
        **held,
        "split": asdict(rows.split),
        "epochs": history[-1].epoch,
        "best_epoch": best.epoch,
    }


def _timing(moments: Sequence[_Moment], listener: TrainListener) -> dict[str, float]:
    begun, encoded, trained = moments
    return {
        "encode_s": round(encoded.wall_s - begun.wall_s, 3),
        "encode_cpu_s": round(encoded.cpu_s - begun.cpu_s, 3),
        "fit_s": round(trained.wall_s - encoded.wall_s, 3),
        "fit_cpu_s": round(trained.cpu_s - encoded.cpu_s, 3),
        "train_s": round(listener.train_s, 3),
        "train_cpu_s": round(listener.train_cpu_s, 3),
        "rows_per_cpu_second": listener.rows_per_cpu_second,
    }


def _history_csv(history: Sequence[Report]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    measures = ("auc", "log_loss", "ratio", "calibration_error")
    writer.writerow(
        ["epoch", "step", "rate", "train_log_loss", *(f"valid_{name}" for name in measures), "is_best"]
    )
    for line in history:
        found = [None if line.valid is None else getattr(line.valid, name) for name in measures]
        writer.writerow([line.epoch, line.step, line.rate, line.train_loss, *found, int(line.is_best)])
    return out.getvalue()
