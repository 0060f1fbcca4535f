"""What does a compressed text file hold? Its plain bytes in blocks, or an error where it is cut short."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import zstandard

from featsel.core.errors import UnreadableFileError

PLAIN_BLOCK_BYTES = 1 << 20
"""Plain bytes held at once: large enough that the disk, not Python, sets the pace."""

ZSTD_BLOCK_BYTES = 1 << 12
"""Compressed bytes fed at once: four of them may stand for 128 KiB of zeros, so 4 KiB stay below 128 MiB."""

GZIP_BLOCK_BYTES = 1 << 16
"""Compressed bytes fed at once: they stand for 66 MB at the most."""

GZIP_BITS = 31
"""What tells zlib to expect a header and a checksum of gzip."""

COMPRESSED_SUFFIXES = frozenset({".gz", ".zst", ".zstd"})
"""The compressions that the standard library or zstandard can stream."""


def is_compressed(path: Path) -> bool:
    """Whether the name of a file says that it is compressed.

    Parameters
    ----------
    path : Path
        The file; it need not exist.

    Returns
    -------
    bool
        True for ``.gz`` and ``.zst``, whatever their case.

    Examples
    --------
    >>> is_compressed(Path("day.csv.GZ")), is_compressed(Path("day.csv"))
    (True, False)
    """
    return path.suffix.lower() in COMPRESSED_SUFFIXES


def inner_suffix(path: Path) -> str:
    """Suffix that says the format of a file, its compression aside.

    Parameters
    ----------
    path : Path
        The file; it need not exist.

    Returns
    -------
    str
        In lower case with its dot, empty where there is none.

    Examples
    --------
    >>> inner_suffix(Path("day.csv.gz")), inner_suffix(Path("day.CSV")), inner_suffix(Path("day.gz"))
    ('.csv', '.csv', '')
    """
    plain = path.with_suffix("") if is_compressed(path) else path
    return plain.suffix.lower()


def plain_blocks(source: Path) -> Iterator[bytes]:
    """Plain content of a file, compressed or not, in blocks.

    Files of several concatenated parts, as parallel compressors write them, are read whole.

    Parameters
    ----------
    source : Path
        Any file; its suffix says whether it is compressed.

    Yields
    ------
    bytes
        About a megabyte; more where the compressed text says much in little.

    Raises
    ------
    UnreadableFileError
        If the file is cut off, damaged, or compressed in another way than its name says.
    """
    suffix = source.suffix.lower()
    try:
        with source.open("rb") as stream:
            if suffix == ".gz":
                yield from _gzip_content(stream)
            elif suffix in COMPRESSED_SUFFIXES:
                yield from _zstd_content(stream)
            else:
                while block := stream.read(PLAIN_BLOCK_BYTES):
                    yield block
    except EOFError as error:
        raise _unreadable(source, "is cut off: the compressed data ends early") from error
    except (zlib.error, zstandard.ZstdError) as error:
        raise _unreadable(source, f"cannot be decompressed ({error})") from error


def _gzip_content(compressed: BinaryIO) -> Iterator[bytes]:
    # the gzip module reads 8 KiB at once, which takes half as long again
    member = zlib.decompressobj(GZIP_BITS)
    while block := compressed.read(GZIP_BLOCK_BYTES):
        while block:
            yield member.decompress(block)
            if not member.eof:
                break
            # writers may pad the file with zeros
            block = member.unused_data.lstrip(b"\0")
            member = zlib.decompressobj(GZIP_BITS)
            if not block:
                block = compressed.read(GZIP_BLOCK_BYTES).lstrip(b"\0")
                if not block:
                    return
    raise EOFError


def _zstd_content(compressed: BinaryIO) -> Iterator[bytes]:
    # zstandard's own stream reader ends without a word where a frame is cut off; a decompressor for each
    # frame knows whether it has seen the end.
    context = zstandard.ZstdDecompressor()
    frame: zstandard.ZstdDecompressionObj | None = None
    while block := compressed.read(ZSTD_BLOCK_BYTES):
        while block:
            frame = context.decompressobj() if frame is None else frame
            yield frame.decompress(block)
            block = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError


def _unreadable(source: Path, found: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"file '{source}' {found}",
        "Copy or download it again; if it is a plain or otherwise compressed file, give it the right suffix.",
    )
