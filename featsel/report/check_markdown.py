"""What does a comment or a job summary say of the checks of a log? Markdown of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from featsel.quality.findings import CheckReport, Finding
from featsel.report.check_summary import FailedRule, check_summary, failed_rules, skipped_checks, waived_text
from featsel.report.check_text import (
    LONGEST_MESSAGE,
    LONGEST_NAME,
    amount,
    clipped,
    evidence_text,
    numbers_text,
    place,
)
from featsel.report.ranking import counted
from featsel.report.table import Align, Column, Table, markdown_text, to_markdown

SUMMARY_BYTES = 1_000_000
"""Less than the 1,048,576 bytes that GitHub takes of a job summary; of a comment it takes 65,536."""

_LEFT_OUT_BYTES = 200
_LISTED = 20
_LONGEST_LINE = 1000


def check_markdown(report: CheckReport, *, limit_bytes: int = SUMMARY_BYTES) -> str:
    """Markdown for a comment or a job summary, as GitHub reads it; names and values in it are literal.

    Parameters
    ----------
    report : CheckReport
        What to show.
    limit_bytes : int
        Size that it never exceeds, at least 4,000; what does not fit is left out, and a sentence says
        how much.

    Returns
    -------
    str
        A summary, the failures by rule with what to do, then waived failures, skipped checks and notes.
    """
    title = markdown_text(clipped(f"Checks of {report.title}", LONGEST_NAME))
    head = _safe(f"## {title}\n\n**{markdown_text(check_summary(report))}**\n")
    blocks = [head]
    n_bytes, n_left_out = len(head.encode()), 0
    for block, n_findings in _blocks(report):
        text = _safe(f"\n{block}")
        n_more = len(text.encode())
        if n_left_out or n_bytes + n_more > limit_bytes - _LEFT_OUT_BYTES:
            n_left_out += n_findings
            continue
        blocks.append(text)
        n_bytes += n_more
    if n_left_out:
        blocks.append(f"\n{counted(n_left_out, 'more result')} left out: this text would be too long.\n")
    return "".join(blocks)


def _safe(markdown: str) -> str:
    # GitHub tells a user whose name stands behind an at sign; it does not with something in between.
    return markdown.replace("@", "@&#8203;")


def _blocks(report: CheckReport) -> Iterator[tuple[str, int]]:
    """Parts of the text, each of bounded size, and how many findings each shows."""
    for rule in failed_rules(report):
        yield _rule(rule), len(rule.findings)
    waived = [waived_text(each, each.waived) for each in report.waived if each.waived is not None]
    yield from _list("Waived", [(text, 1) for text in waived])
    skipped = [(f"{each.what}: {each.reason}", each.n_checks) for each in skipped_checks(report)]
    yield from _list("Skipped", skipped)
    yield from _list("Notes", [(note, 1) for note in report.notes])


def _rule(rule: FailedRule) -> str:
    columns = (
        Column("field"),
        Column("found"),
        Column("measured", Align.RIGHT),
        Column("limit", Align.RIGHT),
        Column("examples"),
    )
    rows = tuple(_row(finding) for finding in rule.shown)
    title = f"{rule.severity.value.capitalize()} {rule.title}"
    if len(rule.findings) > 1:
        title += f": {counted(len(rule.findings), 'failure')}"
    notes = [rule.rest] if rule.rest else []
    notes += [clipped(f"Hint: {hint}", LONGEST_MESSAGE) for hint in rule.hints]
    return to_markdown(Table(title, columns, rows, tuple(notes)))


def _row(finding: Finding) -> tuple[str, ...]:
    limit = "" if finding.threshold is None else amount(finding.threshold)
    measured = numbers_text(finding)
    return (
        clipped(place(finding), LONGEST_NAME),
        clipped(finding.message, LONGEST_MESSAGE),
        measured.partition(", ")[0],
        limit,
        evidence_text(finding.evidence),
    )


def _list(title: str, items: Sequence[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    for start in range(0, len(items), _LISTED):
        part = items[start : start + _LISTED]
        lines = [f"- {markdown_text(clipped(text, _LONGEST_LINE))}" for text, _ in part]
        heading = f"### {title}\n\n" if start == 0 else ""
        yield heading + "\n".join(lines) + "\n", sum(n_findings for _, n_findings in part)
