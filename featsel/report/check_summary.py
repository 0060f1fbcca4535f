"""What came of the checks of a log? In a line, and by rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from featsel.quality.findings import CheckReport, Finding, Severity, Status, Waiver
from featsel.report.check_text import LONGEST_MESSAGE, LONGEST_NAME, clipped, place
from featsel.report.ranking import counted

MOST_FIELDS = 8
"""Fields of a rule that are shown one by one; where more fail, a few show what it is."""

WORST_FIELDS = 3
"""Fields shown one by one where there are more: enough to see what they have in common."""


@dataclass(frozen=True)
class FailedRule:
    """Failures of a rule that matter alike.

    Parameters
    ----------
    code, name : str
        Of the rule.
    severity : Severity
        Of all of them.
    findings : tuple of Finding
        The worst first.
    """

    code: str
    name: str
    severity: Severity
    findings: tuple[Finding, ...]

    @property
    def title(self) -> str:
        """Code and name."""
        return f"{self.code} {self.name}"

    @property
    def hints(self) -> tuple[str, ...]:
        """What people usually do, each hint once."""
        return tuple(dict.fromkeys(finding.hint for finding in self.findings if finding.hint))

    @property
    def shown(self) -> tuple[Finding, ...]:
        """All failures if there are few, else the worst."""
        return self.findings if len(self.findings) <= MOST_FIELDS else self.findings[:WORST_FIELDS]

    @property
    def rest(self) -> str:
        """How many failures are not shown, and of which fields; empty where all are."""
        others = self.findings[len(self.shown) :]
        return f"and {len(others):,} more: {listed([place(each) for each in others])}" if others else ""


@dataclass(frozen=True)
class SkippedChecks:
    """Checks that could not be made, all for one reason.

    Parameters
    ----------
    reason : str
        Why.
    codes : tuple of str
        Of the rules.
    n_checks : int
        How many.
    """

    reason: str
    codes: tuple[str, ...]
    n_checks: int

    @property
    def what(self) -> str:
        """Which checks, such as ``"2 checks (FS001, FS002)"``."""
        return f"{counted(self.n_checks, 'check')} ({listed(self.codes)})"


def check_counts(report: CheckReport) -> dict[str, int]:
    """How many checks came out in which way.

    Parameters
    ----------
    report : CheckReport
        What to count.

    Returns
    -------
    dict of str to int
        ``errors``, ``warnings`` and ``infos``, which are failures; ``passed``, ``skipped``, and ``waived``
        failures. They add up to the number of findings.
    """
    return {
        "errors": len(report.failures(Severity.ERROR)),
        "warnings": len(report.failures(Severity.WARNING)),
        "infos": len(report.failures(Severity.INFO)),
        "passed": len(passes(report)),
        "skipped": len(report.skipped),
        "waived": len(report.waived),
    }


def passes(report: CheckReport) -> list[Finding]:
    """Checks that found nothing wrong."""
    return [finding for finding in report.findings if finding.status is Status.PASS]


def check_outcome(report: CheckReport) -> str:
    """What came of the checks, in a few words.

    Parameters
    ----------
    report : CheckReport
        What to sum up.

    Returns
    -------
    str
        Such as ``"2 errors, 1 warning, 412 passed, 5 skipped"`` or ``"Nothing to mend, 412 passed"``.
    """
    counts = check_counts(report)
    failed = [
        counted(counts[plural], plural.removesuffix("s"))
        for plural in ("errors", "warnings")
        if counts[plural]
    ]
    others = [counted(counts["infos"], "info")] if counts["infos"] else []
    others += [f"{counts[name]:,} {name}" for name in ("passed", "skipped", "waived") if counts[name]]
    if not failed:
        failed = [
            "Nothing to mend"
            if counts["passed"] or counts["waived"] or counts["infos"]
            else "Nothing was checked"
        ]
    return ", ".join(failed + others)


def check_summary(report: CheckReport) -> str:
    """One line that says what came of the checks and what was checked.

    Parameters
    ----------
    report : CheckReport
        What to sum up.

    Returns
    -------
    str
        Such as ``"2 errors, 412 passed: 91,805 rows of 47 fields, compared with good-day.json"``.
    """
    compared = (
        "without a reference"
        if report.reference is None
        else f"compared with {clipped(report.reference, LONGEST_NAME)}"
    )
    size = f"{counted(report.rows, 'row')} of {counted(report.fields, 'field')}"
    return f"{check_outcome(report)}: {size}, {compared}"


def failed_rules(report: CheckReport, *, with_infos: bool = True) -> list[FailedRule]:
    """Failures that nobody waived, by severity and rule, the gravest and worst first.

    Parameters
    ----------
    report : CheckReport
        With its findings in order.
    with_infos : bool
        Whether those are among them that are only worth knowing.

    Returns
    -------
    list of FailedRule
        A rule that fails with several severities is in it several times.
    """
    return [
        FailedRule(code, found[0].name, severity, tuple(found))
        for severity in Severity
        if with_infos or severity is not Severity.INFO
        for code, found in _by_code(report.failures(severity)).items()
    ]


def skipped_checks(report: CheckReport) -> list[SkippedChecks]:
    """Checks that could not be made, by reason.

    Parameters
    ----------
    report : CheckReport
        With its findings.

    Returns
    -------
    list of SkippedChecks
        The reason of the most checks first.
    """
    by_reason: dict[str, list[str]] = {}
    for finding in report.skipped:
        by_reason.setdefault(finding.message, []).append(finding.code)
    skipped = [
        SkippedChecks(reason, tuple(dict.fromkeys(codes)), len(codes)) for reason, codes in by_reason.items()
    ]
    return sorted(skipped, key=lambda each: (-each.n_checks, each.reason))


def waived_text(finding: Finding, waiver: Waiver) -> str:
    """What is waived, for how long and why."""
    where, what = clipped(place(finding), LONGEST_NAME), clipped(finding.message, LONGEST_MESSAGE)
    why = clipped(waiver.reason, LONGEST_MESSAGE)
    return f"{finding.code} {finding.name}, {where}: {what}; waived until {waiver.until}: {why}"


def listed(names: Sequence[str]) -> str:
    """Names with commas between them; of many the first few, and dots.

    Parameters
    ----------
    names : sequence of str
        Names of any length.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> listed(["a", "b"]), listed([str(i) for i in range(12)])
    ('a, b', '0, 1, 2, 3, 4, 5, 6, 7, ...')
    """
    shown = ", ".join(clipped(name, LONGEST_NAME) for name in names[:MOST_FIELDS])
    return shown if len(names) <= MOST_FIELDS else f"{shown}, ..."


def _by_code(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    return by_code
