"""How much does a field tell of the label within the values of another one, beyond chance?

Within each value of the other field, a stratum, the mutual information has an exact expectation under
independence, rows and positives of the stratum fixed. What is left adds up over the strata. Correcting each
information by itself instead, as if the other field were not there, is wrong by dozens of standard deviations
for a relevant field beside noise of many values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NEGLIGIBLE = 1e-18
"""Share of the largest probability below which the tail of a count is left out."""


def conditional_information(strata: NDArray[np.unsignedinteger], counts: IntArray) -> float:
    """Corrected mutual information of cells and label within strata.

    Parameters
    ----------
    strata : ndarray of unsigned integers, shape (n_cells,)
        Stratum of each cell.
    counts : ndarray of int64, shape (n_cells, 2)
        Rows of each label, at least one.

    Returns
    -------
    float
        Nats per row of the log: the sum over strata of their share of the rows times plug-in information less
        its exact expectation. About zero, of either sign, for independence.

    References
    ----------
    The expectation is that of Vinh, Epps & Bailey, "Information theoretic measures for clusterings
    comparison", JMLR 11, 2010.

    Examples
    --------
    >>> counts = np.array([[40, 10], [10, 40], [10, 40], [40, 10]])
    >>> strata = np.array([0, 0, 1, 1], np.uint32)
    >>> round(conditional_information(strata, counts), 3)
    0.188
    """
    n_rows = counts.sum(axis=1)
    total = int(n_rows.sum())
    if not total:
        return 0.0
    places = strata.astype(np.intp)
    n_strata = int(places.max()) + 1
    rows_of = np.bincount(places, n_rows, n_strata).astype(np.int64)[places]
    hits_of = np.bincount(places, counts[:, 1], n_strata).astype(np.int64)[places]
    # one stratum of one label, or of one cell, has no information at all; its cells are exactly as expected
    matters = (hits_of > 0) & (hits_of < rows_of) & (n_rows < rows_of) & (n_rows > 1)
    rows_of, hits_of, sizes, hits = rows_of[matters], hits_of[matters], n_rows[matters], counts[matters, 1]
    found = _x_log_x(hits) + _x_log_x(sizes - hits)
    return float(found.sum() - _expected_x_log_x(rows_of, hits_of, sizes)) / total


def _x_log_x(counts: IntArray) -> FloatArray:
    amounts = counts.astype(np.float64)
    return amounts * np.log(np.maximum(amounts, 1.0))


def _expected_x_log_x(rows: IntArray, hits: IntArray, sizes: IntArray) -> float:
    """Sum of the expectations of ``x ln x`` over both labels of all cells."""
    if not rows.size:
        return 0.0
    # strata and cells of the same numbers have the same expectation
    of_stratum = np.unique(rows * (int(rows.max()) + 1) + hits, return_inverse=True)[1]
    cases = of_stratum * (int(sizes.max()) + 1) + sizes
    _, first, times = np.unique(cases, return_index=True, return_counts=True)
    total, positive, size = (each[first].astype(np.float64) for each in (rows, hits, sizes))
    mode = np.floor((size + 1.0) * (positive + 1.0) / (total + 2.0))
    mass, sums = _accumulate(total, positive, size, mode, direction=1)
    below, more = _accumulate(total, positive, size, mode, direction=-1)
    at_mode = _terms(mode, size)
    return float(np.dot(times, (at_mode + sums + more) / (1.0 + mass + below)))


def _terms(hits: FloatArray, size: FloatArray) -> FloatArray:
    misses = size - hits
    terms: FloatArray = hits * np.log(np.maximum(hits, 1.0)) + misses * np.log(np.maximum(misses, 1.0))
    return terms


def _accumulate(
    total: FloatArray, positive: FloatArray, size: FloatArray, mode: FloatArray, *, direction: int
) -> tuple[FloatArray, FloatArray]:
    """Probability and weighted terms on one side of the mode, in units of the probability of the mode."""
    mass, sums = np.zeros(size.size), np.zeros(size.size)
    active = np.arange(size.size)
    weight, hits = np.ones(size.size), mode.copy()
    while active.size:
        n, b, m = total[active], positive[active], size[active]
        if direction > 0:
            weight = weight * (b - hits) * (m - hits) / ((hits + 1.0) * (n - b - m + hits + 1.0))
        else:
            weight = weight * hits * (n - b - m + hits) / ((b - hits + 1.0) * (m - hits + 1.0))
        hits = hits + direction
        goes_on = weight > NEGLIGIBLE
        active, weight, hits = active[goes_on], weight[goes_on], hits[goes_on]
        mass[active] += weight
        sums[active] += weight * _terms(hits, size[active])
    return mass, sums
