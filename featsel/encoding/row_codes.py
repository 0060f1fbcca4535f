"""Which small number stands for the value of a field in each row?

Rankings count one field by its values alone. What goes together, lasts, or holds within a slice needs the
rows again: every field then becomes one array of codes, the most frequent value first, so that counts of
common values lie side by side in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featsel.core.columns import CategoricalColumn, Column, EncodedLog, ListColumn, NumericColumn
from featsel.core.counts import FieldCounts
from featsel.engines.keys import mixed, number_keys
from featsel.engines.pairs import dense_codes
from featsel.engines.weights import NO_WEIGHTS

CODE_TYPES = (np.uint8, np.uint16, np.uint32)
"""Codes take as few bytes as their number allows."""

ROWS_AT_ONCE = 1 << 20
"""Rows that are read from a file together, so that no second copy of a column is ever in memory."""


RARE = "rare values"
"""Stands for the values that share a code, for each has too few rows."""


@dataclass(frozen=True, eq=False)
class RowCodes:
    """Codes of one field.

    Parameters
    ----------
    codes : ndarray of uint8, uint16 or uint32, shape (n_entries,)
        From 0, the code with the most entries, to ``n_codes - 1``.
    n_codes : int
        How many there are; each has an entry.
    rows : ndarray of int64, shape (n_entries,), optional
        Row of each entry, ascending; None where there is one entry for each row, in order.
    """

    codes: NDArray[Any]
    n_codes: int
    rows: NDArray[np.int64] | None = None


class LogCodes:
    """The rows of an encoded log as the features that a ranking counted.

    Every call reads from the disk: whoever needs a field again keeps it.

    Parameters
    ----------
    log : EncodedLog
        With a label.
    counts : sequence of FieldCounts
        Of all its fields: the bins of numbers.
    min_count : int
        Values of fewer rows share one code.
    """

    def __init__(self, log: EncodedLog, counts: Sequence[FieldCounts], *, min_count: int = 1) -> None:
        self._log = log
        self._bin_ends = {field.name: field.bin_ends for field in counts}
        self._min_count = min_count
        self.n_rows = log.n_rows

    def of_rows(self, name: str) -> RowCodes:
        """One code a row, see :func:`row_codes`."""
        return row_codes(self._log.columns[name], bin_ends=self._bin_ends[name], min_count=self._min_count)

    def of_entries(self, name: str) -> RowCodes:
        """One code for each value of a row, see :func:`entry_codes`."""
        return entry_codes(self._log.columns[name], bin_ends=self._bin_ends[name], min_count=self._min_count)

    def names_of_rows(self, name: str) -> tuple[str, ...]:
        """Text of every code that :meth:`of_rows` gives, see :func:`value_names`."""
        column = self._log.columns[name]
        if isinstance(column, ListColumn):
            raise TypeError(f"lists have no names, and {name!r} holds them")
        return value_names(column, bin_ends=self._bin_ends[name], min_count=self._min_count)

    def values_of_rows(self, name: str, rows: NDArray[np.int64] | None = None) -> NDArray[np.uint32]:
        """One code for each value, numbers before binning; see :func:`value_codes`."""
        return value_codes(self._log.columns[name], rows)

    def labels(self) -> NDArray[np.uint8]:
        """0 or 1, shape (n_rows,)."""
        assert self._log.label is not None, "a log that is ranked has a label"
        return self._log.label.read()

    def weights(self) -> NDArray[Any]:
        """Row weights, shape (n_rows,), or ``NO_WEIGHTS``."""
        return NO_WEIGHTS if self._log.weights is None else self._log.weights.read()

    def times(self) -> NDArray[np.float64]:
        """Row times, shape (n_rows,)."""
        assert self._log.times is not None, "asked for only where the request names a time"
        return self._log.times.read()


def row_codes(column: Column, *, bin_ends: NDArray[np.uint64] | None = None, min_count: int = 1) -> RowCodes:
    """One code for each row; a list as a whole is one value, whatever its order.

    Parameters
    ----------
    column : Column
        Of an encoded log.
    bin_ends : ndarray of uint64, shape (n_bins,), optional
        Of a numeric column: the key of the last number of each bin, see
        :attr:`featsel.core.counts.FieldCounts.bin_ends`.
    min_count : int
        Values of fewer rows share one code.

    Returns
    -------
    RowCodes
        Null is a value among the others.
    """
    if isinstance(column, ListColumn):
        return _in_order(_set_codes(column), min_count)
    return entry_codes(column, bin_ends=bin_ends, min_count=min_count)


def category_codes(column: CategoricalColumn, rows: NDArray[np.bool_], *, min_count: int = 1) -> RowCodes:
    """One code for each of some rows; the other rows have no say in the order of the codes.

    Parameters
    ----------
    column : CategoricalColumn
        A column of the log.
    rows : ndarray of bool, shape (n_rows,)
        Which rows.
    min_count : int
        Values of fewer such rows share one code.

    Returns
    -------
    RowCodes
        With one entry for each of these rows.
    """
    return _in_order(column.codes.read()[rows], min_count)


def entry_codes(
    column: Column, *, bin_ends: NDArray[np.uint64] | None = None, min_count: int = 1
) -> RowCodes:
    """One code for each value of each row, as a ranking counts them: a row of a list has several.

    Parameters
    ----------
    column, bin_ends, min_count
        See :func:`row_codes`.

    Returns
    -------
    RowCodes
        With ``rows`` for a column of lists, which hold distinct values each.
    """
    if isinstance(column, NumericColumn):
        assert bin_ends is not None, "numbers are counted in the bins of the ranking"
        return _in_order(_bin_codes(column, bin_ends), min_count)
    if isinstance(column, CategoricalColumn):
        return _in_order(column.codes.read(), min_count)
    lengths = np.diff(column.ends.read(), prepend=0)
    entries = _in_order(column.codes.read(), min_count)
    return RowCodes(entries.codes, entries.n_codes, np.repeat(np.arange(lengths.size), lengths))


def value_names(
    column: CategoricalColumn | NumericColumn,
    *,
    bin_ends: NDArray[np.uint64] | None = None,
    min_count: int = 1,
) -> tuple[str, ...]:
    """Text of the values behind codes, in the order of the codes.

    Parameters
    ----------
    column, bin_ends, min_count
        See :func:`row_codes`.

    Returns
    -------
    tuple of str
        ``null`` for null, ``rare values`` for those that share the last code, and for a bin of numbers its
        least and its greatest one, ``3..7.5``, or the one that it holds.
    """
    texts: list[str]
    if isinstance(column, NumericColumn):
        assert bin_ends is not None, "numbers are counted in the bins of the ranking"
        codes: NDArray[Any] = _bin_codes(column, bin_ends)
        texts = _bin_names(column, codes, bin_ends.size)
    else:
        codes = column.codes.read()
        texts = [str(text) for text in column.values.fill_null("null")]
    counts, order = _frequency_order(codes)
    names: list[str] = [texts[code] for code in order.tolist()]
    n_frequent = int(np.count_nonzero(counts >= max(min_count, 1)))
    return (*names[:n_frequent], *([RARE] if n_frequent < len(names) else []))


def _bin_names(column: NumericColumn, codes: NDArray[Any], n_bins: int) -> list[str]:
    least, greatest = np.full(n_bins, np.inf), np.full(n_bins, -np.inf)
    for start in range(0, column.numbers.size, ROWS_AT_ONCE):
        numbers = column.numbers.read(start, start + ROWS_AT_ONCE)
        places = codes[start : start + ROWS_AT_ONCE]
        is_number = ~np.isnan(numbers)
        np.minimum.at(least, places[is_number], numbers[is_number])
        np.maximum.at(greatest, places[is_number], numbers[is_number])
    bounds = zip(least.tolist(), greatest.tolist(), strict=True)
    return [*(f"{low:.15g}" if low == high else f"{low:.6g}..{high:.6g}" for low, high in bounds), "null"]


def _frequency_order(codes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Entries of each code, and the codes that have any by how many, ties by the code."""
    counts = np.bincount(codes)
    return counts, np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]


