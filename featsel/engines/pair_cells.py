"""In how many rows of each label do two codes meet, exactly?

The rows are sorted by the first code, counting as one goes, and the second codes of each value of the first
are then counted in one scratch array: two passes over the rows, whatever the cardinalities, and memory for
the cells that exist. Small tables are counted densely instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import CountArray
from featsel.engines import kernels
from featsel.engines.weights import NO_WEIGHTS

DENSE_CELLS = 1 << 16
"""Cells up to which a table of all of them, 512 kB, stays in the second-level cache."""

Codes = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class PairCells:
    """The cells of a table of two codes and a 0/1 label that hold rows.

    Parameters
    ----------
    first, second : ndarray of uint32, shape (n_cells,)
        Their codes; ``first`` ascends.
    counts : ndarray of int64 or float64, shape (n_cells, 2)
        Rows of each label, or the sums of their weights.
    """

    first: Codes
    second: Codes
    counts: CountArray


def count_cells(
    first: NDArray[Any],
    second: NDArray[Any],
    labels: NDArray[np.uint8],
    *,
    sizes: tuple[int, int],
    weights: NDArray[Any] = NO_WEIGHTS,
) -> PairCells:
    """Count rows by two codes and a label.

    Parameters
    ----------
    first, second : ndarray of unsigned integers, shape (n_rows,)
        Codes; the second below 2^31.
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1.
    sizes : tuple of int
        How many codes either has.
    weights : ndarray, shape (n_rows,) or (0,)
        float64, or ``NO_WEIGHTS``.

    Returns
    -------
    PairCells
        Exact; the same for any order of the rows but for the order of cells within a first code (and the last
        bits of sums of weights).
    """
    # one type, or every combination of code types would be compiled
    first, second = (kernels.read_only(codes.astype(np.uint32, copy=False)) for codes in (first, second))
    labels = kernels.read_only(labels)
    weights = kernels.read_only(weights)
    dtype: Any = np.float64 if weights.size else np.int64
    if sizes[0] * sizes[1] <= DENSE_CELLS:
        table = np.zeros((sizes[0] * sizes[1], 2), dtype)
        is_met = np.zeros(sizes[0] * sizes[1], np.bool_)
        _count_dense(first, second, labels, weights, sizes[1], table, is_met)
        cells = np.flatnonzero(is_met)
        codes = np.divmod(cells, max(sizes[1], 1))
        return PairCells(codes[0].astype(np.uint32), codes[1].astype(np.uint32), table[cells])
    n_rows = first.size
    starts = np.concatenate([[0], np.cumsum(np.bincount(first, minlength=sizes[0]))])
    packed = np.empty(n_rows, np.uint32)
    moved = np.empty(weights.size, dtype)
    _group_rows(first, second, labels, weights, starts[:-1].copy(), packed, moved)
    # pages that no cell is written to take no memory
    found = np.empty(n_rows, np.uint32), np.empty(n_rows, np.uint32)
    sums = np.empty((n_rows, 2), dtype)
    n_cells = _count_groups(starts, packed, moved, np.full(sizes[1], -1, np.int64), *found, sums)
    return PairCells(found[0][:n_cells].copy(), found[1][:n_cells].copy(), sums[:n_cells].copy())


@kernels.compiled
def _count_dense(
    first: Codes,
    second: Codes,
    labels: NDArray[np.uint8],
    weights: NDArray[Any],
    n_second: int,
    table: NDArray[Any],
    is_met: NDArray[np.bool_],
) -> None:
    weight = table.dtype.type(1)
    for row in range(first.size):
        cell = np.int64(first[row]) * n_second + second[row]
        if weights.size > 0:
            weight = weights[row]
        table[cell, labels[row]] += weight
        is_met[cell] = True


@kernels.compiled
def _group_rows(
    first: Codes,
    second: Codes,
    labels: NDArray[np.uint8],
    weights: NDArray[Any],
    places: NDArray[np.int64],
    packed: Codes,
    moved: NDArray[Any],
) -> None:
    """Move the rows of each first code together: second code and label in one word."""
    for row in range(first.size):
        code = first[row]
        place = places[code]
        places[code] = place + 1
        packed[place] = (second[row] << np.uint32(1)) | labels[row]
        if weights.size > 0:
            moved[place] = weights[row]


@kernels.compiled
def _count_groups(
    starts: NDArray[np.int64],
    packed: Codes,
    weights: NDArray[Any],
    cell_of: NDArray[np.int64],
    first: Codes,
    second: Codes,
    sums: NDArray[Any],
) -> int:
    """Count the second codes of each group; ``cell_of`` says which cell of the group a code last had."""
    n_cells = 0
    weight = sums.dtype.type(1)
    for code in range(starts.size - 1):
        begin = n_cells
        for place in range(starts[code], starts[code + 1]):
            other = packed[place] >> np.uint32(1)
            cell = cell_of[other]
            if cell < begin:
                cell = n_cells
                cell_of[other] = cell
                first[cell] = code
                second[cell] = other
                sums[cell, 0] = 0
                sums[cell, 1] = 0
                n_cells += 1
            if weights.size > 0:
                weight = weights[place]
            sums[cell, packed[place] & np.uint32(1)] += weight
    return n_cells
