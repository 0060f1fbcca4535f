"""What do all rules say of a log?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from featsel.quality.comparison import Comparison
from featsel.quality.findings import Finding, Severity, Status, Waiver
from featsel.quality.policy import Policy, covers
from featsel.quality.rule import Measurement, Rule

SEVERITIES = tuple(Severity)
"""The gravest first."""

STATUSES = tuple(Status)
"""Failures first, then passes, then what was skipped."""

REASONS = {
    "reference": "there is no reference to compare with (--reference)",
    "label": "the log has no label (--label)",
    "time": "no column with times was named (--time)",
    "features": "there is no feature config",
}
"""Why a rule is skipped, by what it lacks."""


def run_rules(
    comparison: Comparison, rules: Mapping[str, Rule], policy: Policy, *, today: date
) -> list[Finding]:
    """Measure a log by every selected rule and hold what was measured against the thresholds.

    A rule that breaks is one more finding, which says so; what it measured before stays, and others go on.

    Parameters
    ----------
    comparison : Comparison
        The log, and what it is compared with.
    rules : mapping of str to Rule
        The rules by code.
    policy : Policy
        Which of them run, and from where on they fail.
    today : datetime.date
        Waivers that ended before do not hold.

    Returns
    -------
    list of Finding
        Failures first, the gravest and those furthest beyond their threshold first; then passes, then what
        was skipped, both by code and field.
    """
    waivers = [waiver for waiver in policy.waivers if waiver.until >= today]
    findings: list[Finding] = []
    for rule in rules.values():
        if not policy.selects(rule.code):
            continue
        missing = _missing(rule, comparison)
        if missing:
            reason = "; ".join(REASONS[need] for need in missing)
            findings.append(_skipped(rule, reason))
        else:
            findings += _run(rule, comparison, policy, waivers)
    return sorted(findings, key=_order)


def waiver_notes(policy: Policy, findings: Iterable[Finding], *, today: date) -> tuple[str, ...]:
    """What a reader should know of the waivers of a policy.

    Parameters
    ----------
    policy : Policy
        With its waivers.
    findings : iterable of Finding
        What the rules said under this policy.
    today : datetime.date
        As the rules ran.

    Returns
    -------
    tuple of str
        A sentence for each waiver that has expired or covers no failure.
    """
    failures = [finding for finding in findings if finding.status is Status.FAIL]
    notes: list[str] = []
    for waiver in policy.waivers:
        title = f"The waiver of {waiver.code} for {waiver.field!r} ({waiver.reason})"
        if waiver.until < today:
            notes.append(f"{title} expired on {waiver.until}.")
        elif not any(covers(waiver, finding.code, finding.field) for finding in failures):
            notes.append(f"{title} covers no failure; it can go.")
    return tuple(notes)


@dataclass
class _Progress:
    """How far a rule came, so that what breaks later does not take it along."""

    findings: list[Finding]
    n_measured: int = 0


def _run(rule: Rule, comparison: Comparison, policy: Policy, waivers: Sequence[Waiver]) -> list[Finding]:
    progress = _Progress([])
    try:
        for measurement in rule.measure(comparison):
            progress.n_measured += 1
            if not policy.ignores(rule.code, measurement.field):
                progress.findings.append(_judge(rule, measurement, policy, waivers))
    except Exception as error:  # a rule that breaks must not switch the others off
        reason = f"could not be computed: {type(error).__name__}: {' '.join(str(error).split())}"
        return [*progress.findings, _skipped(rule, reason)]
    if not progress.n_measured:
        return [_vacuous(rule, policy)]
    return progress.findings


def _judge(rule: Rule, measurement: Measurement, policy: Policy, waivers: Sequence[Waiver]) -> Finding:
    value, floor = float(measurement.value), measurement.floor
    measure = measurement.measure or _main(rule)
    levels = policy.levels(rule, measure, measurement.field)
    reached = [
        severity for severity in SEVERITIES if severity in levels and _reaches(value, levels[severity])
    ]
    is_above_chance = floor is None or value > floor
    if math.isnan(value):
        status, severity, threshold = Status.SKIPPED, _least(levels), None
    elif reached and is_above_chance:
        status, severity, threshold = Status.FAIL, reached[0], levels[reached[0]]
    else:
        ahead = [threshold for threshold in levels.values() if threshold > value]
        threshold = min(ahead, default=max(levels.values(), default=None))
        status, severity = Status.PASS, _least(levels)
    severity = policy.severities.get(rule.code, _clamped(severity, measurement))
    is_failure = status is Status.FAIL
    return Finding(
        code=rule.code,
        name=rule.name,
        measure=measure,
        severity=severity,
        field=measurement.field,
        status=status,
        measured=None if status is Status.SKIPPED else value,
        threshold=threshold,
        floor=floor,
        reference=measurement.reference,
        message=measurement.message,
        hint=rule.hint if is_failure else "",
        evidence=measurement.evidence,
        waived=next((each for each in waivers if covers(each, rule.code, measurement.field)), None)
        if is_failure
        else None,
    )


def _reaches(value: float, threshold: float) -> bool:
    # a threshold of zero means: anything at all
    return value >= threshold and (threshold != 0 or value > 0)


def _clamped(severity: Severity, measurement: Measurement) -> Severity:
    place = SEVERITIES.index(severity)
    if measurement.least is not None:
        place = min(place, SEVERITIES.index(measurement.least))
    if measurement.most is not None:
        place = max(place, SEVERITIES.index(measurement.most))
    return SEVERITIES[place]


def _least(severities: Iterable[Severity]) -> Severity:
    return max(severities, key=SEVERITIES.index, default=Severity.INFO)


def _main(rule: Rule) -> str:
    return next(iter(rule.limits), "")


def _missing(rule: Rule, comparison: Comparison) -> list[str]:
    absent = {
        "reference": comparison.before is None,
        "label": comparison.today.label is None,
        "time": comparison.today.time is None,
        "features": comparison.chosen is None,
    }
    return [need for need in rule.needs if absent[need]]


def _skipped(rule: Rule, reason: str) -> Finding:
    severity = _least(severity for levels in rule.limits.values() for severity in levels)
    return Finding(
        rule.code, rule.name, _main(rule), severity, None, Status.SKIPPED, None, None, None, None, reason
    )


def _vacuous(rule: Rule, policy: Policy) -> Finding:
    severity = policy.severities.get(rule.code, _skipped(rule, "").severity)
    reason = "there was nothing to measure"
    return Finding(
        rule.code, rule.name, _main(rule), severity, None, Status.PASS, None, None, None, None, reason
    )


def _order(finding: Finding) -> tuple[int, int, float, str, str, str]:
    is_failure = finding.status is Status.FAIL
    return (
        STATUSES.index(finding.status),
        SEVERITIES.index(finding.severity) if is_failure else 0,
        -_excess(finding) if is_failure else 0.0,
        (finding.field or "") if is_failure else finding.code,
        finding.code if is_failure else (finding.field or ""),
        finding.measure,
    )


def _excess(finding: Finding) -> float:
    """How many times its threshold a failure measures."""
    assert finding.measured is not None, "a failure was measured"
    assert finding.threshold is not None, "a failure has a threshold"
    return finding.measured / finding.threshold if finding.threshold > 0 else math.inf
