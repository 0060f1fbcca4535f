"""How many pairs of values do two fields have, and how often do they meet, exactly?

What the entropy of a pair needs is a sum over its cells, of which there may be as many as rows. So the cells
are never kept: the rows are brought together by the code of one field, and the codes of the other one are
counted group by group in one scratch array. Whatever the cardinalities, that is one pass that scatters rows
and one that counts them; groups of few rows, most of all in wide fields, are compared row with row instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featsel.engines import kernels

Codes = NDArray[np.uint32]

N_LOGARITHMS = 1 << 12
"""Counts whose logarithm is looked up, 32 kB of them; cells with more rows are few."""

SMALL_GROUP = 6
"""Rows of a group up to which comparing all of them costs less than the scratch array's cache misses."""


@dataclass(frozen=True, eq=False)
class CountedCodes:
    """Codes of one field and how often each occurs.

    Parameters
    ----------
    codes : ndarray of uint32, shape (n_rows,)
        From 0.
    counts : ndarray of int64, shape (n_codes,)
        Rows of each code.
    """

    codes: Codes
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class JointCounts:
    """How two fields meet.

    Parameters
    ----------
    n_cells : int
        Pairs of codes that rows hold.
    sum_n_log_n : float
        Sum over these pairs of k ln k, k being their rows.
    """

    n_cells: int
    sum_n_log_n: float


def counted_codes(codes: NDArray[Any], n_codes: int) -> CountedCodes:
    """Count the rows of each code.

    Parameters
    ----------
    codes : ndarray of unsigned integers, shape (n_rows,)
        Below ``n_codes``.
    n_codes : int
        How many there are.

    Returns
    -------
    CountedCodes
        Of one type, or the loops here would be compiled for every combination of types.
    """
    return CountedCodes(codes.astype(np.uint32, copy=False), np.bincount(codes, minlength=n_codes))


def count_jointly(first: CountedCodes, second: CountedCodes) -> JointCounts:
    """Count the pairs of codes of two fields.

    Parameters
    ----------
    first, second : CountedCodes
        Of the same rows.

    Returns
    -------
    JointCounts
        Exact; the same for any order of the rows or the fields but for the last bits of the sum.
    """
    # most groups of the field with more codes are small, and the scratch array of the other one is too
    if first.counts.size < second.counts.size:
        first, second = second, first
    starts = np.concatenate([[0], np.cumsum(first.counts)])
    grouped: Codes = np.empty(second.codes.size, np.uint32)
    columns = kernels.read_only(first.codes), kernels.read_only(second.codes)
    _group_rows(*columns, starts[:-1].copy(), grouped)
    scratch = np.zeros(second.counts.size, np.int32)
    return JointCounts(*_sum_groups(starts, grouped, scratch, logarithm_table()))


def logarithm_table() -> NDArray[np.float64]:
    """``k ln k`` of the counts from 0 to 4095."""
    counts = np.arange(N_LOGARITHMS, dtype=np.float64)
    logarithms: NDArray[np.float64] = counts * np.log(np.maximum(counts, 1.0))
    return logarithms


@kernels.compiled
def _group_rows(first: Codes, second: Codes, places: NDArray[np.int64], grouped: Codes) -> None:
    for row in range(first.size):
        code = np.uint64(first[row])
        place = places[code]
        places[code] = place + 1
        grouped[place] = second[row]


@kernels.compiled
def _sum_groups(
    starts: NDArray[np.int64], grouped: Codes, scratch: NDArray[np.int32], logarithms: NDArray[np.float64]
) -> tuple[int, float]:
    n_cells, total = 0, 0.0
    for code in range(starts.size - 1):
        begin, end = starts[code], starts[code + 1]
        if end - begin <= SMALL_GROUP:
            for place in range(begin, end):
                count, is_first = 0, True
                for other in range(begin, end):
                    if grouped[other] == grouped[place]:
                        count += 1
                        is_first = is_first and other >= place
                if is_first:
                    n_cells += 1
                    total += float(logarithms[count])
            continue
        for place in range(begin, end):
            scratch[grouped[place]] += np.int32(1)
        for place in range(begin, end):
            count = scratch[grouped[place]]
            if count > 0:
                scratch[grouped[place]] = 0
                n_cells += 1
                total += float(logarithms[count]) if count < logarithms.size else float(count * log(count))
    return n_cells, total
