"""How often do two coarse codes meet in rows of each label?

All rows of a pair of fields are counted in one table that stays in the second-level cache, which takes half a
nanosecond a row. Of most pairs nobody wants the table, only what its entropies are made of: sums over its
cells. Threads take different pairs; each sum is added up in the order of the cells, so results do not depend
on how many threads there are.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from featsel.engines import kernels
from featsel.engines.coarse_codes import N_CODES, CoarseCodes
from featsel.engines.joint_codes import logarithm_table

Bytes = NDArray[np.uint8]
Table = NDArray[np.int32]
FloatArray = NDArray[np.float64]

PAIRS_AT_ONCE = 64
"""Pairs that a thread takes at a time."""


@dataclass(frozen=True, eq=False)
class PairSums:
    """What entropies of pairs of fields are made of.

    Parameters
    ----------
    cells : ndarray of float64, shape (n_pairs,)
        Sum of k ln k over the cells, k being their rows.
    by_label : ndarray of float64, shape (n_pairs,)
        The same over the cells of each label.
    functions : ndarray of float64, shape (n_pairs,)
        Sum of the function asked for over the cells.
    """

    cells: FloatArray
    by_label: FloatArray
    functions: FloatArray


def pair_table(codes: CoarseCodes, first: int, second: int) -> Table:
    """Count the rows of a pair of fields.

    Parameters
    ----------
    codes : CoarseCodes
        The rows, fewer than 2^31.
    first, second : int
        Indexes of the fields.

    Returns
    -------
    ndarray of int32, shape (256, 256, 2)
        By the code of either and the label.
    """
    counts: Table = np.zeros((N_CODES * N_CODES, 2), np.int32)
    columns = kernels.read_only(codes.codes), kernels.read_only(codes.labels)
    count_pair(columns[0][first], columns[0][second], columns[1], N_CODES, counts)
    return counts.reshape(N_CODES, N_CODES, 2)


def pair_sums(
    codes: CoarseCodes,
    pairs: NDArray[np.int64],
    *,
    function: tuple[FloatArray, FloatArray],
    n_threads: int = 1,
) -> PairSums:
    """Count pairs of fields and add up what entropies are made of.

    Parameters
    ----------
    codes : CoarseCodes
        The rows, fewer than 2^31.
    pairs : ndarray of int64, shape (n_pairs, 2)
        Indexes of fields; a field may be paired with itself.
    function : tuple of two ndarrays of float64
        Ascending numbers of rows and values at them, linear in between: a function of the rows of a cell. It
        holds the numbers from 0 to 4095, each one, and the number of all rows.
    n_threads : int
        Threads that count.

    Returns
    -------
    PairSums
        One entry a pair.
    """
    sums: FloatArray = np.empty((len(pairs), 3))
    columns = kernels.read_only(codes.codes), kernels.read_only(codes.labels)
    sizes = codes.codes.max(axis=1, initial=0).astype(np.int64) + 1
    logarithms = logarithm_table()

    def add(start: int) -> None:
        table: Table = np.empty((N_CODES * N_CODES, 2), np.int32)
        part = slice(start, start + PAIRS_AT_ONCE)
        _add_pairs(*columns, sizes, pairs[part], logarithms, *function, table, sums[part])

    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(add, range(0, len(pairs), PAIRS_AT_ONCE)))
    return PairSums(*np.ascontiguousarray(sums.T))


@kernels.compiled
def count_pair(first: Bytes, second: Bytes, labels: Bytes, n_second: int, counts: Table) -> None:
    """Add the rows of a pair of columns to its table.

    Parameters
    ----------
    first, second, labels : ndarray of uint8, shape (n_rows,)
        Codes, and 0 or 1.
    n_second : int
        Codes of the second column.
    counts : ndarray of int32, shape (n_cells, 2)
        Rows of each pair of codes, the second one running faster, by label.
    """
    width = np.uint64(n_second)
    for row in range(first.size):
        # unsigned, or each index would be checked for being negative
        cell = np.uint64(first[row]) * width + np.uint64(second[row])
        counts[cell, np.uint64(labels[row])] += np.int32(1)


@kernels.compiled
def _add_pairs(  # noqa: PLR0913, PLR0917 - compiled code takes neither keywords nor objects
    codes: Bytes,
    labels: Bytes,
    sizes: NDArray[np.int64],
    pairs: NDArray[np.int64],
    logarithms: FloatArray,
    numbers: FloatArray,
    values: FloatArray,
    table: Table,
    sums: FloatArray,
) -> None:
    for place in range(len(pairs)):
        first, second = int(pairs[place, 0]), int(pairs[place, 1])
        n_cells = sizes[first] * sizes[second]
        table[:n_cells] = 0
        count_pair(codes[first], codes[second], labels, int(sizes[second]), table)
        of_cells, by_label, of_function = 0.0, 0.0, 0.0
        for cell in range(n_cells):
            negatives, positives = int(table[cell, 0]), int(table[cell, 1])
            rows = negatives + positives
            if rows == 0:
                continue
            if rows < logarithms.size:
                of_cells += logarithms[rows]
                by_label += logarithms[negatives] + logarithms[positives]
                of_function += values[rows]
            else:
                of_cells += rows * log(rows)
                by_label += _n_log_n(negatives, logarithms) + _n_log_n(positives, logarithms)
                above = int(np.searchsorted(numbers, rows))
                share = (rows - numbers[above - 1]) / (numbers[above] - numbers[above - 1])
                of_function += values[above - 1] + share * (values[above] - values[above - 1])
        sums[place, 0], sums[place, 1], sums[place, 2] = of_cells, by_label, of_function


@kernels.compiled
def _n_log_n(count: int, logarithms: FloatArray) -> float:
    return logarithms[count] if count < logarithms.size else count * log(count)
