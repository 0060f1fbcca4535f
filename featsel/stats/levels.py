"""By how much do the rows of a value deviate from the click rate of their time or place?

Click rates differ between days and between domains for reasons that no single field explains. A value is
therefore compared with the level at which each of its rows stood, in log odds; a level is what an average
value has, so that days with better values are not taken for better days.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

N_STEPS = 60
"""Of Newton's method, at most; five are usual."""

LONGEST_STEP = 4.0
"""Log odds: a step from a flat stretch of the curve would overshoot."""

ENOUGH = 1e-12
"""Step at which it ends."""


def sums_by(groups: NDArray[np.integer], amounts: FloatArray, n_groups: int) -> FloatArray:
    """Sum of the amounts of each group, shape (n_groups,)."""
    return np.bincount(groups, amounts, minlength=n_groups).astype(np.float64, copy=False)


def logit(rates: FloatArray) -> FloatArray:
    """Log odds of rates between 0 and 1."""
    return np.log(rates) - np.log1p(-rates)


def logistic(log_odds: FloatArray) -> FloatArray:
    """Rates of log odds."""
    rates: FloatArray = 1.0 / (1.0 + np.exp(-log_odds))
    return rates


def smoothed_shift(rows: FloatArray, positives: FloatArray, expected: FloatArray, prior: float) -> FloatArray:
    r"""Log odds of smoothed click rates over those of the levels of the same rows.

    A value with ``b`` positives in ``a`` rows, of which ``e`` were to be expected from their levels, has the
    rate :math:`(b + \alpha e / a) / (a + \alpha)`. Where all rows have one level p this is the usual
    :math:`(b + \alpha p) / (a + \alpha)`.

    Parameters
    ----------
    rows, positives, expected : ndarray of float64, shape (n_values,)
        a, b and e.
    prior : float
        Alpha, positive; infinite for no shift at all.

    Returns
    -------
    ndarray of float64, shape (n_values,)
        0 for values without rows.

    Examples
    --------
    >>> counts = np.array([0.0, 90.0]), np.array([0.0, 45.0]), np.array([0.0, 9.0])
    >>> smoothed_shift(*counts, 10.0).round(3)
    array([0.   , 2.037])
    """
    shifts = np.zeros(rows.size)
    is_met = rows > 0
    if np.isinf(prior) or not is_met.any():
        return shifts
    level = expected[is_met] / rows[is_met]
    rates = (positives[is_met] + prior * level) / (rows[is_met] + prior)
    shifts[is_met] = logit(rates) - logit(level)
    return shifts


def calibrated_levels(
    groups: NDArray[np.integer], rows: FloatArray, shifts: FloatArray, positives: FloatArray
) -> FloatArray:
    """Log odds that, with the shifts of its rows, give each group as many positives as it has.

    Parameters
    ----------
    groups : ndarray of integers, shape (n_cells,)
        Group of each cell.
    rows, shifts : ndarray of float64, shape (n_cells,)
        Rows of each cell, and by how much their log odds differ from the level.
    positives : ndarray of float64, shape (n_groups,)
        More than 0, less than the rows of the group.

    Returns
    -------
    ndarray of float64, shape (n_groups,)
        Log odds of the level.

    Examples
    --------
    >>> one = np.zeros(2, np.int64)
    >>> calibrated_levels(one, np.array([50.0, 50.0]), np.array([1.0, 1.0]), np.array([50.0])).round(6)
    array([-1.])
    """
    n_groups = positives.size
    totals = sums_by(groups, rows, n_groups)
    levels = logit(positives / totals) - sums_by(groups, rows * shifts, n_groups) / totals
    for _ in range(N_STEPS):
        rates = logistic(levels[groups] + shifts)
        excess = sums_by(groups, rows * rates, n_groups) - positives
        slope = sums_by(groups, rows * rates * (1.0 - rates), n_groups)
        step = np.clip(excess / np.maximum(slope, np.finfo(np.float64).tiny), -LONGEST_STEP, LONGEST_STEP)
        levels -= step
        if np.abs(step).max() <= ENOUGH * (1.0 + np.abs(levels).max()):
            break
    return levels
