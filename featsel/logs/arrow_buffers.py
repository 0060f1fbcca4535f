"""Can the buffers of an Arrow file hold what they say?

A compressed buffer begins with the number of bytes that it unpacks to, and a reader allocates as many before
it looks further: where that number is damaged, polars ends the process. The layout is that of the Arrow
columnar format, "IPC File Format", whose metadata are FlatBuffers.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

MOST_UNPACKED = 1 << 15
"""Bytes that one compressed byte can stand for: four of Zstandard repeat one 131,072 times."""

END = struct.calcsize("<i6s")
"""Bytes behind the footer: its length and the magic bytes."""

DICTIONARIES, RECORD_BATCHES = 2, 3
"""Fields of the footer: where the messages lie."""

MESSAGE_HEADER = 2
"""Field of a message: the batch."""

BATCH_OF_DICTIONARY, BUFFERS, COMPRESSION = 1, 2, 3
"""Fields of a batch; a batch of a dictionary has another in it."""


def first_impossible_buffer(path: Path) -> tuple[int, int, int] | None:
    """Find a compressed buffer that says it unpacks to more than its bytes can stand for.

    Parameters
    ----------
    path : Path
        An Arrow IPC file. Where its metadata lead nowhere, nothing is found: a reader says so.

    Returns
    -------
    tuple of int or None
        Where in the file the buffer begins, its bytes, and the bytes that it says it unpacks to.
    """
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            for start, size in _compressed_buffers(content):
                (unpacked,) = struct.unpack_from("<q", content, start)
                if unpacked > size * MOST_UNPACKED:
                    return start, size, unpacked
        except (struct.error, ValueError):
            return None
    return None


def _compressed_buffers(content: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Start and length of each buffer that is not empty, of the batches that are compressed."""
    (footer_size,) = struct.unpack_from("<i", content, _inside(len(content) - END))
    footer = _referred(content, len(content) - END - footer_size)
    for field in (DICTIONARIES, RECORD_BATCHES):
        for offset, metadata_size, _ in _structs(content, footer, field, "<qi4xq"):
            message = _referred(content, offset + _prefix_size(content, offset))
            batch = _table(content, message, MESSAGE_HEADER)
            if field == DICTIONARIES and batch is not None:
                batch = _table(content, batch, BATCH_OF_DICTIONARY)
            if batch is None or _table(content, batch, COMPRESSION) is None:
                continue
            for start, size in _structs(content, batch, BUFFERS, "<qq"):
                if size > 0:
                    yield _inside(offset + metadata_size + start), size


def _prefix_size(content: mmap.mmap, offset: int) -> int:
    """Bytes before the metadata of a message: its length, and since 0.15 a marker before that."""
    (marker,) = struct.unpack_from("<i", content, _inside(offset))
    return 8 if marker == -1 else 4


def _inside(position: int) -> int:
    """Refuse a position before the file, which Python would count from the end."""
    if position < 0:
        raise ValueError(f"byte {position} of a file")
    return position


def _referred(content: mmap.mmap, position: int) -> int:
    """Position to which an offset that stands at a position leads."""
    (offset,) = struct.unpack_from("<I", content, _inside(position))
    return position + int(offset)


def _field(content: mmap.mmap, table: int, number: int) -> int | None:
    """Position of a field of a table; None where the table leaves it out."""
    (to_layout,) = struct.unpack_from("<i", content, _inside(table))
    layout = _inside(table - to_layout)
    (layout_size,) = struct.unpack_from("<H", content, layout)
    if 4 + 2 * number >= layout_size:
        return None
    (offset,) = struct.unpack_from("<H", content, layout + 4 + 2 * number)
    return table + int(offset) if offset else None


def _table(content: mmap.mmap, table: int, number: int) -> int | None:
    """Position of a table that a field of a table leads to."""
    position = _field(content, table, number)
    return None if position is None else _referred(content, position)


def _structs(content: mmap.mmap, table: int, number: int, layout: str) -> Iterator[tuple[int, ...]]:
    """Elements of the vector that a field of a table leads to."""
    vector = _table(content, table, number)
    if vector is not None:
        (n_elements,) = struct.unpack_from("<I", content, vector)
        size = struct.calcsize(layout)
        yield from struct.iter_unpack(layout, content[vector + 4 : vector + 4 + n_elements * size])
