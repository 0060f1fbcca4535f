"""How do all fields of a log fit into memory, a byte for each row and field?

Fields have too many values for tables of pairs. Coarse codes have 256: the most frequent values keep a code
of their own, the others share what is left. Merging values never adds information, so what coarse codes tell
of each other, or of the label, is a lower bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

N_CODES = 256
"""A code is a byte, and the table of a pair by the label, 128k counts of four bytes, stays in the
second-level cache."""

N_OWN = 128
"""Values with a code of their own; the rest share the other half."""


@dataclass(frozen=True, eq=False)
class CoarseCodes:
    """Rows with at most 256 values a field, in memory.

    Parameters
    ----------
    codes : ndarray of uint8, shape (n_fields, n_rows)
        Codes; each field has its own.
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1.
    """

    codes: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    @property
    def n_fields(self) -> int:
        """How many fields there are."""
        return int(self.codes.shape[0])

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return int(self.codes.shape[1])


def coarse(codes: NDArray[Any]) -> NDArray[np.uint8]:
    """Merge codes into 256.

    Parameters
    ----------
    codes : ndarray of integers, any shape
        From 0, the most frequent value first.

    Returns
    -------
    ndarray of uint8, same shape
        Codes below 128 as they are. Of the others, neighbours in frequency go to different codes, so that
        shared codes are about equally frequent; up to 256 values nothing is merged.

    Examples
    --------
    >>> coarse(np.array([0, 127, 128, 255, 256, 383, 384]))
    array([  0, 127, 128, 255, 128, 255, 128], dtype=uint8)
    """
    if codes.dtype == np.uint8:
        return codes
    merged: NDArray[np.uint8] = np.where(codes < N_OWN, codes, N_OWN + codes % (N_CODES - N_OWN)).astype(
        np.uint8
    )
    return merged


def coarse_codes(
    read: Callable[[str], NDArray[Any]],
    names: Sequence[str],
    labels: NDArray[np.uint8],
    *,
    rows: NDArray[np.int64] | None = None,
    n_threads: int = 1,
) -> CoarseCodes:
    """Bring fields into memory, one after the other.

    Parameters
    ----------
    read : callable
        Gives the codes of a field on all rows, the most frequent value first; threads call it at once.
    names : sequence of str
        The fields.
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1, on all rows.
    rows : ndarray of int64, optional
        The rows to keep, ascending, see :func:`sample_rows`; None keeps all.
    n_threads : int
        Fields that are read at once.

    Returns
    -------
    CoarseCodes
        Fields in the order of their names.
    """
    kept = labels if rows is None else labels[rows]
    codes = np.empty((len(names), kept.size), np.uint8)

    def fill(place: int) -> None:
        of_rows = read(names[place])
        codes[place] = coarse(of_rows if rows is None else of_rows[rows])

    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(fill, range(len(names))))
    return CoarseCodes(codes, np.ascontiguousarray(kept, np.uint8))


def sample_rows(n_rows: int, most: int, *, seed: int) -> NDArray[np.int64] | None:
    """Draw rows without replacement where there are too many.

    Parameters
    ----------
    n_rows : int
        Rows of the log.
    most : int
        Rows wanted, at least one.
    seed : int
        Of the draw, not negative.

    Returns
    -------
    ndarray of int64, shape (most,), or None
        Ascending; None where all rows can be taken.
    """
    if n_rows <= most:
        return None
    drawn = np.random.default_rng(seed).choice(n_rows, most, replace=False, shuffle=False)
    return np.sort(drawn).astype(np.int64)
