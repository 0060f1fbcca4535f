"""How does GitHub show the checks of a log beside a commit? As annotations, of which it takes a few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from featsel.quality.findings import CheckReport, Severity
from featsel.report.check_summary import FailedRule, failed_rules, listed
from featsel.report.check_text import LONGEST_MESSAGE, LONGEST_NAME, clipped, place
from featsel.report.ranking import counted

MOST_ANNOTATIONS = 10
"""Annotations of each severity that GitHub shows of a step; it drops further ones without a word."""

COMMANDS: Mapping[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning"}
"""Workflow commands by severity; what is mere information is no annotation."""


def github_annotations(report: CheckReport) -> str:
    r"""Workflow commands, one for each rule that fails.

    Parameters
    ----------
    report : CheckReport
        What to show.

    Returns
    -------
    str
        At most ten lines of errors and ten of warnings, the last of which tells what is left out; such as
        ``::error title=FS401 drift::site: psi 0.41 between the days%0AHint: …``.
    """
    rules = failed_rules(report)
    lines: list[str] = []
    for severity, command in COMMANDS.items():
        failed = [rule for rule in rules if rule.severity is severity]
        shown, others = failed[:MOST_ANNOTATIONS], failed[MOST_ANNOTATIONS:]
        messages = [_message(rule) for rule in shown]
        if others:
            messages[-1] += f"\n{_left_out(others)}"
        lines += [
            f"::{command} title={_property(rule.title)}::{_escaped(message)}\n"
            for rule, message in zip(shown, messages, strict=True)
        ]
    return "".join(lines)


def _message(rule: FailedRule) -> str:
    lines = [
        f"{clipped(place(each), LONGEST_NAME)}: {clipped(each.message, LONGEST_MESSAGE)}"
        for each in rule.shown
    ]
    if rule.rest:
        lines.append(rule.rest)
    lines += [f"Hint: {clipped(hint, LONGEST_MESSAGE)}" for hint in rule.hints]
    return "\n".join(lines)


def _left_out(others: Sequence[FailedRule]) -> str:
    return f"And {counted(len(others), 'more rule')} failed: {listed([rule.title for rule in others])}."


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
