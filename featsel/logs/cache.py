"""Where are the codes of a log kept, so that its text is parsed once?

A cache is a folder with a folder per log (its fingerprint and how it is read), in which every column has its
own. Columns appear whole or not at all, and two processes that write the same one do each other no harm. A
log is locked as long as it is used, so that no other process forgets it meanwhile.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from featsel.core.columns import Column, StoredArray
from featsel.core.temporary import locked, temporary_folder
from featsel.logs.stored import read_column

CACHE_VERSION = 1
"""Changes whenever columns are written in another way."""

CACHE_BYTES = 20 * 10**9
"""Above this, the logs that were not used for longest are forgotten."""


@dataclass(frozen=True)
class ColumnCache:
    """The columns of one log.

    Parameters
    ----------
    folder : Path
        Of that log.
    """

    folder: Path

    def find(self, key: str) -> Column | StoredArray | None:
        """Column that was kept under a key, or None."""
        return read_column(self.folder / _digest(key))

    @contextmanager
    def adding(self) -> Generator[Path]:
        """Folder in which new columns may be written, each in a folder that :meth:`folder_name` names.

        They are kept when the block ends well, and forgotten otherwise.

        Yields
        ------
        Path
            A temporary folder.
        """
        with temporary_folder(prefix=".new-", folder=self.folder) as name:
            new = Path(name)
            yield new
            for column in new.iterdir():
                target = self.folder / column.name
                if target.is_dir() and read_column(target) is None:
                    shutil.rmtree(target, ignore_errors=True)
                with contextlib.suppress(OSError):  # another process has written it meanwhile
                    column.rename(target)

    @staticmethod
    def folder_name(key: str) -> str:
        """Name of the folder of a column."""
        return _digest(key)


def default_cache() -> Path:
    """Folder of the cache: FEATSEL_CACHE, or ``featsel`` in the user's cache folder."""
    named = os.environ.get("FEATSEL_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "featsel"


@contextmanager
def open_cache(root: Path | None, reading: Mapping[str, object]) -> Generator[ColumnCache]:
    """Open the columns that are kept of a log.

    Parameters
    ----------
    root : Path or None
        Folder of the cache; None for one that is forgotten when the block ends.
    reading : mapping
        What decides the values of the log: its fingerprint and how it is read.

    Yields
    ------
    ColumnCache
        Where a folder of the cache cannot be made, one that is forgotten.
    """
    if root is not None:
        folder = root / _digest(
            json.dumps({"version": CACHE_VERSION, **reading}, sort_keys=True, default=str)
        )
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.utime(folder)
        if os.access(folder, os.W_OK | os.X_OK):
            with locked(folder, fcntl.LOCK_SH):
                folder.mkdir(mode=0o700, exist_ok=True)  # it may have been forgotten before it was locked
                yield ColumnCache(folder)
            _forget_oldest(root, keep=folder)
            return
    with temporary_folder(prefix="featsel-codes-") as name:
        yield ColumnCache(Path(name))


def _forget_oldest(root: Path, *, keep: Path) -> None:
    with contextlib.suppress(OSError):
        logs = sorted((log for log in root.iterdir() if log.is_dir()), key=lambda log: log.stat().st_mtime)
        sizes = {log: sum(file.stat().st_size for file in log.rglob("*") if file.is_file()) for log in logs}
        excess = sum(sizes.values()) - CACHE_BYTES
        for log in logs:
            with locked(log, fcntl.LOCK_EX | fcntl.LOCK_NB) as is_unused:
                if not is_unused:
                    continue
                if excess > 0 and log != keep:
                    shutil.rmtree(log, ignore_errors=True)
                    excess -= sizes[log]
                for rest in log.glob(".new-*"):  # of a process that was killed
                    shutil.rmtree(rest, ignore_errors=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
