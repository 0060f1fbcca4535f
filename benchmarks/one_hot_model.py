"""How well does a one-hot logistic regression predict from some fields of a log?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_limits

N_BINS = 32
MAX_ITERATIONS = 500
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Candidates for the inverse of the L2 penalty."""


@dataclass(frozen=True)
class EncodedLog:
    """Codes of all fields: -1 where the value was not seen in training.

    Parameters
    ----------
    train, test : dict of str to ndarray of int32
        Codes by field.
    cardinalities : dict of str to int
        Values of each field in training.
    train_labels, test_labels : ndarray of int8
        0 or 1.
    """

    train: Mapping[str, NDArray[np.int32]]
    test: Mapping[str, NDArray[np.int32]]
    cardinalities: Mapping[str, int]
    train_labels: NDArray[np.int8]
    test_labels: NDArray[np.int8]


def encode(train: pl.DataFrame, test: pl.DataFrame, numeric: Sequence[str]) -> EncodedLog:
    """One code per value of a categorical field, per training quantile of a numeric one, and for null."""
    codes: tuple[dict[str, NDArray[np.int32]], dict[str, NDArray[np.int32]]] = ({}, {})
    cardinalities: dict[str, int] = {}
    for name in train.columns:
        if name == "label":
            continue
        columns = [train[name], test[name]]
        if name in numeric:
            columns = _bins(*columns)
        values = columns[0].unique()
        keys = pl.DataFrame({"value": values, "code": np.arange(values.len(), dtype=np.int32)})
        cardinalities[name] = values.len()
        for column, found in zip(columns, codes, strict=True):
            frame = column.rename("value").to_frame()
            joined = frame.join(keys, on="value", how="left", nulls_equal=True, maintain_order="left")
            found[name] = joined["code"].fill_null(-1).to_numpy()
    labels = [frame["label"].cast(pl.Int8).to_numpy() for frame in (train, test)]
    return EncodedLog(*codes, cardinalities, *labels)


def predict(log: EncodedLog, fields: Sequence[str], strength: float) -> NDArray[np.float64]:
    """Log odds of the test rows from a model of these fields, trained on the training rows."""
    model = LogisticRegression(C=strength, max_iter=MAX_ITERATIONS)
    with threadpool_limits(1):  # the vectors are short: more threads wait for each other, 20 times longer
        model.fit(_matrix(log.train, fields, log.cardinalities), log.train_labels)
    return model.decision_function(_matrix(log.test, fields, log.cardinalities))


def best_strength(log: EncodedLog) -> float:
    """Inverse penalty with the lowest log loss on the log's test rows, all fields used."""
    fields = list(log.cardinalities)
    losses = {
        strength: log_loss(log.test_labels, 1 / (1 + np.exp(-predict(log, fields, strength))))
        for strength in STRENGTHS
    }
    return min(losses, key=losses.__getitem__)


def auc(
    log_odds: NDArray[np.float64], labels: NDArray[np.int8], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Area under the ROC curve for each row of weights, such as the counts of a bootstrap."""
    order = np.argsort(log_odds, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(log_odds[order]) > 0])
    positive = np.add.reduceat(weights[:, order] * labels[order], starts, axis=1)
    negative = np.add.reduceat(weights[:, order] * (1 - labels[order]), starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    return (positive * below).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))


def _bins(train: pl.Series, test: pl.Series) -> list[pl.Series]:
    numbers = [column.to_physical().cast(pl.Float64, strict=False).fill_nan(None) for column in (train, test)]
    present = numbers[0].drop_nulls().to_numpy()
    edges = (
        np.unique(np.quantile(present, np.linspace(0, 1, N_BINS + 1)[1:-1])) if present.size else np.empty(0)
    )
    binned = []
    for column in numbers:
        bins = np.searchsorted(edges, column.fill_null(0).to_numpy(), side="right")
        binned.append(pl.Series(np.where(column.is_null().to_numpy(), -1, bins)))
    return binned


def _matrix(
    codes: Mapping[str, NDArray[np.int32]], fields: Sequence[str], cardinalities: Mapping[str, int]
) -> csr_matrix:
    offsets = np.cumsum([0, *(cardinalities[name] for name in fields)])
    table = np.column_stack([codes[name] for name in fields])
    is_seen = table >= 0
    columns = (table + offsets[:-1])[is_seen].astype(np.int32)
    starts = np.r_[0, np.cumsum(is_seen.sum(axis=1))]
    return csr_matrix((np.ones(columns.size), columns, starts), shape=(len(table), int(offsets[-1])))
