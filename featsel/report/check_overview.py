"""What does a terminal show of the checks of a log? What to mend, and how, before anything else."""

from __future__ import annotations

from collections.abc import Iterator

from featsel.quality.findings import CheckReport, Finding, Severity
from featsel.report.check import SEVERITY_STYLES
from featsel.report.check_summary import (
    MOST_FIELDS,
    FailedRule,
    check_outcome,
    check_summary,
    failed_rules,
    skipped_checks,
    waived_text,
)
from featsel.report.check_text import (
    LONGEST_MESSAGE,
    LONGEST_NAME,
    clipped,
    evidence_text,
    numbers_text,
    place,
)
from featsel.report.ranking import counted
from featsel.report.terminal import Paragraph

_EMPTY = Paragraph(())


def check_overview(report: CheckReport, *, is_whole: bool = False) -> tuple[Paragraph, ...]:
    """Text for a person to read on a terminal, see :func:`featsel.report.terminal.print_paragraphs`.

    Parameters
    ----------
    report : CheckReport
        What to show.
    is_whole : bool
        Whether to show what is only worth knowing too.

    Returns
    -------
    tuple of Paragraph
        A summary; failures by severity and rule with examples and what to do; waived failures, skipped
        checks and notes. Passes are only counted.
    """
    return tuple(_paragraphs(report, is_whole=is_whole))


def _paragraphs(report: CheckReport, *, is_whole: bool) -> Iterator[Paragraph]:
    outcome, summary = check_outcome(report), check_summary(report)
    rules = failed_rules(report, with_infos=is_whole)
    grave = [rule.severity for rule in rules if rule.severity is not Severity.INFO]
    style = SEVERITY_STYLES[grave[0]] if grave else "bold green"
    yield Paragraph(((outcome, style), (summary.removeprefix(outcome), "")))
    for rule in rules:
        yield from _rule(rule)
    yield from _section("Waived", list(_waived(report)))
    yield from _section("Skipped", list(_skipped(report)))
    yield from _section("Notes", [clipped(note, LONGEST_MESSAGE) for note in report.notes])
    if any(rule.rest for rule in rules):
        yield _EMPTY
        yield Paragraph((("-o checks.tsv writes every single check.", "dim"),))


def _rule(rule: FailedRule) -> Iterator[Paragraph]:
    style = SEVERITY_STYLES[rule.severity]
    where = f", {counted(len(rule.findings), 'failure')}" if len(rule.findings) > 1 else ""
    yield _EMPTY
    yield Paragraph(((rule.severity.value, style), (f" {rule.title}", "bold"), (where, "")))
    for finding in rule.shown:
        yield from _finding(finding)
    if rule.rest:
        yield Paragraph(((rule.rest, ""),), indent=2)
    for hint in rule.hints:
        yield Paragraph((("hint: ", "green"), (clipped(hint, LONGEST_MESSAGE), "")), indent=2)


def _finding(finding: Finding) -> Iterator[Paragraph]:
    numbers = numbers_text(finding)
    yield Paragraph(
        (
            (clipped(place(finding), LONGEST_NAME), "bold"),
            (f": {clipped(finding.message, LONGEST_MESSAGE)}", ""),
            (f" ({numbers})" if numbers else "", "dim"),
        ),
        indent=2,
    )
    examples = evidence_text(finding.evidence)
    if examples:
        yield Paragraph(((examples, "dim"),), indent=4)


def _waived(report: CheckReport) -> Iterator[str]:
    for finding in report.waived[:MOST_FIELDS]:
        assert finding.waived is not None, "it is among the waived"
        yield waived_text(finding, finding.waived)
    rest = len(report.waived) - MOST_FIELDS
    if rest > 0:
        yield f"and {counted(rest, 'more failure')}"


def _skipped(report: CheckReport) -> Iterator[str]:
    skipped = skipped_checks(report)
    for each in skipped[:MOST_FIELDS]:
        yield f"{each.what}: {clipped(each.reason, LONGEST_MESSAGE)}"
    if len(skipped) > MOST_FIELDS:
        rest = sum(each.n_checks for each in skipped[MOST_FIELDS:])
        yield f"and {counted(rest, 'more check')} for other reasons"


def _section(title: str, texts: list[str]) -> Iterator[Paragraph]:
    if texts:
        yield _EMPTY
        yield Paragraph(((title, "bold"),))
    for text in texts:
        yield Paragraph(((text, ""),), indent=2)
