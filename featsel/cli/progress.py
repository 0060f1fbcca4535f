"""What does a person at a terminal see while a command works?"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE_S = 1.0
"""A task that ends sooner shows no bar."""


class TerminalReporter:
    """Writes notes to standard error and, on a terminal, shows a progress bar for what takes over a second.

    Parameters
    ----------
    quiet : bool
        Whether to show warnings alone.
    verbose : bool
        Whether to show details too.
    is_silent : bool
        Whether to show nothing at all: of several processes, one tells.
    """

    def __init__(self, *, quiet: bool, verbose: bool, is_silent: bool = False) -> None:
        self._quiet = quiet or is_silent
        self._verbose = verbose
        self._is_silent = is_silent
        self._task = ""
        self._total: int | None = None
        self._done = 0
        self._started = time.monotonic()
        self._bar: Progress | None = None

    def __enter__(self) -> TerminalReporter:
        """Show nothing yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self._stop()

    def start(self, task: str, total: int | None) -> None:
        """Begin a task."""
        self._stop()
        self._task, self._total, self._done = task, total, 0
        self._started = time.monotonic()

    def advance(self, steps: int) -> None:
        """Move the bar."""
        self._done += steps
        if self._bar is None:
            if self._quiet or not sys.stderr.isatty() or time.monotonic() - self._started < PATIENCE_S:
                return
            self._bar = self._open_bar()
            self._bar.add_task(self._task, total=self._total)
        self._bar.update(self._bar.task_ids[0], completed=self._done)

    def note(self, text: str) -> None:
        """Write a note."""
        if not self._quiet:
            self._write(f"featsel: note: {text}")

    def warn(self, text: str) -> None:
        """Write a warning."""
        self._write(f"featsel: warning: {text}")

    def detail(self, text: str) -> None:
        """Write a detail if asked for."""
        if self._verbose:
            self._write(f"featsel: {text}")

    def _write(self, line: str) -> None:
        if self._is_silent:
            return
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False)
        else:
            sys.stderr.write(line + "\n")

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    @staticmethod
    def _open_bar() -> Progress:
        from rich.console import Console  # noqa: PLC0415 - only a terminal pays for rich
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(show_speed=True),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        bar.start()
        return bar
