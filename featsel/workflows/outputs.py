"""Which outputs would a command be unable to write?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from featsel.artifacts.atomic import check_target
from featsel.core.errors import ConfigError


def check_outputs(files: Iterable[Path | None], *, page: Path | None, inputs: Iterable[str]) -> None:
    """Refuse outputs that could not be written, or that would replace what is read, before any work is done.

    Parameters
    ----------
    files : iterable of Path or None
        Files to write; None where there is nothing to write.
    page : Path or None
        What ``--html`` names; it says by its extension that it is a page.
    inputs : iterable of str
        Logs that are read.

    Raises
    ------
    ConfigError
        A folder is missing, a file is read, or the page is called otherwise.
    """
    logs = {Path(path).resolve() for path in inputs}
    for path in (*files, page):
        if path is None:
            continue
        check_target(path)
        if path.resolve() in logs:
            raise ConfigError(f"output {str(path)!r} is the log itself", "Name another file.")
    if page is not None and page.suffix.lower() not in {".html", ".htm"}:
        raise ConfigError(f"--html {str(page)!r} does not end in .html", "Name the page something.html.")
