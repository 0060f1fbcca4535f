"""Which table and which part of a document tell what came of the checks of a log?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import cast

from featsel.quality.findings import CheckReport, Finding, Severity, Status
from featsel.report.check_summary import check_counts, check_summary
from featsel.report.ranking import REASON_WIDTH
from featsel.report.table import Align, Cell, Column, Table

SEVERITY_STYLES = {
    Severity.ERROR.value: "bold red",
    Severity.WARNING.value: "yellow",
    Severity.INFO.value: "cyan",
}
"""Terminal style of each severity; the words carry the meaning, so no colour has to."""

STATUS_STYLES = {Status.FAIL.value: "bold", Status.SKIPPED.value: "dim"}
"""Terminal style of each status."""


def check_table(report: CheckReport, *, is_whole: bool = True) -> Table:
    """Checks with every number, for programs.

    Parameters
    ----------
    report : CheckReport
        What to show.
    is_whole : bool
        Whether to list the checks that passed too, and failures that are only worth knowing.

    Returns
    -------
    Table
        One row per finding, columns named as in the JSON document.
    """
    columns = (
        Column("code"),
        Column("name"),
        Column("measure"),
        Column("severity", styles=SEVERITY_STYLES),
        Column("field"),
        Column("status", styles=STATUS_STYLES),
        Column("measured", Align.RIGHT),
        Column("threshold", Align.RIGHT),
        Column("floor", Align.RIGHT),
        Column("reference", Align.RIGHT),
        Column("message", wrap_at=REASON_WIDTH),
        Column("hint", wrap_at=REASON_WIDTH),
        Column("waived_until"),
        Column("waived_reason", wrap_at=REASON_WIDTH),
    )
    rows = tuple(_row(finding) for finding in report.findings if is_whole or matters(finding))
    return Table(f"Checks of {report.title}", columns, rows, (check_summary(report), *report.notes))


def matters(finding: Finding) -> bool:
    """Whether somebody may have to act: it was skipped, or its failure is not only worth knowing."""
    if finding.status is Status.FAIL:
        return finding.severity is not Severity.INFO
    return finding.status is Status.SKIPPED


def check_document_parts(report: CheckReport) -> dict[str, object]:
    """What a JSON document says of the checks themselves.

    Parameters
    ----------
    report : CheckReport
        What to tell.

    Returns
    -------
    dict
        ``summary``, ``checks`` and ``notes``, of plain values; numbers that are not finite are None.
    """
    return {
        "summary": check_counts(report),
        "checks": [_document(finding) for finding in report.findings],
        "notes": [plain_json(note) for note in report.notes],
    }


def plain_json(value: object) -> object:
    """Value of JSON, as every reader takes it.

    Parameters
    ----------
    value : object
        Of plain values, sequences and mappings.

    Returns
    -------
    object
        The same with None for numbers that are not finite, and escapes for halves of surrogate pairs.

    Examples
    --------
    >>> plain_json({"a": (1.5, float("nan"))})
    {'a': [1.5, None]}
    """
    match value:
        case str():
            # half of a surrogate pair has no place in UTF-8
            return value.encode("utf-8", "backslashreplace").decode()
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            # cast: the keys of evidence are text
            pairs = cast("Mapping[str, object]", value).items()
            return {str(plain_json(key)): plain_json(each) for key, each in pairs}
        case list() | tuple():
            # cast: evidence holds lists of anything plain
            return [plain_json(each) for each in cast("Sequence[object]", value)]
        case _:
            return value


def _row(finding: Finding) -> tuple[Cell, ...]:
    return (
        finding.code,
        finding.name,
        finding.measure,
        finding.severity.value,
        finding.field,
        finding.status.value,
        finding.measured,
        finding.threshold,
        finding.floor,
        finding.reference,
        finding.message,
        finding.hint,
        None if finding.waived is None else finding.waived.until.isoformat(),
        None if finding.waived is None else finding.waived.reason,
    )


def _document(finding: Finding) -> dict[str, object]:
    waiver = finding.waived
    found = {
        "code": finding.code,
        "name": finding.name,
        "measure": finding.measure,
        "severity": finding.severity.value,
        "field": finding.field,
        "status": finding.status.value,
        "measured": finding.measured,
        "threshold": finding.threshold,
        "floor": finding.floor,
        "reference": finding.reference,
        "message": finding.message,
        "hint": finding.hint,
        "evidence": finding.evidence,
        "waived": None
        if waiver is None
        else {
            "code": waiver.code,
            "field": waiver.field,
            "until": waiver.until.isoformat(),
            "reason": waiver.reason,
        },
    }
    return {key: plain_json(value) for key, value in found.items()}
