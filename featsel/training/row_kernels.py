"""How are the rows of a table that a batch touched updated in one compiled pass?

A pass sums the gradients of equal rows without sorting: a table of slots, one a row, tells where in a buffer
the sum of a row stands; rows of the buffer are then updated one after the other, each with its weights and
its moments in cache. Sums run in the order of the batch, and every row belongs to one shard, so the result
does not depend on how many shards, and threads, there are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featsel.engines.kernels import compiled

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

SHARED_ROWS = 4
"""Neighbouring rows, 2 to this power, belong to one shard: the slots of 16 rows are a cache line, and two
threads should not write to the same."""


@compiled
def sum_rows(
    rows: Rows,
    gradients: Floats,
    slots: NDArray[np.int32],
    sums: Floats,
    distinct: Rows,
    shard: int,
    n_shards: int,
) -> int:
    """Sum the gradients of equal rows.

    Parameters
    ----------
    rows : ndarray of int64, shape (n,)
        Rows of the table, in any order, any number of times.
    gradients : ndarray of float32, shape (n, width)
        A gradient for each.
    slots : ndarray of int32, shape (n_rows,)
        -1 throughout the shard; afterwards the slots of the rows that were met.
    sums : ndarray of float32, shape (at least as many as distinct rows of the shard, width)
        Sums by slot, written.
    distinct : ndarray of int64, shape as that of ``sums``
        Rows by slot, written.
    shard, n_shards : int
        Which rows are summed: those of one shard.

    Returns
    -------
    int
        Distinct rows of the shard.
    """
    n_distinct = 0
    width = gradients.shape[1]
    for place in range(rows.size):
        row = rows[place]
        if (row >> SHARED_ROWS) % n_shards != shard:
            continue
        slot = slots[row]
        if slot < 0:
            slots[row] = n_distinct
            distinct[n_distinct] = row
            for column in range(width):
                sums[n_distinct, column] = gradients[place, column]
            n_distinct += 1
        else:
            for column in range(width):
                sums[slot, column] += gradients[place, column]
    return n_distinct


@compiled
def adam_rows(
    table: Floats,
    moments: Floats,
    slots: NDArray[np.int32],
    sums: Floats,
    distinct: Rows,
    n_distinct: int,
    factors: Floats,
    l2: Floats,
) -> None:
    """Take an Adam step with the rows that :func:`sum_rows` found, and free their slots.

    Parameters
    ----------
    table : ndarray of float32, shape (n_rows, width)
        Weights, updated.
    moments : ndarray of float32, shape (n_rows, 2, width)
        First and second moments, updated.
    slots, sums, distinct
        As :func:`sum_rows` left them.
    n_distinct : int
        Its result.
    factors : ndarray of float32, shape (6,)
        Learning rate over the first moment's bias correction; decay rate of the first moment, and 1 less it;
        those of the second; the number that keeps the divisor from 0. The divisor's bias correction is
        part of the rate and of that number.
    l2 : ndarray of float32, shape (width,)
        Times the weights is added to their gradient, for each column.
    """
    width = table.shape[1]
    # 1 - .999 in float32 would be wrong by 1e-5
    rate, keep_first, add_first, keep_second, add_second, epsilon = factors
    for slot in range(n_distinct):
        row = distinct[slot]
        slots[row] = -1
        for column in range(width):
            gradient = sums[slot, column] + l2[column] * table[row, column]
            first = keep_first * moments[row, 0, column] + add_first * gradient
            second = keep_second * moments[row, 1, column] + add_second * gradient * gradient
            moments[row, 0, column] = first
            moments[row, 1, column] = second
            table[row, column] -= rate * first / (np.sqrt(second) + epsilon)


@compiled
def adagrad_rows(
    table: Floats,
    accumulators: Floats,
    slots: NDArray[np.int32],
    sums: Floats,
    distinct: Rows,
    n_distinct: int,
    factors: Floats,
    l2: Floats,
) -> None:
    """Take a row-wise Adagrad step with the rows that :func:`sum_rows` found, and free their slots.

    Parameters
    ----------
    table, slots, sums, distinct, n_distinct
        As of :func:`adam_rows`.
    accumulators : ndarray of float32, shape (n_rows,)
        Sum of the mean squared gradients of a row so far, updated.
    factors : ndarray of float32, shape (2,)
        Learning rate, the number that keeps the divisor from 0.
    l2 : ndarray of float32, shape (width,)
        As of :func:`adam_rows`.
    """
    width = table.shape[1]
    rate, epsilon = factors
    for slot in range(n_distinct):
        row = distinct[slot]
        slots[row] = -1
        squares = np.float32(0)
        for column in range(width):
            gradient = sums[slot, column] + l2[column] * table[row, column]
            sums[slot, column] = gradient
            squares += gradient * gradient
        accumulators[row] += squares / np.float32(width)
        scale = rate / (np.sqrt(accumulators[row]) + epsilon)
        for column in range(width):
            table[row, column] -= scale * sums[slot, column]
