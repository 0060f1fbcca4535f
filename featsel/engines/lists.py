"""Which values does each list of a multi-valued field hold?

A row counts once for each of its values, however often the list repeats it.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.engines import kernels


def flatten(lists: pl.Series) -> tuple[pl.Series, NDArray[np.uint32], int]:
    """Entries of lists, one after the other.

    Parameters
    ----------
    lists : polars.Series
        Lists or arrays. Null and the empty list count as a list of one null.

    Returns
    -------
    polars.Series
        The entries; NaN is null.
    ndarray of uint32, shape (n_lists,)
        Length of each list, 1 or more.
    int
        How many lists are null or empty.
    """
    if isinstance(lists.dtype, pl.Array):
        lists = lists.arr.to_list()
    lengths = lists.list.len().fill_null(0).to_numpy(writable=True)
    entries = lists.explode(empty_as_null=True, keep_nulls=True)
    if entries.dtype.is_float():
        entries = entries.fill_nan(None)
    return entries, np.maximum(lengths, 1), int(np.count_nonzero(lengths == 0))


def distinct_places(keys: NDArray[np.uint64], lengths: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Where the distinct keys of each list stand.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n_entries,)
        The lists, one after the other.
    lengths : ndarray of uint32, shape (n_lists,)
        Their lengths.

    Returns
    -------
    ndarray of int64, shape (n_distinct,)
        Ascending places of the first of equal keys of each list.
    """
    n_slots = 2 << int(lengths.max(initial=1)).bit_length()
    places = np.empty(keys.size, np.int64)
    n_found = _find_distinct(
        kernels.read_only(keys),
        kernels.read_only(lengths),
        np.empty(n_slots, np.uint64),
        np.full(n_slots, -1, np.int64),
        places,
    )
    return places[:n_found]


@kernels.compiled
def _find_distinct(
    keys: NDArray[np.uint64],
    lengths: NDArray[np.uint32],
    seen_keys: NDArray[np.uint64],
    seen_rows: NDArray[np.int64],
    places: NDArray[np.int64],
) -> int:
    """Find the first of equal keys in each list.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n_entries,)
        The lists, one after the other.
    lengths : ndarray of uint32, shape (n_lists,)
        Their lengths.
    seen_keys, seen_rows : ndarray, shape (n_slots,)
        A table of a power of two of slots, more than the longest list has keys; rows start as -1.
    places : ndarray of int64, shape (n_entries,)
        Takes the places of the keys found.

    Returns
    -------
    int
        How many were found.
    """
    shift = kernels.slot_shift(seen_keys.size)
    mask = np.uint64(seen_keys.size - 1)
    n_found = 0
    place = 0
    for row in range(lengths.size):
        for _ in range(lengths[row]):
            key = keys[place]
            slot = (key * kernels.SPREAD) >> shift
            while seen_rows[slot] == row and seen_keys[slot] != key:
                slot = (slot + np.uint64(1)) & mask
            if seen_rows[slot] != row:
                seen_rows[slot] = row
                seen_keys[slot] = key
                places[n_found] = place
                n_found += 1
            place += 1
    return n_found
