"""How do columns of codes get onto the disk, and back?

A column is a folder: bare arrays, the distinct values as Parquet, and ``column.json``, which is written last,
so that a folder without one is no column.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.columns import (
    CategoricalColumn,
    Column,
    ListColumn,
    NumericColumn,
    StoredArray,
    StoredTexts,
)

CODE_TYPES = (np.dtype("<u1"), np.dtype("<u2"), np.dtype("<u4"))
"""Codes take as few bytes as the number of distinct values allows."""

COLUMN_FILE = "column.json"
TEXT_FILE = "values.parquet"

TEXTS_AT_ONCE = 1 << 20
"""Distinct values that wait in memory to be written: some tens of megabytes."""


class ArrayWriter:
    """Appends to an array in a file.

    Parameters
    ----------
    path : Path
        The file.
    dtype : numpy.dtype
        Type of the elements.
    """

    def __init__(self, path: Path, dtype: np.dtype[Any]) -> None:
        self.path = path
        self.dtype = dtype
        self.size = 0
        path.touch()

    def append(self, values: NDArray[Any]) -> None:
        """Write values at the end."""
        with self.path.open("ab") as stream:
            values.astype(self.dtype, copy=False).tofile(stream)
        self.size += values.size

    def finish(self) -> StoredArray:
        """Array of all that was appended."""
        return StoredArray(self.path, self.dtype, self.size)


class CodeWriter(ArrayWriter):
    """Appends codes; the file is written anew with wider ones when they no longer fit.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, CODE_TYPES[0])

    def append_codes(self, codes: NDArray[np.uint32], n_values: int) -> None:
        """Write codes below ``n_values`` at the end."""
        wanted = next(dtype for dtype in CODE_TYPES if n_values <= 1 << 8 * dtype.itemsize)
        if wanted.itemsize > self.dtype.itemsize:
            self._widen(wanted)
        self.append(codes)

    def _widen(self, dtype: np.dtype[Any]) -> None:
        narrow = self.finish()
        wide = self.path.with_suffix(".wide")
        with wide.open("wb") as stream:
            for start in range(0, narrow.size, 1 << 20):
                narrow.read(start, start + (1 << 20)).astype(dtype).tofile(stream)
        wide.replace(self.path)
        self.dtype = dtype


class TextWriter:
    """Appends the texts of distinct values to those in a folder.

    Parameters
    ----------
    folder : Path
        Of the column.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: list[pl.Series] = []
        self._n_waiting = 0
        self._parts: list[Path] = []
        self._size = 0

    def append(self, texts: pl.Series) -> None:
        """Keep texts behind those that are there."""
        self._waiting.append(texts)
        self._n_waiting += texts.len()
        self._size += texts.len()
        if self._n_waiting >= TEXTS_AT_ONCE:
            self._write(self._folder / f"values-{len(self._parts)}.parquet")

    def finish(self) -> StoredTexts:
        """All that was appended."""
        target = self._folder / TEXT_FILE
        if not self._parts:
            self._write(target)
        else:
            self._write(self._folder / f"values-{len(self._parts)}.parquet")
            pl.scan_parquet(self._parts, glob=False).sink_parquet(target)
            for part in self._parts:
                part.unlink()
        return StoredTexts(target, self._size)

    def _write(self, path: Path) -> None:
        texts = pl.concat([pl.Series("value", [], pl.String), *self._waiting])
        texts.to_frame("value").write_parquet(path)
        self._waiting, self._n_waiting = [], 0
        if path.name != TEXT_FILE:
            self._parts.append(path)


def write_column(folder: Path, column: Column | StoredArray) -> None:
    """Make a folder whose arrays were written a column; see :func:`read_column`."""
    if isinstance(column, CategoricalColumn | ListColumn) and isinstance(column.texts, pl.Series):
        column.texts.to_frame("value").write_parquet(folder / TEXT_FILE)
    document = {"type": type(column).__name__, "arrays": _arrays(column)}
    (folder / COLUMN_FILE).write_text(json.dumps(document), encoding="utf-8")


def read_column(folder: Path) -> Column | StoredArray | None:
    """Column of a folder.

    Parameters
    ----------
    folder : Path
        Where it was written.

    Returns
    -------
    Column, StoredArray or None
        None where there is no such column, or where its arrays are not as long as they were.
    """
    try:
        document = json.loads((folder / COLUMN_FILE).read_text(encoding="utf-8"))
        arrays = {
            name: StoredArray(folder / name, np.dtype(dtype), size)
            for name, dtype, size in document["arrays"]
        }
        if any(array.path.stat().st_size != array.size * array.dtype.itemsize for array in arrays.values()):
            return None
        if document["type"] == "StoredArray":
            return arrays["numbers"]
        if document["type"] == "NumericColumn":
            return NumericColumn(arrays["numbers"])
        texts = _stored_texts(folder / TEXT_FILE)
        if document["type"] == "ListColumn":
            return ListColumn(arrays["ends"], arrays["codes"], texts)
        return CategoricalColumn(arrays["codes"], texts)
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError):
        return None


def _stored_texts(path: Path) -> StoredTexts:
    texts = pl.scan_parquet(path, glob=False)
    if texts.collect_schema() != {"value": pl.String}:
        raise ValueError(f"{path} holds no texts")
    return StoredTexts(path, int(texts.select(pl.len()).collect().item()))


def _arrays(column: Column | StoredArray) -> list[tuple[str, str, int]]:
    if isinstance(column, StoredArray):
        arrays = [column]
    elif isinstance(column, NumericColumn):
        arrays = [column.numbers]
    elif isinstance(column, ListColumn):
        arrays = [column.ends, column.codes]
    else:
        arrays = [column.codes]
    return [(array.path.name, array.dtype.str, array.size) for array in arrays]
