"""What are the rows and entries of a sparse text log (libsvm, libffm, Vowpal Wabbit)?

A sparse row is a label and a list of *entries*. One pass parses the text, in blocks, and leaves rows and
entries in files; the columns are then planned from all of them, and a second pass over these files lays the
entries out. So a plan is right for the whole log, and memory holds one block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from featsel.core.errors import EmptyLogError, LabelError, UnreadableFileError
from featsel.logs.blocks import Block, cut_blocks, not_utf8

BLOCK_BYTES = 2 << 20
"""Text parsed at once: 250,000 entries or so, which take 200 MB in all; larger blocks are no faster."""

LABEL_CONVENTIONS = (frozenset({0.0, 1.0}), frozenset({-1.0, 1.0}))
"""The two ways in which these formats write a negative and a positive row."""

Parser = Callable[[pl.DataFrame, str], tuple[pl.DataFrame, pl.DataFrame]]
"""From the lines of a block (``number``, ``line``) to its rows and its entries.

Rows have ``label`` (Float64) and what else the format gives. Entries have ``row`` (UInt32, its place in the
block, ascending), ``key`` (what tells columns apart), ``feature`` and ``value`` (Float64).
"""


@dataclass(frozen=True)
class SpooledLog:
    """A parsed log on disk.

    Parameters
    ----------
    path : str
        The first file that it was parsed from, for messages.
    blocks : tuple of (Path, Path)
        The rows and the entries of each block, as IPC files.
    n_rows : int
        Rows of all blocks.
    """

    path: str
    blocks: tuple[tuple[Path, Path], ...]
    n_rows: int

    def rows(self) -> Iterator[pl.DataFrame]:
        """Rows of each block."""
        return (pl.read_ipc(rows) for rows, _ in self.blocks)

    def entries(self) -> Iterator[pl.DataFrame]:
        """Entries of each block."""
        return (pl.read_ipc(entries) for _, entries in self.blocks)


def spool_log(paths: Sequence[str], folder: Path, parse: Parser) -> SpooledLog:
    """Parse a log and keep its rows and entries in a folder.

    Parameters
    ----------
    paths : sequence of str
        The files of the log, UTF-8 text; plain, gzip or Zstandard.
    folder : Path
        An empty folder.
    parse : callable
        The parser of the format.

    Returns
    -------
    SpooledLog
        The parsed log.

    Raises
    ------
    UnreadableFileError
        If the file is not text, or `parse` rejects a line.
    LabelError
        If the labels are neither 0 and 1 nor -1 and 1.
    EmptyLogError
        If the file has no rows, or no entries.
    """
    spooled: list[tuple[Path, Path]] = []
    n_rows = n_entries = 0
    labels: set[float] = set()
    for block in (block for path in paths for block in cut_blocks(path, block_bytes=BLOCK_BYTES)):
        rows, entries = parse(_lines(block), block.path)
        if rows.is_empty():
            continue
        labels.update(rows["label"].unique().to_list())
        if not any(labels <= convention for convention in LABEL_CONVENTIONS):
            raise _label_error(block.path, labels)
        targets = folder / f"rows-{len(spooled)}.arrow", folder / f"entries-{len(spooled)}.arrow"
        for frame, target in zip((rows, entries), targets, strict=True):
            frame.write_ipc(target, compression="zstd")
        spooled.append(targets)
        n_rows += rows.height
        n_entries += entries.height
    if n_entries == 0:
        found = "rows" if n_rows == 0 else "entries beside the labels"
        raise EmptyLogError(f"file {paths[0]!r} has no {found}", "Check that its writer came to an end.")
    return SpooledLog(paths[0], tuple(spooled), n_rows)


def _lines(block: Block) -> pl.DataFrame:
    """Lines of a block, without their ends, as columns `number` (from 1) and `line`."""
    try:
        text = block.content.decode()
    except UnicodeDecodeError as error:
        raise not_utf8(block.path, block.line_at(error.start)) from error
    lines = pl.Series(text.removesuffix("\n").split("\n"), dtype=pl.String)
    first = block.first_line
    return pl.select(number=pl.int_range(first, first + lines.len()), line=_squeeze(lines, text))


def _squeeze(lines: pl.Series, text: str) -> pl.Series:
    """Replace every run of white space by one space; none is left at the end of a line."""
    if any(unusual in text for unusual in ("\t", "  ", "\v", "\f")):
        lines = lines.str.replace_all(r"[ \t\r\v\f]+", " ")
    return lines.str.strip_chars_end(" \r")


def _label_error(path: str, labels: Iterable[float]) -> LabelError:
    found = sorted(labels)
    shown = ", ".join(f"{label:g}" for label in found[:10]) + (" ..." if len(found) > 10 else "")
    return LabelError(
        f"file {path!r} has the labels {shown}",
        "Write labels as 0 and 1, or as -1 and 1; a label of several classes is not a click.",
    )


def reject_lines(bad: Iterable[pl.DataFrame], path: str, *, hint: str) -> None:
    """Raise for the first of some lines that are not what their format promises.

    Parameters
    ----------
    bad : iterable of DataFrame
        Bad lines, in columns ``number`` (from 1), ``found`` (the offending text, of which 60 characters are
        shown) and ``expected`` (what should have stood there). Nothing is raised where all are empty.
    path : str
        The file.
    hint : str
        What a line of the format looks like.

    Raises
    ------
    UnreadableFileError
        If there is a line.
    """
    lines = pl.concat([lines.select("number", "found", "expected").head(1) for lines in bad])
    if lines.is_empty():
        return
    number, found, expected = lines.sort("number", maintain_order=True).row(0)
    shown = found if len(found) <= 60 else f"{found[:59]}…"
    raise UnreadableFileError(f"file {path!r}, line {number:,}: expected {expected}, found {shown!r}", hint)
