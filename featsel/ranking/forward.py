"""What of a field's information could be carried from one period of time to the next?

A click-rate table that was learnt up to yesterday meets the rows of today. What it gains over knowing
today's click rate alone is the forward information of the field. The click rate of a whole day rises and
falls for everyone: table and baseline both know it, so that only what the values tell of each other counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.engines.pair_cells import PairCells
from featsel.stats import group, usable_information
from featsel.stats.heterogeneity import effect_heterogeneity
from featsel.stats.levels import calibrated_levels, smoothed_shift

FloatArray = NDArray[np.float64]

LEAST_PRIOR = 1.0
"""Rows: where the few rows of a value agreed, their own prediction of each other asks for no prior at all,
and tomorrow's first exception would cost ten nats."""


@dataclass(frozen=True)
class ForwardScore:
    """What lasts of one field.

    Parameters
    ----------
    nats : float
        Log-loss gain per row of tables of the past over the click rate of the period; negative where they
        mislead.
    in_time : float
        Usable information of the same rows, of which each is predicted from all others: nats a row.
    drift_information : float
        Information on the label that the period gives beside the value, nats a row; negative for half of the
        fields that do not drift.
    drift_share : float
        Drift information over drift and lasting information, from 0 to 1.
    drift_p_value : float
        Chance of as much drift information if effects do not change.
    new_share : float
        Share of the predicted rows whose value was never seen before.
    """

    nats: float
    in_time: float
    drift_information: float
    drift_share: float
    drift_p_value: float
    new_share: float


def forward_score(cells: PairCells, n_periods: int) -> ForwardScore:
    r"""Predict every period but the first from the counts of earlier ones.

    A row of value v in period t is predicted with the log odds :math:`c_t + \delta_v`. The shift
    :math:`\delta_v` is that of the smoothed click rate of v in earlier periods over the levels of these
    periods, see :func:`featsel.stats.levels.smoothed_shift`, with the prior strength that gains most when
    earlier rows predict each other, one row at least; 0 for values never seen. The level :math:`c_t` makes
    the predictions of the period add up to its positives, as the baseline, its click rate, does too.

    Parameters
    ----------
    cells : PairCells
        Counts of the field's codes (first) by period (second).
    n_periods : int
        Number of periods. Those of one label are learnt from, not predicted.

    Returns
    -------
    ForwardScore
        Zeros if no period is predicted.
    """
    values, periods = cells.first.astype(np.int64), cells.second.astype(np.int64)
    gain, n_new, is_predicted = _walk(values, periods, cells.counts.astype(np.float64), n_periods)
    n_predicted = float(cells.counts[is_predicted].sum())
    if n_predicted <= 0:
        return ForwardScore(0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    in_time = usable_information(_value_table(values[is_predicted], cells.counts[is_predicted])).nats
    by_value = np.lexsort((periods, values))
    drift = effect_heterogeneity(values[by_value], periods[by_value], cells.counts[by_value])
    lost = max(0.0, drift.nats)
    return ForwardScore(
        gain / n_predicted,
        in_time,
        drift.nats,
        lost / (lost + in_time) if lost > 0 else 0.0,
        drift.test.p_value,
        n_new / n_predicted,
    )


def _walk(
    values: NDArray[np.int64], periods: NDArray[np.int64], counts: FloatArray, n_periods: int
) -> tuple[float, float, NDArray[np.bool_]]:
    """Predict one period after the other: the gain, the rows of new values, which cells were predicted."""
    order = np.lexsort((values, periods))
    starts = np.searchsorted(periods[order], np.arange(n_periods + 1))
    known = _Known(int(values.max(initial=-1)) + 1)
    is_predicted = np.zeros(values.size, np.bool_)
    gain, n_new = 0.0, 0.0
    for period in range(n_periods):
        places = order[starts[period] : starts[period + 1]]
        codes, rows, positives = values[places], counts[places].sum(axis=1), counts[places, 1]
        total, n_positive = float(rows.sum()), float(positives.sum())
        if not 0 < n_positive < total:
            known.learn(codes, rows, positives, level=_logit((n_positive + 0.5) / (total + 1.0)))
            continue
        shifts = known.shifts(codes)
        one_group = np.zeros(codes.size, np.int64)
        level = float(calibrated_levels(one_group, rows, shifts, np.array([n_positive]))[0])
        if period:
            is_predicted[places] = True
            n_new += float(rows[known.rows[codes] == 0].sum())
            # without shifts both predict alike, but for rounding
            if shifts.any():
                gain += _gain(level + shifts, _logit(n_positive / total), rows, positives)
        known.learn(codes, rows, positives, level=level)
    return gain, n_new, is_predicted


class _Known:
    """Counts of earlier periods, and what was to be expected of them."""

    def __init__(self, n_values: int) -> None:
        self.rows = np.zeros(n_values)
        self._positives = np.zeros(n_values)
        self._expected = np.zeros(n_values)

    def learn(
        self, codes: NDArray[np.int64], rows: FloatArray, positives: FloatArray, *, level: float
    ) -> None:
        self.rows[codes] += rows
        self._positives[codes] += positives
        self._expected[codes] += rows / (1.0 + math.exp(-level))

    def shifts(self, codes: NDArray[np.int64]) -> FloatArray:
        if not self.rows.any():
            return np.zeros(codes.size)
        counts = np.stack([self.rows - self._positives, self._positives], axis=1)
        table = group(ContingencyTable(counts, np.ones(len(counts), np.int64)))
        prior = max(usable_information(table).prior_strength, LEAST_PRIOR)
        return smoothed_shift(self.rows[codes], self._positives[codes], self._expected[codes], prior)


def _gain(log_odds: FloatArray, base: float, rows: FloatArray, positives: FloatArray) -> float:
    """Log-loss gain of predictions over one for all, summed over rows."""
    # ln(1 + e^x) of both; a positive row gains its log odds besides
    losses = np.logaddexp(0.0, base) - np.logaddexp(0.0, log_odds)
    return float(np.dot(rows, losses) + np.dot(positives, log_odds - base))


def _logit(rate: float) -> float:
    return math.log(rate) - math.log1p(-rate)


def _value_table(values: NDArray[np.int64], counts: NDArray[np.int64 | np.float64]) -> ContingencyTable:
    sums = np.stack([np.bincount(values, counts[:, label]) for label in (0, 1)], axis=1)
    return group(ContingencyTable(sums, np.ones(len(sums), np.int64)))
