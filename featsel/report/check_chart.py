"""How far did the fields of a log drift? Inline SVG, coloured by the style sheet of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum

from featsel.quality.findings import Finding, Status
from featsel.report.check_text import LONGEST_NAME, clipped, numbers_text, place
from featsel.report.ranking import counted
from featsel.report.svg import WIDTH, bar, log_axis, shortened, svg_element, text_at, tick_text, tooltip
from featsel.report.table import readable

DRIFT = "FS4"
"""How the codes begin of rules about drift."""

_NAME_WIDTH = 220.0
_NAME_COLUMNS = 32
_ROW_HEIGHT = 22
_TOP = 34


class Outcome(StrEnum):
    """What became of a check, the gravest first."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    WAIVED = "waived"
    PASSED = "passed"


_ORDER = {each: i for i, each in enumerate(Outcome)}

STYLES = {
    Outcome.ERROR: "leak",
    Outcome.WARNING: "identifier",
    Outcome.INFO: "informative",
    Outcome.WAIVED: "constant",
    Outcome.PASSED: "noise",
}
"""Classes of the style sheet, which has as many colours."""


def outcome(finding: Finding) -> Outcome:
    """What became of a check that was made."""
    if finding.status is not Status.FAIL:
        return Outcome.PASSED
    return Outcome.WAIVED if finding.waived is not None else Outcome(finding.severity.value)


def closest(findings: Sequence[Finding]) -> list[tuple[Finding, float]]:
    """Of each field, the gravest check of drift; of these the one that is furthest beyond its limit.

    Parameters
    ----------
    findings : sequence of Finding
        Of all rules.

    Returns
    -------
    list of (Finding, float)
        With its measure as a multiple of the limit, or of what chance would bring where that is more; the
        largest first. Checks whose limit is zero are left out.
    """
    gravest: dict[str, tuple[Finding, float]] = {}
    for finding in findings:
        if finding.field is None or not finding.code.startswith(DRIFT):
            continue
        ratio = _multiple(finding)
        if ratio is not None:
            candidates = [(finding, ratio), *filter(None, [gravest.get(finding.field)])]
            gravest[finding.field] = min(candidates, key=lambda pair: (_ORDER[outcome(pair[0])], -pair[1]))
    return sorted(gravest.values(), key=lambda pair: (-pair[1], pair[0].field))


def _multiple(finding: Finding) -> float | None:
    limit = max(finding.threshold or 0.0, finding.floor or 0.0)
    if limit <= 0 or finding.status is Status.SKIPPED:
        return None
    if finding.measured is None:
        # documents hold no infinite numbers, but what failed was measured
        return math.inf if finding.status is Status.FAIL else None
    return finding.measured / limit


def drift_chart(fields: Sequence[tuple[Finding, float]]) -> str:
    """Bars of how far fields drifted, beside the limit.

    Parameters
    ----------
    fields : sequence of (Finding, float)
        Checks, and their measures as multiples of their limits, see :func:`closest`.

    Returns
    -------
    str
        An ``svg`` element.
    """
    axis = log_axis([1.0, *(ratio for _, ratio in fields)], _NAME_WIDTH + 12, WIDTH - 260.0)
    height = _TOP + _ROW_HEIGHT * len(fields) + 8
    parts: list[str] = []
    for tick in axis.ticks():
        x = axis.at(tick)
        style = "dotted" if tick == 1 else "grid"
        parts.append(f'<path class="{style}" d="M{x:.1f} 20V{height}"/>')
        parts.append(text_at(x, 14, "limit" if tick == 1 else f"{tick_text(tick)} ×", "soft middle"))
    for index, (finding, ratio) in enumerate(fields):
        middle = _TOP + _ROW_HEIGHT * (index + 0.5)
        name = shortened(clipped(place(finding), LONGEST_NAME), _NAME_COLUMNS)
        told = f"{readable(ratio, '.3g')} × {finding.code} {shortened(finding.measure, 18)}"
        parts.append(
            f'<g class="{STYLES[outcome(finding)]}">{tooltip(_description(finding))}'
            f"{text_at(_NAME_WIDTH, middle + 4, name, 'end')}"
            f"{bar(axis.start, middle, max(axis.at(ratio) - axis.start, 1.0), 'fill')}"
            f"{text_at(WIDTH - 10, middle + 4, told, 't end')}</g>"
        )
    label = f"Drift of {counted(len(fields), 'field')} as multiples of the limits"
    return svg_element("".join(parts), height=height, label=label)


def _description(finding: Finding) -> str:
    name = clipped(place(finding), LONGEST_NAME)
    return f"{name}: {outcome(finding).value}, {finding.code} {finding.name}: {numbers_text(finding)}"
