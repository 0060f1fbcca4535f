"""What does a model predict, and how good is it?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featsel.models.model import CTRModel
from featsel.training.batches import Batch, Rows, batches_in_order
from featsel.training.calibration import calibration
from featsel.training.devices import Precision, autocast
from featsel.training.metrics import auc, log_loss
from featsel.training.progress import Evaluation

BATCH_ROWS = 16_384
"""Rows that are predicted together, about: enough for matrix products, few enough for memory."""


def predictions(
    model: CTRModel, rows: Rows, *, device: torch.device, precision: Precision
) -> Iterator[NDArray[np.float32]]:
    """Probabilities of label 1.

    Parameters
    ----------
    model : CTRModel
        On the device.
    rows : Rows
        What is predicted.
    device : torch.device
        Where the model is.
    precision : Precision
        Of matrix products; not ``auto``.

    Yields
    ------
    ndarray of float32, shape (n,)
        Those of the next rows.
    """
    for _, chances in _predicted(model, rows, device=device, precision=precision):
        yield chances.cpu().numpy()


def evaluate(model: CTRModel, rows: Rows, *, device: torch.device, precision: Precision) -> Evaluation:
    """How good a model is on some rows.

    Parameters
    ----------
    model, rows, device, precision
        As of :func:`predictions`.

    Returns
    -------
    Evaluation
        NaN where the predictions are.
    """
    return evaluation_of(*labelled_predictions(model, rows, device=device, precision=precision))


def evaluation_of(
    labels: NDArray[np.uint8], chances: NDArray[np.float32], weights: NDArray[np.float32] | None
) -> Evaluation:
    """How good the predictions of a model are.

    Parameters
    ----------
    labels, chances, weights
        As :func:`labelled_predictions` gives them.

    Returns
    -------
    Evaluation
        NaN where the predictions are.
    """
    if np.isnan(chances).any():
        return Evaluation(math.nan, math.nan, math.nan, math.nan, labels.size)
    meaning = calibration(labels, chances, weights=weights)
    return Evaluation(
        auc=auc(labels, chances, weights=weights),
        log_loss=log_loss(labels, chances, weights=weights),
        ratio=meaning.ratio,
        calibration_error=meaning.expected_error,
        rows=labels.size,
    )


def labelled_predictions(
    model: CTRModel, rows: Rows, *, device: torch.device, precision: Precision
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32] | None]:
    """Labels, probabilities and row weights of some rows.

    Parameters
    ----------
    model, rows, device, precision
        As of :func:`predictions`.

    Returns
    -------
    tuple of ndarray
        Each of shape (n_rows,); no weights where rows have none.
    """
    labels: list[Tensor] = []
    chances: list[Tensor] = []
    weights: list[Tensor] = []
    for batch, predicted in _predicted(model, rows, device=device, precision=precision):
        labels.append(batch.labels.to(torch.uint8))
        chances.append(predicted)
        if batch.row_weights is not None:
            weights.append(batch.row_weights)
    return (
        torch.cat(labels).cpu().numpy(),
        torch.cat(chances).cpu().numpy(),
        torch.cat(weights).cpu().numpy() if weights else None,
    )


def _predicted(
    model: CTRModel, rows: Rows, *, device: torch.device, precision: Precision
) -> Iterator[tuple[Batch, Tensor]]:
    was_training = model.training
    model.eval()
    try:
        for batch in batches_in_order(rows, batch_rows=BATCH_ROWS, device=device):
            with torch.inference_mode(), autocast(device, precision):
                logits: Tensor = model(batch.ids, batch.weights)
                # in double: near 1, float32 has no room for what a logit says
                chances = logits.double().sigmoid().float()
            yield batch, chances
    finally:
        model.train(was_training)
