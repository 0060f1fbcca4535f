"""What do programs hear of a training while it runs?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from featsel.artifacts.documents import without_nan
from featsel.artifacts.event_lines import EventLines
from featsel.core.errors import FeatselError
from featsel.training.progress import Report

OUTCOME = ("train", "epochs", "best_epoch", "rows_per_second", "elapsed_s")
"""Parts of ``metrics.json`` that the last line repeats, beside metrics of held-out rows."""


class TrainEvents:
    """Writes the events of a training, or none.

    A training that fails or is interrupted while this is open has a last line too; one that is killed has
    none.

    Parameters
    ----------
    path : Path, optional
        The file; nothing is written where absent.
    is_continued : bool
        Whether lines of the part that was interrupted stay.

    Raises
    ------
    ConfigError
        The file cannot be written.
    """

    def __init__(self, path: Path | None, *, is_continued: bool = False) -> None:
        self._lines = None if path is None else EventLines(path, is_continued=is_continued)

    def __enter__(self) -> TrainEvents:
        """Begin to write."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell of a failure, and close the file."""
        if isinstance(error, Exception):
            message = error.message if isinstance(error, FeatselError) else f"{type(error).__name__}: {error}"
            self._write("end", {"status": "failed", "message": message})
        elif error is not None:
            self._write("end", {"status": "interrupted"})
        if self._lines is not None:
            self._lines.close()

    def start(self, facts: Mapping[str, object]) -> None:
        """Tell that steps begin, and of what training."""
        self._write("start", facts)

    def evaluation(self, line: Report, *, rows_per_second: int) -> None:
        """Tell of an evaluation."""
        self._write("evaluation", {**asdict(line), "rows_per_second": rows_per_second})

    def done(self, document: Mapping[str, Any]) -> None:
        """Tell what a training led to that came to its end."""
        held = {
            name: {key: value for key, value in document[name].items() if key != "calibration"}
            for name in ("valid", "test")
            if name in document
        }
        self._write("end", {"status": "done", **{name: document[name] for name in OUTCOME}, **held})

    def _write(self, event: str, facts: Mapping[str, object]) -> None:
        if self._lines is not None:
            self._lines.write(event, cast("dict[str, Any]", without_nan(dict(facts))))
