"""Which rules run, from where on do they fail, and which failures count?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from featsel.quality.findings import Finding, Severity, Waiver
from featsel.quality.rule import Levels, Rule

Limits = Mapping[str, Mapping[str, Levels]]
"""Thresholds by code and measure; some severities of some measures, the others stay as the rule has them."""

ALL = "ALL"
"""Prefix of every code."""

OFF = math.nan
"""Threshold that nothing reaches; an infinite one is reached by infinite values."""


class FailOn(StrEnum):
    """Which failures make the whole check fail."""

    ERROR = "error"
    WARNING = "warning"
    NEVER = "never"


@dataclass(frozen=True)
class FieldLimits:
    """Thresholds of some fields.

    Parameters
    ----------
    pattern : str
        Shell pattern of the fields; the log as a whole has the empty name.
    limits : Limits
        Their thresholds.
    """

    pattern: str
    limits: Limits


@dataclass(frozen=True)
class Policy:
    """What a user says about the rules.

    Parameters
    ----------
    select, ignore : tuple of str
        Codes, or beginnings of codes, or ``ALL``, of the rules that run and of those that do not; where both
        name a rule the longer one decides, and ``ignore`` where they are as long.
    fail_on : FailOn
        Which failures make the whole check fail.
    severities : mapping of str to Severity
        Severity of every failure of a rule, by code.
    limits : Limits
        Thresholds in place of those of the rules.
    field_limits : tuple of FieldLimits
        The same of some fields; later ones win.
    field_ignores : mapping of str to tuple of str
        Beginnings of codes that do not matter for some fields, by shell pattern.
    waivers : tuple of Waiver
        Failures that are accepted for a while.
    """

    select: tuple[str, ...] = (ALL,)
    ignore: tuple[str, ...] = ()
    fail_on: FailOn = FailOn.ERROR
    severities: Mapping[str, Severity] = field(default_factory=dict[str, Severity])
    limits: Limits = field(default_factory=dict[str, Mapping[str, Levels]])
    field_limits: tuple[FieldLimits, ...] = ()
    field_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    waivers: tuple[Waiver, ...] = ()

    def selects(self, code: str) -> bool:
        """Whether a rule runs.

        Parameters
        ----------
        code : str
            Of the rule.

        Returns
        -------
        bool
            As the longest matching entry of ``select`` and ``ignore`` says.

        Examples
        --------
        >>> policy = Policy(ignore=("FS2",), select=("ALL", "FS203"))
        >>> policy.selects("FS101"), policy.selects("FS201"), policy.selects("FS203")
        (True, False, True)
        """
        return _longest(self.select, code) > _longest(self.ignore, code)

    def ignores(self, code: str, field_name: str | None) -> bool:
        """Whether a rule does not matter for a field.

        Parameters
        ----------
        code : str
            Of the rule.
        field_name : str or None
            The field; None for the log as a whole.

        Returns
        -------
        bool
            What the ignores of fields say.
        """
        return any(
            matches_field(pattern, field_name) and _longest(codes, code) >= 0
            for pattern, codes in self.field_ignores.items()
        )

    def levels(self, rule: Rule, measure: str, field_name: str | None) -> dict[Severity, float]:
        """Thresholds of a measure of a rule.

        Parameters
        ----------
        rule : Rule
            The rule.
        measure : str
            One of its measures.
        field_name : str or None
            The field; None for the log as a whole.

        Returns
        -------
        dict
            By severity; without those that are off.
        """
        levels = {**rule.limits[measure], **self.limits.get(rule.code, {}).get(measure, {})}
        for each in self.field_limits:
            if rule.code in each.limits and matches_field(each.pattern, field_name):
                levels |= each.limits[rule.code].get(measure, {})
        return {severity: threshold for severity, threshold in levels.items() if not math.isnan(threshold)}

    def fails(self, findings: Iterable[Finding]) -> bool:
        """Whether the check as a whole fails.

        Parameters
        ----------
        findings : iterable of Finding
            All of them.

        Returns
        -------
        bool
            Whether a failure that nobody waived is as grave as ``fail_on`` says.
        """
        grave = {
            FailOn.NEVER: frozenset[Severity](),
            FailOn.ERROR: frozenset({Severity.ERROR}),
            FailOn.WARNING: frozenset({Severity.ERROR, Severity.WARNING}),
        }[self.fail_on]
        return any(finding.counts and finding.severity in grave for finding in findings)


def covers(waiver: Waiver, code: str, field_name: str | None) -> bool:
    """Whether a waiver is about a rule and a field, expired or not."""
    return _longest((waiver.code,), code) >= 0 and matches_field(waiver.field, field_name)


def matches_field(pattern: str, name: str | None) -> bool:
    """Whether a shell pattern names a field, or the log as a whole, whose name is empty.

    Parameters
    ----------
    pattern : str
        Shell pattern; case matters.
    name : str or None
        The field; None for the log as a whole.

    Returns
    -------
    bool
        Whether it matches.

    Examples
    --------
    >>> matches_field("user_*", "user_id"), matches_field("*", None), matches_field("user_*", None)
    (True, True, False)
    """
    return fnmatchcase(name or "", pattern)


def _longest(prefixes: Iterable[str], code: str) -> int:
    """Length of the longest prefix of a code, 0 for ``ALL``, -1 if there is none."""
    lengths = (
        0 if prefix == ALL else len(prefix) for prefix in prefixes if prefix == ALL or code.startswith(prefix)
    )
    return max(lengths, default=-1)
