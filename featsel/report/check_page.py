"""What does the page of the checks of a log show? What to mend first, then how close the rest came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from featsel.quality.findings import CheckReport, Finding, Severity, Status, Waiver
from featsel.report.article import Article, article_page
from featsel.report.charts import MAX_BARS
from featsel.report.check_chart import STYLES, Outcome, closest, drift_chart, outcome
from featsel.report.check_summary import (
    MOST_FIELDS,
    FailedRule,
    check_counts,
    check_outcome,
    failed_rules,
    passes,
    skipped_checks,
)
from featsel.report.check_text import LONGEST_MESSAGE, LONGEST_NAME, amount, clipped, evidence_text, place
from featsel.report.page import escaped
from featsel.report.ranking import counted
from featsel.report.sections import (
    as_mapping,
    badge,
    figure,
    options_section,
    scrolling_table,
    seconds,
    tile,
    tiles,
    warnings_section,
)
from featsel.report.table import Align, Cell, Column, Table

MOST_ROWS = 5000
"""Rows of a table of the page: more would take a browser seconds to lay out."""

MEANINGS = {
    "errors": "to mend before use",
    "warnings": "to look at",
    "infos": "to know",
    "passed": "nothing wrong",
    "skipped": "could not be made",
    "waived": "accepted for a while",
}
"""What becomes of the checks that are counted."""

COLUMNS = {
    "field": Column("field", explanation="Column of the log, or the log as a whole."),
    "rule": Column("rule", explanation="Code and name of the rule."),
    "found": Column("found", explanation="What was found."),
    "measure": Column("measure", explanation="What was measured."),
    "measured": Column("measured", Align.RIGHT, explanation="How much of it."),
    "limit": Column("limit", Align.RIGHT, explanation="From where on the check fails."),
    "chance": Column("chance", Align.RIGHT, explanation="What chance alone would bring; less never fails."),
    "before": Column("before", Align.RIGHT, explanation="The same of the reference."),
    "examples": Column("examples", explanation="Values, rows or shares that show it."),
    "until": Column("until", explanation="Last day on which the failure is accepted."),
    "reason": Column("reason", explanation="Why."),
    "checks": Column("checks", Align.RIGHT, ",", explanation="How many."),
    "rules": Column("rules", explanation="Codes of the rules."),
}
"""Columns of the tables."""


def check_html(document: Mapping[str, Any]) -> str:
    """One self-contained page that opens offline and loads nothing: failures, drift, and every other check.

    Parameters
    ----------
    document : mapping
        What ``featsel check --json`` prints, read back.

    Returns
    -------
    str
        An HTML document, the same for the same document.
    """
    return article_page(check_article(document))


def check_article(document: Mapping[str, Any], *, most_rows: int = MOST_ROWS) -> Article:
    """What a page tells of the checks of a log; see :func:`check_html`.

    Parameters
    ----------
    document : mapping
        As there.
    most_rows : int
        Rows of a table; the document has all of them.

    Returns
    -------
    Article
        The same for the same arguments.
    """
    report = check_report(document)
    body = "".join(
        (
            tiles("Results", _tiles(report)),
            warnings_section(_warning_texts(report)),
            *(_failures(rule, most_rows) for rule in failed_rules(report)),
            _drift(report),
            _waived(report, most_rows),
            _skipped(report, most_rows),
            _passed(report, most_rows),
            options_section(as_mapping(document.get("options"))),
        )
    )
    return Article(
        f"Checks of {report.title}",
        f"Is <em>{escaped(report.title)}</em> fit for use?",
        check_outcome(report),
        _facts(document),
        body,
    )


def check_report(document: Mapping[str, Any]) -> CheckReport:
    """Findings of a document, as far as pages show them."""
    source = document["input"]
    paths = source["paths"]
    more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
    return CheckReport(
        title=f"{clipped(paths[0], LONGEST_NAME)}{more}" if paths else "the log",
        rows=source["rows"],
        fields=source["columns"],
        reference=None,
        findings=[_finding(check) for check in document["checks"]],
        notes=tuple(document["notes"]),
    )


def _finding(check: Mapping[str, Any]) -> Finding:
    waived = check["waived"]
    if waived is not None:
        waived = Waiver(
            waived["code"], waived["field"], date.fromisoformat(waived["until"]), waived["reason"]
        )
    return Finding(
        code=check["code"],
        name=check["name"],
        measure=check["measure"],
        severity=Severity(check["severity"]),
        field=check["field"],
        status=Status(check["status"]),
        measured=check["measured"],
        threshold=check["threshold"],
        floor=check["floor"],
        reference=check["reference"],
        message=check["message"],
        hint=check["hint"],
        evidence=check["evidence"],
        waived=waived,
    )


def _facts(document: Mapping[str, Any]) -> tuple[tuple[str, object], ...]:
    source, reference = document["input"], as_mapping(document.get("reference"))
    return (
        ("Log", source["paths"]),
        ("Rows", source["rows"]),
        ("Columns", source["columns"]),
        ("Compared with", reference.get("paths") or reference.get("path") or "no other log"),
        ("Rows of that", reference.get("rows")),
        ("Fingerprint", source.get("fingerprint")),
        ("Time", seconds(document.get("elapsed_s"))),
        ("featsel", document.get("featsel")),
    )


def _tiles(report: CheckReport) -> Iterator[str]:
    for name, count in check_counts(report).items():
        if count or name in {"errors", "warnings", "passed"}:
            yield tile(f"{count:,}", name, MEANINGS[name])


def _warning_texts(report: CheckReport) -> Iterator[str]:
    errors = [rule for rule in failed_rules(report) if rule.severity is Severity.ERROR]
    for rule in errors[:MOST_FIELDS]:
        worst = rule.findings[0]
        rest = f" And {len(rule.findings) - 1:,} more." if len(rule.findings) > 1 else ""
        what = f"{clipped(place(worst), LONGEST_NAME)}: {clipped(worst.message, LONGEST_MESSAGE)}"
        yield f"{rule.title}: {what}.{rest}"
    if len(errors) > MOST_FIELDS:
        yield f"{counted(len(errors) - MOST_FIELDS, 'more rule')} with errors below."
    yield from report.notes


def _failures(rule: FailedRule, most_rows: int) -> str:
    style = STYLES[Outcome(rule.severity.value)]
    heading = f"{badge(rule.severity.value, style)} {escaped(rule.title)}"
    hints = "".join(f"<p>{escaped(hint)}</p>" for hint in rule.hints)
    names = ("field", "found", "measure", "measured", "limit", "chance", "before", "examples")
    label = f"{rule.severity.value}-{rule.code}"
    table = _findings_table(rule.findings, names, label=label, most_rows=most_rows)
    return _section(heading, table, label=label, lead=hints)


def _drift(report: CheckReport) -> str:
    fields = closest(report.findings)
    if not fields:
        return ""
    rest = len(fields) - MAX_BARS
    more = f" The first {MAX_BARS} fields are shown, of {len(fields):,}." if rest > 0 else ""
    caption = (
        "For each field the gravest check of drift, and of those that are as grave the one furthest beyond "
        "its limit or closest to it: its measure as a multiple of the limit, or of what chance alone would "
        f"bring where that is more. From the dotted line on a check fails. The scale is logarithmic.{more}"
    )
    shown = fields[:MAX_BARS]
    present = [each for each in Outcome if each in {outcome(finding) for finding, _ in shown}]
    legend = " ".join(badge(each.value, STYLES[each]) for each in present)
    return figure("How far did fields drift?", caption, f'{drift_chart(shown)}<p class="legend">{legend}</p>')


def _waived(report: CheckReport, most_rows: int) -> str:
    if not report.waived:
        return ""
    names = ("field", "rule", "found", "measured", "limit", "until", "reason")
    table = _findings_table(report.waived, names, label="waived", most_rows=most_rows)
    return _section("Waived", table, label="waived")


def _skipped(report: CheckReport, most_rows: int) -> str:
    skipped = skipped_checks(report)
    if not skipped:
        return ""
    columns = tuple(COLUMNS[name] for name in ("reason", "checks", "rules"))
    rows = tuple(
        (clipped(each.reason, LONGEST_MESSAGE), each.n_checks, ", ".join(each.codes))
        for each in skipped[:most_rows]
    )
    table = scrolling_table(Table("", columns, rows), label="skipped")
    return _section("Skipped", table + _cut(len(skipped), most_rows), label="skipped")


def _passed(report: CheckReport, most_rows: int) -> str:
    passed = passes(report)
    if not passed:
        return ""
    names = ("field", "rule", "found", "measure", "measured", "limit", "chance", "before")
    told = f"{counted(len(passed), 'check')} passed"
    table = _findings_table(passed, names, label="passed", most_rows=most_rows)
    return f'<section><details><summary id="passed">{told}</summary>{table}</details></section>'


def _section(heading: str, table: str, *, label: str, lead: str = "") -> str:
    return f'<section><h2 id="{escaped(label)}">{heading}</h2>{lead}{table}</section>'


def _findings_table(findings: Sequence[Finding], names: Sequence[str], *, label: str, most_rows: int) -> str:
    rows = tuple(tuple(_cell(finding, name) for name in names) for finding in findings[:most_rows])
    table = Table("", tuple(COLUMNS[name] for name in names), rows)
    return scrolling_table(table, label=label) + _cut(len(findings), most_rows)


def _cut(n_rows: int, most_rows: int) -> str:
    return f"<p>The first {most_rows:,} of {n_rows:,} are shown.</p>" if n_rows > most_rows else ""


def _cell(finding: Finding, name: str) -> Cell:
    numbers = {
        "measured": finding.measured,
        "limit": finding.threshold,
        "chance": finding.floor,
        "before": finding.reference,
    }
    if name in numbers:
        number = numbers[name]
        return None if number is None else amount(number)
    texts = {
        "field": clipped(place(finding), LONGEST_NAME),
        "rule": f"{finding.code} {finding.name}",
        "found": clipped(finding.message, LONGEST_MESSAGE),
        "measure": finding.measure,
        "examples": evidence_text(finding.evidence),
        "until": "" if finding.waived is None else str(finding.waived.until),
        "reason": "" if finding.waived is None else finding.waived.reason,
    }
    return texts[name]
