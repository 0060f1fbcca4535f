"""Which whole numbers make the arrays of a profile, and which of them make none?

Positive rows follow from the rows and the click rate, more or less; ascending marks and edges from the one
before: what is left is small, and packs well.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from featsel.artifacts.packing import pack, unpack
from featsel.core.profile import Categories, Counts, MarkCounts, Marks, Numbers

MARK_LIMIT = 1 << 48
"""Marks are below."""

MOST_BUCKETS = 1 << 16
"""Of a field; a power of two."""

MOST_ROWS = 1 << 62
"""Counts that are larger would overflow where they are added."""

SIGN = np.uint64(1 << 63)
"""Upper bit of a word."""

Words = NDArray[np.uint64]

_N_MARKS = 4
_N_CATEGORIES = 3 + 2 * _N_MARKS
_N_NUMBERS = 5


def pack_categories(values: Categories) -> str:
    """Text of the arrays of a categorical field.

    Parameters
    ----------
    values : Categories
        The field.

    Returns
    -------
    str
        Buckets, head and sample.
    """
    return pack([*_from_counts(values.buckets), *_from_marks(values.head), *_from_marks(values.sample)])


def unpack_categories(text: str) -> tuple[Counts, MarkCounts, MarkCounts]:
    """Arrays of a categorical field.

    Parameters
    ----------
    text : str
        As :func:`pack_categories` made it.

    Returns
    -------
    buckets, head, sample : ndarray of int64, MarkCounts, MarkCounts
        As in :class:`~featsel.core.profile.Categories`.

    Raises
    ------
    ValueError
        They are none of a field.
    """
    arrays = _unpacked(text, _N_CATEGORIES)
    buckets = _to_counts(arrays[:3])
    head = _to_marks(arrays[3 : 3 + _N_MARKS])
    sample = _to_marks(arrays[3 + _N_MARKS :])
    n_buckets = len(buckets)
    if not 0 < n_buckets <= MOST_BUCKETS or n_buckets & (n_buckets - 1):
        raise ValueError(f"{n_buckets:,} buckets, expected a power of two up to {MOST_BUCKETS:,}")
    if (np.diff(head.rows) > 0).any():
        raise ValueError("the most frequent values are not in order")
    if np.unique(head.marks).size < head.marks.size:
        raise ValueError("the most frequent values have one twice")
    check_ascending(sample.marks)
    return buckets, head, sample


def pack_numbers(values: Numbers) -> str:
    """Text of the arrays of a numeric field, and its smallest number.

    Parameters
    ----------
    values : Numbers
        The field.

    Returns
    -------
    str
        Edges and counts.
    """
    edges = np.concatenate([[values.low], values.edges]) if values.edges.size else values.edges
    keys = _float_keys(edges)
    return pack([keys[:1], np.diff(keys), *_from_counts(values.counts)])


def unpack_numbers(text: str) -> tuple[float, NDArray[np.float64], Counts]:
    """Arrays of a numeric field.

    Parameters
    ----------
    text : str
        As :func:`pack_numbers` made it.

    Returns
    -------
    low : float
        Smallest number; NaN where there is none.
    edges, counts : ndarray of float64, ndarray of int64
        As in :class:`~featsel.core.profile.Numbers`.

    Raises
    ------
    ValueError
        They are none of a field.
    """
    first, gaps, *arrays = _unpacked(text, _N_NUMBERS)
    counts = _to_counts(arrays)
    edges = _key_floats(np.cumsum(np.concatenate([first, gaps]), dtype=np.uint64))
    if first.size != (len(counts) > 0) or edges.size != len(counts) + first.size:
        raise ValueError("there are more edges than bins, or fewer")
    if not edges.size:
        return float("nan"), edges, counts
    if np.isnan(edges).any():
        raise ValueError("an edge is no number")
    if (edges[1:] < edges[:-1]).any():
        raise ValueError("the edges do not ascend")
    return float(edges[0]), edges[1:], counts


def pack_marks(values: MarkCounts) -> str:
    """Text of values with their counts."""
    return pack(_from_marks(values))


def unpack_sample(text: str) -> MarkCounts:
    """Values with ascending marks.

    Parameters
    ----------
    text : str
        As :func:`pack_marks` made it.

    Returns
    -------
    MarkCounts
        The values.

    Raises
    ------
    ValueError
        They are no such values.
    """
    sample = _to_marks(_unpacked(text, _N_MARKS))
    check_ascending(sample.marks)
    return sample


def pack_rows(rows: Counts) -> str:
    """Text of one count a place."""
    return pack([rows.astype(np.uint64)])


def unpack_rows(text: str) -> Counts:
    """Counts of places.

    Parameters
    ----------
    text : str
        As :func:`pack_rows` made it.

    Returns
    -------
    ndarray of int64, shape (n,)
        Not negative.

    Raises
    ------
    ValueError
        They are no counts.
    """
    (rows,) = _unpacked(text, 1)
    if rows.size and (int(rows.max()) >= MOST_ROWS or float(rows.sum(dtype=np.float64)) >= MOST_ROWS):
        raise ValueError("a count is too large")
    return rows.astype(np.int64)


def check_ascending(marks: Marks) -> None:
    """Refuse a sample that is not in order."""
    if (marks[1:] < marks[:-1]).any():
        raise ValueError("the sample does not ascend")


def _unpacked(text: str, n_arrays: int) -> list[Words]:
    arrays = unpack(text)
    if len(arrays) != n_arrays:
        raise ValueError(f"{len(arrays)} arrays, expected {n_arrays}")
    return arrays


def _from_marks(values: MarkCounts) -> list[Words]:
    # a sample ascends; where marks do not, as those of a head, gaps wrap around and are no shorter than marks
    gaps = np.diff(values.marks, prepend=np.uint64(0)) & np.uint64(MARK_LIMIT - 1)
    return [gaps, *_from_counts(values.counts)]


def _to_marks(arrays: Sequence[Words]) -> MarkCounts:
    gaps, counts = arrays[0], _to_counts(arrays[1:])
    if gaps.size != len(counts):
        raise ValueError("there are more values than counts, or fewer")
    if gaps.size and int(gaps.max()) >= MARK_LIMIT:
        raise ValueError("a mark is too large")
    return MarkCounts(np.cumsum(gaps, dtype=np.uint64) & np.uint64(MARK_LIMIT - 1), counts)


def _from_counts(counts: Counts) -> list[Words]:
    rows = counts.sum(axis=1, dtype=np.int64)
    n_positive = int(counts[:, 1].sum())
    rest = counts[:, 1] - _expected(rows, n_positive)
    folded = ((rest << 1) ^ (rest >> 63)).view(np.uint64)  # 0, -1, 1, -2 … are 0, 1, 2, 3 …
    return [rows.astype(np.uint64), folded, np.array([n_positive], np.uint64)]


def _to_counts(arrays: Sequence[Words]) -> Counts:
    rows_words, folded, positive = arrays
    if rows_words.size != folded.size or positive.size != 1:
        raise ValueError("the counts of the two labels differ in length")
    if rows_words.size and (int(rows_words.max()) >= MOST_ROWS or int(folded.max()) >= MOST_ROWS):
        raise ValueError("a count is too large")
    if float(rows_words.sum(dtype=np.float64)) >= MOST_ROWS:
        raise ValueError("the counts are too large")
    rows = rows_words.astype(np.int64)
    n_positive = int(positive[0])
    if n_positive > int(rows.sum()):
        raise ValueError("there are more positive rows than rows")
    words = folded.astype(np.int64)
    positives = ((words >> 1) ^ -(words & 1)) + _expected(rows, n_positive)
    if (positives < 0).any() or (positives > rows).any():
        raise ValueError("a count is negative")
    return np.stack([rows - positives, positives], axis=1)


def _expected(rows: Counts, n_positive: int) -> Counts:
    """Positive rows of each place if all had the same click rate."""
    n_rows = int(rows.sum())
    # one product and one rounding, each of which IEEE 754 defines to the last bit
    expected: Counts = np.rint(rows * (n_positive / n_rows if n_rows else 0.0)).astype(np.int64)
    return expected


def _float_keys(numbers: NDArray[np.float64]) -> Words:
    """Words that ascend as numbers do."""
    bits = numbers.astype(np.float64).view(np.uint64)
    return np.where(bits & SIGN, ~bits, bits | SIGN)


def _key_floats(keys: Words) -> NDArray[np.float64]:
    return np.where(keys & SIGN, keys & ~SIGN, ~keys).view(np.float64)
