"""Which format does a file have?"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from featsel.core.errors import ConfigError
from featsel.logs.compression import inner_suffix


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

    @property
    def is_columnar(self) -> bool:
        """Whether single columns can be read without the others."""
        return self in {Format.PARQUET, Format.IPC}


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
            f"Name it with --format ({', '.join(Format)}). Known extensions: {known}, the text ones also with .gz or .zst.",
        )
    return FORMAT_BY_SUFFIX[suffix]
