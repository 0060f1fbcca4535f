"""How do the counts of all values of a field become one table?

The values come in the order of their keys, part by part, wherever they were counted; how they are cut into
parts changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.engines import merging

SMALL_COUNTS = 64
"""Values with fewer rows of each label are tallied by their counts in a square table."""

CountedValues = tuple[NDArray[np.uint64], NDArray[Any]]
"""Keys of values, ascending, and their sums by label, shape (n_values, 2)."""

See = Callable[[NDArray[np.uint64], NDArray[Any]], None]
"""Is shown values and their sums, and changes neither."""


def tally(
    values: Iterable[CountedValues], *, is_weighted: bool, see: See | None = None
) -> tuple[int, ContingencyTable]:
    """Count how many values have which counts.

    Parameters
    ----------
    values : iterable of tuple of ndarray
        All values, ascending from one part to the next too; sums are int64, or float64 where rows carry
        weights. The arrays are changed.
    is_weighted : bool
        Whether they do.
    see : callable, optional
        Shown all values, part by part.

    Returns
    -------
    int
        Distinct values.
    ContingencyTable
        One row per pair of counts; unsorted, equal pairs may stand in several rows.
    """
    dtype: Any = np.float64 if is_weighted else np.int64
    n_values = 0
    side = 0 if is_weighted else SMALL_COUNTS
    small = np.zeros((side, side), np.int64)
    parts: list[NDArray[Any]] = []
    multiplicities: list[NDArray[np.int64]] = []
    for keys, sums in values:
        if see is not None:
            see(keys, sums)
        n_values += sums.shape[0]
        if is_weighted:
            # a pair of floats is a complex number, of which numpy finds the distinct ones
            pairs, n_equal = np.unique(sums.view(np.complex128).ravel(), return_counts=True)
            parts.append(pairs.view(np.float64).reshape(-1, 2))
            multiplicities.append(n_equal.astype(np.int64))
        else:
            n_large = merging.tally_sums(sums, small)
            parts.append(sums[:n_large].copy())
            multiplicities.append(np.ones(n_large, np.int64))
    parts.append(np.argwhere(small).astype(dtype).reshape(-1, 2))
    multiplicities.append(small[np.nonzero(small)])
    return n_values, ContingencyTable(np.concatenate(parts), np.concatenate(multiplicities))


def fill_bins(
    values: Iterable[CountedValues],
    n_bins: int,
    total: float,
    *,
    is_weighted: bool = False,
    see: See | None = None,
) -> tuple[int, ContingencyTable, NDArray[np.uint64]]:
    """Count values in bins of equal counts, in the order of the keys.

    Parameters
    ----------
    values : iterable of tuple of ndarray
        See :func:`tally`; one part alone where there are no more values than bins.
    n_bins : int
        At most this many; fewer values than that keep one bin each.
    total : float
        Sum of all weights, or the number of rows.
    is_weighted : bool
        Whether rows carry weights.
    see : callable, optional
        Shown the keys of all values, ascending, and their sums by label, part by part.

    Returns
    -------
    int
        Distinct values.
    ContingencyTable
        One row per bin.
    ndarray of uint64
        Last key of each bin.
    """
    dtype: Any = np.float64 if is_weighted else np.int64
    parts = iter(values)
    first = next(parts, (np.empty(0, np.uint64), np.empty((0, 2), dtype)))
    if first[0].size <= n_bins:
        second = next(parts, None)
        if second is None:
            keys, sums = first
            if see is not None:
                see(keys, sums)
            return keys.size, ContingencyTable(sums, np.ones(len(sums), np.int64)), keys
        parts = chain([second], parts)
    n_values = 0
    bins = np.zeros((n_bins, 2), dtype)
    last_keys = np.zeros(n_bins, np.uint64)
    state = np.array([0.0, 0.0, total])
    for keys, sums in chain([first], parts):
        if see is not None:
            see(keys, sums)
        n_values += sums.shape[0]
        merging.fill_bins(keys, sums, bins, last_keys, state)
    is_full = bins.sum(axis=1) > 0
    table = ContingencyTable(bins[is_full], np.ones(np.count_nonzero(is_full), np.int64))
    return n_values, table, last_keys[is_full]
