"""How is a log opened, looked at and read in batches?"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

from featsel.core.errors import DataError, FeatselError, UnreadableFileError
from featsel.logs.compression import is_compressed, plain_blocks
from featsel.logs.formats import Format
from featsel.logs.sources import STANDARD_INPUT, Source
from featsel.logs.sparse import Conversion, convert_libffm, convert_libsvm
from featsel.logs.text import Dialect, TextOptions, check_line_lengths, not_utf8, rewrite_separator, scan_text
from featsel.logs.vowpal import convert_vw

SAMPLE_CELLS = 4 << 20
SAMPLE_ROWS = 16_384
"""The first rows that kinds are inferred from: at most this many cells, and this many rows."""

BATCH_CELLS = 1 << 20
BATCH_ROWS = 1 << 17
"""A batch is small enough for its columns to stay in the processor's cache while they are counted."""


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
    frame : polars.LazyFrame
        All rows and columns.
    dtypes : mapping of str to polars.DataType
        Columns in order.
    source : Source
        Where it comes from.
    selection : RowSelection
        Which rows are read.
    dialect : Dialect, optional
        How text lines are cut; None for other formats.
    notes : tuple of str
        What a user should know of how it was read.
    """

    frame: pl.LazyFrame
    dtypes: Mapping[str, pl.DataType]
    source: Source
    selection: RowSelection = RowSelection()
    dialect: Dialect | None = None
    notes: tuple[str, ...] = ()
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
            with self._readable():
                n_rows = int(self.frame.select(pl.len()).collect(engine="streaming").item())
            self._sizes["file_rows"] = n_rows
            for limit in (self.selection.first, self.selection.sample):
                n_rows = min(n_rows, limit) if limit is not None else n_rows
            self._sizes["rows"] = n_rows
        return self._sizes["rows"]

    def head(self, columns: Sequence[str]) -> pl.DataFrame:
        """First rows, enough to infer kinds from."""
        n_rows = max(100, min(SAMPLE_ROWS, SAMPLE_CELLS // max(1, len(columns))))
        with self._readable():
            return self.frame.select(columns).head(n_rows).collect(engine="streaming")

    def batches(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Selected rows of some columns, in the order of the log.

        Parameters
        ----------
        columns : sequence of str
            Names.

        Yields
        ------
        polars.DataFrame
            Up to about 131,072 rows, fewer where there are many columns.

        Raises
        ------
        UnreadableFileError
            A file is not what its format promises.
        """
        frame = self.frame.select(columns)
        if self.selection.first is not None:
            frame = frame.head(self.selection.first)
        batch_rows = max(1024, min(BATCH_ROWS, BATCH_CELLS // len(columns)))
        keep = self._sampled_rows()
        offset = 0
        needs_length_check = self.dialect is not None and self.dialect.columns[-1] in columns
        with self._readable():
            for batch in frame.collect_batches(
                chunk_size=batch_rows, maintain_order=True, engine="streaming"
            ):
                if (
                    needs_length_check
                    and self.dialect is not None
                    and batch[self.dialect.columns[-1]].null_count()
                ):
                    # the parser fills short lines with nulls, in silence
                    check_line_lengths(self.source.paths, self.dialect)
                    needs_length_check = False
                if keep is None:
                    yield batch
                    continue
                start, stop = np.searchsorted(keep, [offset, offset + batch.height])
                if stop > start:
                    yield batch[keep[start:stop] - offset]
                offset += batch.height

    def _sampled_rows(self) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
        if self.selection.sample is None:
            return None
        n_wanted = self.count_rows()
        n_rows = self._sizes["file_rows"]
        if self.selection.first is not None:
            n_rows = min(n_rows, self.selection.first)
        if n_wanted >= n_rows:
            return None
        rng = np.random.default_rng(self.selection.seed)
        rows = rng.choice(n_rows, n_wanted, replace=False, shuffle=False)
        rows.sort()
        return rows

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Turn what polars says of a broken file into an error that names it."""
        names = ", ".join(map(repr, self.source.paths[:3])) + (
            " and others" if len(self.source.paths) > 3 else ""
        )
        try:
            yield
        except FeatselError:
            raise
        except pl.exceptions.PolarsError as error:
            message = str(error).strip().splitlines()[0]
            if self.dialect is not None:
                if "utf-8" in message.lower() or "utf8" in message.lower():
                    raise not_utf8(_first_not_utf8(self.source.paths)) from error
                check_line_lengths(self.source.paths, self.dialect)
            raise _unreadable(names, self.source.format, message) from error
        except (OSError, pl.exceptions.PanicException) as error:
            raise _unreadable(names, self.source.format, str(error).splitlines()[0]) from error


@contextmanager
def open_log(
    source: Source, *, text: TextOptions | None = None, selection: RowSelection | None = None
) -> Iterator[Log]:
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
    with tempfile.TemporaryDirectory(prefix="featsel-") as folder:
        log = _scan(source, text, Path(folder))
        with log._readable():
            dtypes = dict(log.frame.collect_schema())
        casts = [pl.col(name).cast(pl.String) for name, dtype in dtypes.items() if _is_dictionary(dtype)]
        yield replace(
            log,
            frame=log.frame.with_columns(casts) if casts else log.frame,
            dtypes={name: pl.String() if _is_dictionary(dtype) else dtype for name, dtype in dtypes.items()},
            selection=selection or RowSelection(),
        )


def _scan(source: Source, text: TextOptions, folder: Path) -> Log:
    if source.paths == (STANDARD_INPUT,):
        spooled = folder / f"stdin.{source.format}"
        with spooled.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out, 1 << 20)
        source = replace(source, paths=(str(spooled),))
    if source.format.is_delimited:
        return _scan_delimited(source, text, folder)
    if source.format is Format.NDJSON:
        return Log(pl.scan_ndjson(list(source.paths), infer_schema_length=10_000), {}, source)
    if source.format is Format.PARQUET:
        return Log(pl.scan_parquet(list(source.paths), hive_partitioning=source.is_hive), {}, source)
    if source.format is Format.IPC:
        return Log(pl.scan_ipc(list(source.paths), hive_partitioning=source.is_hive), {}, source)
    return _convert_sparse(source, folder)


def _scan_delimited(source: Source, text: TextOptions, folder: Path) -> Log:
    paths = source.paths
    if text.separator is not None and len(text.separator.encode()) > 1:
        rewritten = [folder / f"{index}.csv" for index in range(len(paths))]
        for path, target in zip(paths, rewritten, strict=True):
            rewrite_separator(path, target, text.separator)
        paths = tuple(map(str, rewritten))
    if not source.is_hive:
        frame, dialect = scan_text(paths, format=source.format, options=text)
        return Log(frame, {}, replace(source, paths=paths), dialect=dialect)
    scans = [scan_text([path], format=source.format, options=text) for path in paths]
    frames = [
        frame.with_columns(**_hive_columns(path))
        for path, (frame, _) in zip(source.paths, scans, strict=True)
    ]
    return Log(pl.concat(frames), {}, replace(source, paths=paths), dialect=scans[0][1])


CONVERTERS: dict[Format, Callable[[Path, Path], Conversion]] = {
    Format.LIBSVM: convert_libsvm,
    Format.LIBFFM: convert_libffm,
    Format.VW: convert_vw,
}
"""Formats of sparse rows, whose columns are known only once all rows were seen."""


def _convert_sparse(source: Source, folder: Path) -> Log:
    """Rewrite a log of sparse rows as Parquet; several files are one log and get one set of columns."""
    original = Path(source.paths[0])
    if len(source.paths) > 1 or is_compressed(original):
        original = folder / original.name
        with original.open("wb") as out:
            for path in source.paths:
                last = b""
                for last in plain_blocks(Path(path)):
                    out.write(last)
                if not last.endswith(b"\n"):
                    out.write(b"\n")
    target = folder / "converted.parquet"
    conversion = CONVERTERS[source.format](original, target)
    return Log(pl.scan_parquet(target), {}, source, notes=(conversion.sentence,))


def _hive_columns(path: str) -> dict[str, pl.Expr]:
    pairs = (part.split("=", 1) for part in Path(path).parts[:-1] if "=" in part)
    return {key: pl.lit(value) for key, value in pairs}


def _is_dictionary(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.Categorical | pl.Enum | pl.Null)


def _first_not_utf8(paths: Sequence[str]) -> str:
    for path in paths:
        try:
            with Path(path).open(encoding="utf-8") as stream:
                for _ in stream:
                    pass
        except UnicodeDecodeError:
            return path
    return paths[0]


def _unreadable(names: str, format: Format, message: str) -> DataError:  # noqa: A002 - the option's name
    return UnreadableFileError(
        f"{names} cannot be read as {format}: {message}",
        "The file may be cut short or of another format; name the format with --format.",
    )
