"""Do the values of a field mean the same in every group of rows: on every day, in every domain?

Groups have click rates of their own, and values have effects: in log odds both add up. What is left, and
more than chance would leave, are effects that differ from group to group. The test holds the positives of
each value fixed, as a permutation of labels within the value would, so that values of four rows count for
what they are, and a field of a million values is no more suspicious than one of three.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import CountArray
from featsel.stats.conditional import LEAST_ROWS, ConditionalTest, chi_square_moments
from featsel.stats.levels import logistic, logit, sums_by

FloatArray = NDArray[np.float64]
Codes = NDArray[np.integer]

N_STEPS = 40
"""Of Newton's method, at most; six are usual. A group without positives never ends."""

LONGEST_STEP = 2.0
"""Log odds; the first steps from an even start may overshoot."""

ENOUGH = 1e-7
"""Log odds: a smaller step changes no digit that is shown."""

LARGEST_DENSE = 1 << 22
"""Cells of the dense block in which what two groups share is summed, 32 MB."""


@dataclass(frozen=True)
class Heterogeneity:
    """How much the effects of values differ between groups.

    Parameters
    ----------
    test : ConditionalTest
        Chi-square of the rows of each value over the groups, around what value and group let expect.
    nats : float
        What of it chance does not explain, as information per row of all cells; negative for half of the
        fields whose effects are the same everywhere.
    """

    test: ConditionalTest
    nats: float


def effect_heterogeneity(values: Codes, groups: Codes, counts: CountArray) -> Heterogeneity:
    """Test whether a field's effects are the same in all groups.

    Parameters
    ----------
    values : ndarray of integers, shape (n_cells,)
        Value of each cell, ascending.
    groups : ndarray of integers, shape (n_cells,)
        Its group; a value has one cell in a group.
    counts : ndarray, shape (n_cells, 2)
        Rows of each label.

    Returns
    -------
    Heterogeneity
        Values of fewer than four rows, of one label or in one group say nothing.

    Notes
    -----
    Exact moments are those of groups with equal click rates (Dawson 1954). Where these differ the mean is a
    little too large for values of few rows, by some percent if odds differ by a factor of two: the test then
    finds less, never more.

    Examples
    --------
    >>> import numpy as np
    >>> values, groups = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> stays = np.array([[90, 10], [80, 20], [60, 40], [40, 60]])
    >>> turns = np.array([[90, 10], [40, 60], [60, 40], [80, 20]])
    >>> [round(effect_heterogeneity(values, groups, each).test.z) for each in (stays, turns)]
    [-1, 39]
    """
    n_all = float(counts.sum())
    cells = _used_cells(values, groups, counts.astype(np.float64))
    if cells is None:
        return Heterogeneity(ConditionalTest(0.0, 0.0, 0.0), 0.0)
    rates = _additive_rates(cells)
    spread = np.maximum(cells.rows * rates * (1.0 - rates), np.finfo(np.float64).tiny)
    statistic = float(((cells.positives - cells.rows * rates) ** 2 / spread).sum())
    n, b, k = (cells.of_values(each) for each in (cells.rows, cells.positives, np.ones(cells.rows.size)))
    mean, variance = chi_square_moments(n, b, n_values=k, inverse_sizes=cells.of_values(1.0 / cells.rows))
    # the levels of the groups were fitted to the same rows
    degrees, n_fitted = float(mean.sum()), float(cells.n_groups - 1)
    share = max(0.0, 1.0 - n_fitted / degrees)
    mean_left = degrees * share
    sd = float(np.sqrt(max(0.0, float(variance.sum()) * share)))
    test = ConditionalTest(statistic, mean_left, sd)
    return Heterogeneity(test, (statistic - mean_left) / (2.0 * n_all))


@dataclass(frozen=True, eq=False)
class _Cells:
    """Cells of the values that can tell, with values and groups numbered from 0."""

    values: NDArray[np.int64]
    starts: NDArray[np.int64]
    groups: NDArray[np.int64]
    n_groups: int
    rows: FloatArray
    positives: FloatArray

    def of_values(self, amounts: FloatArray) -> FloatArray:
        sums: FloatArray = np.add.reduceat(amounts, self.starts)
        return sums

    def of_groups(self, amounts: FloatArray) -> FloatArray:
        return sums_by(self.groups, amounts, self.n_groups)


def _used_cells(values: Codes, groups: Codes, counts: FloatArray) -> _Cells | None:
    if not values.size:
        return None
    rows, positives = counts.sum(axis=1), counts[:, 1]
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    n, b = np.add.reduceat(rows, starts), np.add.reduceat(positives, starts)
    lengths = np.diff(np.append(starts, values.size))
    is_used = (n >= LEAST_ROWS) & (b > 0) & (b < n) & (lengths > 1)
    if not is_used.any():
        return None
    is_kept = np.repeat(is_used, lengths) & (rows > 0)
    lengths = lengths[is_used]
    _, numbers = np.unique(groups[is_kept], return_inverse=True)
    return _Cells(
        np.repeat(np.arange(lengths.size), lengths),
        np.cumsum(lengths) - lengths,
        numbers.astype(np.int64),
        int(numbers.max()) + 1,
        rows[is_kept],
        positives[is_kept],
    )


def _additive_rates(cells: _Cells) -> FloatArray:
    """Maximum likelihood rates of cells if effects of value and group add up in log odds."""
    n, b = cells.of_values(cells.rows), cells.of_values(cells.positives)
    effects = logit(b / n)
    levels = np.zeros(cells.n_groups)
    rates = logistic(effects[cells.values] + levels[cells.groups])
    for _ in range(N_STEPS):
        residuals = cells.positives - cells.rows * rates
        weights = np.maximum(cells.rows * rates * (1.0 - rates), np.finfo(np.float64).tiny)
        value_weights = cells.of_values(weights)
        value_residuals = cells.of_values(residuals)
        # Newton's method for all effects and levels at once, the effects eliminated
        curvature = np.diag(cells.of_groups(weights)) - _shared_weights(cells, weights, value_weights)
        pull = cells.of_groups(residuals - weights * (value_residuals / value_weights)[cells.values])
        # of a level that all share nothing is known
        step: FloatArray = np.linalg.lstsq(curvature, pull, rcond=1e-10)[0].astype(np.float64)
        step = np.clip(step, -LONGEST_STEP, LONGEST_STEP)
        levels += step
        moved = cells.of_values(weights * step[cells.groups])
        change = np.clip((value_residuals - moved) / value_weights, -LONGEST_STEP, LONGEST_STEP)
        effects += change
        rates = logistic(effects[cells.values] + levels[cells.groups])
        if max(float(np.abs(step).max()), float(np.abs(change).max())) <= ENOUGH:
            break
    return rates


def _shared_weights(cells: _Cells, weights: FloatArray, value_weights: FloatArray) -> FloatArray:
    """Sum over values of the products of their weights in two groups, over their weight in all."""
    shared = np.zeros((cells.n_groups, cells.n_groups))
    n_values = value_weights.size
    step = max(1, LARGEST_DENSE // cells.n_groups)
    for first in range(0, n_values, step):
        last = min(first + step, n_values)
        begin = int(cells.starts[first])
        end = int(cells.starts[last]) if last < n_values else cells.values.size
        dense = np.zeros((last - first, cells.n_groups))
        dense[cells.values[begin:end] - first, cells.groups[begin:end]] = weights[begin:end]
        shared += dense.T @ (dense / value_weights[first:last, None])
    return shared
