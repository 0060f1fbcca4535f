"""Which fields does a field determine, and what do two say together, on rows that fit into memory?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featsel.engines import kernels
from featsel.engines.pair_tables import count_pair

Codes = NDArray[np.uint32]


def dense_codes(keys: NDArray[np.uint64]) -> Codes:
    """Number the distinct keys in the order of their first rows.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n_rows,)
        Equal for rows of equal values.

    Returns
    -------
    ndarray of uint32, shape (n_rows,)
        From 0; the same for two columns exactly where their values are one to one.
    """
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    rank = np.empty(first.size, np.uint32)
    rank[np.argsort(first)] = np.arange(first.size, dtype=np.uint32)
    return rank[inverse]


def images(first: Codes, second: Codes, *, n_first: int) -> NDArray[np.int64] | None:
    """Code of one column that goes with each code of another.

    Parameters
    ----------
    first, second : ndarray of uint32, shape (n_rows,)
        Codes.
    n_first : int
        How many the first column has.

    Returns
    -------
    ndarray of int64, shape (n_first,), or None
        -1 for codes without rows; None where a code goes with several.
    """
    seen = np.full(n_first, -1, np.int64)
    is_function = bool(_determines(kernels.read_only(first), kernels.read_only(second), seen))
    return seen if is_function else None


def may_determine(codes: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Which columns determine which others, as far as some rows tell.

    Parameters
    ----------
    codes : ndarray of uint16, shape (n_columns, n_rows)
        Codes below the number of rows.

    Returns
    -------
    ndarray of bool, shape (n_columns, n_columns)
        False where two rows agree in the column of the first index and differ in that of the second.
    """
    n_columns, n_rows = len(codes), int(codes.shape[1])
    holds = np.empty((n_columns, n_columns), np.bool_)
    _refute(kernels.read_only(codes), np.empty(n_rows, np.uint16), np.full(n_rows, -1, np.int64), holds)
    return holds


def pair_counts(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    sizes: tuple[int, int],
    counts: NDArray[np.int32],
) -> int:
    """Count rows by a pair of short codes and the label.

    Parameters
    ----------
    first, second : ndarray of uint8, shape (n_rows,)
        Codes.
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1.
    sizes : tuple of int
        How many codes either column has.
    counts : ndarray of int32, shape (65536, 2)
        Takes the rows of each pair, in its first ``sizes[0] * sizes[1]`` places.

    Returns
    -------
    int
        Rows whose label is not that of most other rows of their pair; a tie counts.
    """
    columns = (kernels.read_only(first), kernels.read_only(second), kernels.read_only(labels))
    return int(_count_pairs(*columns, sizes[0], sizes[1], counts))


@kernels.compiled
def _determines(first: Codes, second: Codes, seen: NDArray[np.int64]) -> bool:
    for row in range(first.size):
        code = first[row]
        if seen[code] < 0:
            seen[code] = second[row]
        elif seen[code] != second[row]:
            return False
    return True


@kernels.compiled
def _refute(
    codes: NDArray[np.uint16], seen: NDArray[np.uint16], pair_of: NDArray[np.int64], holds: NDArray[np.bool_]
) -> None:
    """``pair_of`` says for which pair of columns a code was last seen, so nothing is cleared in between."""
    n_columns, n_rows = codes.shape
    for first in range(n_columns):
        for second in range(n_columns):
            pair = first * n_columns + second
            holds[first, second] = True
            for row in range(n_rows):
                code = codes[first, row]
                if pair_of[code] != pair:
                    pair_of[code] = pair
                    seen[code] = codes[second, row]
                elif seen[code] != codes[second, row]:
                    holds[first, second] = False
                    break


@kernels.compiled
def _count_pairs(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    n_first: int,
    n_second: int,
    counts: NDArray[np.int32],
) -> int:
    n_cells = n_first * n_second
    counts[:n_cells] = 0
    count_pair(first, second, labels, n_second, counts)
    n_wrong = 0
    for cell in range(n_cells):
        negatives, positives = counts[cell, 0], counts[cell, 1]
        if positives - 1 <= negatives:
            n_wrong += positives
        if negatives - 1 < positives:
            n_wrong += negatives
    return int(n_wrong)
