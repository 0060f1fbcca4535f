"""How does a file appear whole or not at all?"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from featsel.core.errors import ConfigError
from featsel.core.temporary import temporary_folder


def check_target(path: Path) -> None:
    """Refuse an output that could not be written, before any work is done.

    Parameters
    ----------
    path : Path
        The file to be written.

    Raises
    ------
    ConfigError
        Its folder is missing or read-only, or a folder has its name.
    """
    folder = path.parent
    if not folder.is_dir():
        raise ConfigError(
            f"output {str(path)!r} cannot be written: there is no folder {str(folder)!r}", "Create it first."
        )
    if path.is_dir():
        raise ConfigError(f"output {str(path)!r} is a folder", "Name a file.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(
            f"output {str(path)!r} cannot be written: folder {str(folder)!r} is read-only",
            "Name another folder.",
        )


@contextmanager
def replacing(path: Path) -> Generator[Path]:
    """Name for a file that replaces ``path`` when the block ends well, and else vanishes.

    Parameters
    ----------
    path : Path
        The file to write.

    Yields
    ------
    Path
        A file in a folder beside it, to be written by the caller.

    Raises
    ------
    ConfigError
        The target cannot be written, or the disk is full.
    """
    check_target(path)
    try:
        # a folder, not a file: a thread that still writes after an interrupt finds nowhere to write to
        with temporary_folder(prefix=f".{path.name[:100]}.", folder=path.parent) as folder:
            temporary = Path(folder) / path.name
            yield temporary
            temporary.replace(path)
    except OSError as error:
        raise ConfigError(
            f"output {str(path)!r} cannot be written: {error.strerror or error}",
            "Is there room on the disk?",
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file in one move."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")
