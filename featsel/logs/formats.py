"""Which format does a file have?"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from featsel.core.errors import ConfigError, UnreadableFileError
from featsel.logs.arrow_buffers import first_impossible_buffer
from featsel.logs.compression import inner_suffix, is_compressed


class Format(StrEnum):
    """The formats of a log."""

    PARQUET = "parquet"
    IPC = "ipc"
    CSV = "csv"
    TSV = "tsv"
    NDJSON = "ndjson"
    CRITEO = "criteo"
    LIBSVM = "libsvm"
    LIBFFM = "libffm"
    VW = "vw"

    @property
    def is_delimited(self) -> bool:
        """Whether the format is lines of separated text."""
        return self in {Format.CSV, Format.TSV, Format.CRITEO}


FORMAT_BY_SUFFIX = {
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".parq": Format.PARQUET,
    ".arrow": Format.IPC,
    ".ipc": Format.IPC,
    ".feather": Format.IPC,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".tab": Format.TSV,
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
    ".criteo": Format.CRITEO,
    ".libsvm": Format.LIBSVM,
    ".svm": Format.LIBSVM,
    ".svmlight": Format.LIBSVM,
    ".libfm": Format.LIBSVM,
    ".libffm": Format.LIBFFM,
    ".ffm": Format.LIBFFM,
    ".vw": Format.VW,
}
"""What an extension promises. Extensions that promise nothing (.txt, .dat, .json) need ``--format``."""


CONTENT_BY_START = {
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow IPC file",
    b"\x1f\x8b": "a gzip file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"BZh": "a bzip2 file",
}
"""What the first bytes of a file give away."""

MAGIC_BYTES = {Format.PARQUET: b"PAR1", Format.IPC: b"ARROW1"}
"""First and last bytes of a format; a file that lacks the last ones is cut short."""


def check_content(path: Path, format: Format) -> None:  # noqa: A002 - the option's name
    """Refuse a file whose first or last bytes cannot be of its format, or that would end a reader.

    Parameters
    ----------
    path : Path
        A file that is not empty.
    format : Format
        What it is to be read as.

    Raises
    ------
    UnreadableFileError
        It is of another format, cut short, or names lengths that cannot be.
    """
    if is_compressed(path):
        return
    with path.open("rb") as stream:
        start = stream.read(8)
        stream.seek(max(0, path.stat().st_size - 8))
        end = stream.read()
    content = next((text for magic, text in CONTENT_BY_START.items() if start.startswith(magic)), None)
    expected = MAGIC_BYTES.get(format)
    if expected is None:
        if content is not None:
            raise UnreadableFileError(
                f"file {str(path)!r} is {content}, not {format}",
                "Give it the extension of what it holds, or unpack it.",
            )
    elif not start.startswith(expected):
        raise UnreadableFileError(
            f"file {str(path)!r} is {content or 'some other file'}, not {format}: it starts with {start!r}",
            "Give it the extension of what it holds, or name that with --format.",
        )
    elif not end.endswith(expected):
        raise UnreadableFileError(
            f"file {str(path)!r} is cut short: it does not end as {format} ends", "Write or copy it again."
        )
    elif format is Format.IPC:
        _check_buffers(path)


def _check_buffers(path: Path) -> None:
    impossible = first_impossible_buffer(path)
    if impossible is not None:
        start, size, unpacked = impossible
        raise UnreadableFileError(
            f"file {str(path)!r} is damaged: {size:,} bytes at {start:,} claim to unpack to {unpacked:,}",
            "Write or copy it again.",
        )


def format_of(path: str) -> Format:
    """Format that the extension of a path promises.

    Parameters
    ----------
    path : str
        File name or URL; an outer ``.gz`` or ``.zst`` is looked through.

    Returns
    -------
    Format
        The promised format.

    Raises
    ------
    ConfigError
        The extension promises no format.
    """
    suffix = inner_suffix(Path(path))
    if suffix not in FORMAT_BY_SUFFIX:
        known = ", ".join(sorted(FORMAT_BY_SUFFIX))
        raise ConfigError(
            f"the format of {path!r} is not known from its extension {suffix!r}",
            f"Name it with --format ({', '.join(Format)}). "
            f"Known extensions: {known}, the text ones also with .gz or .zst.",
        )
    return FORMAT_BY_SUFFIX[suffix]
