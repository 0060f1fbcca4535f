"""Is the model that reads the chosen features as good as the one that reads all?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.selection.order import FeatureOrder

NORMAL_95 = 1.959964
"""Standard errors to each side of a 95 % interval."""

CURVE_SHARES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
"""Shares of all features at which the curve is told."""


@dataclass(frozen=True)
class Trained:
    """How a model does on validation rows.

    Parameters
    ----------
    auc, log_loss : float
        Of all rows.
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1.
    chances : ndarray of float32, shape (n_rows,)
        Predicted probabilities.
    weights : ndarray of float32, shape (n_rows,), optional
        Of the rows.
    """

    auc: float
    log_loss: float
    labels: NDArray[np.uint8]
    chances: NDArray[np.float32]
    weights: NDArray[np.float32] | None = None

    @property
    def metrics(self) -> dict[str, float]:
        """AUC and log loss by name."""
        return {"auc": self.auc, "log_loss": self.log_loss}


@dataclass(frozen=True)
class Change:
    """Difference of two log losses on the same rows, with its 95 % interval over rows.

    Parameters
    ----------
    mean : float
        Nats a row; negative where the second model is better.
    low, high : float
        Ends of the interval. It knows of the rows that were drawn, not of the seed of the training.
    """

    mean: float
    low: float
    high: float


def compare(first: Trained, second: Trained) -> Change:
    """Compare two models row by row.

    Parameters
    ----------
    first, second : Trained
        On the same rows.

    Returns
    -------
    Change
        Log loss of the second less that of the first.
    """
    change = _losses(second) - _losses(first)
    weights = np.ones(change.size) if first.weights is None else first.weights.astype(np.float64)
    total = float(weights.sum())
    mean = float(weights @ change / total)
    error = float(np.sqrt(np.sum((weights * (change - mean)) ** 2))) / total
    return Change(mean, mean - NORMAL_95 * error, mean + NORMAL_95 * error)


def gain_curve(order: FeatureOrder, n_rows: int, *, n_all: int) -> list[dict[str, float | int]]:
    """What the first features of an order gain together, by the scores of the search.

    Parameters
    ----------
    order : FeatureOrder
        With gains as scores; other scores make no curve.
    n_rows : int
        Rows that the gains were added up over.
    n_all : int
        Features of the log.

    Returns
    -------
    list of dict
        ``features``, ``share`` of all features, ``gain``: nats a row that the search expects to lose without
        any of them. Where it falls, further features do harm.
    """
    scores = order.scores[order.ids]
    if order.ids.size == 0 or not np.isfinite(scores).all():
        return []
    gains = np.cumsum(scores) / n_rows
    points = sorted({min(order.ids.size, max(1, int(share * n_all))) for share in CURVE_SHARES})
    return [{"features": point, "share": point / n_all, "gain": float(gains[point - 1])} for point in points]


def _losses(trained: Trained) -> NDArray[np.float64]:
    tiny = np.finfo(np.float32).tiny
    chances = trained.chances.astype(np.float64)
    right = np.where(trained.labels == 1, chances, 1 - chances)
    return -np.log(np.maximum(right, tiny))
