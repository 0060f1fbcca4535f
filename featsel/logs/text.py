"""How is delimited text read?

Every column is read as text: whether ``7`` is a number or a category is decided per field, not per cell, and a
value far down the log cannot break a guess made from its first rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from featsel.core.errors import ConfigError, DataError, EmptyLogError, UnreadableFileError
from featsel.logs.compression import plain_lines
from featsel.logs.formats import Format
from featsel.logs.kinds import CRITEO_CATEGORICAL, CRITEO_NUMERIC

CRITEO_COLUMNS = ("label", *CRITEO_NUMERIC, *CRITEO_CATEGORICAL)

JOINED_SEPARATOR = "\x1f"
"""Stands in for a separator of several characters, which the parser cannot take (ASCII unit separator)."""


@dataclass(frozen=True)
class TextOptions:
    """What the user said of delimited text.

    Parameters
    ----------
    columns : tuple of str, optional
        Names of all columns, in order.
    has_header : bool
        Whether the first line names the columns.
    separator : str, optional
        Between values; the format decides where absent.
    null_values : tuple of str
        Texts that mean null, beside the empty one.
    """

    columns: tuple[str, ...] | None = None
    has_header: bool = True
    separator: str | None = None
    null_values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dialect:
    """How the lines of a log are cut.

    Parameters
    ----------
    columns : tuple of str
        Names of the columns.
    has_header : bool
        Whether the first line of every file is a header.
    separator : str
        One character.
    quote : str or None
        Quote character.
    """

    columns: tuple[str, ...]
    has_header: bool
    separator: str
    quote: str | None


def scan_text(paths: Sequence[str], *, format: Format, options: TextOptions) -> tuple[pl.LazyFrame, Dialect]:  # noqa: A002
    """Lazy frame of text columns over delimited files.

    Parameters
    ----------
    paths : sequence of str
        Files with the same columns; plain, gzip or Zstandard.
    format : Format
        CSV, TSV or Criteo.
    options : TextOptions
        What the user said.

    Returns
    -------
    polars.LazyFrame
        Every column a string.
    Dialect
        How the lines are cut.

    Raises
    ------
    EmptyLogError
        A file has no line.
    DataError
        A column name stands twice, or files differ in their columns.
    ConfigError
        ``--columns`` does not fit the lines.
    """
    dialect = _dialect(paths[0], format=format, options=options)
    if dialect.has_header:
        for path in paths[1:]:
            other = _dialect(path, format=format, options=options)
            if other.columns != dialect.columns:
                raise DataError(
                    f"file {path!r} has other columns than {paths[0]!r}: {_difference(other.columns, dialect.columns)}",
                    "Give files with the same header, or name the columns with --columns.",
                )
    frame = pl.scan_csv(
        list(paths),
        has_header=dialect.has_header,
        separator=dialect.separator,
        quote_char=dialect.quote,
        schema=dict.fromkeys(dialect.columns, pl.String()),
        null_values=list(options.null_values) or None,
    )
    return frame, dialect


def rewrite_separator(source: str, target: Path, separator: str) -> None:
    """Copy a text file with a separator of several characters replaced by one.

    Parameters
    ----------
    source : str
        Text file; plain, gzip or Zstandard.
    target : Path
        Plain text file to write.
    separator : str
        The separator in the source.
    """
    with target.open("wb") as out:
        for line in plain_lines(Path(source)):
            out.write(line.replace(separator.encode(), JOINED_SEPARATOR.encode()))


def check_line_lengths(paths: Sequence[str], dialect: Dialect) -> None:
    """Name the first row whose number of values is not that of the columns.

    Parameters
    ----------
    paths : sequence of str
        The files of the log.
    dialect : Dialect
        How their lines are cut.

    Raises
    ------
    UnreadableFileError
        A row is too short or too long, or its text is not UTF-8.
    """
    expected = len(dialect.columns)
    for path in paths:
        lines = enumerate(plain_lines(Path(path)), start=1)
        for number, first_line in lines:
            line = first_line
            if dialect.quote is not None and b'"' in line:
                while line.count(b'"') % 2 and (following := next(lines, None)) is not None:
                    line += following[1]
                row = next(
                    csv.reader(
                        io.StringIO(line.decode(errors="replace"), newline=""), delimiter=dialect.separator
                    ),
                    [],
                )
                found = len(row)
            else:
                found = line.count(dialect.separator.encode()) + 1
            if found != expected and line.strip(b"\r\n"):
                raise UnreadableFileError(
                    f"file {path!r}, line {number:,}: {found} values, expected {expected}",
                    "Mend or remove the line; if values hold the separator they must be quoted.",
                )


def _dialect(path: str, *, format: Format, options: TextOptions) -> Dialect:  # noqa: A002
    quote = None if format is Format.CRITEO else '"'
    separator = options.separator or ("," if format is Format.CSV else "\t")
    if len(separator.encode()) > 1:
        separator = JOINED_SEPARATOR
        quote = None
    first = next(plain_lines(Path(path)), b"")
    try:
        text = first.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise not_utf8(path) from error
    if not text.strip():
        raise EmptyLogError(
            f"file {path!r} is empty" if not first else f"file {path!r} starts with an empty line"
        )
    if quote is None:
        cells = text.rstrip("\r\n").split(separator)
    else:
        cells = next(csv.reader([text], delimiter=separator))
    if format is Format.CRITEO:
        return _criteo_dialect(path, cells, separator)
    if options.columns is not None:
        if len(options.columns) != len(cells):
            raise ConfigError(
                f"--columns names {len(options.columns)} columns, but {path!r} has {len(cells)}",
                "Name every column of the file, in order.",
            )
        names = options.columns
    elif options.has_header:
        names = tuple(cell.strip() or f"column_{index}" for index, cell in enumerate(cells, start=1))
    else:
        names = tuple(f"column_{index}" for index in range(1, len(cells) + 1))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            f"file {path!r} names column {twice[0]!r} {names.count(twice[0])} times",
            "Rename the columns in the file, or give all names with --columns.",
        )
    return Dialect(names, options.has_header, separator, quote)


def _criteo_dialect(path: str, cells: Sequence[str], separator: str) -> Dialect:
    if len(cells) != len(CRITEO_COLUMNS):
        raise UnreadableFileError(
            f"file {path!r} has {len(cells)} tab-separated columns, the Criteo layout has {len(CRITEO_COLUMNS)}",
            "The layout is label, I1 to I13, C1 to C26, without a header.",
        )
    return Dialect(CRITEO_COLUMNS, has_header=False, separator=separator, quote=None)


def not_utf8(path: str) -> UnreadableFileError:
    """Error of a text file in another encoding."""
    return UnreadableFileError(
        f"file {path!r} is not UTF-8 text",
        "Convert it first, for example: iconv -f LATIN1 -t UTF-8 OLD > NEW.",
    )


def _difference(found: Sequence[str], expected: Sequence[str]) -> str:
    extra = [name for name in found if name not in expected]
    missing = [name for name in expected if name not in found]
    parts = [
        f"{what} {', '.join(names[:5])}" for what, names in (("extra", extra), ("missing", missing)) if names
    ]
    return "; ".join(parts) or "another order"
