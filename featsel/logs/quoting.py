"""Where does a row end, and what are its values, if quotes may stand anywhere?

A value is quoted if it starts with a quote and its closing quote stands before a separator or a line end. Any
other quote is part of its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from featsel.core.errors import UnreadableFileError
from featsel.logs.blocks import Block, not_utf8
from featsel.logs.dialect import Dialect


def first_row(block: Block, dialect: Dialect) -> tuple[list[str], int]:
    """Values of the first row of a block that is not empty, and where the row ends.

    Parameters
    ----------
    block : Block
        Starts where a row starts.
    dialect : Dialect
        How lines are cut; its columns are not looked at.

    Returns
    -------
    list of str
        Values without their quotes.
    int
        Bytes of the row, its line end included.

    Raises
    ------
    UnreadableFileError
        The row is not UTF-8 text or a quote is never closed.
    """
    values, end = _read_row(block, dialect, 0)
    try:
        return [value.decode() for value in values], end
    except UnicodeDecodeError as error:
        raise not_utf8(block.path, block.first_line) from error


def end_of_closed_rows(block: Block, dialect: Dialect) -> int:
    """Where the last row ends of which all quotes are closed; 0 where there is none."""
    return max((stop for _, _, stop in _rows(block, dialect, is_whole=False)), default=0)


def tidy_by_row(block: Block, dialect: Dialect) -> tuple[bytes, int]:
    """Text that the parser reads as it is meant, made row by row.

    Parameters
    ----------
    block : Block
        Whole rows.
    dialect : Dialect
        How lines are cut.

    Returns
    -------
    bytes
        The rows without blank lines, every quote where RFC 4180 wants it.
    int
        Number of rows.

    Raises
    ------
    UnreadableFileError
        A row has too few or too many values, or a quote is never closed.
    """
    separator, n_columns = dialect.parsed_separator, len(dialect.columns)
    tidy: list[bytes] = []
    n_line = block.first_line
    for values, start, stop in _rows(block, dialect, is_whole=True):
        if values is not None:
            if len(values) != n_columns:
                raise _ragged(block.path, n_line, len(values), dialect)
            tidy.append(separator.join(values) + b"\n")
        n_line += block.content.count(b"\n", start, stop)
    return b"".join(tidy), len(tidy)


def _ragged(path: str, line: int, n_values: int, dialect: Dialect) -> UnreadableFileError:
    return UnreadableFileError(
        f"file {path!r}, line {line:,}: {n_values} value{'s' * (n_values != 1)}, "
        f"expected {len(dialect.columns)}",
        f"Mend or remove the line, or name another separator than {dialect.separator!r} with --separator; "
        "a value that holds the separator must be quoted.",
    )


def _rows(block: Block, dialect: Dialect, *, is_whole: bool) -> Iterator[tuple[list[bytes] | None, int, int]]:
    """Values as tidy text (None for a blank line), start and stop of each whole row."""
    content, start, line = block.content, 0, block.first_line
    next_quote = content.find(b'"') if dialect.has_quotes else -1
    while start < len(content):
        stop = content.find(b"\n", start) + 1
        if not stop and not is_whole:
            return
        stop = stop or len(content)
        if next_quote < 0 or next_quote >= stop:
            text = content[start:stop].rstrip(b"\r\n")
            values = text.split(dialect.separator_bytes) if text else None
        else:
            row = Block(block.path, line, content)
            if not is_whole and not _is_closed(content, dialect, start):
                return
            values, stop = _read_row(row, dialect, start, is_raw=True)
            next_quote = content.find(b'"', stop)
        yield values, start, stop
        line += content.count(b"\n", start, stop)
        start = stop


def _is_closed(content: bytes, dialect: Dialect, start: int) -> bool:
    """Whether the row that starts here ends within the text."""
    value = _value_pattern(dialect.separator_bytes)
    while True:
        match = value.match(content, start)
        assert match is not None, "the pattern matches any text"
        if match["open"] is not None or match.end() >= len(content):
            return content.endswith(b"\n") and match["open"] is None
        start = match.end()
        if match["end"] == b"\n":
            return True


def _read_row(block: Block, dialect: Dialect, start: int, *, is_raw: bool = False) -> tuple[list[bytes], int]:
    """Values of the row that starts at a place, quoted where they must be or bare, and where it stops."""
    if not dialect.has_quotes:
        stop = block.content.find(b"\n", start) + 1 or len(block.content)
        return block.content[start:stop].rstrip(b"\r\n").split(dialect.separator_bytes), stop
    value = _value_pattern(dialect.separator_bytes)
    spell: Callable[[re.Match[bytes]], bytes] = _raw_value if is_raw else _bare_value
    values: list[bytes] = []
    while True:
        match = value.match(block.content, start)
        assert match is not None, "the pattern matches any text"
        if match["open"] is not None:
            line = block.first_line + block.content.count(b"\n", 0, start) if not is_raw else block.first_line
            raise UnreadableFileError(
                f"file {block.path!r}, line {line:,}: a quote is opened and never closed",
                "Close the quote; one that is part of a value is doubled and the value quoted.",
            )
        values.append(spell(match))
        start = match.end()
        if match["end"] in {b"\n", b""}:
            values[-1] = values[-1].rstrip(b"\r")
            return values, start


@lru_cache(maxsize=8)
def _value_pattern(separator: bytes) -> re.Pattern[bytes]:
    between = re.escape(separator)
    return re.compile(
        rb'(?:"(?P<quoted>(?:[^"]|"")*+)"(?=' + between + rb"|\r?\n|\r?\Z)\r?"
        rb'|(?P<open>"(?:[^"]|"")*+\Z)'
        rb"|(?P<plain>(?:(?!" + between + rb")[^\n])*+))(?P<end>" + between + rb"|\n|\Z)"
    )


def _raw_value(match: re.Match[bytes]) -> bytes:
    if match["quoted"] is not None:
        return b'"' + match["quoted"] + b'"'
    plain = match["plain"].rstrip(b"\r") if match["end"] != b"" else match["plain"]
    return b'"' + plain.replace(b'"', b'""') + b'"' if b'"' in plain else plain


def _bare_value(match: re.Match[bytes]) -> bytes:
    return match["quoted"].replace(b'""', b'"') if match["quoted"] is not None else match["plain"]
