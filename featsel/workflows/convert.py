"""What does ``featsel convert`` do?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
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
    """Casts of the text columns of which every value is a number that loses nothing by being one."""
    text = [name for name in names if log.dtypes[name] == pl.String]
    n_text = dict.fromkeys(text, 0)
    n_fitting = {dtype: dict.fromkeys(text, 0) for dtype in NUMBER_TYPES}
    for batch in log.batches(text) if text else ():
        for column in batch:
            name = column.name
            if n_text[name] > max(fitting[name] for fitting in n_fitting.values()):
                continue  # it is text already
            n_text[name] += column.len() - column.null_count()
            is_padded = column.str.contains(r"^[+-]?0\d")
            for dtype, is_lossless in NUMBER_TYPES.items():
                n_fitting[dtype][name] += int((is_lossless(column) & ~is_padded).sum())
    casts: list[pl.Expr] = []
    for name in text:
        fitting = [dtype for dtype in NUMBER_TYPES if n_text[name] and n_fitting[dtype][name] == n_text[name]]
        casts.extend(pl.col(name).cast(dtype) for dtype in fitting[:1])
    return casts


def _is_integer(column: pl.Series, dtype: type[pl.DataType]) -> pl.Series:
    return column.cast(dtype, strict=False).is_not_null()


def _is_lossless_float(column: pl.Series) -> pl.Series:
    """Whether text is a number with a point or an exponent, of no more digits than a float can hold."""
    number = column.cast(pl.Float64, strict=False)
    n_digits = (
        column.str.replace(r"[eE].*", "")
        .str.replace_all(r"\D", "")
        .str.strip_chars_start("0")
        .str.len_chars()
    )
    is_exact = (n_digits <= FLOAT_DIGITS) & ((number.abs() < FLOAT_INTEGERS) | column.str.contains(r"[eE]"))
    return (number.is_finite() & is_exact & ~column.str.contains(LONG_INTEGER)).fill_null(value=False)


FLOAT_DIGITS = 17
"""Significant digits of the longest text that a float can stand for."""

FLOAT_INTEGERS = 2.0**53
"""From here on, floats skip integers."""

LONG_INTEGER = r"^[+-]?\d{16,}$"
"""Integers of so many digits are ids."""

NUMBER_TYPES: dict[type[pl.DataType], Callable[[pl.Series], pl.Series]] = {
    pl.Int64: partial(_is_integer, dtype=pl.Int64),
    pl.UInt64: partial(_is_integer, dtype=pl.UInt64),
    pl.Float64: _is_lossless_float,
}
"""What a text column may become, the first that fits, and which values fit."""
