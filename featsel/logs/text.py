"""What are the columns of a delimited file, and what separates them?

Every column is read as text: whether ``7`` is a number or a category is decided per field, not per cell, and
a value far down the log cannot break a guess made from its first rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from featsel.core.errors import ConfigError, DataError, EmptyLogError, UnreadableFileError
from featsel.logs.dialect import Dialect
from featsel.logs.formats import Format
from featsel.logs.kinds import CRITEO_CATEGORICAL, CRITEO_NUMERIC
from featsel.logs.quoting import first_row
from featsel.logs.text_rows import head_block

CRITEO_COLUMNS = ("label", *CRITEO_NUMERIC, *CRITEO_CATEGORICAL)

OTHER_SEPARATORS = ("\t", ";", "::", "|", ",")
"""What else separates values, if the separator that the format promises does not occur in the first line."""


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


def find_dialect(paths: Sequence[str], *, format: Format, options: TextOptions) -> Dialect:  # noqa: A002 - the option's name
    """How the lines of delimited files are cut, from their first lines.

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
    Dialect
        One for all files.

    Raises
    ------
    EmptyLogError
        A file has no line, or starts with an empty one.
    DataError
        A column name stands twice, or files differ in their columns.
    UnreadableFileError
        A file is not UTF-8 text, has other line ends, or has not the Criteo layout.
    ConfigError
        ``--columns`` does not fit the lines.
    """
    dialect = _dialect(paths[0], format=format, options=options)
    for path in paths[1:]:
        other = _dialect(path, format=format, options=options)
        if dialect.has_header and other.columns != dialect.columns:
            raise DataError(
                f"file {path!r} has other columns than {paths[0]!r}: "
                f"{_difference(other.columns, dialect.columns)}",
                "Give files with the same header, or name the columns with --columns.",
            )
        if len(other.columns) != len(dialect.columns):
            raise DataError(
                f"file {path!r} has {len(other.columns)} columns, {paths[0]!r} has {len(dialect.columns)}",
                "Give files with the same columns.",
            )
    return dialect


def _dialect(path: str, *, format: Format, options: TextOptions) -> Dialect:  # noqa: A002
    separator = options.separator or ("," if format is Format.CSV else "\t")
    dialect = Dialect(
        columns=(),
        has_header=options.has_header and format is not Format.CRITEO,
        separator=separator,
        has_quotes=format is not Format.CRITEO and len(separator.strip(" ")) <= 1,
        null_values=options.null_values,
    )
    block = head_block(path, dialect)
    if block is None:
        raise EmptyLogError(f"file {path!r} is empty", "Check that its writer came to an end.")
    if block.content.startswith((b"\n", b"\r\n")):
        raise EmptyLogError(
            f"file {path!r} starts with an empty line", "Remove it: the first line says what the columns are."
        )
    cells, _ = first_row(block, dialect)
    if "\r" in cells[-1] or (len(cells) > 1 and any("\r" in cell for cell in cells)):
        raise UnreadableFileError(
            f"file {path!r} has lines that end with a carriage return alone",
            "Convert the line ends, for example: tr '\\r' '\\n' < OLD > NEW.",
        )
    if options.separator is None:
        if format is Format.CSV and _is_spaced(cells):
            dialect = replace(dialect, separator=", ")
            cells, _ = first_row(block, dialect)
        _check_separator(path, cells, dialect)
    if format is Format.CRITEO:
        return replace(dialect, columns=_criteo_columns(path, cells))
    return replace(dialect, columns=_names(path, cells, dialect, options))


def _is_spaced(cells: Sequence[str]) -> bool:
    """Whether each value but the first has a space before it, which separates and is no part of it."""
    return len(cells) > 1 and all(cell.startswith(" ") for cell in cells[1:])


def _check_separator(path: str, cells: Sequence[str], dialect: Dialect) -> None:
    """Refuse a file of one column that another separator would cut."""
    if len(cells) > 1:
        return
    found = next((text for text in OTHER_SEPARATORS if text != dialect.separator and text in cells[0]), None)
    if found is not None:
        raise ConfigError(
            f"file {path!r} has one column if {dialect.separator!r} separates values; "
            f"its first line holds {found!r}",
            f"Name the separator: --separator {found!r}.",
        )


def _names(path: str, cells: Sequence[str], dialect: Dialect, options: TextOptions) -> tuple[str, ...]:
    if options.columns is not None:
        if len(options.columns) != len(cells):
            raise ConfigError(
                f"--columns names {len(options.columns)} columns, but {path!r} has {len(cells)}",
                "Name every column of the file, in order.",
            )
        return options.columns
    if not dialect.has_header:
        return tuple(f"column_{index}" for index in range(1, len(cells) + 1))
    if len(cells) == len(CRITEO_COLUMNS) and cells[0] in {"0", "1"}:
        raise DataError(
            f"file {path!r} has a row of 40 values where the names of its columns should be",
            "It looks like the Criteo layout: add --format criteo.",
        )
    names = tuple(cell.strip() or f"column_{index}" for index, cell in enumerate(cells, start=1))
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is None:
        return names
    hint = "Rename the columns in the file, or give all names with --columns."
    if any(_is_number(name) for name in names):
        hint = "The first line looks like a row: add --no-header, with --columns for the names."
    raise DataError(f"file {path!r} names column {twice!r} {names.count(twice)} times", hint)


def _criteo_columns(path: str, cells: Sequence[str]) -> tuple[str, ...]:
    if len(cells) != len(CRITEO_COLUMNS):
        raise UnreadableFileError(
            f"file {path!r} has {len(cells)} tab-separated columns, "
            f"the Criteo layout has {len(CRITEO_COLUMNS)}",
            "The layout is label, I1 to I13, C1 to C26, without a header.",
        )
    return CRITEO_COLUMNS


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _difference(found: Sequence[str], expected: Sequence[str]) -> str:
    extra = [name for name in found if name not in expected]
    missing = [name for name in expected if name not in found]
    parts = [
        f"{what} {', '.join(names[:5])}" for what, names in (("extra", extra), ("missing", missing)) if names
    ]
    return "; ".join(parts) or "another order"
