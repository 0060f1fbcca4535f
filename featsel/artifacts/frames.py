"""How does a table become a file of the format that its name asks for?"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from featsel.artifacts.atomic import replacing
from featsel.core.errors import ConfigError

ROW_GROUP_ROWS = 262_144
"""Rows of a Parquet row group: what a reader of one column holds at once stays at a few megabytes."""


def _sink_parquet(frame: pl.LazyFrame, path: Path) -> None:
    frame.sink_parquet(path, row_group_size=ROW_GROUP_ROWS)


def _sink_ipc(frame: pl.LazyFrame, path: Path) -> None:
    frame.sink_ipc(path, compression="zstd")


def _sink_csv(frame: pl.LazyFrame, path: Path) -> None:
    frame.sink_csv(path)


def _sink_tsv(frame: pl.LazyFrame, path: Path) -> None:
    frame.sink_csv(path, separator="\t")


def _sink_csv_gz(frame: pl.LazyFrame, path: Path) -> None:
    frame.sink_csv(path, compression="gzip", check_extension=False)


def _sink_csv_zst(frame: pl.LazyFrame, path: Path) -> None:
    frame.sink_csv(path, compression="zstd", check_extension=False)


def _sink_ndjson(frame: pl.LazyFrame, path: Path) -> None:
    frame.sink_ndjson(path)


SINKS: dict[str, Callable[[pl.LazyFrame, Path], None]] = {
    ".parquet": _sink_parquet,
    ".arrow": _sink_ipc,
    ".ipc": _sink_ipc,
    ".feather": _sink_ipc,
    ".csv": _sink_csv,
    ".csv.gz": _sink_csv_gz,
    ".csv.zst": _sink_csv_zst,
    ".tsv": _sink_tsv,
    ".ndjson": _sink_ndjson,
    ".jsonl": _sink_ndjson,
}
"""What an extension asks for."""

TEXT_TABLE_SUFFIXES = frozenset({".csv", ".csv.gz", ".csv.zst", ".tsv"})
"""Formats that cannot hold lists."""


def frame_suffix(path: Path) -> str:
    """Extension of an output, with that of its compression.

    Parameters
    ----------
    path : Path
        The file to write.

    Returns
    -------
    str
        A key of ``SINKS``.

    Raises
    ------
    ConfigError
        The extension is none that can be written.
    """
    name = path.name.lower()
    known = sorted(SINKS, key=len, reverse=True)
    for suffix in known:
        if name.endswith(suffix):
            return suffix
    raise ConfigError(
        f"output {str(path)!r} has no extension that can be written", f"Known are {', '.join(sorted(SINKS))}."
    )


def write_frame(frame: pl.LazyFrame, path: Path) -> None:
    """Stream a frame into a file, in one move.

    Parameters
    ----------
    frame : polars.LazyFrame
        The rows.
    path : Path
        Its extension says the format.

    Raises
    ------
    ConfigError
        The extension is unknown, the folder cannot be written, or text should hold lists.
    """
    suffix = frame_suffix(path)
    if suffix in TEXT_TABLE_SUFFIXES:
        lists = [name for name, dtype in frame.collect_schema().items() if dtype.is_nested()]
        if lists:
            raise ConfigError(
                f"column {lists[0]!r} holds lists, which {suffix} cannot",
                "Write Parquet, IPC or NDJSON, or --exclude it.",
            )
    with replacing(path) as temporary:
        try:
            SINKS[suffix](frame, temporary)
        except pl.exceptions.ComputeError as error:
            if not any(f"os error {code}" in str(error) for code in (errno.ENOSPC, errno.EFBIG)):
                raise
            raise ConfigError(
                f"output {str(path)!r} cannot be written: {error}", "Is there room on the disk?"
            ) from error


def from_batches(batches: Callable[[], Iterable[pl.DataFrame]], schema: pl.Schema) -> pl.LazyFrame:
    """Lazy frame over batches that are made when they are needed.

    Parameters
    ----------
    batches : callable
        Gives them, each time anew.
    schema : polars.Schema
        Of every batch.

    Returns
    -------
    polars.LazyFrame
        Their rows in order.
    """

    def generate(
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        _batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        for batch in batches():
            part = batch if with_columns is None else batch.select(with_columns)
            part = part if predicate is None else part.filter(predicate)
            part = part if n_rows is None else part.head(n_rows)
            yield part
            if n_rows is not None:
                n_rows -= part.height
                if n_rows <= 0:
                    return

    return register_io_source(generate, schema=schema)
