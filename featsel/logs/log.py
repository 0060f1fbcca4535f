"""How is a log opened, looked at and read in batches?"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.errors import DataError, EmptyLogError, FeatselError, UnreadableFileError
from featsel.core.temporary import temporary_folder
from featsel.logs.cuts import cut_table
from featsel.logs.dialect import Dialect
from featsel.logs.formats import Format, check_content
from featsel.logs.json_lines import count_json_rows, find_json_columns, json_frames
from featsel.logs.layout import Conversion
from featsel.logs.libsvm import convert_libffm, convert_libsvm
from featsel.logs.sources import STANDARD_INPUT, Source, is_url
from featsel.logs.tables import LineTable, ScannedTable, Table
from featsel.logs.text import TextOptions, find_dialect
from featsel.logs.text_rows import count_text_rows, text_frames
from featsel.logs.times import parse_times
from featsel.logs.vowpal import convert_vw

SAMPLE_CELLS = 4 << 20
SAMPLE_ROWS = 16_384
"""The first rows that kinds are inferred from: at most this many cells, and this many rows."""

BATCH_CELLS = 1 << 21
BATCH_ROWS = 1 << 17
"""A batch is small enough for its columns to stay in the processor's cache while they are counted."""


READ_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""What polars and Python raise where a file is broken."""


@dataclass(frozen=True)
class RowSelection:
    """Which rows of a log are read.

    Parameters
    ----------
    first : int, optional
        Only the first rows.
    sample : int, optional
        Of those, a uniform sample without replacement.
    seed : int
        Of the sample.
    """

    first: int | None = None
    sample: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Log:
    """A log that can be read again and again.

    Parameters
    ----------
    table : Table
        Its rows as they stand in the files.
    dtypes : mapping of str to polars.DataType
        Columns in order, as they are given.
    source : Source
        Where it comes from.
    selection : RowSelection
        Which rows are read.
    dialect : Dialect, optional
        How text lines are cut; None for other formats.
    notes : tuple of str
        What a user should know of how it was read.
    edits : mapping of str to polars.Expr
        What becomes of some columns of the table before they are given.
    times : mapping of str to str
        Text columns that are given as points in time, with their spelling.
    n_lost_times : dict of str to int
        Of those, how many values were no points in time in the last reading and became null.
    kept : ndarray of int64, shape (n_kept,), optional
        Of a shard of a sample: which of its rows are read, ascending.
    is_copied : bool
        Whether it was copied to this machine to be read, so that no other one can read it.
    shard : str
        Of a log that :meth:`cut` gave: what tells its rows from others of the same files.
    """

    table: Table
    dtypes: Mapping[str, pl.DataType]
    source: Source
    selection: RowSelection = RowSelection()
    dialect: Dialect | None = None
    notes: tuple[str, ...] = ()
    edits: Mapping[str, pl.Expr] = field(default_factory=dict[str, pl.Expr])
    times: Mapping[str, str] = field(default_factory=dict[str, str])
    n_lost_times: dict[str, int] = field(default_factory=dict[str, int], compare=False, repr=False)
    kept: NDArray[np.int64] | None = None
    is_copied: bool = False
    shard: str = ""
    _sizes: dict[str, int] = field(default_factory=dict[str, int], compare=False, repr=False)

    @property
    def is_text(self) -> bool:
        """Whether all values are text that may spell numbers."""
        return self.dialect is not None

    @property
    def is_columnar(self) -> bool:
        """Whether reading some columns costs less than reading all."""
        return self.dialect is None and self.source.format is not Format.NDJSON

    def count_rows(self) -> int:
        """Rows that the selection leaves; free for Parquet and IPC, a pass over text."""
        if "rows" not in self._sizes:
            with _readable(self.source):
                n_rows = self.table.count_rows()
            self._sizes["file_rows"] = n_rows
            n_kept = None if self.kept is None else self.kept.size
            for limit in (self.selection.first, self.selection.sample, n_kept):
                n_rows = min(n_rows, limit) if limit is not None else n_rows
            self._sizes["rows"] = n_rows
        return self._sizes["rows"]

    def count_sampled_from(self) -> int:
        """Rows of which a sample is drawn: all of them, or the first ones."""
        self.count_rows()
        n_rows = self._sizes["file_rows"]
        return n_rows if self.selection.first is None else min(n_rows, self.selection.first)

    def head(self, columns: Sequence[str]) -> pl.DataFrame:
        """First rows, enough to infer kinds from."""
        n_rows = max(100, min(SAMPLE_ROWS, SAMPLE_CELLS // max(1, len(columns))))
        with _readable(self.source):
            parts = list(self._read(columns, n_rows=n_rows, batch_rows=n_rows))
        if not parts:
            return pl.DataFrame(schema={name: self.dtypes[name] for name in columns})
        return parse_times(pl.concat(parts), self.times)[0]

    def with_edits(self, edits: Mapping[str, pl.Expr]) -> Log:
        """Same log, with some columns changed."""
        changed = pl.DataFrame(schema=dict(self.dtypes)).with_columns(**edits)
        return replace(self, edits={**self.edits, **edits}, dtypes=dict(changed.schema))

    def without_dictionaries(self) -> Log:
        """Same log, with dictionary codes as the text that they stand for, and columns of no type as text."""
        edits = {
            name: pl.col(name).cast(pl.String) for name, dtype in self.dtypes.items() if _is_dictionary(dtype)
        }
        return self.with_edits(edits) if edits else self

    def with_times(self, times: Mapping[str, str]) -> Log:
        """Same log, with text columns given as points in time; see :func:`featsel.logs.times.find_times`."""
        return replace(self, times=times, dtypes={**self.dtypes, **dict.fromkeys(times, pl.Datetime("us"))})

    def batches(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Selected rows of some columns, in the order of the log.

        Parameters
        ----------
        columns : sequence of str
            Names.

        Yields
        ------
        polars.DataFrame
            Up to about 131,072 rows, fewer where there are many columns; never none.

        Raises
        ------
        UnreadableFileError
            A file is not what its format promises.
        """
        batch_rows = max(1024, min(BATCH_ROWS, BATCH_CELLS // len(columns)))
        keep = self._sampled_rows()
        offset = 0
        for name in columns:
            self.n_lost_times.pop(name, None)
        try:
            for rows in self._read(columns, n_rows=self.selection.first, batch_rows=batch_rows):
                batch = rows
                if keep is not None:
                    start, stop = np.searchsorted(keep, [offset, offset + rows.height])
                    batch = rows[keep[start:stop] - offset]
                    offset += rows.height
                if batch.is_empty():
                    continue
                batch, n_lost = parse_times(batch, self.times)
                for name, n_values in n_lost.items():
                    self.n_lost_times[name] = self.n_lost_times.get(name, 0) + n_values
                yield batch
        except READ_ERRORS as error:
            raise _unreadable(self.source, error) from error

    def _read(self, columns: Sequence[str], *, n_rows: int | None, batch_rows: int) -> Iterator[pl.DataFrame]:
        edits = {name: edit for name, edit in self.edits.items() if name in columns}
        for rows in self.table.read(columns, n_rows=n_rows, batch_rows=batch_rows):
            yield rows.with_columns(**edits) if edits else rows

    def cut(self, n_shards: int) -> list[Log]:
        """Cut the selected rows into a given number of logs that other processes can read by themselves.

        Parameters
        ----------
        n_shards : int
            How many, of about the same size.

        Returns
        -------
        list of Log
            In the order of the rows, each with the files alone that hold its own. Fewer than asked for where
            there are fewer rows, or fewer files of text, which is cut between files alone. A frame in memory
            and files that had to be converted can be read on this machine alone.
        """
        pieces = cut_table(self.table, n_shards, first=self.selection.first)
        found: list[Log] = []
        for piece, log in zip(pieces, self._of([piece.table for piece in pieces]), strict=False):
            source = self.source
            if piece.files[1]:
                files = slice(*piece.files)
                source = replace(source, paths=source.paths[files], partitions=source.partitions[files])
            kept = None if log.kept is None else hashlib.sha256(log.kept.tobytes()).hexdigest()
            shard = repr((piece.rows, log.selection.first, kept, self.dialect))
            found.append(replace(log, source=source, shard=shard))
        return found

    def _of(self, parts: Sequence[Table]) -> list[Log]:
        """Logs of the rows that are selected of each part; without those of which none are."""
        if self.selection.first is None and self.selection.sample is None:
            return [self._shard(part) for part in parts]
        kept = self._sampled_rows()
        n_left = self.count_sampled_from()
        found: list[Log] = []
        start = 0
        for part in parts:
            if n_left <= 0:
                break
            n_rows = min(part.count_rows(), n_left)
            shard = replace(self._shard(part), selection=RowSelection(first=n_rows))
            if kept is not None:
                first, last = np.searchsorted(kept, [start, start + n_rows])
                shard = replace(shard, kept=kept[first:last] - start)
            found.append(shard)
            start, n_left = start + n_rows, n_left - n_rows
        return found

    def _shard(self, part: Table) -> Log:
        return replace(self, table=part, selection=RowSelection(), n_lost_times={}, _sizes={})

    def _sampled_rows(self) -> NDArray[np.int64] | None:
        if self.kept is not None:
            return self.kept
        if self.selection.sample is None:
            return None
        n_wanted, n_rows = self.count_rows(), self.count_sampled_from()
        if n_wanted >= n_rows:
            return None
        rng = np.random.default_rng(self.selection.seed)
        rows = rng.choice(n_rows, n_wanted, replace=False, shuffle=False)
        rows.sort()
        return rows


@contextmanager
def open_log(
    source: Source, *, text: TextOptions | None = None, selection: RowSelection | None = None
) -> Generator[Log]:
    """Open the files of a log for reading.

    Parameters
    ----------
    source : Source
        The files.
    text : TextOptions, optional
        What the user said of delimited text.
    selection : RowSelection, optional
        Which rows to read; all where absent.

    Yields
    ------
    Log
        Valid until the context ends: standard input and formats that polars cannot scan are kept in a
        temporary folder until then.

    Raises
    ------
    UnreadableFileError, EmptyLogError
        A file is broken or empty.
    """
    text = text or TextOptions()
    with temporary_folder(prefix="featsel-") as folder:
        spooled = _spool_streams(source, Path(folder))
        try:
            log = replace(
                _scan(spooled, text, Path(folder)),
                selection=selection or RowSelection(),
                is_copied=spooled.paths != source.paths or source.format in CONVERTERS,
            )
            yield log.without_dictionaries()
        except FeatselError as error:
            for original, copy in zip(source.paths, spooled.paths, strict=True):
                if original != copy:
                    error.message = error.message.replace(f"file {copy!r}", _shown(original)).replace(
                        copy, original
                    )
            raise


def _spool_streams(source: Source, folder: Path) -> Source:
    """Copy what cannot be read again and again, such as standard input or text behind a URL, into files."""
    paths = list(source.paths)
    for index, path in enumerate(paths):
        if path != STANDARD_INPUT and (
            source.format in {Format.PARQUET, Format.IPC} if is_url(path) else Path(path).is_file()
        ):
            continue
        copy = folder / f"stream{index}.{source.format}"
        if path == STANDARD_INPUT:
            with copy.open("wb") as out:
                shutil.copyfileobj(sys.stdin.buffer, out, 1 << 20)
        elif is_url(path):
            with _readable(source):
                pl.scan_lines(path).sink_csv(copy, include_header=False, quote_style="never", separator="\0")
        else:
            with Path(path).open("rb") as stream, copy.open("wb") as out:
                shutil.copyfileobj(stream, out, 1 << 20)
        paths[index] = str(copy)
    return replace(source, paths=tuple(paths))


def _shown(path: str) -> str:
    return "standard input" if path == STANDARD_INPUT else f"file {path!r}"


def _scan(source: Source, text: TextOptions, folder: Path) -> Log:
    paths = list(source.paths)
    for path in paths:
        if is_url(path):
            continue
        if not Path(path).stat().st_size:
            raise EmptyLogError(f"file {path!r} is empty", "Check that its writer came to an end.")
        check_content(Path(path), source.format)
    if source.format in CONVERTERS:
        target = folder / "converted.parquet"
        conversion = CONVERTERS[source.format](paths, target)
        frame = pl.scan_parquet(target, glob=False)
        dtypes = dict(frame.collect_schema())
        return Log(ScannedTable(frame, dtypes), dtypes, source, notes=(conversion.sentence,))
    if source.format is Format.NDJSON:
        schema = find_json_columns(paths)
        read_json = partial(json_frames, schema=schema)
        lines = LineTable(source.paths, source.partitions, schema, read_json, count_json_rows)
        return Log(lines, lines.dtypes, source)
    if source.format.is_delimited:
        dialect = find_dialect(paths, format=source.format, options=text)
        columns = dict.fromkeys(dialect.columns, pl.String())
        read_text, count_text = (
            partial(text_frames, dialect=dialect),
            partial(count_text_rows, dialect=dialect),
        )
        lines = LineTable(source.paths, source.partitions, columns, read_text, count_text)
        return Log(lines, lines.dtypes, source, dialect=dialect)
    frame = _scan_columnar(paths, source, None)
    with _readable(source):
        dtypes = dict(frame.collect_schema())
    folders = {name: dtypes[name] for name in source.partitions[0]}
    table = ScannedTable(frame, dtypes, tuple(paths), partial(_scan_columnar, source=source, folders=folders))
    return Log(table, dtypes, source)


def _scan_columnar(
    paths: Sequence[str], source: Source, folders: Mapping[str, pl.DataType] | None
) -> pl.LazyFrame:
    """Frame of some files of a log.

    What ``folders`` say has the given types, or those that fit the values in these paths.
    """
    is_hive = bool(source.partitions[0])
    scan = pl.scan_parquet if source.format is Format.PARQUET else pl.scan_ipc
    frame = scan(list(paths), hive_partitioning=is_hive, hive_schema=folders or None, glob=False)
    if is_hive:  # polars looks at all folders, those above the log too
        above = {part.split("=", 1)[0] for part in Path(paths[0]).parts[:-1] if "=" in part}
        frame = frame.drop(above - source.partitions[0].keys())
    return frame


CONVERTERS: dict[Format, Callable[[Sequence[str], Path], Conversion]] = {
    Format.LIBSVM: convert_libsvm,
    Format.LIBFFM: convert_libffm,
    Format.VW: convert_vw,
}
"""Formats of sparse rows, whose columns are known only once all rows were seen."""


def _is_dictionary(dtype: pl.DataType) -> bool:
    """Whether values are codes, which differ from file to file, or nothing at all; both are read as text."""
    return isinstance(dtype, pl.Categorical | pl.Enum | pl.Null)


@contextmanager
def _readable(source: Source) -> Generator[None]:
    """Turn what polars says of a broken file into an error that names it."""
    try:
        yield
    except READ_ERRORS as error:
        raise _unreadable(source, error) from error


def _unreadable(source: Source, error: BaseException) -> DataError:
    message = str(error).strip().splitlines()[0]
    if not source.paths:
        return DataError(f"{source.title} cannot be read: {message}", "Collect it with polars, to see why.")
    if is_url(source.paths[0]):
        hint = "Check the address, the credentials and the network; or copy the file here first."
    elif isinstance(error, pl.exceptions.SchemaError | pl.exceptions.ColumnNotFoundError):
        hint = "The files differ in their columns; rank them apart, or write them with one schema."
    else:
        hint = "The file may be cut short or of another format; name the format with --format."
    return UnreadableFileError(f"{source.title} cannot be read as {source.format}: {message}", hint)
