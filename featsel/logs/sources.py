"""Which files does a ``DATA`` argument mean?"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from featsel.core.errors import (
    ConfigError,
    DataError,
    EmptyLogError,
    MissingFileError,
    UnreadableFileError,
    did_you_mean,
)
from featsel.logs.compression import inner_suffix
from featsel.logs.formats import FORMAT_BY_SUFFIX, Format, format_of

STANDARD_INPUT = "-"

Partition = Mapping[str, str | None]
"""Columns that the folders of a file give: ``day=7/`` gives ``day`` the value ``7`` all through it."""

LISTED = "featsel file"
"""Name of the column in which polars tells the files of a bucket."""

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
"""How Hive spells null in the name of a folder."""


@dataclass(frozen=True)
class Source:
    """The files of one log.

    Parameters
    ----------
    paths : tuple of str
        Files in reading order (sorted within a glob or folder), URLs, or ``-`` alone; none for a table that
        is in memory already.
    format : Format
        The one format of all of them.
    partitions : tuple of mapping
        For each path, what folders named ``key=value`` below the given one say; the same keys for all.
    """

    paths: tuple[str, ...]
    format: Format
    partitions: tuple[Partition, ...]

    @property
    def title(self) -> str:
        """Names of the files, or of the first of them, for a message."""
        if not self.paths:
            return "the frame"
        shown = ", ".join(map(repr, self.paths[:3]))
        return f"{shown} and {len(self.paths) - 3} more" if len(self.paths) > 3 else shown


def find_source(arguments: Sequence[str], *, format: Format | None = None) -> Source:  # noqa: A002 - the option's name
    """Resolve files, globs, folders, URLs and ``-`` into the files of one log.

    Parameters
    ----------
    arguments : sequence of str
        What the user wrote.
    format : Format, optional
        Overrides what extensions promise; required for files whose extension promises nothing.

    Returns
    -------
    Source
        At least one path.

    Raises
    ------
    MissingFileError
        A path does not exist, a glob matches nothing.
    EmptyLogError
        A folder holds no log.
    ConfigError
        Formats are mixed or unknown.
    """
    if STANDARD_INPUT in arguments:
        if len(arguments) > 1:
            raise ConfigError("'-' (standard input) stands beside other inputs", "Give '-' alone.")
        return Source((STANDARD_INPUT,), format or Format.CSV, ({},))
    # a file that several arguments name is read once
    found = dict(pair for argument in arguments for pair in _files_of(argument, format))
    paths = list(found)
    for path in paths:
        if not is_url(path) and not os.access(path, os.R_OK):
            raise MissingFileError(
                f"file {path!r} cannot be read: permission denied", "Check its permissions."
            )
    if format is None:
        formats = {format_of(path) for path in paths}
        if len(formats) > 1:
            raise ConfigError(
                f"the inputs have several formats: {', '.join(sorted(formats))}",
                "Give files of one format, or convert them first with 'featsel convert'.",
            )
        format = formats.pop()  # noqa: A001 - the option's name
    partitions = tuple(found.values())
    _check_partitions(paths, partitions)
    return Source(tuple(paths), format, partitions)


def is_url(path: str) -> bool:
    """Whether a path names a remote object, such as ``s3://bucket/key``."""
    return "://" in path


def _files_of(argument: str, format: Format | None) -> list[tuple[str, Partition]]:  # noqa: A002
    """Files that one argument means, each with what its folders say."""
    path = Path(argument)
    if is_url(argument):
        return _remote_files(argument, format) if _names_many(argument) else [(argument, {})]
    if path.is_dir():
        return [(str(file), _partition(file.relative_to(path))) for file in _files_below(path, format)]
    if path.exists():
        return [(argument, {})]
    if glob.has_magic(argument):
        # Path.glob cannot take a pattern that may be absolute
        found = glob.glob(argument, recursive=True)  # noqa: PTH207
        matches = sorted(match for match in found if Path(match).is_file())
        if not matches:
            raise MissingFileError(f"no file matches {argument!r}", "Check the pattern and the folder.")
        n_fixed = next(index for index, part in enumerate(path.parts) if glob.has_magic(part))
        return [(match, _partition(Path(*Path(match).parts[n_fixed:]))) for match in matches]
    raise _missing(path)


def _names_many(url: str) -> bool:
    """Whether a URL is a pattern or a folder; stars and slashes behind http mean nothing of the kind."""
    return not url.startswith(("http://", "https://")) and ("*" in url or url.endswith("/"))


def _remote_files(url: str, format: Format | None) -> list[tuple[str, Partition]]:  # noqa: A002
    """Files that a pattern or a folder in a bucket means."""
    if url.endswith("/"):
        fixed, pattern = url, f"{url}**/*" if format else f"{url}**/*.{Format.PARQUET}"
    else:
        fixed, pattern = url[: url.index("*")].rpartition("/")[0] + "/", url
    kind = format or format_of(pattern)
    if kind not in {Format.PARQUET, Format.IPC}:
        raise ConfigError(
            f"{url!r} names several files of text in a bucket, and those cannot be listed",
            "Name each file, or write them as Parquet.",
        )
    scan = pl.scan_parquet if kind is Format.PARQUET else pl.scan_ipc
    try:
        listed = scan(pattern, include_file_paths=LISTED, hive_partitioning=False).select(LISTED).unique()
        paths = sorted(listed.collect(engine="streaming")[LISTED].to_list())
    except (pl.exceptions.PolarsError, OSError) as error:
        if "paths were empty" in str(error):
            raise MissingFileError(f"no file matches {url!r}", "Check the pattern and the bucket.") from error
        raise UnreadableFileError(
            f"{url!r} cannot be listed: {str(error).strip().splitlines()[0]}",
            "Check the address, the credentials and the network.",
        ) from error
    return [(path, _partition(Path(path.removeprefix(fixed)))) for path in paths]


def _partition(path: Path) -> Partition:
    pairs = (part.split("=", 1) for part in path.parts[:-1] if "=" in part)
    return {key: None if value == HIVE_NULL else unquote(value) for key, value in pairs}


def _check_partitions(paths: Sequence[str], partitions: Sequence[Partition]) -> None:
    for path, partition in zip(paths, partitions, strict=True):
        if partition.keys() != partitions[0].keys():
            raise DataError(
                f"file {path!r} lies in folders of {_listed(partition)}, {paths[0]!r} in folders of "
                f"{_listed(partitions[0])}",
                "Give files whose folders name the same keys (key=value).",
            )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names)) or "no key"


def _files_below(folder: Path, format: Format | None) -> list[Path]:  # noqa: A002 - the option's name
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
    )
    logs = files if format else [path for path in files if inner_suffix(path) in FORMAT_BY_SUFFIX]
    if not logs:
        found = f"; it holds {files[0].name!r} and {len(files) - 1} more" if files else "; it is empty"
        raise EmptyLogError(
            f"folder {str(folder)!r} holds no log{found}", "Name a folder with Parquet, CSV or other logs."
        )
    return logs


def _missing(path: Path) -> MissingFileError:
    if path.parent.is_dir():
        names = sorted(entry.name for entry in path.parent.iterdir())
        hint = did_you_mean(path.name, names, what="The folder has") if names else "The folder is empty."
    else:
        hint = f"There is no folder {str(path.parent)!r}."
    return MissingFileError(f"file {str(path)!r} does not exist", hint)
