"""Which loops over rows are compiled?

They release the global interpreter lock, so that threads count different fields at once. Each works on arrays
that its caller owns; reassigning arrays inside such a loop would cost twenty times what counting a row costs.
Counts are int64, or float64 where rows carry weights: one source, two compiled versions.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Sums = NDArray[Any]  # int64 without weights, float64 with them

EMPTY = np.uint64(0)
"""Marks a free slot of a table; a key of 0 is stored as ``ZERO_KEY``."""

ZERO_KEY = np.uint64(0x9E3779B97F4A7C15)
"""Stands for key 0: an arbitrary 64-bit number, as unlikely as any to be a value's hash."""

LAST_KEY = np.uint64(0xFFFFFFFFFFFFFFFF)
"""Largest key."""

SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: multiplying by it spreads neighbouring keys over the table (Knuth)."""


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]  # numba ships no types
def count_keys(
    keys: Keys,
    labels: NDArray[np.uint8],
    weights: Sums,
    start: int,
    table_keys: Keys,
    table_sums: Sums,
    n_used: int,
    n_allowed: int,
    may_spill: bool,  # noqa: FBT001 - compiled code takes no keywords
    spill_keys: Keys,
    spill_weights: Sums,
    n_spilled: NDArray[np.int64],
) -> tuple[int, int]:
    """Count rows into an open-addressing table; rows of keys that find no room are set aside by label.

    Parameters
    ----------
    keys, labels, weights : ndarray, shape (n_rows,)
        The batch.
    start : int
        First row to count.
    table_keys : ndarray of uint64, shape (n_slots,)
        Slots, a power of two of them.
    table_sums : ndarray, shape (n_slots, 2)
        Sums by label of the keys in the slots.
    n_used, n_allowed : int
        Keys in the table, and how many it may hold.
    may_spill : bool
        Whether keys that find no room are set aside; else counting stops at the first.
    spill_keys : ndarray of uint64, shape (2, capacity)
        Keys set aside, by label.
    spill_weights : ndarray, shape (2, capacity) or (2, 0)
        Their weights; empty where all weights are 1.
    n_spilled : ndarray of int64, shape (2,)
        How many were set aside; updated in place.

    Returns
    -------
    tuple of int
        The row at which counting stopped for lack of room (or the number of rows), and the keys now in the
        table.
    """
    mask = np.uint64(table_keys.size - 1)
    is_weighted = spill_weights.shape[1] > 0
    for row in range(start, keys.size):
        key = keys[row]
        if key == EMPTY:
            key = ZERO_KEY
        label = labels[row]
        slot = ((key * SPREAD) >> np.uint64(32)) & mask
        found = table_keys[slot]
        while found != key and found != EMPTY:
            slot = (slot + np.uint64(1)) & mask
            found = table_keys[slot]
        if found == key:
            table_sums[slot, label] += weights[row]
        elif n_used < n_allowed:
            table_keys[slot] = key
            table_sums[slot, label] += weights[row]
            n_used += 1
        elif not may_spill:
            return row, n_used
        else:
            place = n_spilled[label]
            spill_keys[label, place] = key
            if is_weighted:
                spill_weights[label, place] = weights[row]
            n_spilled[label] = place + 1
    return keys.size, n_used


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]  # numba ships no types
def grow_table(table_keys: Keys, table_sums: Sums, new_keys: Keys, new_sums: Sums) -> None:
    """Move all keys of a table into a larger, empty one."""
    mask = np.uint64(new_keys.size - 1)
    for old in range(table_keys.size):
        key = table_keys[old]
        if key == EMPTY:
            continue
        slot = ((key * SPREAD) >> np.uint64(32)) & mask
        while new_keys[slot] != EMPTY:
            slot = (slot + np.uint64(1)) & mask
        new_keys[slot] = key
        new_sums[slot, 0] = table_sums[old, 0]
        new_sums[slot, 1] = table_sums[old, 1]


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]  # numba ships no types
def take_key(key: np.uint64, keys: Keys, weights: Sums, start: int, total: Any) -> tuple[int, Any]:  # noqa: ANN401
    """Add the weights of one key of a sorted array to its total; also returns where the next key starts."""
    place = start
    if weights.size > 0:
        while place < keys.size and keys[place] == key:
            total += weights[place]
            place += 1
        return place, total
    while place < keys.size and keys[place] == key:
        place += 1
    return place, total + (place - start)


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]  # numba ships no types
def smallest_key(negatives: Keys, i: int, positives: Keys, j: int, table_keys: Keys, t: int) -> np.uint64:
    """Smallest key of three sorted arrays, from the places ``i``, ``j`` and ``t`` on."""
    key = LAST_KEY
    if i < negatives.size:
        key = negatives[i]
    if j < positives.size and positives[j] < key:
        key = positives[j]
    if t < table_keys.size and table_keys[t] < key:
        key = table_keys[t]
    return key


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]  # numba ships no types
def tally_keys(
    negatives: Keys,
    negative_weights: Sums,
    positives: Keys,
    positive_weights: Sums,
    table_keys: Keys,
    table_sums: Sums,
    small: NDArray[np.int64],
    large: Sums,
) -> tuple[int, int]:
    """Count how many keys have which counts.

    Parameters
    ----------
    negatives, positives : ndarray of uint64
        Sorted keys of the rows of each label.
    negative_weights, positive_weights : ndarray
        Weights beside them, or empty.
    table_keys, table_sums : ndarray, shapes (n_keys,) and (n_keys, 2)
        Further sorted keys, each once, with their sums by label.
    small : ndarray of int64, shape (side, side)
        Entry (a, b) counts the keys with a negatives and b positives; updated in place.
    large : ndarray, shape (capacity, 2)
        Counts of the keys that do not fit into ``small``.

    Returns
    -------
    tuple of int
        Distinct keys, and rows written to ``large``.
    """
    side = small.shape[0]
    i, j, t = 0, 0, 0
    zero = table_sums.dtype.type(0)
    n_keys = 0
    n_large = 0
    while i < negatives.size or j < positives.size or t < table_keys.size:
        key = smallest_key(negatives, i, positives, j, table_keys, t)
        negative_sum, positive_sum = zero, zero
        if t < table_keys.size and table_keys[t] == key:
            negative_sum, positive_sum = table_sums[t, 0], table_sums[t, 1]
            t += 1
        i, negative_sum = take_key(key, negatives, negative_weights, i, negative_sum)
        j, positive_sum = take_key(key, positives, positive_weights, j, positive_sum)
        n_keys += 1
        if negative_sum < side and positive_sum < side:
            small[int(negative_sum), int(positive_sum)] += 1
        else:
            large[n_large, 0] = negative_sum
            large[n_large, 1] = positive_sum
            n_large += 1
    return n_keys, n_large


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]  # numba ships no types
def fill_bins(
    negatives: Keys,
    negative_weights: Sums,
    positives: Keys,
    positive_weights: Sums,
    table_keys: Keys,
    table_sums: Sums,
    bins: Sums,
    state: NDArray[np.float64],
) -> int:
    """Put keys, in ascending order, into bins of equal counts.

    A bin is closed when it holds its share of what was left when it was opened, or before a key that alone
    exceeds that share; so a value that most rows have takes one bin, and the others share the rest.

    Parameters
    ----------
    negatives, negative_weights, positives, positive_weights, table_keys, table_sums : ndarray
        Where the keys stand, see :func:`tally_keys`.
    bins : ndarray, shape (n_bins, 2)
        Sums by bin and label; updated in place.
    state : ndarray of float64, shape (3,)
        Current bin, what it holds, and what is left beyond the closed bins; updated in place, so that a
        sequence of calls over ascending ranges is one.

    Returns
    -------
    int
        Distinct keys seen in this call.
    """
    i, j, t = 0, 0, 0
    zero = table_sums.dtype.type(0)
    n_keys = 0
    while i < negatives.size or j < positives.size or t < table_keys.size:
        key = smallest_key(negatives, i, positives, j, table_keys, t)
        negative_sum, positive_sum = zero, zero
        if t < table_keys.size and table_keys[t] == key:
            negative_sum, positive_sum = table_sums[t, 0], table_sums[t, 1]
            t += 1
        i, negative_sum = take_key(key, negatives, negative_weights, i, negative_sum)
        j, positive_sum = take_key(key, positives, positive_weights, j, positive_sum)
        n_keys += 1
        bin_index = int(state[0])
        total = float(negative_sum + positive_sum)
        share = state[2] / (bins.shape[0] - bin_index)
        if state[1] > 0 and total >= share and bin_index < bins.shape[0] - 1:
            bin_index += 1
            state[2] -= state[1]
            state[1] = 0.0
            share = state[2] / (bins.shape[0] - bin_index)
        bins[bin_index, 0] += negative_sum
        bins[bin_index, 1] += positive_sum
        state[1] += total
        if state[1] >= share and bin_index < bins.shape[0] - 1:
            bin_index += 1
            state[2] -= state[1]
            state[1] = 0.0
        state[0] = bin_index
    return n_keys
