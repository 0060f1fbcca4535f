"""How do events reach a file one by one, so that others can follow it while it grows?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from featsel.artifacts.documents import plain
from featsel.core.errors import ConfigError

EVENTS_SCHEMA = "featsel.events/1"
"""Version of the lines."""


class EventLines:
    """A file of JSON documents, one a line; each is in the file before the next one is made.

    Parameters
    ----------
    path : Path
        The file.
    is_continued : bool
        Whether lines that are there stay. The last one goes if its writer was killed in the middle of it.

    Raises
    ------
    ConfigError
        The file cannot be written.
    """

    def __init__(self, path: Path, *, is_continued: bool = False) -> None:
        try:
            self._file = path.open("a" if is_continued else "w", encoding="utf-8", newline="\n")
            if is_continued:
                _drop_half_a_line(path)
        except OSError as error:
            raise ConfigError(
                f"events {str(path)!r} cannot be written: {error.strerror or error}", "Name another file."
            ) from error

    def write(self, event: str, facts: Mapping[str, object]) -> None:
        """Append a line.

        Parameters
        ----------
        event : str
            What happened.
        facts : mapping
            Of what a document can hold, see :mod:`featsel.artifacts.documents`.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"schema": EVENTS_SCHEMA, "event": event, "time": now, **facts}
        self._file.write(json.dumps(line, ensure_ascii=False, allow_nan=False, default=plain) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _drop_half_a_line(path: Path) -> None:
    with path.open("rb+") as file:
        file.truncate(file.read().rfind(b"\n") + 1)
