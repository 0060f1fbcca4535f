"""Which few weights does a logistic regression need, under a penalty on all of them?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

CURVATURE = 0.25
"""The log loss bends most at a probability of one half."""


@dataclass(frozen=True, eq=False)
class SparseRows:
    """A sparse matrix whose rows have equally many places for entries, as :func:`sparse_rows` makes it.

    Parameters
    ----------
    columns : ndarray of int64, shape (n_places, n_rows)
        Columns of the entries of each row, counted from the first one that the place ever holds. The last
        place holds the intercept, the last column.
    values : ndarray of float64, shape (n_places, n_rows)
        Those entries; zero where there is none, 1 for the intercept.
    spans : tuple of slice, one per place
        Columns that the place holds: those of a field, so that whatever a place needs stays in the cache.
    n_columns : int
        The intercept among them.
    """

    columns: NDArray[np.int64]
    values: FloatArray
    spans: tuple[slice, ...]
    n_columns: int

    def logits(self, weights: FloatArray) -> FloatArray:
        """Product with weights, shape (n_rows,)."""
        logits = np.zeros(self.columns.shape[1])
        for columns, values, span in zip(self.columns, self.values, self.spans, strict=True):
            logits += weights[span][columns] * values
        return logits

    def sums(self, of_rows: FloatArray) -> FloatArray:
        """Product of the transposed matrix with a number per row, shape (n_columns,)."""
        sums = np.zeros(self.n_columns)
        for columns, values, span in zip(self.columns, self.values, self.spans, strict=True):
            sums[span] += np.bincount(columns, of_rows * values, minlength=span.stop - span.start)
        return sums

    def map(self, function: Callable[[FloatArray], FloatArray]) -> SparseRows:
        """The same places with a function of their entries, which keeps zeros."""
        return SparseRows(self.columns, function(self.values), self.spans, self.n_columns)


def sparse_rows(columns: NDArray[np.int64], values: FloatArray, *, n_columns: int) -> SparseRows:
    """Arrange a matrix for both products, and add a column of ones, the intercept's, at its end.

    Parameters
    ----------
    columns : ndarray of int64, shape (n_rows, n_places)
        Columns of the entries.
    values : ndarray of float64, shape (n_rows, n_places)
        Those entries; zero where there is none, whatever column it names.
    n_columns : int
        Columns without the intercept; each has an entry that is not zero.

    Returns
    -------
    SparseRows
        The matrix.
    """
    n_rows = len(values)
    by_place = np.vstack([*columns.T, np.full(n_rows, n_columns)])
    lowest, highest = by_place.min(axis=1), by_place.max(axis=1)
    return SparseRows(
        by_place - lowest[:, None],
        np.vstack([*values.T, np.ones(n_rows)]),
        tuple(slice(low, high + 1) for low, high in zip(lowest.tolist(), highest.tolist(), strict=True)),
        n_columns + 1,
    )


def fit_l1_logistic(
    rows: SparseRows, labels: FloatArray, *, penalty: float, start: FloatArray, n_steps: int
) -> FloatArray:
    """Minimise the summed log loss plus the penalty times the sum of absolute weights.

    Accelerated proximal gradient steps, restarted where they overshoot. The quadratic above the loss is
    diagonal and as flat as each column allows, so that rare and frequent features move alike. Nothing is
    random, and sums have one order whatever the thread count.

    Parameters
    ----------
    rows : SparseRows
        Inputs.
    labels : ndarray of float64, shape (n_rows,)
        0 or 1.
    penalty : float
        Of each weight but the intercept.
    start : ndarray of float64, shape (n_columns,)
        Weights to begin with, the intercept last.
    n_steps : int
        Steps in all.

    Returns
    -------
    ndarray of float64, shape (n_columns,)
        Weights; most are exactly zero where the penalty is large.

    References
    ----------
    Beck & Teboulle, "A fast iterative shrinkage-thresholding algorithm", SIAM J. Imaging Sciences 2, 2009;
    O'Donoghue & Candès, "Adaptive restart for accelerated gradient schemes", Found. Comp. Math. 15, 2015.
    """
    # (sum of x w)^2 <= sum of |x| times sum of |x| w^2
    magnitudes = rows.map(np.abs)
    curvature = CURVATURE * magnitudes.sums(magnitudes.values.sum(axis=0))
    thresholds = penalty / curvature
    thresholds[-1] = 0.0
    weights = ahead = start
    momentum = 1.0
    for _ in range(n_steps):
        residuals = 1.0 / (1.0 + np.exp(-rows.logits(ahead))) - labels
        moved = ahead - rows.sums(residuals) / curvature
        shrunk = np.sign(moved) * np.maximum(np.abs(moved) - thresholds, 0.0)
        if np.dot(curvature * (ahead - shrunk), shrunk - weights) > 0:
            momentum = 1.0
        following = (1.0 + np.sqrt(1.0 + 4.0 * momentum * momentum)) / 2.0
        ahead = shrunk + (momentum - 1.0) / following * (shrunk - weights)
        weights, momentum = shrunk, following
    return weights
