"""Which results can stand on one page, and in which order?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from featsel.report.article import Article
from featsel.report.sections import as_mapping
from featsel.report.table import Cell


class Kind(StrEnum):
    """What a result is about, in the order in which a log goes through them."""

    CHECK = "check"
    RANKING = "ranking"
    SELECTION = "selection"
    TRAINING = "training"
    BENCH = "bench"
    TABLES = "tables"


@dataclass(frozen=True)
class Result:
    """One result that was saved.

    Parameters
    ----------
    kind : Kind
        What it is about.
    source : str
        The file that it was read from.
    document : mapping
        What the command printed, read back: of plain values, lists and mappings alone.
    """

    kind: Kind
    source: str
    document: Mapping[str, Any]

    @property
    def log(self) -> tuple[str, ...]:
        """Paths of the log that it is about."""
        return tuple(as_mapping(self.document.get("input")).get("paths") or ())  # type: ignore[arg-type]

    @property
    def fingerprint(self) -> object:
        """Of that log."""
        return as_mapping(self.document.get("input")).get("fingerprint")


@dataclass(frozen=True)
class Presented:
    """A result as a page shows it.

    Parameters
    ----------
    result : Result
        What was read.
    article : Article
        All of it.
    sentences : tuple of str
        What it says, the most important first.
    line : tuple of (str or int or float or None), optional
        Its numbers beside those of other results of its kind; None where they cannot be compared.
    """

    result: Result
    article: Article
    sentences: tuple[str, ...]
    line: tuple[Cell, ...] | None


def of_kind(presented: Iterable[Presented], kind: Kind) -> list[Presented]:
    """Those about one thing, in their order."""
    return [each for each in presented if each.result.kind is kind]
