"""What does ``featsel convert`` do?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from featsel.artifacts.atomic import check_target
from featsel.artifacts.frames import frame_suffix, from_batches, write_frame
from featsel.core.errors import EmptyLogError
from featsel.logs.log import Log
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest, choose_columns, open_request


def convert(request: LogRequest, out: Path, reporter: Reporter) -> None:
    """Write a log in the format that the output's name asks for.

    Parameters
    ----------
    request : LogRequest
        The log.
    out : Path
        The file to write.
    reporter : Reporter
        Told of progress.

    Raises
    ------
    ConfigError, DataError
        The request or the data is wrong; nothing was written.
    """
    check_target(out)
    frame_suffix(out)
    with open_request(request, reporter, parses_times=False) as log:
        names = choose_columns(list(log.dtypes), request, reporter)
        if not names:
            raise EmptyLogError("no column is left to write", "Loosen --include and --exclude.")
        casts = _number_casts(log, names) if log.is_text else []
        empty = pl.DataFrame(schema={name: log.dtypes[name] for name in names})
        schema = empty.with_columns(casts).schema
        reporter.start("writing", log.count_rows() if log.is_columnar else None)
        n_rows = 0

        def counted() -> Iterator[pl.DataFrame]:
            nonlocal n_rows
            for batch in log.batches(names):
                n_rows += batch.height
                yield batch.with_columns(casts)
                reporter.advance(batch.height)

        write_frame(from_batches(counted, schema), out)
    reporter.note(f"wrote {out} ({n_rows:,} rows, {len(names):,} columns)")


def _number_casts(log: Log, names: Sequence[str]) -> list[pl.Expr]:
    """Casts of the text columns of which every value is a number and none a code with leading zeros."""
    text = [name for name in names if log.dtypes[name] == pl.String]
    n_integer = dict.fromkeys(text, 0)
    n_number = dict.fromkeys(text, 0)
    n_text = dict.fromkeys(text, 0)
    for batch in log.batches(text) if text else ():
        for column in batch:
            name = column.name
            if n_number[name] < n_text[name]:
                continue
            n_text[name] += column.len() - column.null_count()
            padded = int(column.str.contains(r"^[+-]?0\d").sum())
            n_integer[name] += column.len() - column.cast(pl.Int64, strict=False).null_count() - padded
            n_number[name] += column.len() - column.cast(pl.Float64, strict=False).null_count() - padded
    integers = [name for name in text if n_text[name] and n_integer[name] == n_text[name]]
    floats = [
        name for name in text if name not in integers and n_text[name] and n_number[name] == n_text[name]
    ]
    return [pl.col(name).cast(pl.Int64) for name in integers] + [
        pl.col(name).cast(pl.Float64) for name in floats
    ]
