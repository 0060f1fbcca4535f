"""How does a workflow say what it does, without knowing who listens?"""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Listens to a workflow."""

    def start(self, task: str, total: int | None) -> None:
        """Hear that a task begins.

        Parameters
        ----------
        task : str
            What it is, for a person.
        total : int or None
            Steps it will take; None where nobody knows.
        """
        ...

    def advance(self, steps: int) -> None:
        """Hear that steps of the task are done."""
        ...

    def note(self, text: str) -> None:
        """Hear something worth knowing."""
        ...

    def warn(self, text: str) -> None:
        """Hear something that may be wrong with the data or the request."""
        ...

    def detail(self, text: str) -> None:
        """Hear what only the curious want to know."""
        ...
