"""What does a check say?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a failed check matters, the most first."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Status(StrEnum):
    """What became of a check."""

    FAIL = "fail"
    PASS = "pass"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """One check of one field, or of the log as a whole.

    Parameters
    ----------
    code : str
        Of the rule, such as ``FS101``.
    name : str
        Of the rule, such as ``null-share``.
    measure : str
        What was measured; a rule may measure several things.
    severity : Severity
        If it failed, how much that matters; else the least that failing would.
    field : str or None
        The field; None where the log as a whole is meant.
    status : Status
        What came out.
    measured : float or None
        What was found, in the unit of the threshold; None where nothing could be measured.
    threshold : float or None
        From where on it fails at this severity; where it passed, the first threshold above it.
    floor : float or None
        What chance alone would bring, where that is known: a measure below never fails.
    reference : float or None
        The same measure of the reference.
    message : str
        A clause with numbers that says what was found, or why the check was skipped.
    hint : str
        A sentence that says what people usually do; empty unless it failed.
    evidence : mapping
        Example values, row numbers, shares: plain values that fit into JSON.
    waived : Waiver or None
        Why a failure does not count.
    """

    code: str
    name: str
    measure: str
    severity: Severity
    field: str | None
    status: Status
    measured: float | None
    threshold: float | None
    floor: float | None
    reference: float | None
    message: str
    hint: str = ""
    evidence: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    waived: Waiver | None = None

    @property
    def counts(self) -> bool:
        """Whether it failed and nobody waived it."""
        return self.status is Status.FAIL and self.waived is None


@dataclass(frozen=True)
class Waiver:
    """A failure that somebody accepts for a while.

    Parameters
    ----------
    code : str
        Code of the rule, or the beginning of one.
    field : str
        Shell pattern of the fields.
    until : datetime.date
        Last day on which it holds.
    reason : str
        Why.
    """

    code: str
    field: str
    until: date
    reason: str


@dataclass(frozen=True)
class CheckReport:
    """What all checks say of a log.

    Parameters
    ----------
    title : str
        The log, for headings.
    rows, fields : int
        Of the log.
    reference : str or None
        What it was compared with; None where there was nothing.
    findings : sequence of Finding
        All of them: failures first, the gravest and largest first, then passes, then what was skipped.
    notes : tuple of str
        What a reader should know: expired waivers, checks that are off, sampling.
    """

    title: str
    rows: int
    fields: int
    reference: str | None
    findings: Sequence[Finding]
    notes: tuple[str, ...] = ()

    def failures(self, severity: Severity | None = None) -> list[Finding]:
        """Failures that nobody waived, of one severity or of all."""
        return [each for each in self.findings if each.counts and severity in {None, each.severity}]

    @property
    def waived(self) -> list[Finding]:
        """Failures that do not count."""
        return [each for each in self.findings if each.status is Status.FAIL and each.waived is not None]

    @property
    def skipped(self) -> list[Finding]:
        """Checks that could not be made."""
        return [each for each in self.findings if each.status is Status.SKIPPED]
