"""How does a column of a log become a column of codes or numbers on disk?

Values are added batch by batch. Where another process has read the rows, it sends what is left of them: the
distinct values and a small number for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.columns import CategoricalColumn, Column, ListColumn, NumericColumn, StoredArray
from featsel.core.errors import DataError
from featsel.core.schema import FieldKind
from featsel.encoding.dictionary import Dictionary
from featsel.engines.keys import as_numbers
from featsel.engines.lists import distinct_places, flatten
from featsel.logs.stored import ArrayWriter, CodeWriter, TextWriter


@dataclass(frozen=True, eq=False)
class Coded:
    """Some rows of a column, as their distinct values and codes.

    Parameters
    ----------
    values : polars.Series
        Distinct values in the order of their first rows, as they stand in the log; NaN is null.
    codes : ndarray of uint8, uint16 or uint32, shape (n_entries,)
        Places in ``values``.
    lengths : ndarray of int64, shape (n_rows,), optional
        Entries of each row, where rows hold lists.
    """

    values: pl.Series
    codes: NDArray[Any]
    lengths: NDArray[np.int64] | None = None


class ColumnWriter(Protocol):
    """Appends rows to a column on disk."""

    def add(self, values: pl.Series | Coded) -> None:
        """Write the next rows."""
        ...

    def finish(self) -> Column | StoredArray:
        """Column of all rows."""
        ...


class CategoricalWriter:
    """Writes a column of categories.

    Parameters
    ----------
    folder : Path
        Of the column.
    """

    def __init__(self, folder: Path) -> None:
        self._dictionary = Dictionary()
        self._texts = TextWriter(folder)
        self._codes = CodeWriter(folder / "codes")

    def add(self, values: pl.Series | Coded) -> None:
        """Write the next rows."""
        coded = values if isinstance(values, Coded) else None
        codes = self._dictionary.add(values if isinstance(values, pl.Series) else values.values)
        self._texts.append(self._dictionary.take_texts())
        self._codes.append_codes(codes if coded is None else codes[coded.codes], self._dictionary.n_values)

    def finish(self) -> CategoricalColumn:
        """Column of all rows."""
        return CategoricalColumn(self._codes.finish(), self._texts.finish())


class ListWriter:
    """Writes a column of lists of categories.

    Parameters
    ----------
    folder : Path
        Of the column.
    """

    def __init__(self, folder: Path) -> None:
        self._dictionary = Dictionary()
        self._texts = TextWriter(folder)
        self._codes = CodeWriter(folder / "codes")
        self._ends = ArrayWriter(folder / "ends", np.dtype("<i8"))

    def add(self, values: pl.Series | Coded) -> None:
        """Write the next rows."""
        if isinstance(values, Coded):
            assert values.lengths is not None
            codes, lengths = self._dictionary.add(values.values)[values.codes], values.lengths
        else:
            codes, lengths = list_codes(values, self._dictionary.add)
        self._texts.append(self._dictionary.take_texts())
        self._ends.append(self._codes.size + np.cumsum(lengths))
        self._codes.append_codes(codes, self._dictionary.n_values)

    def finish(self) -> ListColumn:
        """Column of all rows."""
        return ListColumn(self._ends.finish(), self._codes.finish(), self._texts.finish())


class NumericWriter:
    """Writes a numeric column.

    Parameters
    ----------
    folder : Path
        Of the column.
    """

    def __init__(self, folder: Path) -> None:
        self._numbers = ArrayWriter(folder / "numbers", np.dtype("<f8"))
        self._text: str | None = None
        self._has_numbers = False

    def add(self, values: pl.Series | Coded) -> None:
        """Write the next rows."""
        assert isinstance(values, pl.Series)
        if isinstance(values.dtype, pl.Date | pl.Datetime):
            # one unit whatever the file has: text is read as microseconds
            values = values.cast(pl.Datetime("us"))
        numbers = as_numbers(values)
        self._has_numbers = self._has_numbers or numbers.null_count() < numbers.len()
        if values.dtype == pl.String and not self._has_numbers and values.null_count() < values.len():
            self._text = f"column {values.name!r} holds {values.drop_nulls()[0]!r}"
        self._numbers.append(numbers.fill_null(np.nan).to_numpy())

    def finish(self) -> NumericColumn:
        """Column of all rows."""
        if self._text is not None and not self._has_numbers:
            raise DataError(
                f"{self._text} and no numbers, but is a numeric field",
                "Give a log in which it holds numbers, or make it a category.",
            )
        return NumericColumn(self._numbers.finish())


class RoleWriter:
    """Writes the label, the time or the weight of the rows.

    Parameters
    ----------
    folder : Path
        Of the column.
    dtype : numpy.dtype
        Of the numbers.
    read : callable
        Turns a batch into numbers; raises what is wrong with it.
    """

    def __init__(self, folder: Path, dtype: np.dtype[Any], read: Callable[[pl.Series], NDArray[Any]]) -> None:
        self._numbers = ArrayWriter(folder / "numbers", dtype)
        self._read = read

    def add(self, values: pl.Series | Coded) -> None:
        """Write the next rows."""
        assert isinstance(values, pl.Series)
        self._numbers.append(self._read(values))

    def finish(self) -> StoredArray:
        """Column of all rows."""
        return self._numbers.finish()


class TimeReader:
    """Reads times, of which every row needs one."""

    def __init__(self) -> None:
        self._n_rows = 0

    def read(self, values: pl.Series) -> NDArray[np.float64]:
        """Times of one batch as numbers; a :class:`DataError` where a row has none."""
        times = as_numbers(values)
        if times.null_count():
            found = values[int(times.is_null().arg_max() or 0)]
            raise DataError(
                f"time {values.name!r} holds {found!r} in row {self._n_rows + 1:,} or later",
                "Rows are ordered by it: it needs a number or a point in time in every row.",
            )
        self._n_rows += values.len()
        return times.to_numpy()


FIELD_WRITERS: Mapping[FieldKind, Callable[[Path], ColumnWriter]] = {
    FieldKind.CATEGORICAL: CategoricalWriter,
    FieldKind.NUMERIC: NumericWriter,
    FieldKind.MULTIVALUED: ListWriter,
}
"""What writes a field."""


def list_codes(
    lists: pl.Series, codes_of: Callable[[pl.Series], NDArray[np.uint32]]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Codes of lists, each value of a list once.

    Parameters
    ----------
    lists : polars.Series
        Lists or arrays.
    codes_of : callable
        Gives the codes of entries.

    Returns
    -------
    codes : ndarray of uint32, shape (n_entries,)
        One list after the other.
    lengths : ndarray of int64, shape (n_lists,)
        Entries of each.
    """
    entries, lengths, _ = flatten(lists)
    codes = codes_of(entries)
    places = distinct_places(codes.astype(np.uint64), lengths)
    rows = np.repeat(np.arange(lengths.size), lengths)[places]
    return codes[places], np.bincount(rows, minlength=lengths.size)
