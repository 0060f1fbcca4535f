"""What does ``featsel predict`` do?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from featsel import __version__
from featsel.artifacts.atomic import check_target
from featsel.artifacts.documents import to_json
from featsel.artifacts.frames import frame_suffix, from_batches, write_frame
from featsel.core.errors import ConfigError
from featsel.engines.local import Resources
from featsel.logs.fingerprint import fingerprint
from featsel.training.devices import Device, Precision, choose_device, choose_precision, keep_freed_memory
from featsel.training.metrics import auc, log_loss
from featsel.training.predictions import predictions
from featsel.workflows.config_rows import ConfigRows, open_config_rows
from featsel.workflows.encode import EncodeResources
from featsel.workflows.log_rows import LogRows
from featsel.workflows.model_folder import read_model
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest

PREDICTION_SCHEMA = "featsel.prediction/1"
"""Version of the documents that ``featsel predict`` prints."""

SCORE = "score"
"""Column of the predictions."""


@dataclass(frozen=True)
class PredictOptions:
    """Which model predicts, and where predictions go.

    Parameters
    ----------
    model : Path
        Folder of the model.
    output : Path
        Table to write.
    keep : tuple of str
        Columns of the log to write beside the predictions.
    device : Device
        Where.
    precision : Precision
        Of matrix products.
    cache : Path, optional
        Folder of the cache of encoded logs.
    """

    model: Path
    output: Path
    keep: tuple[str, ...] = ()
    device: Device = Device.AUTO
    precision: Precision = Precision.AUTO
    cache: Path | None = None


@dataclass(frozen=True)
class PredictResult:
    """The document that tells of predictions."""

    document: Mapping[str, Any]

    def to_json(self) -> str:
        """Text of the document."""
        return to_json(self.document)


def predict(
    request: LogRequest, options: PredictOptions, resources: Resources, reporter: Reporter
) -> PredictResult:
    """Predict the label of every row of a log.

    Parameters
    ----------
    request : LogRequest
        The log.
    options : PredictOptions
        Which model, where to write.
    resources : Resources
        Threads and memory.
    reporter : Reporter
        Told of progress.

    Returns
    -------
    PredictResult
        With AUC and log loss where the log has the label.

    Raises
    ------
    ConfigError, DataError
        The request, the model or the data is wrong; nothing was written.
    """
    started = time.monotonic()
    torch.set_num_threads(resources.n_threads)
    keep_freed_memory()
    check_target(options.output)
    frame_suffix(options.output)
    keep = tuple(dict.fromkeys(options.keep))
    if SCORE in keep:
        raise ConfigError(
            f"--keep {SCORE!r} is the name of the predictions", "Rename that column of the log."
        )
    model, config, values = read_model(options.model)
    device = choose_device(options.device)
    model = model.to(device)
    with open_config_rows(
        request,
        config,
        values,
        resources=EncodeResources(options.cache, resources.n_threads, reporter, resources.cluster),
        needs_label=False,
        kept=keep,
    ) as opened:
        rows = LogRows(opened.codes, opened.reader)
        reporter.start("predicting", rows.n_rows)
        scores: list[NDArray[np.float32]] = []
        for part in predictions(
            model, rows, device=device, precision=choose_precision(options.precision, device)
        ):
            scores.append(part)
            reporter.advance(part.size)
        found = np.concatenate(scores)
        _write(opened, found, options.output, keep=keep)
        document: dict[str, Any] = {
            "schema": PREDICTION_SCHEMA,
            "featsel": __version__,
            "input": {
                "paths": request.paths,
                "rows": rows.n_rows,
                "columns": len(opened.log.dtypes),
                "fingerprint": fingerprint(opened.log.source.paths),
            },
            "options": {"model": str(options.model), "keep": keep, "output": str(options.output)},
            "mean": float(found.mean(dtype=np.float64)),
            **(_metrics(opened, found) if opened.codes.label is not None else {}),
            "elapsed_s": round(time.monotonic() - started, 3),
        }
    told = f"wrote {options.output} ({rows.n_rows:,} rows, mean {document['mean']:.5f}"
    if document.get("auc") is not None:
        told += f", AUC {document['auc']:.5f}, log loss {document['log_loss']:.5f}"
    reporter.note(told + ")")
    return PredictResult(document)


def _metrics(opened: ConfigRows, scores: NDArray[np.float32]) -> dict[str, float | None]:
    assert opened.codes.label is not None
    labels = opened.codes.label.read()
    weights = None if opened.codes.weights is None else opened.codes.weights.read()
    area = auc(labels, scores, weights=weights)
    return {"auc": None if np.isnan(area) else area, "log_loss": log_loss(labels, scores, weights=weights)}


def _write(opened: ConfigRows, scores: NDArray[np.float32], output: Path, *, keep: Sequence[str]) -> None:
    schema = pl.Schema({**{name: opened.log.dtypes[name] for name in keep}, SCORE: pl.Float32()})

    def batches() -> Iterator[pl.DataFrame]:
        if not keep:
            yield pl.DataFrame({SCORE: scores})
            return
        start = 0
        for batch in opened.log.batches(keep):
            part = pl.Series(SCORE, scores[start : start + batch.height])
            yield batch.with_columns(part)
            start += batch.height

    write_frame(from_batches(batches, schema), output)
