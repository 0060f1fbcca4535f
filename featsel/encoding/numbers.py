"""How do numbers become features?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LARGEST_SCALED = 1e30
"""Where numbers are standardised, larger ones count as infinite: a float32 ends at 3.4e38."""

MANY_NUMBERS = 1 << 20
"""Edges are quantiles of so many numbers at most: the share of a bin is then off by less than .2 %."""


def quantile_edges(numbers: NDArray[np.float64], n_bins: int) -> tuple[float, ...]:
    """Inner edges of bins that hold about equally many numbers.

    Parameters
    ----------
    numbers : ndarray of float64
        Those that are not finite are passed over: the outer bins reach to infinity.
    n_bins : int
        Bins at most.

    Returns
    -------
    tuple of float
        Ascending, distinct numbers of the sample, each the first of its bin. Where there are no more
        distinct numbers than bins, each has a bin of its own.
    """
    distinct, counts = np.unique(numbers[np.isfinite(numbers)], return_counts=True)
    if distinct.size <= n_bins:
        return tuple(distinct[1:].tolist())
    ranks = np.cumsum(counts) - counts
    wanted = np.arange(1, n_bins) * counts.sum() / n_bins
    edges = np.unique(distinct[np.searchsorted(ranks, wanted, side="right") - 1])
    return tuple(edges[edges > distinct[0]].tolist())


def bin_numbers(numbers: NDArray[np.float64], edges: tuple[float, ...]) -> NDArray[np.int64]:
    """Bin of each number: ``edges[i - 1] <= x < edges[i]``; NaN is in bin ``len(edges) + 1``."""
    bins = np.searchsorted(np.array(edges), numbers, side="right")
    bins[np.isnan(numbers)] = len(edges) + 1
    return bins


def is_scalable(numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which numbers can be standardised: all but NaN and those that are infinite or nearly so."""
    return np.abs(numbers) <= LARGEST_SCALED


def log_square(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whole numbers that grow with the square of the logarithm; NaN stays.

    The rule of the winning entry of the Criteo challenge (3 Idiots, 2014): ``floor(ln(x)^2)`` above 2, and
    the number itself, rounded down, up to there.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = np.floor(np.log(np.maximum(numbers, 2.0)) ** 2)
        squares = np.where(np.isposinf(numbers), numbers, squares)
        return np.where(numbers > 2, squares, np.floor(numbers))
