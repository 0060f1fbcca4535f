"""What does a field tell of rows that it was not learnt from? Two random parts of its counts stand for both.

The rows of each value and label are split by chance, which needs no second pass over the log: a table knows
nothing else of its rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.stats.contingency import group

FloatArray = NDArray[np.float64]
CountArray = NDArray[np.int64]

MOST_VALUES = 1 << 21
"""Values that are split one by one; of more, a share stands for all with equal counts."""


@dataclass(frozen=True, eq=False)
class Halves:
    """Two random halves of the rows of a field.

    Parameters
    ----------
    first, second : ndarray of int64, shape (n_values, 2)
        Rows of each value by label, in either half.
    multiplicity : ndarray of int64, shape (n_values,)
        For how many values each stands.
    """

    first: CountArray
    second: CountArray
    multiplicity: CountArray

    def tables(self) -> tuple[ContingencyTable, ContingencyTable]:
        """Counts of either half, without the values that it lacks."""
        first, second = (
            group(ContingencyTable(half[is_used], self.multiplicity[is_used]))
            for half, is_used in ((half, half.any(axis=1)) for half in (self.first, self.second))
        )
        return first, second


def split_halves(table: ContingencyTable, rng: np.random.Generator, *, share: float = 0.5) -> Halves:
    """Put every row into one of two parts, by the toss of a coin.

    Parameters
    ----------
    table : ContingencyTable
        Whole counts of a field and a label of two values.
    rng : numpy.random.Generator
        Source of the tosses.
    share : float
        Odds of the first part, from 0 to 1.

    Returns
    -------
    Halves
        Of two million values at most, each of which may stand for several.
    """
    table = group(table)
    counts, multiplicity = table.counts.astype(np.int64), table.multiplicity
    # values with one row are in one half: as many of each label as there are heads
    is_single = counts.sum(axis=1) == 1
    n_single: CountArray = (counts[is_single] * multiplicity[is_single, None]).sum(axis=0)
    n_heads: CountArray = rng.binomial(n_single, share)
    counts, multiplicity = counts[~is_single], multiplicity[~is_single]
    n_drawn = multiplicity
    if multiplicity.sum() > MOST_VALUES:
        n_drawn = np.maximum(multiplicity * MOST_VALUES // multiplicity.sum(), 1)
    first = rng.binomial(np.repeat(counts, n_drawn, axis=0), share)
    second = np.repeat(counts, n_drawn, axis=0) - first
    stands_for = np.repeat(multiplicity // n_drawn, n_drawn)
    one = np.eye(2, dtype=np.int64)
    none = np.zeros_like(one)
    return Halves(
        np.concatenate([first, one, none]),
        np.concatenate([second, none, one]),
        np.concatenate([stands_for, n_heads, n_single - n_heads]),
    )


def held_out_auc(halves: Halves, prior_strength: float) -> float:
    r"""Area under the curve of either half's click rates on the other half, the mean of both.

    A value with ``b`` positives in ``a`` rows of a half has the rate :math:`(b + \alpha p) / (a + \alpha)`.
    An identifier has .5, for no half knows the values of the other.

    Parameters
    ----------
    halves : Halves
        Of a field.
    prior_strength : float
        Alpha, see :func:`featsel.stats.usable_information`; infinite where the field has no information.

    Returns
    -------
    float
        From 0 to 1; .5 where a half lacks one of the labels, or the prior is infinite.

    Examples
    --------
    >>> whole = ContingencyTable(np.array([[500, 0], [0, 500]]), np.array([1, 1]))
    >>> held_out_auc(split_halves(whole, np.random.default_rng(0)), 1.0)
    1.0
    >>> unique = ContingencyTable(np.array([[1, 0], [0, 1]]), np.array([500, 500]))
    >>> held_out_auc(split_halves(unique, np.random.default_rng(0)), 1.0)
    0.5
    """
    if not math.isfinite(prior_strength):
        return 0.5
    both = ((halves.first, halves.second), (halves.second, halves.first))
    return sum(_auc(known, asked, halves.multiplicity, prior_strength) for known, asked in both) / 2


def _auc(known: CountArray, asked: CountArray, multiplicity: CountArray, prior_strength: float) -> float:
    totals = (known * multiplicity[:, None]).sum(axis=0)
    if not totals.all():
        return 0.5
    prior = totals[1] / totals.sum()
    rates = (known[:, 1] + prior_strength * prior) / (known.sum(axis=1) + prior_strength)
    _, place = np.unique(rates.round(12), return_inverse=True)
    negatives, positives = (
        np.bincount(place, asked[:, label] * multiplicity).astype(np.float64) for label in (0, 1)
    )
    if not negatives.sum() or not positives.sum():
        return 0.5
    below = np.cumsum(negatives) - negatives
    return float(np.dot(positives, below + negatives / 2) / (negatives.sum() * positives.sum()))


def indicator_auc(inside: tuple[float, float], outside: tuple[float, float]) -> float:
    """Area under the curve of belonging to a set of rows, whichever way round.

    Parameters
    ----------
    inside, outside : tuple of float
        Negative and positive rows in the set, and out of it.

    Returns
    -------
    float
        From .5 to 1; .5 where there are not both labels.

    Examples
    --------
    >>> indicator_auc((0, 10), (90, 0))
    1.0
    """
    n_negative, n_positive = inside[0] + outside[0], inside[1] + outside[1]
    if not n_negative or not n_positive:
        return 0.5
    difference = inside[1] / n_positive - inside[0] / n_negative
    return 0.5 + abs(difference) / 2
