"""What is a rule, and when does what it measures fail?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from featsel.quality.findings import Severity

Levels = Mapping[Severity, float]
"""From which value on a measure fails, by severity."""


class Family(StrEnum):
    """What a rule is about."""

    SCHEMA = "schema"
    VALUES = "values"
    DUPLICATES = "duplicates and redundancy"
    LABEL = "label"
    DRIFT = "drift and time"
    RANKING = "ranking"
    BUDGETS = "budgets"


@dataclass(frozen=True)
class Measurement:
    """What a rule measured at one place.

    Parameters
    ----------
    value : float
        The larger, the worse; it fails from a threshold on, and from its floor on.
    message : str
        A clause with numbers: what was found, whether it fails or not.
    measure : str
        Which limit of the rule it is held against.
    field : str or None
        The field; None for the log as a whole.
    floor : float, optional
        What chance alone would bring: nothing below fails, whatever the threshold.
    reference : float, optional
        The same of the reference.
    least, most : Severity, optional
        Bounds of the severity of a failure at this place.
    evidence : mapping
        Plain values that show it.
    """

    value: float
    message: str
    measure: str = ""
    field: str | None = None
    floor: float | None = None
    reference: float | None = None
    least: Severity | None = None
    most: Severity | None = None
    evidence: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Rule:
    """A named check.

    Parameters
    ----------
    code : str
        ``FS`` and three digits, of which the first names the family.
    name : str
        A few words with hyphens.
    family : Family
        What it is about.
    what : str
        A sentence: what is measured, and in which unit.
    why : str
        A sentence or two: what goes wrong where this is not seen, and how chance is told from it.
    hint : str
        What people usually do about it.
    limits : mapping of str to Levels
        Thresholds by measure, the main one first.
    measure : callable
        Measures a comparison of logs, see :class:`featsel.quality.comparison.Comparison`; raises nothing.
    needs : tuple of str
        Of ``reference``, ``label``, ``time``, ``features``: without it the rule is skipped.
    """

    code: str
    name: str
    family: Family
    what: str
    why: str
    hint: str
    limits: Mapping[str, Levels]
    measure: Callable[..., Iterable[Measurement]]
    needs: tuple[str, ...] = ()
