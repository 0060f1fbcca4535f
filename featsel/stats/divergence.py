"""How far apart are two distributions, and how far would chance alone bring them?"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

CountArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

UPPER_Z = 3.090232306167813
"""Standard normal quantile of .999."""


def population_stability_index(first: CountArray, second: CountArray) -> float:
    """Population stability index: the symmetrised Kullback–Leibler divergence of two tables of counts.

    Half a row is added to each cell that has a row in either table, so that an empty cell does not count
    more than its rows would.

    Parameters
    ----------
    first, second : ndarray of int64, shape (n_cells,)
        Rows.

    Returns
    -------
    float
        Nats, from 0; 0 where a table is empty.

    Examples
    --------
    >>> population_stability_index(np.array([500, 500]), np.array([500, 500]))
    0.0
    """
    is_used = (first + second) > 0
    if not first.sum() or not second.sum():
        return 0.0
    p = (first[is_used] + 0.5) / (first.sum() + 0.5 * np.count_nonzero(is_used))
    q = (second[is_used] + 0.5) / (second.sum() + 0.5 * np.count_nonzero(is_used))
    return float(np.sum((p - q) * np.log(p / q)))


def stability_floor(n_cells: int, first_rows: int, second_rows: int) -> float:
    """Population stability index that two samples of one distribution exceed once in a thousand times.

    The index is about chi-squared with one degree of freedom less than cells, times the sum of the reciprocal
    numbers of rows (Yurdakul, 2018); its quantile by Wilson and Hilferty's cube root.

    Parameters
    ----------
    n_cells : int
        Cells in use.
    first_rows, second_rows : int
        Rows.

    Returns
    -------
    float
        Nats; infinite where a sample is empty.

    Examples
    --------
    >>> round(stability_floor(1024, 1_000_000, 1_000_000), 4)
    0.0023
    """
    if not first_rows or not second_rows:
        return math.inf
    freedom = max(n_cells - 1, 1)
    cube_root = 1 - 2 / (9 * freedom) + UPPER_Z * math.sqrt(2 / (9 * freedom))
    return freedom * cube_root**3 * (1 / first_rows + 1 / second_rows)


def fold(buckets: CountArray, *, times: int) -> CountArray:
    """Join neighbouring buckets, by twos, several times over.

    Parameters
    ----------
    buckets : ndarray of int64, shape (n_buckets, ...)
        A power of two of them.
    times : int
        How often their number is halved.

    Returns
    -------
    ndarray of int64
        Fewer buckets, the same rows.
    """
    for _ in range(times):
        buckets = buckets[0::2] + buckets[1::2]
    return buckets


def quantiles(edges: FloatArray, rows: CountArray, shares: FloatArray) -> FloatArray:
    """Quantiles of a distribution that is known by bins.

    Parameters
    ----------
    edges : ndarray of float64, shape (n_bins,)
        Largest number of each bin, ascending.
    rows : ndarray of int64, shape (n_bins,)
        Rows of the bins.
    shares : ndarray of float64
        From 0 to 1.

    Returns
    -------
    ndarray of float64
        Edge of the bin that holds each; right to the width of a bin.
    """
    upto = np.cumsum(rows) / rows.sum()
    places = np.searchsorted(upto, shares - 1e-12)
    return edges[np.minimum(places, edges.size - 1)]


def transport_distance(first: tuple[FloatArray, CountArray], second: tuple[FloatArray, CountArray]) -> float:
    """Wasserstein distance of the central 98 % of two distributions, in standard deviations of the second.

    Parameters
    ----------
    first, second : tuple of ndarray
        Edges and rows of bins, finite.

    Returns
    -------
    float
        From 0. Where the second is constant in its centre, in units of a hundredth of that number.
    """
    shares = np.linspace(0.01, 0.99, 981)
    here, there = quantiles(*first, shares), quantiles(*second, shares)
    return float(np.abs(here - there).mean() / _unit(there))


def _unit(numbers: FloatArray) -> float:
    """Standard deviation, or of a constant a hundredth of it."""
    spread = float(numbers.std())
    return spread if spread > 0 else abs(float(numbers[0])) / 100 or 1.0


def transport_spread(first: tuple[FloatArray, CountArray], second: tuple[FloatArray, CountArray]) -> float:
    """How far a distribution of this shape moves by chance, for samples of one row each.

    Between two samples the share of rows up to a number x differs by chance with variance F (1 - F) times
    the sum of the reciprocal numbers of rows; the distance is the integral of that difference over x.

    Parameters
    ----------
    first, second : tuple of ndarray
        Edges and rows of bins, finite; see :func:`transport_distance`.

    Returns
    -------
    float
        In the unit of :func:`transport_distance`; of the two the one that moves further.
    """
    shares = np.linspace(0.01, 0.99, 981)
    middles = (shares[1:] + shares[:-1]) / 2
    widths = [
        float(np.sum(np.diff(quantiles(*each, shares)) * np.sqrt(middles * (1 - middles))))
        for each in (first, second)
    ]
    return max(widths) / _unit(quantiles(*second, shares))


def rows_upto(edges: FloatArray, rows: CountArray, points: FloatArray) -> FloatArray:
    """Rows at or below some points, of a distribution that is known by bins; even within a bin.

    Parameters
    ----------
    edges : ndarray of float64, shape (n_bins,)
        Largest number of each bin, ascending.
    rows : ndarray of int64, shape (n_bins,)
        Rows of the bins.
    points : ndarray of float64
        Numbers.

    Returns
    -------
    ndarray of float64
        Rows; exact where a point is an edge.
    """
    upto = np.cumsum(rows).astype(np.float64)
    return np.interp(points, edges, upto, left=0.0)
