"""How are counts of values kept, sent and merged, where a log is counted in shards?

A table of a shard holds the keys of its values in ascending order and how often each has which label. Tables
add up, in any order, to the table of all rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featsel.engines import kernels
from featsel.engines.kernels import Keys, Sums
from featsel.engines.tallies import CountedValues

PART_VALUES = 1 << 19
"""Values that are unpacked at once: 12 MB."""


@dataclass(frozen=True, eq=False)
class SortedCounts:
    """Counts of values, as small as they fit.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n_values,)
        Ascending.
    sums : ndarray of uint8, uint16, uint32 or uint64, shape (n_values, 2)
        Rows of each label.
    """

    keys: NDArray[np.uint64]
    sums: NDArray[Any]

    @property
    def n_bytes(self) -> int:
        """What it takes in memory, and on the way to another process."""
        return self.keys.nbytes + self.sums.nbytes

    def parts(self) -> Iterator[CountedValues]:
        """The values, some at a time, in arrays that may be changed."""
        for start in range(0, self.keys.size, PART_VALUES):
            part = slice(start, start + PART_VALUES)
            yield self.keys[part].copy(), self.sums[part].astype(np.int64)


def sorted_counts(values: Iterable[CountedValues]) -> SortedCounts:
    """Pack values that come in ascending order.

    Parameters
    ----------
    values : iterable of tuple of ndarray
        See :func:`featsel.engines.tallies.tally`; counts of rows, not weights.

    Returns
    -------
    SortedCounts
        The same values.
    """
    packed = [(keys, _packed(sums)) for keys, sums in values]
    if not packed:
        return SortedCounts(np.empty(0, np.uint64), np.empty((0, 2), np.uint8))
    # numpy's sums of different widths become the widest
    return SortedCounts(
        np.concatenate([keys for keys, _ in packed]), np.concatenate([sums for _, sums in packed])
    )


def cut(values: Iterable[CountedValues], bounds: NDArray[np.uint64]) -> Iterator[SortedCounts]:
    """Cut values that come in ascending order into ranges of keys.

    Parameters
    ----------
    values : iterable of tuple of ndarray
        See :func:`sorted_counts`.
    bounds : ndarray of uint64, shape (n_bounds,)
        Ascending; a key that equals a bound belongs to the range that begins there.

    Yields
    ------
    SortedCounts
        One for each of the ``n_bounds + 1`` ranges, also where it is empty.
    """
    waiting: list[CountedValues] = []
    n_done = 0
    for keys, sums in values:
        places = np.searchsorted(keys, bounds[n_done:])
        start = 0
        for stop in places[places < keys.size].tolist():
            waiting.append((keys[start:stop], sums[start:stop]))
            yield sorted_counts(waiting)
            waiting = []
            n_done += 1
            start = stop
        waiting.append((keys[start:].copy(), sums[start:].copy()))
    for _ in range(n_done, bounds.size + 1):
        yield sorted_counts(waiting)
        waiting = []


def merge(tables: Sequence[SortedCounts]) -> SortedCounts:
    """Add up tables of different rows.

    Parameters
    ----------
    tables : sequence of SortedCounts
        At least one; in any order.

    Returns
    -------
    SortedCounts
        Every value of any of them, with the sum of its counts.
    """
    left = list(tables)
    while len(left) > 1:
        left = [_sum(left[place : place + 2]) for place in range(0, len(left), 2)]
    return left[0]


def _sum(pair: Sequence[SortedCounts]) -> SortedCounts:
    if len(pair) == 1:
        return pair[0]
    first, second = pair
    # some values at a time: unpacked, they take seven times the memory
    bounds = first.keys[PART_VALUES::PART_VALUES]
    return sorted_counts(
        _sum_part(*parts) for parts in zip(_between(first, bounds), _between(second, bounds), strict=True)
    )


def _between(table: SortedCounts, bounds: NDArray[np.uint64]) -> Iterator[SortedCounts]:
    places = [0, *np.searchsorted(table.keys, bounds).tolist(), table.keys.size]
    for start, stop in pairwise(places):
        yield SortedCounts(table.keys[start:stop], table.sums[start:stop])


def _sum_part(first: SortedCounts, second: SortedCounts) -> CountedValues:
    n_most = first.keys.size + second.keys.size
    keys, sums = np.empty(n_most, np.uint64), np.empty((n_most, 2), np.uint64)
    n_keys = _merge_two(
        kernels.read_only(first.keys),
        kernels.read_only(first.sums.astype(np.uint64, copy=False)),
        kernels.read_only(second.keys),
        kernels.read_only(second.sums.astype(np.uint64, copy=False)),
        keys,
        sums,
    )
    return keys[:n_keys].copy(), sums[:n_keys]


def _packed(sums: NDArray[Any]) -> NDArray[Any]:
    return sums.astype(np.min_scalar_type(int(sums.max(initial=0))))


@kernels.compiled
def _merge_two(
    first_keys: Keys, first_sums: Sums, second_keys: Keys, second_sums: Sums, keys: Keys, sums: Sums
) -> int:
    """Merge two tables of ascending keys.

    Parameters
    ----------
    first_keys, second_keys : ndarray of uint64
        Ascending, each key once.
    first_sums, second_sums : ndarray of uint64, shapes (n_first, 2) and (n_second, 2)
        Beside them.
    keys, sums : ndarray of uint64, shapes (n_first + n_second,) and (n_first + n_second, 2)
        Take the result.

    Returns
    -------
    int
        Distinct keys.
    """
    i, j, n_keys = 0, 0, 0
    while i < first_keys.size or j < second_keys.size:
        takes_first = j == second_keys.size or (i < first_keys.size and first_keys[i] <= second_keys[j])
        takes_second = i == first_keys.size or (j < second_keys.size and second_keys[j] <= first_keys[i])
        keys[n_keys] = first_keys[i] if takes_first else second_keys[j]
        sums[n_keys, 0] = 0
        sums[n_keys, 1] = 0
        if takes_first:
            sums[n_keys, 0] += first_sums[i, 0]
            sums[n_keys, 1] += first_sums[i, 1]
            i += 1
        if takes_second:
            sums[n_keys, 0] += second_sums[j, 0]
            sums[n_keys, 1] += second_sums[j, 1]
            j += 1
        n_keys += 1
    return n_keys
