"""How much do two fields have in common, and how much of that is chance?

Two fields of many values share mutual information even if they are independent. What is expected of it, with
both margins fixed, is a sum over all pairs of values of a function of their two sizes alone. That function is
smooth, so it is evaluated on a grid of sizes once, and all pairs of fields take one matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lgamma, log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featsel.stats.cells import expected_deviance

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

GRID_STEP = 0.1
N_NODES = 6
"""Distance of the grid's sizes on the scale ln(a / (n + 1 - a)), and how many of them a size in between is
interpolated from. The error was at most 6e-8 of what chance explains, for fields of 2 to n values and 50 to a
million rows; linear interpolation between twice as many sizes leaves 1e-3."""

RESOLUTION = 1e-6
"""Share of an entropy below which nothing is left to explain but what interpolation leaves of it."""

ROUNDING = 1e-9
"""A share that lacks less of 1 is 1: entropies are differences of sums."""

EXACT_SIZES = 4096
"""Rows of a cell up to which chance is evaluated for every number."""

FINE_STEP = 0.01
"""Relative distance of larger numbers; chance then hardly depends on them."""


@dataclass(frozen=True, eq=False)
class Margin:
    """How often a field has its values.

    Parameters
    ----------
    sizes : ndarray of int64, shape (n_sizes,)
        Distinct numbers of rows, positive.
    multiplicity : ndarray of int64, shape (n_sizes,)
        How many values have each.
    """

    sizes: IntArray
    multiplicity: IntArray

    @property
    def n_rows(self) -> int:
        """Rows of all values."""
        return int(self.sizes @ self.multiplicity)

    @property
    def entropy(self) -> float:
        """Entropy of the field, nats."""
        return entropy(float((self.multiplicity * self.sizes) @ np.log(self.sizes)), self.n_rows)


def margin(counts: IntArray) -> Margin:
    """Sum up how often a field has its values.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_values,)
        Rows of each value; zeros do not matter.

    Returns
    -------
    Margin
        The same for any order of the values.
    """
    return Margin(*np.unique(counts[counts > 0], return_counts=True))


def entropy(sum_n_log_n: float, n_rows: int) -> float:
    """Entropy of rows in cells.

    Parameters
    ----------
    sum_n_log_n : float
        Sum of k ln k over the cells, k being their rows.
    n_rows : int
        All rows, at least one.

    Returns
    -------
    float
        Nats, never negative.

    Examples
    --------
    >>> round(entropy(float(2 * 5 * np.log(5)), 10), 6)
    0.693147
    """
    return max(log(n_rows) - sum_n_log_n / n_rows, 0.0)


def expected_pair_information(margins: Sequence[Margin]) -> FloatArray:
    """Mutual information that pairs of fields would show, were they independent.

    Parameters
    ----------
    margins : sequence of Margin
        Of the fields, with equally many rows.

    Returns
    -------
    ndarray of float64, shape (n_fields, n_fields)
        Nats per row, both margins fixed; good to about 1e-7 of itself.

    References
    ----------
    Vinh, Epps & Bailey, "Information theoretic measures for clusterings comparison", JMLR 11, 2010.

    Examples
    --------
    >>> halves, quarters = margin(np.array([2, 2])), margin(np.array([1, 1, 1, 1]))
    >>> expected_pair_information([halves, quarters]).round(6)
    array([[0.231049, 0.693147],
           [0.693147, 1.386294]])
    """
    n_rows = margins[0].n_rows
    grid = _grid(n_rows)
    weights = np.stack([_weights(of_field, grid, n_rows) for of_field in margins])
    # a value that all rows have tells nothing
    chance = np.stack(
        [
            expected_deviance(grid, n_rows, size) if size < n_rows else np.zeros(grid.size)
            for size in grid.tolist()
        ]
    )
    expected: FloatArray = weights @ chance @ weights.T / n_rows
    return np.maximum((expected + expected.T) / 2, 0.0)


def redundancy(information: ArrayLike, expected: ArrayLike, entropy: ArrayLike) -> FloatArray:
    """Share of the smaller entropy of two fields that they have in common beyond chance.

    Parameters
    ----------
    information, expected : array_like of float
        Plug-in mutual information of the two and its expectation under independence, nats.
    entropy : array_like of float
        The smaller one of their two entropies, nats.

    Returns
    -------
    ndarray of float64
        From 0 for independent fields to 1 where one determines the other. 0 where chance explains all of the
        entropy, as it does for row identifiers and constants.

    References
    ----------
    Vinh, Epps & Bailey, JMLR 11, 2010: the adjusted mutual information, normalised by the smaller entropy.

    Examples
    --------
    >>> redundancy([0.7, 0.4, 0.1], [0.1, 0.1, 0.1], 0.7)
    array([1. , 0.5, 0. ])
    """
    observed, chance, most = np.broadcast_arrays(
        np.asarray(information, np.float64), np.asarray(expected, np.float64), np.asarray(entropy, np.float64)
    )
    share: FloatArray = np.zeros(observed.shape)
    np.divide(observed - chance, most - chance, out=share, where=most - chance > RESOLUTION * most)
    share[share > 1.0 - ROUNDING] = 1.0
    return np.maximum(share, 0.0)


def log_chance_of_determination(sizes: IntArray, n_sources: IntArray) -> float:
    """How easily one field would determine another one by chance.

    If every value of one field goes with one value of the other, that is remarkable only if its values repeat
    and the other's vary: a row identifier determines everything. The margins fixed, as many tables as there
    are ways to deal out the values of the first field are as probable as the one that was found.

    Parameters
    ----------
    sizes : ndarray of int64, shape (n_values,)
        Rows of each value of the determined field.
    n_sources : ndarray of int64, shape (n_values,)
        How many values of the determining field go with each.

    Returns
    -------
    float
        Logarithm of a probability; exact where all values of the determining field are equally frequent, and
        0 for row identifiers and constants.

    Examples
    --------
    >>> round(log_chance_of_determination(np.array([2, 2]), np.array([1, 1])), 6)  # 1 in 3
    -1.098612
    >>> log_chance_of_determination(np.array([2, 2]), np.array([2, 2]))
    0.0
    """
    return min(_log_ways(n_sources) - _log_ways(sizes), 0.0)


def chance_of_cells(n_rows: int, n_positive: int) -> tuple[FloatArray, FloatArray]:
    """What a value of some rows adds to the mutual information with the label by chance.

    Parameters
    ----------
    n_rows, n_positive : int
        Rows, and those of label 1.

    Returns
    -------
    tuple of two ndarrays of float64
        Numbers of rows from 0 to ``n_rows``, each one up to 4096 and hundredths apart above, and nats at
        them, not divided by the number of rows. Linear in between to 1e-5 of itself.
    """
    dense = np.arange(1, min(EXACT_SIZES, n_rows) + 1)
    n_sparse = int(log(max(n_rows / EXACT_SIZES, 1.0)) / FINE_STEP) + 2
    sparse = np.rint(np.geomspace(min(EXACT_SIZES, n_rows), n_rows, n_sparse)).astype(np.int64)
    numbers = np.unique(np.concatenate([dense, sparse]))
    nats = np.zeros(numbers.size)
    if 0 < n_positive < n_rows:
        for of_label in (n_positive, n_rows - n_positive):
            nats += expected_deviance(numbers, n_rows, of_label)
    # a log may be shorter than the numbers that are looked up one by one
    padding = np.arange(n_rows + 1, EXACT_SIZES + 1)
    numbers = np.concatenate([[0], numbers, padding])
    return numbers.astype(np.float64), np.concatenate([[0.0], nats, np.zeros(padding.size)])


def _grid(n_rows: int) -> IntArray:
    # a field may have one value of nearly all rows, so both ends are dense
    end = log(n_rows)
    places = np.linspace(-end, end, max(int(2 * end / GRID_STEP), 1) + 1)
    sizes = np.rint((n_rows + 1) / (1.0 + np.exp(-places)))
    return np.unique(np.clip(sizes, 1, n_rows).astype(np.int64))


def _weights(of_field: Margin, grid: IntArray, n_rows: int) -> FloatArray:
    """Weights of the grid's sizes that interpolate a sum over values: Lagrange polynomials."""
    nodes, places = _place(grid, n_rows), _place(of_field.sizes, n_rows)
    n_nodes = min(N_NODES, grid.size)
    first = np.clip(np.searchsorted(nodes, places) - n_nodes // 2, 0, grid.size - n_nodes)
    indexes = first[:, None] + np.arange(n_nodes)
    near = nodes[indexes]  # (n_sizes, n_nodes)
    shares: FloatArray = np.repeat(of_field.multiplicity[:, None].astype(np.float64), n_nodes, axis=1)
    for node in range(n_nodes):
        for other in range(n_nodes):
            if other != node:
                shares[:, node] *= (places - near[:, other]) / (near[:, node] - near[:, other])
    weights: FloatArray = np.zeros(grid.size)
    np.add.at(weights, indexes, shares)
    return weights


def _place(sizes: IntArray, n_rows: int) -> FloatArray:
    places: FloatArray = np.log(sizes / (n_rows + 1.0 - sizes))
    return places


def _log_ways(counts: IntArray) -> float:
    """Logarithm of the multinomial coefficient."""
    distinct, multiplicity = np.unique(counts, return_counts=True)
    pairs = zip(distinct.tolist(), multiplicity.tolist(), strict=True)
    of_values = sum(times * lgamma(count + 1.0) for count, times in pairs)
    return float(lgamma(float(counts.sum()) + 1.0) - of_values)
