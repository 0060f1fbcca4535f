"""What are the counts of a field in some blocks of the rows, whichever are chosen?

Rows are dealt into blocks by chance, once. One pass counts a field by value, block and label; the counts of
any union of blocks, such as one of many random halves of the log, are then sums of cells.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.engines import kernels
from featsel.engines.keys import mixed
from featsel.engines.pair_cells import PairCells

FEW_ROWS = 32
"""Values with fewer rows of either label are counted by their pair of counts, in a table that fits the
processor's cache; most values of a field with many are such."""


def deal_blocks(n_rows: int, n_blocks: int, *, seed: int) -> NDArray[np.uint8]:
    """Block of each row, by a hash of its number: whatever the order of the log, blocks are alike.

    Parameters
    ----------
    n_rows : int
        Rows of the log.
    n_blocks : int
        Blocks, up to 256.
    seed : int
        Another seed deals other blocks.

    Returns
    -------
    ndarray of uint8, shape (n_rows,)
        From 0 to ``n_blocks - 1``.
    """
    # splitmix64 (Steele, Lea & Flood 2014)
    start = np.uint64((seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & 0xFFFFFFFFFFFFFFFF)
    steps = (np.arange(n_rows, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed(steps ^ start) % np.uint64(n_blocks)).astype(np.uint8)


def part_tables(cells: PairCells, is_first: NDArray[np.bool_]) -> tuple[ContingencyTable, ContingencyTable]:
    """Counts of a field in some of the blocks, and in the others.

    Parameters
    ----------
    cells : PairCells
        Of the field's codes, which ascend, and of the blocks.
    is_first : ndarray of bool, shape (n_blocks,)
        Which blocks make the first part.

    Returns
    -------
    tuple of two ContingencyTable
        Values without rows in a part may stand in its table as rows of zeros.
    """
    dtype: Any = cells.counts.dtype
    few = np.zeros((2, FEW_ROWS, FEW_ROWS), np.int64)
    n_codes = int(cells.first[-1]) + 1 if cells.first.size else 0
    many = np.empty((2, n_codes, 2), dtype)  # pages that are not written take no memory
    n_many = np.zeros(2, np.int64)
    _sum_cells(cells.first, cells.second, cells.counts, is_first, few, many, n_many, dtype == np.int64)
    first, second = (_table(few[part], many[part, : n_many[part]]) for part in (0, 1))
    return first, second


def _table(few: NDArray[np.int64], many: NDArray[Any]) -> ContingencyTable:
    negatives, positives = np.nonzero(few)
    counts = np.concatenate([np.column_stack([negatives, positives]).astype(many.dtype), many])
    multiplicity = np.concatenate([few[negatives, positives], np.ones(len(many), np.int64)])
    return ContingencyTable(counts, multiplicity)


@kernels.compiled
def _sum_cells(
    first: NDArray[np.uint32],
    second: NDArray[np.uint32],
    counts: NDArray[Any],
    is_first: NDArray[np.bool_],
    few: NDArray[np.int64],
    many: NDArray[Any],
    n_many: NDArray[np.int64],
    is_whole: bool,  # noqa: FBT001 - compiled code takes no keywords
) -> None:
    """Sum the cells of each code in both parts; ``few`` counts codes by their counts if these are small."""
    sums = np.zeros((2, 2), counts.dtype)
    for cell in range(first.size):
        part = 0 if is_first[second[cell]] else 1
        sums[part, 0] += counts[cell, 0]
        sums[part, 1] += counts[cell, 1]
        if cell + 1 < first.size and first[cell + 1] == first[cell]:
            continue
        for part in range(2):
            negatives, positives = sums[part, 0], sums[part, 1]
            if is_whole and negatives < FEW_ROWS and positives < FEW_ROWS:
                if negatives + positives > 0:
                    few[part, np.int64(negatives), np.int64(positives)] += 1
            else:
                many[part, n_many[part], 0] = negatives
                many[part, n_many[part], 1] = positives
                n_many[part] += 1
            sums[part, 0] = 0
            sums[part, 1] = 0
