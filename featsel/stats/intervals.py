r"""How far would the scores of a field be off, had other rows of the same kind been logged?

The jackknife answers from the counts alone: deleting a row of a value with ``a`` rows, ``b`` of them
positive, changes a score in a way that depends on ``a``, ``b`` and the label of the row only, so all ``n``
deletions are as many numbers as the grouped table has cells. Their variance over ``n`` is the variance of the
score (Tukey 1958). Deletion sees what the usual delta method does not, the part of the variance that comes of
estimating many rates from few rows each, and never too little of it on average (Efron & Stein 1981).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.stats.cells import divergence_moments
from featsel.stats.entropy import field_entropy, label_entropy, mutual_information
from featsel.stats.usable import UsableInformation

FloatArray = NDArray[np.float64]

LARGE_VALUE = 1024
"""Rows of a value from which the noise floor of that value hardly depends on one row more: by a millionth of
a nat, where the row itself changes the information by the square root of twice the information."""

SURPRISE = 3.0
"""Rows of a label that a value should have, had it the click rate of the log, from which having none is
surprising: under independence one value in twenty has none."""


@dataclass(frozen=True, eq=False)
class StandardErrors:
    """Standard errors of what is measured of some fields, each of shape (n_tables,).

    Parameters
    ----------
    mutual_information : ndarray of float64
        Of the plug-in estimate, nats.
    corrected : ndarray of float64
        Of that less its noise floor, nats.
    adjusted : ndarray of float64
        Of the adjusted mutual information.
    usable : ndarray of float64
        Of the usable information, nats.
    """

    mutual_information: FloatArray
    corrected: FloatArray
    adjusted: FloatArray
    usable: FloatArray


def standard_errors(
    tables: Sequence[ContingencyTable],
    null_moments: tuple[FloatArray, FloatArray],
    usable: Sequence[UsableInformation],
) -> StandardErrors:
    r"""Standard errors of the information of many fields, from their counts.

    A jackknife does not know what it has not seen: a value of many rows without a positive one would be taken
    as sure. Such a value is given one row of the label that it lacks, which is deleted among the others.

    A field whose rates are all alike, or nearly, hardly changes with any one row, while its information is of
    the order of its spread under independence; so no information has a smaller error than that, and none one
    below a nat in the whole log, which is what the search for a prior finds in noise.

    Parameters
    ----------
    tables : sequence of ContingencyTable
        Joint counts of fields and two labels, grouped.
    null_moments : tuple of two ndarrays of float64, shape (n_tables,)
        Means and standard deviations under independence, see :func:`featsel.stats.null_moments`.
    usable : sequence of UsableInformation
        Of the same tables.

    Returns
    -------
    StandardErrors
        Positive for any table with rows.

    References
    ----------
    Efron & Stein, "The jackknife estimate of variance", Annals of Statistics 9, 1981.

    Examples
    --------
    >>> from featsel.stats import null_moments, usable_information
    >>> table = ContingencyTable(np.array([[450, 50], [50, 450]]), np.array([1, 1]))
    >>> errors = standard_errors([table], null_moments([table]), [usable_information(table)])
    >>> errors.corrected.round(4), errors.usable.round(4)
    (array([0.0209]), array([0.0209]))
    """
    floors = _floors(tables)
    errors = np.array(
        [
            _errors(table, floor, (float(mean), float(deviation)), gain)
            for table, floor, mean, deviation, gain in zip(tables, floors, *null_moments, usable, strict=True)
        ]
    ).reshape(-1, 4)
    return StandardErrors(*errors.T)


@dataclass(frozen=True, eq=False)
class _Floor:
    """Noise floor of a value by its rows, times the rows of the log, and its slope in the click rate."""

    nats: FloatArray
    rate_slope: FloatArray


def _floors(tables: Sequence[ContingencyTable]) -> list[_Floor]:
    """Floors for the small values of all tables; those with the same rows and positives share one."""
    margins = [_margin(table) for table in tables]
    floors: dict[tuple[int, int], _Floor] = {}
    for margin in set(margins):
        members = [table for table, own in zip(tables, margins, strict=True) if own == margin]
        largest = max((int(np.ceil(_small(_sizes(table)).max(initial=0))) for table in members), default=0)
        floors[margin] = _floor(*margin, min(largest, sum(margin)))
    return [floors[margin] for margin in margins]


def _margin(table: ContingencyTable) -> tuple[int, int]:
    negatives, positives = np.rint(table.label_totals)
    return int(negatives), int(positives)


def _floor(negatives: int, positives: int, largest: int) -> _Floor:
    if not largest or not negatives or not positives:
        return _Floor(np.zeros(largest + 1), np.zeros(largest + 1))
    sizes = np.arange(1, largest + 1)
    moments = divergence_moments(sizes, negatives + positives, positives)
    return _Floor(np.append(0.0, moments.mean), np.append(0.0, sizes * moments.free_slope))


def _sizes(table: ContingencyTable) -> FloatArray:
    sizes: FloatArray = table.counts.sum(axis=1).astype(np.float64)
    return sizes


def _small(sizes: FloatArray) -> FloatArray:
    return sizes[sizes <= LARGE_VALUE]


def _errors(
    table: ContingencyTable, floor: _Floor, null_moments: tuple[float, float], usable: UsableInformation
) -> tuple[float, float, float, float]:
    total = table.total
    if total <= 1:
        return 0.0, 0.0, 0.0, 0.0
    cells = _deletions(table, floor)
    least = max(null_moments[1], 1.0 / total)
    plug_in = max(cells.error(cells.information), least)
    corrected = max(cells.error(cells.information - cells.floor), least)
    gains = _usable_deletions(table, usable.prior_strength)
    gain = max(cells.error(gains), 1.0 / total)
    return plug_in, corrected, _adjusted_error(table, cells, null_moments[0], least), gain


@dataclass(frozen=True, eq=False)
class _Deletions:
    """What one row less takes from a sum over rows, by cell: ``n_rows`` rows each have such a deletion."""

    n_rows: FloatArray
    information: FloatArray
    floor: FloatArray
    own_entropy: FloatArray
    label_entropy: FloatArray

    def error(self, deletions: FloatArray) -> float:
        """Standard error of the mean of which the deletions are given."""
        total = float(self.n_rows.sum())
        centred = deletions - np.dot(self.n_rows, deletions) / total
        return float(np.sqrt(np.dot(self.n_rows, centred**2)) / total)


def _adjusted_error(table: ContingencyTable, cells: _Deletions, null_mean: float, least: float) -> float:
    """Standard error of the adjusted mutual information, a ratio of two means over rows."""
    gain = mutual_information(table) - null_mean
    possible = (field_entropy(table) + label_entropy(table)) / 2 - null_mean
    if possible <= least:
        return least
    of_gain = cells.information - cells.floor
    of_possible = (cells.own_entropy + cells.label_entropy) / 2 - cells.floor
    return max(cells.error(of_gain - gain / possible * of_possible), least) / possible


def _deletions(table: ContingencyTable, floor: _Floor) -> _Deletions:
    counts = table.counts.astype(np.float64)
    multiplicity = table.multiplicity.astype(np.float64)
    sizes = counts.sum(axis=1)
    totals = table.label_totals
    total = float(totals.sum())
    rate_slope = float(np.dot(multiplicity, _at(floor.rate_slope, sizes))) / total
    parts: list[tuple[FloatArray, ...]] = []
    for label, label_total in enumerate(totals.tolist()):
        cells = _with_unseen(counts, totals, label)
        counted, sizes = cells[:, label], cells.sum(axis=1)
        removed = np.minimum(counted, 1.0)
        lost = min(label_total, 1.0)
        own = _x_log_x(sizes) - _x_log_x(sizes - removed)
        of_cell = _x_log_x(counted) - _x_log_x(counted - removed)
        whole = _scalar_x_log_x(total) - _scalar_x_log_x(total - lost)
        of_label = _scalar_x_log_x(label_total) - _scalar_x_log_x(label_total - lost)
        distance = label - float(totals[-1]) / total
        of_floor = _at(floor.nats, sizes) - _at(floor.nats, sizes - removed) + distance * rate_slope
        of_row = np.zeros(sizes.size) + (whole - of_label)
        parts.append(
            (
                multiplicity * counted,
                of_cell - own - (of_label - whole),
                of_floor,
                whole - own,
                of_row,
            )
        )
    return _Deletions(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _usable_deletions(table: ContingencyTable, prior: float) -> FloatArray:
    """The same for the gain of the smoothed click rates, with a prior that one row does not move."""
    counts = table.counts.astype(np.float64)
    if not np.isfinite(prior):
        return np.zeros(counts.size)
    multiplicity = table.multiplicity.astype(np.float64)
    totals = table.label_totals.astype(np.float64)
    whole = float(np.dot(multiplicity, _gains(counts, totals, prior)))
    parts: list[FloatArray] = []
    for label in range(totals.size):
        cells = _with_unseen(counts, totals, label)
        removed = np.zeros_like(counts)
        removed[:, label] = np.minimum(cells[:, label], 1.0)
        lost = np.zeros_like(totals)
        lost[label] = np.minimum(totals[label], 1.0)
        # all other rows are predicted from one row less as well
        of_others = whole - float(np.dot(multiplicity, _gains(counts, totals - lost, prior)))
        gained = _gains(cells, totals, prior) - _gains(cells - removed, totals, prior)
        parts.append(gained + of_others)
    return np.concatenate(parts)


def _with_unseen(counts: FloatArray, totals: FloatArray, label: int) -> FloatArray:
    """Counts where every value that surprisingly lacks a label has one row of it."""
    expected = counts.sum(axis=1) * (totals[label] / totals.sum())
    cells = counts.copy()
    cells[(counts[:, label] == 0) & (expected >= SURPRISE), label] = 1.0
    return cells


def _gains(counts: FloatArray, totals: FloatArray, prior: float) -> FloatArray:
    """Held-out gain of all rows of each value, see :func:`featsel.stats.usable_information`."""
    sizes = counts.sum(axis=1)
    total = float(totals.sum())
    gains = np.zeros(len(counts))
    for label, label_total in enumerate(totals):
        removed = np.minimum(counts[:, label], 1.0)
        alike = (counts[:, label] - removed) / (label_total - 1.0) if label_total > 1.0 else 0.0 * removed
        own, others = alike * (total - 1.0), sizes - removed
        gains += counts[:, label] * np.log1p((own - others) / (prior + others))
    return gains


def _at(by_size: FloatArray, sizes: FloatArray) -> FloatArray:
    """Entries of small sizes, interpolated where rows carry weights; a constant for the large ones."""
    return np.interp(np.where(sizes <= LARGE_VALUE, sizes, 0.0), np.arange(by_size.size), by_size)


def _x_log_x(x: FloatArray) -> FloatArray:
    return x * np.log(np.where(x > 0, x, 1.0))


def _scalar_x_log_x(x: float) -> float:
    return x * float(np.log(x)) if x > 0 else 0.0
