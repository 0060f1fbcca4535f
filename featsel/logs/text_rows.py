"""How does delimited text become rows, none lost and none made up?

The parser of polars is fast, but it makes rows of blank lines, fills short lines with nulls and gives up at
a stray quote without saying where. So text is cut into blocks of whole rows here, and the separators of each
block are counted. Only a block whose numbers do not add up, or whose quotes are not where RFC 4180 wants
them, is read row by row: that either tidies it or names the line that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.errors import UnreadableFileError
from featsel.core.read_ahead import read_ahead
from featsel.logs.blocks import Block, cut_blocks, not_utf8
from featsel.logs.dialect import Dialect
from featsel.logs.quoting import end_of_closed_rows, first_row, tidy_by_row

BLOCK_BYTES = 4 << 20
"""Text parsed at once: enough for all threads of polars, too little to be felt in memory."""

QUOTE, LINE_FEED, CARRIAGE_RETURN = b'"\n\r'


def text_frames(path: str, columns: Sequence[str], *, dialect: Dialect) -> Iterator[pl.DataFrame]:
    """Rows of a delimited file as text columns.

    Parameters
    ----------
    path : str
        Plain, gzip or Zstandard.
    columns : sequence of str
        The columns to give, at least one.
    dialect : Dialect
        How lines are cut.

    Yields
    ------
    polars.DataFrame
        Strings; an empty value that is not quoted is null.

    Raises
    ------
    UnreadableFileError
        A row has too few or too many values, a quote is never closed, or the file is not UTF-8 text.
    """
    places = {name: index for index, name in enumerate(dialect.columns)}
    wanted = [places[name] for name in columns]
    frames = (_parse(block, dialect, wanted) for block in text_blocks(path, dialect))
    return read_ahead(frame.select(columns) for frame in frames if frame is not None)


def count_text_rows(path: str, *, dialect: Dialect) -> int:
    """Rows of a delimited file, without parsing their values; see :func:`text_frames`."""
    return sum(_tidy(block, dialect)[1] for block in text_blocks(path, dialect))


def text_blocks(path: str, dialect: Dialect) -> Iterator[Block]:
    """Cut a delimited file into blocks of whole rows, its header left out.

    Parameters
    ----------
    path : str
        Plain, gzip or Zstandard.
    dialect : Dialect
        How lines are cut.

    Yields
    ------
    Block
        Mostly of about 4 MiB.

    Raises
    ------
    UnreadableFileError
        A row is longer than 64 MiB, or a quote is never closed.
    """
    blocks = _whole_rows(path, dialect)
    if not dialect.has_header:
        yield from blocks
        return
    first = next(blocks, None)
    if first is None:
        return
    _, start = first_row(first, dialect)
    yield Block(path, first.line_at(start), first.content[start:])
    yield from blocks


def head_block(path: str, dialect: Dialect) -> Block | None:
    """First whole rows of a file; None where it is empty."""
    return next(_whole_rows(path, dialect), None)


def _whole_rows(path: str, dialect: Dialect) -> Iterator[Block]:
    return cut_blocks(path, block_bytes=BLOCK_BYTES, find_end=lambda block: _end_of_rows(block, dialect))


def _end_of_rows(block: Block, dialect: Dialect) -> int:
    """Where the last whole row of some text ends; 0 where there is none."""
    content = block.content
    end = content.rfind(b"\n") + 1
    if not dialect.has_quotes or b'"' not in content:
        return end
    if len(dialect.separator_bytes) == 1:
        quotes = _quotes(content[:end])
        if quotes.size % 2:  # the last one opens a value that does not end here
            end = content.rfind(b"\n", 0, int(quotes[-1])) + 1
            quotes = quotes[quotes < end]
        if _are_regular(quotes, content[:end], dialect.separator_bytes):
            return end
    return end_of_closed_rows(block, dialect)


def _parse(block: Block, dialect: Dialect, wanted: Sequence[int]) -> pl.DataFrame | None:
    content, n_rows = _tidy(block, dialect)
    if not n_rows:
        return None
    try:
        frame = pl.read_csv(
            content,
            has_header=False,
            separator=dialect.parsed_separator.decode(),
            quote_char='"' if dialect.has_quotes else None,
            schema=dict.fromkeys(dialect.columns, pl.String()),
            columns=sorted(wanted),
            null_values=list(dialect.null_values) or None,
        )
    except pl.exceptions.PolarsError as error:
        if (place := _first_not_utf8(block.content)) is not None:
            raise not_utf8(block.path, block.line_at(place)) from error
        tidy_by_row(block, dialect)
        raise UnreadableFileError(
            f"file {block.path!r}, lines {block.first_line:,} to {block.line_at(len(block.content)):,}: "
            f"{str(error).splitlines()[0]}",
            "Mend or remove the lines.",
        ) from error
    assert frame.height == n_rows, f"{n_rows} rows became {frame.height}"
    return frame


def _first_not_utf8(content: bytes) -> int | None:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def _tidy(block: Block, dialect: Dialect) -> tuple[bytes, int]:
    """Text that the parser reads as it is meant, and its number of rows."""
    content = block.content
    if b"\0" in content:
        line = block.line_at(content.index(b"\0"))
        raise UnreadableFileError(
            f"file {block.path!r}, line {line:,}: a NUL byte stands in the text",
            "The file is damaged, or no UTF-8 text; write it again.",
        )
    text = np.frombuffer(content, np.uint8)
    is_line_feed = text == LINE_FEED
    has_blank_lines = _has_blank_lines(content, is_line_feed)
    separator = dialect.separator_bytes
    if dialect.has_quotes and b'"' in content:
        is_tidy = not has_blank_lines and len(separator) == 1
        if not is_tidy or not _are_regular(_quotes(content), content, separator):
            return tidy_by_row(block, dialect)
        is_outside = np.bitwise_xor.accumulate(text == QUOTE) == 0
        n_rows = np.count_nonzero(is_line_feed & is_outside)
        n_separators = np.count_nonzero((text == separator[0]) & is_outside)
    else:
        if has_blank_lines:
            content = re.sub(rb"(?m)^\r?\n", b"", content)
        if len(separator) > 1:
            content = content.replace(separator, dialect.parsed_separator)
        text = np.frombuffer(content, np.uint8)
        n_rows = np.count_nonzero(text == LINE_FEED)
        n_separators = np.count_nonzero(text == dialect.parsed_separator[0])
    if content and not content.endswith(b"\n"):
        n_rows += 1
    if n_separators != n_rows * (len(dialect.columns) - 1):
        return tidy_by_row(block, dialect)
    return content, int(n_rows)


def _has_blank_lines(content: bytes, is_line_feed: NDArray[np.bool_]) -> bool:
    return (
        content.startswith((b"\n", b"\r\n"))
        or bool((is_line_feed[1:] & is_line_feed[:-1]).any())
        or (b"\r" in content and b"\n\r\n" in content)
    )


def _quotes(content: bytes) -> NDArray[np.int64]:
    """Places of all quotes."""
    return np.flatnonzero(np.frombuffer(content, np.uint8) == QUOTE)


def _are_regular(quotes: NDArray[np.int64], content: bytes, separator: bytes) -> bool:
    """Whether quotes only enclose values, and are doubled within them."""
    if quotes.size % 2:
        return False
    text = np.frombuffer(content, np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    before = text[np.maximum(opening - 1, 0)]
    after = text[np.minimum(closing + 1, text.size - 1)]
    # a doubled quote closes and opens again
    opens = (opening == 0) | (before == separator[0]) | (before == LINE_FEED) | (before == QUOTE)
    closes = (
        (closing == text.size - 1)
        | (after == separator[0])
        | (after == LINE_FEED)
        | (after == CARRIAGE_RETURN)
        | (after == QUOTE)
    )
    return bool(opens.all() and closes.all())
