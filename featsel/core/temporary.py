"""How is a temporary folder made so that neither an interrupt nor a kill leaves it behind for good?"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

TOKEN_BYTES = 6
"""Random bytes of a name."""

TOKEN = re.compile(r"[0-9a-f]{12}$")
"""How a name ends."""

LOCKED_WITHIN_S = 60.0
"""Between making a folder and locking it there is a moment in which it is empty and looks abandoned."""


@contextmanager
def temporary_folder(*, prefix: str, folder: Path | None = None) -> Generator[str]:
    """Make a temporary folder that vanishes with the block.

    Unlike that of :mod:`tempfile`, its name is known before it is made, so that an interrupt between both
    finds somebody who removes it; and folders of this prefix whose processes were killed are removed first.

    Parameters
    ----------
    prefix : str
        How its name begins.
    folder : Path, optional
        Where it is; the usual place where absent.

    Yields
    ------
    str
        Its path. What cannot be removed at the end stays.
    """
    parent = folder or Path(tempfile.gettempdir())
    remove_abandoned(parent, prefix=prefix)
    path = parent / f"{prefix}{secrets.token_hex(TOKEN_BYTES)}"
    try:
        path.mkdir(mode=0o700)
        with locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield str(path)
    finally:
        try:
            shutil.rmtree(path, ignore_errors=True)
        finally:
            # again: the first was interrupted, or a thread that was interrupted made a last file meanwhile
            shutil.rmtree(path, ignore_errors=True)


def remove_abandoned(folder: Path, *, prefix: str) -> None:
    """Remove the temporary folders that killed processes of this user left.

    Parameters
    ----------
    folder : Path
        Where they are.
    prefix : str
        How their names begin.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(prefix) and TOKEN.search(entry.name):
                with contextlib.suppress(OSError):  # another process removes it too
                    _remove_if_abandoned(entry)


def _remove_if_abandoned(entry: os.DirEntry[str]) -> None:
    status = entry.stat(follow_symlinks=False)
    if not entry.is_dir(follow_symlinks=False) or status.st_uid != os.geteuid():
        return
    with locked(Path(entry.path), fcntl.LOCK_EX | fcntl.LOCK_NB) as is_nobodys:
        if is_nobodys and (
            any(Path(entry.path).iterdir()) or time.time() - status.st_mtime > LOCKED_WITHIN_S
        ):
            shutil.rmtree(entry.path, ignore_errors=True)


@contextmanager
def locked(folder: Path, mode: int) -> Generator[bool]:
    """Lock a folder; the lock ends with the block or the process.

    Parameters
    ----------
    folder : Path
        It exists.
    mode : int
        As that of :func:`fcntl.flock`.

    Yields
    ------
    bool
        False where another process has it, or its file system knows no locks.
    """
    with contextlib.ExitStack() as stack:
        try:
            handle = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, handle)
            fcntl.flock(handle, mode)
        except OSError:
            yield False
            return
        yield True
