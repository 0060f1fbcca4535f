"""What is left of a log once its values were replaced by codes?

Codes number the distinct values of a column in the order in which they first appear: nothing is lost, and
every later step (vocabularies, bins, crosses) works on distinct values instead of rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True)
class StoredArray:
    """One-dimensional array in a file, of which slices are read.

    Slices are copies. A memory map of the whole would count as this process's memory for as long as it lives.

    Parameters
    ----------
    path : Path
        File of bare little-endian numbers.
    dtype : numpy.dtype
        Their type.
    size : int
        How many there are.
    """

    path: Path
    dtype: np.dtype[Any]
    size: int

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Elements from ``start`` up to, not including, ``stop``; to the end where it is None."""
        stop = self.size if stop is None else min(stop, self.size)
        offset = start * self.dtype.itemsize
        return np.fromfile(self.path, self.dtype, count=max(0, stop - start), offset=offset)


@dataclass(frozen=True)
class StoredTexts:
    """Texts in a file: those of all fields of a log need not fit into memory.

    Parameters
    ----------
    path : Path
        Parquet file of one column, ``value``.
    size : int
        How many there are.
    """

    path: Path
    size: int

    def read(self) -> pl.Series:
        """All of them."""
        return pl.read_parquet(self.path)["value"]


Texts = pl.Series | StoredTexts


@dataclass(frozen=True)
class CategoricalColumn:
    """A column of categories.

    Parameters
    ----------
    codes : StoredArray
        Unsigned integers, a code per row: places in ``texts``.
    texts : polars.Series or StoredTexts
        Text of the distinct values in the order of their first rows; null is one of them.
    """

    codes: StoredArray
    texts: Texts

    @property
    def values(self) -> pl.Series:
        """The texts, read from the disk at every call."""
        return _read(self.texts)

    @property
    def n_values(self) -> int:
        """How many distinct values there are."""
        return _count(self.texts)


@dataclass(frozen=True)
class NumericColumn:
    """A column of float64; NaN is null."""

    numbers: StoredArray


@dataclass(frozen=True)
class ListColumn:
    """A column of lists of categories.

    Parameters
    ----------
    ends : StoredArray
        int64, per row: where its list ends in ``codes``; it begins where the one before ends. Null and the
        empty list are a list of one null.
    codes : StoredArray
        Distinct values of every list in order, as places in ``texts``.
    texts : polars.Series or StoredTexts
        As of :class:`CategoricalColumn`.
    """

    ends: StoredArray
    codes: StoredArray
    texts: Texts

    @property
    def values(self) -> pl.Series:
        """The texts, read from the disk at every call."""
        return _read(self.texts)

    @property
    def n_values(self) -> int:
        """How many distinct values there are."""
        return _count(self.texts)


Column = CategoricalColumn | NumericColumn | ListColumn


@dataclass(frozen=True)
class EncodedLog:
    """A log on disk, as codes.

    Parameters
    ----------
    n_rows : int
        Rows.
    columns : mapping of str to Column
        Columns by name.
    label : StoredArray, optional
        uint8, 0 or 1; None where a log to predict has none.
    times, weights : StoredArray, optional
        float64: row times and row weights.
    folder : Path, optional
        Where more may be kept that depends on this log; None where nothing is.
    """

    n_rows: int
    columns: Mapping[str, Column]
    label: StoredArray | None = None
    times: StoredArray | None = None
    weights: StoredArray | None = None
    folder: Path | None = None


def _read(texts: Texts) -> pl.Series:
    return texts.read() if isinstance(texts, StoredTexts) else texts


def _count(texts: Texts) -> int:
    return texts.size if isinstance(texts, StoredTexts) else texts.len()
