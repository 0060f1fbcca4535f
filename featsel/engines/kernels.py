"""Which loops over rows are compiled, and how?

They release the global interpreter lock, so that threads count different fields at once. Each works on
arrays that its caller owns; reassigning arrays inside such a loop would cost twenty times what counting a row
costs. Counts are int64, or float64 where rows carry weights: one source, two compiled versions, of which a
run needs one. All arrays are contiguous and batches are read-only, because every other layout would be
compiled anew. Weights are an array of length 0 where all are 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Function = TypeVar("Function", bound=Callable[..., Any])
Sums = NDArray[Any]  # int64 without weights, float64 with them

EMPTY = np.uint64(0)
"""Marks a free slot of a table; a key of 0 is stored as ``ZERO_KEY``."""

ZERO_KEY = np.uint64(0x9E3779B97F4A7C15)
"""Stands for key 0: an arbitrary 64-bit number, as unlikely as any to be a value's hash."""

SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: the high bits of a product with it spread keys over a table (Knuth). The low
bits would not: the keys of round numbers end in zeros."""


def compiled(function: Function, *, sums_in_any_order: bool = False) -> Function:
    """Compile a loop on its first call; later processes read it from numba's cache.

    Sums of floats are vectorised only where they may be added ``in any order``: always the same one on a
    machine, another one on another processor.
    """
    fast = {"reassoc", "nsz"} if sums_in_any_order else False
    # numpy's division: Python's checks every divisor, and the check keeps loops from being vectorised
    try:
        dispatcher = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=fast)(function)
    except RuntimeError:
        # neither the package nor the user's cache folder can be written to: every process compiles
        dispatcher = numba.njit(nogil=True, error_model="numpy", fastmath=fast)(function)
    # numba's own type forgets the parameters
    return cast("Function", dispatcher)


def read_only(values: NDArray[Any]) -> NDArray[Any]:
    """View of an array of which polars may be the owner; kernels would be compiled for both kinds."""
    view = values.view()
    view.flags.writeable = False
    return view


@compiled
def slot_shift(n_slots: int) -> np.uint64:
    """Shift that leaves as many high bits as number the slots of a table, a power of two of them."""
    shift = 64
    while n_slots > 1:
        n_slots >>= 1
        shift -= 1
    return np.uint64(shift)


@compiled
def count_keys(  # noqa: PLR0913, PLR0917 - compiled code takes neither keywords nor objects
    keys: Keys,
    labels: NDArray[np.uint8],
    weights: Sums,
    start: int,
    table_keys: Keys,
    table_sums: Sums,
    n_used: int,
    n_allowed: int,
    spill_keys: Keys,
    spill_weights: Sums,
    n_spilled: NDArray[np.int64],
) -> tuple[int, int]:
    """Count rows into an open-addressing table; rows of keys that find no room are set aside by label.

    Parameters
    ----------
    keys, labels : ndarray, shape (n_rows,)
        The batch.
    weights : ndarray, shape (n_rows,) or (0,)
        Its weights.
    start : int
        First row to count.
    table_keys : ndarray of uint64, shape (n_slots,)
        Slots, a power of two of them.
    table_sums : ndarray, shape (n_slots, 2)
        Sums by label of the keys in the slots.
    n_used, n_allowed : int
        Keys in the table, and how many it may hold.
    spill_keys : ndarray of uint64, shape (2, capacity)
        Keys set aside, by label.
    spill_weights : ndarray, shape (2, capacity) or (2, 0)
        Their weights.
    n_spilled : ndarray of int64, shape (2,)
        How many were set aside; updated in place.

    Returns
    -------
    tuple of int
        The row at which counting stopped for lack of room (or the number of rows), and the keys now in the
        table.
    """
    shift = slot_shift(table_keys.size)
    mask = np.uint64(table_keys.size - 1)
    capacity = spill_keys.shape[1]
    is_weighted = weights.size > 0
    weight = table_sums.dtype.type(1)
    for row in range(start, keys.size):
        key = keys[row]
        if key == EMPTY:
            key = ZERO_KEY
        label = labels[row]
        if is_weighted:
            weight = weights[row]
        slot = (key * SPREAD) >> shift
        found = table_keys[slot]
        while found != key and found != EMPTY:  # noqa: PLR1714 - compiled code
            slot = (slot + np.uint64(1)) & mask
            found = table_keys[slot]
        if found == key:
            table_sums[slot, label] += weight
        elif n_used < n_allowed:
            table_keys[slot] = key
            table_sums[slot, label] += weight
            n_used += 1
        else:
            place = n_spilled[label]
            if place >= capacity:
                return row, n_used
            spill_keys[label, place] = key
            if is_weighted:
                spill_weights[label, place] = weight
            n_spilled[label] = place + 1
    return keys.size, n_used


@compiled
def set_aside(
    keys: Keys,
    labels: NDArray[np.uint8],
    weights: Sums,
    start: int,
    spill_keys: Keys,
    spill_weights: Sums,
    n_spilled: NDArray[np.int64],
) -> int:
    """Set all rows aside by label; see :func:`count_keys`, also for the result."""
    capacity = spill_keys.shape[1]
    is_weighted = weights.size > 0
    for row in range(start, keys.size):
        key = keys[row]
        label = labels[row]
        place = n_spilled[label]
        if place >= capacity:
            return row
        spill_keys[label, place] = ZERO_KEY if key == EMPTY else key
        if is_weighted:
            spill_weights[label, place] = weights[row]
        n_spilled[label] = place + 1
    return keys.size


@compiled
def grow_table(table_keys: Keys, table_sums: Sums, new_keys: Keys, new_sums: Sums) -> None:
    """Move all keys of a table into a larger, empty one."""
    shift = slot_shift(new_keys.size)
    mask = np.uint64(new_keys.size - 1)
    for old in range(table_keys.size):
        key = table_keys[old]
        if key == EMPTY:
            continue
        slot = (key * SPREAD) >> shift
        while new_keys[slot] != EMPTY:
            slot = (slot + np.uint64(1)) & mask
        new_keys[slot] = key
        new_sums[slot, 0] = table_sums[old, 0]
        new_sums[slot, 1] = table_sums[old, 1]
