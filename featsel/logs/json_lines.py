"""How are lines of JSON read? In two passes: one for the columns, one for each reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from featsel.core.errors import EmptyLogError, UnreadableFileError
from featsel.core.read_ahead import read_ahead
from featsel.logs.blocks import Block, cut_blocks, not_utf8

BLOCK_BYTES = 4 << 20
"""Text parsed at once: enough for all threads of polars, too little to be felt in memory."""


def find_json_columns(paths: Sequence[str]) -> pl.Schema:
    """Columns of files of JSON objects, one a line.

    A key that only late lines have is a column too, and a key with numbers here and text there is text: so
    all lines are looked at.

    Parameters
    ----------
    paths : sequence of str
        Plain, gzip or Zstandard.

    Returns
    -------
    polars.Schema
        Every key of any line.

    Raises
    ------
    UnreadableFileError
        A line is no JSON object, or the text is not UTF-8.
    EmptyLogError
        There is no line.
    """
    found: pl.DataFrame | None = None
    for path in paths:
        for frame in read_ahead(_parse(block, None) for block in cut_blocks(path, block_bytes=BLOCK_BYTES)):
            empty = frame.clear()
            found = empty if found is None else pl.concat([found, empty], how="diagonal_relaxed")
    if found is None or not found.width:
        raise EmptyLogError(f"file {paths[0]!r} has no rows", "Check that its writer came to an end.")
    return found.schema


def json_frames(path: str, columns: Sequence[str], *, schema: pl.Schema) -> Iterator[pl.DataFrame]:
    """Rows of a file of JSON objects, one a line; null where an object lacks a key.

    Parameters
    ----------
    path : str
        Plain, gzip or Zstandard.
    columns : sequence of str
        The columns to give.
    schema : polars.Schema
        See :func:`find_json_columns`.

    Yields
    ------
    polars.DataFrame
        The columns in the order asked for.
    """
    wanted = pl.Schema({name: schema[name] for name in columns})
    return read_ahead(_parse(block, wanted) for block in cut_blocks(path, block_bytes=BLOCK_BYTES))


def count_json_rows(path: str) -> int:
    """Lines of a file that are not blank."""
    return sum(
        sum(1 for line in block.content.split(b"\n") if line.strip())
        for block in cut_blocks(path, block_bytes=BLOCK_BYTES)
    )


def _parse(block: Block, schema: pl.Schema | None) -> pl.DataFrame:
    if not block.content.strip():
        return pl.DataFrame(schema=schema)
    try:
        return pl.read_ndjson(block.content, schema=schema, infer_schema_length=None)
    except pl.exceptions.PolarsError as error:
        raise _first_bad_line(block, str(error)) from error


def _first_bad_line(block: Block, message: str) -> UnreadableFileError:
    for number, line in enumerate(block.content.split(b"\n"), start=block.first_line):
        try:
            line.decode()
        except UnicodeDecodeError:
            return not_utf8(block.path, number)
        try:
            if line.strip():
                pl.read_ndjson(line)
        except pl.exceptions.PolarsError as error:
            return UnreadableFileError(
                f"file {block.path!r}, line {number:,}: no JSON object ({str(error).splitlines()[0]})",
                "Mend or remove the line; every line is one object in braces.",
            )
    return UnreadableFileError(
        f"file {block.path!r}, line {block.first_line:,} and after: {message.splitlines()[0]}",
        "Give a key values of one kind.",
    )
