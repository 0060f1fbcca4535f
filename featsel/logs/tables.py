"""What gives the rows of a log, again and again, whatever its format?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import polars as pl
from polars import selectors

from featsel.logs.sources import Partition


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
        return self._n_rows

    def read(self, columns: Sequence[str], *, n_rows: int | None, batch_rows: int) -> Iterator[pl.DataFrame]:
        """Rows of some columns in order; see :meth:`Table.read`."""
        frame = self.frame.select(selectors.by_name(*columns))  # a column may be called '*'
        frame = frame if n_rows is None else frame.head(n_rows)
        n_read = 0
        for batch in frame.collect_batches(chunk_size=batch_rows, maintain_order=True, engine="streaming"):
            n_read += batch.height
            yield batch
        # where a reading task panics, the batches end early and nothing is raised
        if self.files and n_read < (self._n_rows if n_rows is None else min(n_rows, self._n_rows)):
            raise pl.exceptions.ComputeError(f"it ends after {n_read:,} of {self._n_rows:,} rows")

    @cached_property
    def _n_rows(self) -> int:
        return int(self.frame.select(pl.len()).collect(engine="streaming").item())


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