def value_codes(column: Column, rows: NDArray[np.int64] | None = None) -> NDArray[np.uint32]:
    """One code for each row: equal where rows hold the same value, whatever bins and pools would make of it.

    Parameters
    ----------
    column : Column
        Of an encoded log.
    rows : ndarray of int64, optional
        The rows that are wanted; all if not given.

    Returns
    -------
    ndarray of uint32, shape (n_wanted_rows,)
        From 0, each code used, in no order that means anything. Null is a value among the others; a list as a
        whole is one value.
    """
    codes: NDArray[Any]
    if isinstance(column, NumericColumn):
        codes = column.numbers.read()  # all NaN count as one value
    elif isinstance(column, CategoricalColumn):
        codes = column.codes.read()
    else:
        codes = _set_codes(column)
    if rows is not None:
        codes = codes[rows]
    elif not isinstance(column, NumericColumn):
        return codes.astype(np.uint32)  # each used, in the order of first rows
    return np.unique(codes, return_inverse=True)[1].astype(np.uint32)


def _in_order(codes: NDArray[Any], min_count: int) -> RowCodes:
    """Renumber codes by how many entries they have, ties by the old code; rare ones become one, the last."""
    counts, order = _frequency_order(codes)
    n_codes = order.size
    n_frequent = int(np.count_nonzero(counts >= max(min_count, 1)))
    n_kept = n_frequent + (n_codes > n_frequent)
    dtype = next(dtype for dtype in CODE_TYPES if n_kept <= 1 << 8 * dtype().itemsize)
    new_code = np.zeros(counts.size, dtype)
    new_code[order] = np.minimum(np.arange(n_codes), n_kept - 1)
    return RowCodes(new_code[codes], n_kept)


def _bin_codes(column: NumericColumn, bin_ends: NDArray[np.uint64]) -> NDArray[np.uint16]:
    parts: list[NDArray[np.uint16]] = []
    for start in range(0, column.numbers.size, ROWS_AT_ONCE):
        numbers = column.numbers.read(start, start + ROWS_AT_ONCE)
        is_number = ~np.isnan(numbers)
        codes = np.full(numbers.size, bin_ends.size, np.uint16)  # null stands behind the last bin
        codes[is_number] = np.searchsorted(bin_ends, number_keys(numbers[is_number]))
        parts.append(codes)
    return np.concatenate(parts)


def _set_codes(column: ListColumn) -> NDArray[np.uint32]:
    """Number the distinct sets of values that rows hold, in the order of their first rows."""
    ends = column.ends.read()
    begins = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    entries = (column.codes.read().astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    # a sum does not depend on order
    return dense_codes(np.add.reduceat(mixed(entries), begins))
