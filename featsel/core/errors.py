"""Which errors can featsel report, and with which exit code?

Everything that a user can cause is a :class:`FeatselError`; any other exception is a bug in featsel.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import ClassVar

SHOWN = 12
"""Names that a message lists."""


class FeatselError(Exception):
    """An error that the user can understand and mend.

    Parameters
    ----------
    message : str
        A clause that names the file, column or option and shows what was found.
    hint : str, optional
        A sentence that says what to do.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 70

    is_told_elsewhere: bool | None = None
    """Whether another process of the same run tells of it; None leaves that to the first one."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Travel from one process to another, whatever a subclass is made from."""
        return _blank, (type(self), self.message), self.__dict__


def _blank(kind: type[FeatselError], message: str) -> FeatselError:
    return kind.__new__(kind, message)


class FeatselWarning(UserWarning):
    """Something may be wrong with the data or the request; what Python programs are warned with."""


class ConfigError(FeatselError):
    """The request is wrong: an option, a config file, a missing extra."""

    code = "config"
    exit_code = 2


class DataError(FeatselError):
    """The data is wrong: a missing file or column, an unreadable or empty log, one label value."""

    code = "data"
    exit_code = 3


class MissingFileError(DataError):
    """A path that holds no log."""

    code = "missing-file"


class UnreadableFileError(DataError):
    """A file that is not what its format promises."""

    code = "unreadable-file"


class EmptyLogError(DataError):
    """A log without rows or without fields."""

    code = "empty-log"


class LabelError(DataError):
    """A label column that does not hold two classes."""

    code = "label"


class MissingColumnError(DataError):
    """A column that the log does not have.

    Parameters
    ----------
    name : str
        The column that was asked for.
    available : sequence of str
        The columns of the log.
    """

    code = "missing-column"

    def __init__(self, name: str, *, available: Sequence[str]) -> None:
        super().__init__(
            f"column {name!r} is not in the log", did_you_mean(name, available, what="The log has")
        )
        self.name = name


def did_you_mean(name: str, known: Sequence[str], *, what: str) -> str:
    """Hint that offers the nearest known name, or else lists the known ones.

    Parameters
    ----------
    name : str
        What the user wrote.
    known : sequence of str
        What would have been right.
    what : str
        Opening of the list, such as ``"The log has"``.

    Returns
    -------
    str
        One sentence.
    """
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"{what}: {listed(known)}."


def listed(names: Sequence[str]) -> str:
    """Names as a message lists them: twelve, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"
