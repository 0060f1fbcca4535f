"""How is a text file cut into blocks of whole rows?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from featsel.core.errors import UnreadableFileError
from featsel.core.read_ahead import read_ahead
from featsel.logs.compression import is_compressed, plain_blocks

MAX_ROW_BYTES = 64 << 20
"""A longer row is none: a quote is never closed, or the file has other line ends, or is not text."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Block:
    """Whole rows of a text file.

    Parameters
    ----------
    path : str
        The file.
    first_line : int
        Number of their first line, from 1.
    content : bytes
        The rows, as they stand in the file; a byte order mark is left out.
    """

    path: str
    first_line: int
    content: bytes

    def line_at(self, place: int) -> int:
        """Number of the line in which a byte of the content stands."""
        return self.first_line + self.content.count(b"\n", 0, place)


def last_line_end(block: Block) -> int:
    """Where the last whole line of some text ends; 0 where there is none."""
    return block.content.rfind(b"\n") + 1


def cut_blocks(
    path: str, *, block_bytes: int, find_end: Callable[[Block], int] = last_line_end
) -> Iterator[Block]:
    """Cut a text file into blocks that end where a row ends.

    Parameters
    ----------
    path : str
        Plain, gzip or Zstandard.
    block_bytes : int
        Least size of a block, but the last.
    find_end : callable
        Tells where the last whole row of some text ends; 0 where there is none.

    Yields
    ------
    Block
        Mostly of one mebibyte more at most; the last one may lack its line end.

    Raises
    ------
    UnreadableFileError
        A row is longer than 64 MiB, or the file cannot be decompressed.
    """
    pieces = plain_blocks(Path(path))
    if is_compressed(Path(path)):
        pieces = read_ahead(pieces)
    line, wanted = 1, block_bytes
    rest = next(pieces, b"").removeprefix(BYTE_ORDER_MARK)
    parts, n_bytes = [rest], len(rest)
    for piece in pieces:
        parts.append(piece)
        n_bytes += len(piece)
        if n_bytes < wanted:
            continue
        rest = b"".join(parts)
        block = Block(path, line, rest)
        end = find_end(block)
        if not end:
            if len(rest) > MAX_ROW_BYTES:
                raise UnreadableFileError(
                    f"file {path!r}, line {line:,}: the row is longer than {MAX_ROW_BYTES >> 20} MiB",
                    "Check its format: rows end with a line feed, and quotes are closed.",
                )
            parts, wanted = [rest], 2 * len(rest)
            continue
        yield Block(path, line, rest[:end])
        line, rest, wanted = block.line_at(end), rest[end:], block_bytes
        parts, n_bytes = [rest], len(rest)
    if n_bytes:
        yield Block(path, line, b"".join(parts))


def not_utf8(path: str, line: int) -> UnreadableFileError:
    """Error of a text file in another encoding."""
    return UnreadableFileError(
        f"file {path!r}, line {line:,}: the text is not UTF-8",
        "Convert the file first, for example: iconv -f LATIN1 -t UTF-8 OLD > NEW.",
    )
