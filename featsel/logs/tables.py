"""What gives the rows of a log, again and again, whatever its format?"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import polars as pl
from polars import selectors

from featsel.logs.sources import Partition, is_url

PART_BYTES = 256 << 20
"""Text files are read together up to this size; a larger one is read by itself."""


class Table(Protocol):
    """Columns and rows of a log as they stand in its files."""

    @property
    def dtypes(self) -> Mapping[str, pl.DataType]:
        """Types of the columns, in order."""
        ...

    def count_rows(self) -> int:
        """Rows of all files."""
        ...

    def read(self, columns: Sequence[str], *, n_rows: int | None, batch_rows: int) -> Iterator[pl.DataFrame]:
        """Rows of some columns in order.

        Parameters
        ----------
        columns : sequence of str
            Names.
        n_rows : int or None
            Only the first rows.
        batch_rows : int
            About as many rows at once.

        Yields
        ------
        polars.DataFrame
            The columns in the order asked for.
        """
        ...

    def parts(self, most_rows: int | None) -> Sequence[Table]:
        """Neighbouring rows as tables of their own, which other processes can read; together all rows.

        Parameters
        ----------
        most_rows : int or None
            About as many rows in each, where the format tells cheaply how many there are; None for one table.

        Returns
        -------
        sequence of Table
            In the order of the rows, at least one.
        """
        ...


@dataclass(frozen=True)
class ScannedTable:
    """Files that polars scans: Parquet and IPC.

    Parameters
    ----------
    frame : polars.LazyFrame
        All rows and columns.
    dtypes : mapping of str to polars.DataType
        Types of the columns, in order.
    files : tuple of str
        The files; none for a frame that is in memory.
    scan : callable, optional
        Gives the frame of some of them.
    """

    frame: pl.LazyFrame
    dtypes: Mapping[str, pl.DataType]
    files: tuple[str, ...] = ()
    scan: Callable[[Sequence[str]], pl.LazyFrame] | None = None

    def count_rows(self) -> int:
        """Rows of all files, from their metadata."""
        return int(self.frame.select(pl.len()).collect(engine="streaming").item())

    def read(self, columns: Sequence[str], *, n_rows: int | None, batch_rows: int) -> Iterator[pl.DataFrame]:
        """Rows of some columns in order; see :meth:`Table.read`."""
        frame = self.frame.select(selectors.by_name(*columns))  # a column may be called '*'
        frame = frame if n_rows is None else frame.head(n_rows)
        return iter(frame.collect_batches(chunk_size=batch_rows, maintain_order=True, engine="streaming"))

    def parts(self, most_rows: int | None) -> Sequence[Table]:
        """Small files together, and slices of large ones; see :meth:`Table.parts`."""
        if most_rows is None:
            return [self._of(self.files)]
        if self.scan is None:
            return _slices(self, self.count_rows(), most_rows)
        found: list[Table] = []
        waiting: list[str] = []
        n_waiting = 0
        for file in self.files:
            n_rows = ScannedTable(self.scan([file]), self.dtypes).count_rows()
            if waiting and n_waiting + n_rows > most_rows:
                found.append(self._of(waiting))
                waiting, n_waiting = [], 0
            if n_rows > most_rows:
                found.extend(_slices(self._of([file]), n_rows, most_rows))
            else:
                waiting.append(file)
                n_waiting += n_rows
        return [*found, self._of(waiting)] if waiting or not found else found

    def _of(self, files: Sequence[str]) -> ScannedTable:
        """Same columns, of some files alone."""
        if self.scan is None:
            return self
        everywhere = [file if is_url(file) else str(Path(file).resolve()) for file in files]
        return PartOfFiles(self.scan(everywhere), self.dtypes)


class PartOfFiles(ScannedTable):
    """Some files of many, which may have other columns than the first file of all."""

    def read(self, columns: Sequence[str], *, n_rows: int | None, batch_rows: int) -> Iterator[pl.DataFrame]:
        """Rows of some columns in order; see :meth:`Table.read`."""
        found = dict(self.frame.collect_schema())
        if found != self.dtypes:
            differing = [
                name for name in {**found, **self.dtypes} if found.get(name) != self.dtypes.get(name)
            ]
            name = differing[0]
            raise pl.exceptions.SchemaError(
                f"column {name!r} is {found.get(name)} in some files and {self.dtypes.get(name)} in others"
            )
        return super().read(columns, n_rows=n_rows, batch_rows=batch_rows)


def _slices(table: ScannedTable, n_rows: int, most_rows: int) -> list[Table]:
    n_slices = max(1, -(-n_rows // most_rows))
    bounds = [n_rows * index // n_slices for index in range(n_slices + 1)]
    return [
        replace(table, frame=table.frame.slice(start, stop - start), files=(), scan=None)
        for start, stop in itertools.pairwise(bounds)
    ]


@dataclass(frozen=True)
class LineTable:
    """Files of text that are read in blocks of lines: delimited text and JSON.

    Parameters
    ----------
    paths : tuple of str
        The files.
    partitions : tuple of mapping
        For each file, what its folders say.
    file_dtypes : mapping of str to polars.DataType
        Types of the columns of every file, in order.
    read_file : callable
        Gives rows of some columns of one file.
    count_file : callable
        Tells the rows of one file.
    """

    paths: tuple[str, ...]
    partitions: tuple[Partition, ...]
    file_dtypes: Mapping[str, pl.DataType]
    read_file: Callable[[str, Sequence[str]], Iterator[pl.DataFrame]]
    count_file: Callable[[str], int]

    @property
    def dtypes(self) -> Mapping[str, pl.DataType]:
        """Types of the columns, in order; folders give text."""
        return {**self.file_dtypes, **dict.fromkeys(self.partitions[0], pl.String())}

    def count_rows(self) -> int:
        """Rows of all files: a pass over the text, without parsing values."""
        return sum(map(self.count_file, self.paths))

    def parts(self, most_rows: int | None) -> Sequence[Table]:
        """Whole files: text cannot be entered in the middle; see :meth:`Table.parts`."""
        most_bytes = math.inf if most_rows is None else PART_BYTES
        found: list[Table] = []
        waiting: list[tuple[str, Partition]] = []
        n_waiting = 0
        for path, partition in zip(self.paths, self.partitions, strict=True):
            n_bytes = Path(path).stat().st_size
            if waiting and n_waiting + n_bytes > most_bytes:
                found.append(self._of(waiting))
                waiting, n_waiting = [], 0
            waiting.append((path, partition))
            n_waiting += n_bytes
        return [*found, self._of(waiting)]

    def _of(self, files: Sequence[tuple[str, Partition]]) -> LineTable:
        paths = tuple(str(Path(path).resolve()) for path, _ in files)
        return replace(self, paths=paths, partitions=tuple(partition for _, partition in files))

    def read(self, columns: Sequence[str], *, n_rows: int | None, batch_rows: int) -> Iterator[pl.DataFrame]:
        """Rows of some columns in order; see :meth:`Table.read`."""
        n_left = n_rows
        for path, partition in zip(self.paths, self.partitions, strict=True):
            constants = [pl.lit(value, pl.String).alias(name) for name, value in partition.items()]
            own = [name for name in columns if name not in partition] or list(self.file_dtypes)[:1]
            for block in _joined(self.read_file(path, own), batch_rows):
                for rows in block.iter_slices(batch_rows):
                    part = rows if n_left is None else rows.head(n_left)
                    yield part.with_columns(constants).select(selectors.by_name(*columns))
                    if n_left is not None:
                        n_left -= part.height
                        if n_left <= 0:
                            return


def _joined(blocks: Iterator[pl.DataFrame], batch_rows: int) -> Iterator[pl.DataFrame]:
    """Blocks put together until they hold a batch: counting few rows of many fields at once is slow."""
    waiting: list[pl.DataFrame] = []
    for block in blocks:
        waiting.append(block)
        if sum(rows.height for rows in waiting) >= batch_rows:
            yield pl.concat(waiting, rechunk=True)
            waiting = []
    if waiting:
        yield pl.concat(waiting, rechunk=True)
