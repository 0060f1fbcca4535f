"""Which files does a ``DATA`` argument mean?"""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from featsel.core.errors import ConfigError, EmptyLogError, MissingFileError, did_you_mean
from featsel.logs.compression import inner_suffix
from featsel.logs.formats import FORMAT_BY_SUFFIX, Format, format_of

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Source:
    """The files of one log.

    Parameters
    ----------
    paths : tuple of str
        Files in reading order (sorted within a glob or folder), URLs, or ``-`` alone.
    format : Format
        The one format of all of them.
    is_hive : bool
        Whether folders named ``key=value`` give further columns.
    """

    paths: tuple[str, ...]
    format: Format
    is_hive: bool = False

    @property
    def is_remote(self) -> bool:
        """Whether the files are behind a URL."""
        return is_url(self.paths[0])


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
        return Source((STANDARD_INPUT,), format or Format.CSV)
    paths: list[str] = []
    is_hive = False
    for argument in arguments:
        if is_url(argument):
            paths.append(argument)
        elif Path(argument).is_dir():
            found = _files_below(Path(argument), format)
            is_hive = is_hive or any(
                "=" in part for path in found for part in path.relative_to(argument).parts[:-1]
            )
            paths.extend(map(str, found))
        elif Path(argument).exists():
            paths.append(argument)
        elif glob.has_magic(argument):
            matches = sorted(match for match in glob.glob(argument, recursive=True) if Path(match).is_file())
            if not matches:
                raise MissingFileError(f"no file matches {argument!r}", "Check the pattern and the folder.")
            paths.extend(matches)
        else:
            raise _missing(Path(argument))
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
    return Source(tuple(paths), format, is_hive)


def is_url(path: str) -> bool:
    """Whether a path names a remote object, such as ``s3://bucket/key``."""
    return "://" in path


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
