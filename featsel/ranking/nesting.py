"""Which fields give the value of which others?

A field that determines another one leaves a model nothing to learn from it. That is a question of values, not
of bins or of information: it holds in every row or not at all, and one row refutes it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import log

import numpy as np
from numpy.typing import NDArray

from featsel.engines.pairs import images, may_determine
from featsel.stats.pairs import log_chance_of_determination

SIGNIFICANCE = 0.01
"""Probability that any of the fields that are independent is said to determine another one."""

FIRST_ROWS = 4096
"""Rows that refute nearly all pairs of fields before any is read in full."""


def first_rows(n_rows: int) -> NDArray[np.int64]:
    """Rows to look at first.

    Parameters
    ----------
    n_rows : int
        Of the log.

    Returns
    -------
    ndarray of int64, shape (n_first,)
        Evenly spaced, for neighbours are alike in sorted logs; all rows of a short one.
    """
    return np.unique(np.linspace(0, n_rows - 1, min(n_rows, FIRST_ROWS)).astype(np.int64))


def find_nested(
    first: NDArray[np.uint16], read: Callable[[int], NDArray[np.uint32]], *, n_threads: int
) -> NDArray[np.bool_]:
    """Find the fields that determine others.

    Parameters
    ----------
    first : ndarray of uint16, shape (n_fields, n_first)
        Values of some rows as codes, see :func:`first_rows`.
    read : callable
        Gives the values of a field on all rows as codes, by its index, quickly if it was asked for lately.
    n_threads : int
        Fields that are compared at once.

    Returns
    -------
    ndarray of bool, shape (n_fields, n_fields)
        Whether the first field determines the second in all rows, and not by chance: row identifiers
        determine nothing, and nothing determines a constant.
    """
    nested = may_determine(first)
    np.fill_diagonal(nested, val=False)
    n_fields = len(nested)
    least = log(SIGNIFICANCE / max(n_fields * (n_fields - 1), 1))

    def holds(field: int, other: int) -> bool:
        codes, others = read(field), read(other)
        image = images(codes, others, n_first=int(codes.max()) + 1)
        if image is None:
            return False
        return log_chance_of_determination(np.bincount(others), np.bincount(image)) <= least

    with ThreadPoolExecutor(n_threads) as pool:
        for field in range(n_fields):
            candidates = np.flatnonzero(nested[field]).tolist()
            found = pool.map(holds, [field] * len(candidates), candidates)
            nested[field, candidates] = np.fromiter(found, np.bool_, len(candidates))
    return nested
