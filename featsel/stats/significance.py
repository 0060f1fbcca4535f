"""Is there more mutual information than chance explains, in one field and in many at once?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featsel.core.counts import ContingencyTable
from featsel.stats.deviance import stirling_remainder
from featsel.stats.gamma import log_upper_gamma

FloatArray = NDArray[np.float64]

N_TWO = 2
LARGE_CELL = 100.0
"""Rows expected in the smallest cell from which the gamma tail of a two-by-two table is accurate."""

ROUNDING = 1e-13
"""Relative difference below which two sums of logarithms are one number."""


def z_score(mutual_information: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> FloatArray:
    """Mutual information above its expectation, in standard deviations of independence.

    Parameters
    ----------
    mutual_information, mean, sd : array_like of float, shapes that broadcast
        Nats per row; the last two from :func:`featsel.stats.null_moments`.

    Returns
    -------
    ndarray of float64
        Standard deviations; zero where ``sd`` is zero, as for a row identifier.

    Examples
    --------
    >>> z_score([0.25, 0.5], [0.125, 0.5], [0.0625, 0.0])
    array([2., 0.])
    """
    observed, centre, spread = _broadcast(mutual_information, mean, sd)
    return np.divide(observed - centre, spread, out=np.zeros_like(observed), where=spread > 0)


def p_value(mutual_information: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> FloatArray:
    """Probability of as much mutual information under independence.

    The upper tail of the gamma distribution with this mean and standard deviation: at low cardinality that is
    the chi-squared distribution of the G-test, at high cardinality the normal one.

    Parameters
    ----------
    mutual_information, mean, sd : array_like of float, shapes that broadcast
        Nats per row; the last two from :func:`featsel.stats.null_moments`.

    Returns
    -------
    ndarray of float64
        From 0 (below 1e-308) to 1; 1 where ``mean`` or ``sd`` is zero, as for a constant or a row identifier.

    Examples
    --------
    >>> p_value([0.0, 0.5, 2.0], [0.5, 0.5, 1.0], [0.5, 0.0, 1.0]).round(6)
    array([1.      , 1.      , 0.135335])
    """
    observed, centre, spread = _broadcast(mutual_information, mean, sd)
    probability = np.ones_like(observed)
    is_random = (centre > 0) & (spread > 0) & (observed > ROUNDING * centre)
    shape = (centre[is_random] / spread[is_random]) ** 2
    excess = (observed[is_random] - centre[is_random]) / centre[is_random]
    probability[is_random] = np.exp(log_upper_gamma(shape, excess))
    return probability


def two_value_p_value(table: ContingencyTable) -> float | None:
    """Exact probability of as much mutual information under independence, for a field of two values.

    Given both margins, one count of a two-by-two table is hypergeometric and determines the others; this is
    Fisher's exact test with tables ordered by their mutual information. A gamma tail is far off where one of
    the values has few rows.

    Parameters
    ----------
    table : ContingencyTable
        Joint counts of a field and a label of two values.

    Returns
    -------
    float or None
        From 0 to 1. None where it does not apply (other than two values, fractional weights) or is not
        needed: every cell expects more than a hundred rows.

    References
    ----------
    Fisher, "On the interpretation of chi-squared from contingency tables", JRSS 85, 1922.

    Examples
    --------
    >>> round(two_value_p_value(ContingencyTable(np.array([[3, 1], [1, 3]]), np.array([1, 1]))), 6)
    0.485714
    """
    if table.n_values != N_TWO or table.counts.shape[1] != N_TWO:
        return None
    # of two values with equal counts, one row stands for both
    counts = table.counts.astype(np.float64)
    if (counts != np.rint(counts)).any():
        return None
    small: FloatArray = counts[np.argmin(counts.sum(axis=1))]
    n_rows, totals = table.total, table.label_totals
    size = float(small.sum())
    if size * totals.min() > LARGE_CELL * n_rows:
        return None
    rare = int(np.argmin(totals))
    # the support of the count of the rarer label among the rows of the rarer value
    lowest, highest = max(0.0, size + float(totals[rare]) - n_rows), min(size, float(totals[rare]))
    support: FloatArray = np.arange(lowest, highest + 1)
    cells: FloatArray = np.stack(
        [support, size - support, totals[rare] - support, n_rows - size - totals[rare] + support]
    )
    log_weight = -np.sum(_log_factorial(cells), axis=0)
    weight = np.exp(log_weight - log_weight.max())
    # both margins are fixed, so the information of a table grows with the sum of x ln x over its cells
    information: FloatArray = np.sum(cells * np.log(np.maximum(cells, 1.0)), axis=0)
    observed = information[int(small[rare] - lowest)]
    is_extreme = information >= observed - ROUNDING * (1.0 + abs(observed))
    return float(weight[is_extreme].sum() / weight.sum())


def independence_p_values(
    tables: Sequence[ContingencyTable], mutual_information: ArrayLike, moments: tuple[ArrayLike, ArrayLike]
) -> FloatArray:
    """Probability of as much mutual information under independence, for many fields.

    Parameters
    ----------
    tables : sequence of ContingencyTable
        Joint counts of fields and two labels.
    mutual_information : array_like of float, shape (n_tables,)
        Theirs, nats per row.
    moments : tuple of two array_like of float, shape (n_tables,)
        Means and standard deviations from :func:`featsel.stats.null_moments`.

    Returns
    -------
    ndarray of float64, shape (n_tables,)
        Exact where a field of two values needs it, see :func:`two_value_p_value`; else :func:`p_value`.
    """
    probabilities = p_value(mutual_information, *moments)
    for index, table in enumerate(tables):
        if (exact := two_value_p_value(table)) is not None:
            probabilities[index] = exact
    return probabilities


def _log_factorial(counts: FloatArray) -> FloatArray:
    return counts * np.log(np.maximum(counts, 1.0)) - counts + stirling_remainder(counts)


def benjamini_hochberg(p_values: ArrayLike) -> FloatArray:
    """Adjust p-values for the number of fields: the false discovery rate at which each would be accepted.

    Parameters
    ----------
    p_values : array_like of float, shape (n_fields,)
        Probabilities, in any order.

    Returns
    -------
    ndarray of float64, shape (n_fields,)
        q-values in the same order, from 0 to 1, never below the p-value.

    References
    ----------
    Benjamini & Hochberg, "Controlling the false discovery rate", JRSS B 57, 1995.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.5, 0.02])
    array([0.03, 0.5 , 0.03])
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    # the ratio first: it is never below one, so that q is never below p
    scaled = p[order] * (p.size / np.arange(1, p.size + 1))
    q = np.empty_like(p)
    q[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return q


def _broadcast(*arrays: ArrayLike) -> tuple[FloatArray, ...]:
    return tuple(np.array(each) for each in np.broadcast_arrays(*(np.asarray(a, np.float64) for a in arrays)))
