"""How much does one click-rate table tell in groups of rows that have click rates of their own?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable, CountArray
from featsel.stats.contingency import group
from featsel.stats.levels import calibrated_levels, logistic, logit, smoothed_shift, sums_by
from featsel.stats.usable import STRONGEST_PRIOR, usable_information

FloatArray = NDArray[np.float64]
Codes = NDArray[np.int64]

WEAKEST_PRIOR = 1.0 / 16.0
"""Rows: believing single rows outright never gains."""

COARSE, FINE = 16.0, 2.0
"""Factors of the two searches for the prior strength: the gain is flat around its top."""

N_ROUNDS = 20
"""Of levels and shifts in turn, at most; a handful settles them unless values and groups nearly coincide."""

ENOUGH = 1e-6
"""Log odds: a smaller change of the levels ends the rounds."""


ROUNDING = 1e-12
"""Nats a row: a smaller gain is none."""


@dataclass(frozen=True, eq=False)
class SharedTable:
    """What one smoothed click-rate table for all groups gains.

    Parameters
    ----------
    gains : ndarray of float64, shape (n_groups,)
        Log-loss gain per row of each group over its own click rate; negative where the table misleads.
    nats : float
        The same over all rows, never negative.
    levels : ndarray of float64, shape (n_groups,)
        Log odds of an average value in each group.
    """

    gains: FloatArray
    nats: float
    levels: FloatArray


def shared_information(values: Codes, groups: Codes, counts: CountArray) -> SharedTable:
    r"""Leave-one-out log-loss gain of one table for all groups over the click rate of each.

    A row of value v in group g is predicted with the log odds :math:`c_g + \delta_v`: the shift
    :math:`\delta_v` compares the other rows of the value, in all groups, with the levels of their groups, see
    :func:`featsel.stats.levels.smoothed_shift`, and :math:`c_g` keeps the predictions of the group at its
    number of positives. The prior strength is the one that gains most.

    Parameters
    ----------
    values : ndarray of int64, shape (n_cells,)
        Value of each cell, from 0.
    groups : ndarray of int64, shape (n_cells,)
        Its group, from 0; every group has rows of both labels.
    counts : ndarray, shape (n_cells, 2)
        Rows of each label.

    Returns
    -------
    SharedTable
        Zeros where no prior gains anything.

    Examples
    --------
    >>> values, groups = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> stays = np.array([[90, 10], [80, 20], [60, 40], [40, 60]])
    >>> turns = np.array([[90, 10], [60, 40], [60, 40], [90, 10]])
    >>> [round(shared_information(values, groups, each).nats, 2) for each in (stays, turns)]
    [0.07, 0.0]
    """
    cells = _Cells(values, groups, counts.astype(np.float64))
    base = logit(cells.group_positives / cells.group_rows)
    levels = _settled_levels(cells, base)
    expected = sums_by(values, cells.rows * logistic(levels)[groups], cells.value_rows.size)
    n_steps = math.ceil(math.log(STRONGEST_PRIOR * max(float(cells.rows.sum()), 1.0) / WEAKEST_PRIOR, COARSE))
    priors = [WEAKEST_PRIOR * COARSE**step for step in range(n_steps + 1)]
    found = {prior: cells.gains(prior, expected, levels, base) for prior in priors}
    coarse = max(priors, key=lambda prior: found[prior].sum())
    for step in range(-3, 4):
        prior = coarse * FINE**step
        if step:
            found[prior] = cells.gains(prior, expected, levels, base)
    gains = max(found.values(), key=lambda each: float(each.sum()))
    if gains.sum() <= ROUNDING * cells.rows.sum():
        return SharedTable(np.zeros(base.size), 0.0, levels)
    return SharedTable(gains / cells.group_rows, float(gains.sum() / cells.group_rows.sum()), levels)


def _settled_levels(cells: _Cells, base: FloatArray) -> FloatArray:
    """Levels that go with the shifts of the values, which go with the levels."""
    counts = np.stack([cells.value_rows - cells.value_positives, cells.value_positives], axis=1)
    table = group(ContingencyTable(counts, np.ones(len(counts), np.int64)))
    prior = usable_information(table).prior_strength
    levels = base
    if not math.isfinite(prior):
        return levels
    for _ in range(N_ROUNDS):
        expected = sums_by(cells.values, cells.rows * logistic(levels)[cells.groups], cells.value_rows.size)
        shifts = smoothed_shift(cells.value_rows, cells.value_positives, expected, prior)
        settled = calibrated_levels(cells.groups, cells.rows, shifts[cells.values], cells.group_positives)
        change = float(np.abs(settled - levels).max())
        levels = settled
        if change <= ENOUGH:
            break
    return levels


class _Cells:
    """Cells of value and group with their sums."""

    def __init__(self, values: Codes, groups: Codes, counts: FloatArray) -> None:
        self.values, self.groups = values, groups
        self.counts = counts
        self.rows, positives = counts.sum(axis=1), counts[:, 1]
        n_values, n_groups = int(values.max()) + 1, int(groups.max()) + 1
        self.value_rows = sums_by(values, self.rows, n_values)
        self.value_positives = sums_by(values, positives, n_values)
        self.group_rows = sums_by(groups, self.rows, n_groups)
        self.group_positives = sums_by(groups, positives, n_groups)

    def gains(self, prior: float, expected: FloatArray, levels: FloatArray, base: FloatArray) -> FloatArray:
        """Leave-one-out gain of each group over its base rate, in nats."""
        shifts = smoothed_shift(self.value_rows, self.value_positives, expected, prior)[self.values]
        intercepts = calibrated_levels(self.groups, self.rows, shifts, self.group_positives)[self.groups]
        base_odds = base[self.groups]
        own_level = logistic(levels)[self.groups]
        gain = np.zeros(self.values.size)
        for label in (0, 1):
            rows = self.counts[:, label]
            left_out = np.minimum(rows, 1.0)
            shifts = smoothed_shift(
                np.maximum(self.value_rows[self.values] - left_out, 0.0),
                self.value_positives[self.values] - left_out * label,
                expected[self.values] - left_out * own_level,
                prior,
            )
            sign = 1.0 if label else -1.0
            log_odds = intercepts + shifts
            gain += rows * (np.logaddexp(0.0, -sign * base_odds) - np.logaddexp(0.0, -sign * log_odds))
        return sums_by(self.groups, gain, base.size)
