"""How is a temporary folder made so that an interrupt never leaves it behind?"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def temporary_folder(*, prefix: str, folder: Path | None = None) -> Generator[str]:
    """Make a temporary folder that vanishes with the block.

    Unlike that of :mod:`tempfile`, its name is known before it is made, so that an interrupt between both
    finds somebody who removes it.

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
    path = (folder or Path(tempfile.gettempdir())) / f"{prefix}{secrets.token_hex(6)}"
    try:
        path.mkdir(mode=0o700)
        yield str(path)
    finally:
        try:
            shutil.rmtree(path, ignore_errors=True)
        finally:
            # again: the first was interrupted, or a thread that was interrupted made a last file meanwhile
            shutil.rmtree(path, ignore_errors=True)
