"""Which rules file holds on a log as it is now?"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal

from featsel.quality.findings import Finding, Status
from featsel.quality.rule import Levels, Rule
from featsel.report.table import visible

MARGIN = 1.25
"""A threshold that holds now is so many times what was measured, so that it holds tomorrow, too."""

_HEAD = """\
# Rules of featsel check that hold on {title}.
#
# Every rule runs, with the thresholds below. To change one, take its '#' away.
# Thresholds are numbers, shares such as "5%", sizes such as "2GiB", or "off".
# What this log fails today stands at the end: mend the log, and take it out.

select = ["ALL"]
ignore = []
fail-on = "error"  # or "warning", or "never"

[severity]
# FS401 = "error"  # every failure of a rule

[thresholds]
"""

_WAIVERS = """
# A failure that is accepted for a while; every report shows it.
# [[waiver]]
# code = "FS403"
# field = "exchange"
# until = 2030-12-31
# reason = "the partner moves to another exchange"
"""


def init_rules(findings: Sequence[Finding], rules: Mapping[str, Rule], *, title: str) -> str:
    """Text of a rules file under which a log has no failures.

    Parameters
    ----------
    findings : sequence of Finding
        What the rules say of the log by their own thresholds.
    rules : mapping of str to Rule
        All rules by code.
    title : str
        The log.

    Returns
    -------
    str
        TOML: the thresholds of every rule as comments; for each failure a higher threshold of its field, or
        an ignore where the measure is yes or no.
    """
    failures = [finding for finding in findings if finding.status is Status.FAIL and finding.waived is None]
    ignored = [finding for finding in failures if _raised(finding, rules[finding.code]) is None]
    hidden = {(finding.field, finding.code) for finding in ignored}
    raised = [finding for finding in failures if (finding.field, finding.code) not in hidden]
    lines = [_HEAD.format(title=visible(title)).rstrip("\n")]
    for rule in rules.values():
        lines += _defaults(rule)
    lines += ["", "[per-field-ignores]", '# "user_*" = ["FS104", "FS106"]']
    for field, group in _by_field(ignored).items():
        codes = sorted({finding.code for finding in group})
        lines += [_comment(finding) for finding in group]
        lines.append(f"{_quoted(_pattern(field))} = [{', '.join(map(_quoted, codes))}]")
    for field, group in _by_field(raised).items():
        lines += [
            "",
            "[[field]]",
            f"pattern = {_quoted(_pattern(field))}{_whole(field)}",
            "[field.thresholds]",
        ]
        for finding in _furthest(group):
            levels = _raised(finding, rules[finding.code])
            assert levels is not None, "the others are ignored"
            lines += [
                _comment(finding),
                _assignment(finding.code, finding.measure, rules[finding.code], levels),
            ]
    return "\n".join(lines) + "\n" + _WAIVERS


def _defaults(rule: Rule) -> list[str]:
    lines = ["", f"# {rule.code} {rule.name}: {visible(rule.what)}"]
    for measure, levels in rule.limits.items():
        shown = _assignment(rule.code, measure, rule, levels)
        lines.append(f"# {shown}" if levels else f"# {shown}  # off until a threshold is set")
    return lines


def _by_field(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Findings by field; the log as a whole has the empty name, as a column may have it too."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.field or "", []).append(finding)
    return dict(sorted(groups.items()))


def _furthest(findings: Iterable[Finding]) -> list[Finding]:
    """Largest of what each measure found; a rule may measure several things at one field, such as pairs."""
    largest: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        key = (finding.code, finding.measure)
        if key not in largest or (finding.measured or 0) > (largest[key].measured or 0):
            largest[key] = finding
    return list(largest.values())


def _raised(finding: Finding, rule: Rule) -> Levels | None:
    """Thresholds of a failure in place of those it reached; None where its measure is yes or no."""
    measured, threshold = finding.measured, finding.threshold
    assert measured is not None, "a failure was measured"
    assert threshold is not None, "a failure has a threshold"
    levels = rule.limits[finding.measure]
    is_share = max(levels.values(), default=math.inf) <= 1 and measured <= 1
    if measured == threshold or (is_share and measured == 1):
        return None
    raised = _rounded_up(measured * MARGIN)
    if is_share:
        raised = min(1.0, raised)
    if not math.isfinite(raised) or raised <= measured:
        return None
    return {severity: raised for severity, level in levels.items() if level <= measured}


def _rounded_up(value: float) -> float:
    """Number of two digits that is not below another."""
    if not math.isfinite(value) or value <= 0:
        return value
    number = Decimal(value)
    step = Decimal(1).scaleb(number.adjusted() - 1)
    return float((number / step).to_integral_value(ROUND_CEILING) * step)


def _assignment(code: str, measure: str, rule: Rule, levels: Levels) -> str:
    is_main = measure == next(iter(rule.limits))
    key = code if is_main else _quoted(f"{code}.{measure}")
    # an infinite threshold cannot be written, and need not be: it stays as it is
    inner = ", ".join(
        f"{severity.value} = {_number(level)}" for severity, level in levels.items() if math.isfinite(level)
    )
    return f"{key} = {{ {inner or 'error = 1000000'} }}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)


def _comment(finding: Finding) -> str:
    # measured and threshold are what a reader edits by
    return (
        f"# {finding.code} {finding.name}, measured {finding.measured:.4g}, {finding.severity.value} "
        f"from {finding.threshold:.4g}: {visible(finding.message)}"
    )


def _whole(field: str) -> str:
    return "" if field else "  # the log as a whole"


def _pattern(field: str) -> str:
    """Shell pattern that matches one name alone; the log as a whole has the empty one."""
    return re.sub(r"[*?[]", r"[\g<0>]", field)


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, but for one character
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
