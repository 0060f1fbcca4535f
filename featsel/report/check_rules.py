"""What does a rule check, and from where on does it fail?"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping

from featsel.quality.findings import Severity
from featsel.quality.rule import Levels, Rule
from featsel.report.table import Column, Table

NEEDS = {
    "reference": "a reference",
    "label": "a label",
    "time": "a column with times",
    "features": "a feature config",
}
"""What a rule may need, in words."""

WIDTH = 100
"""Characters of a line of an explanation."""

_SEVERITY_STYLES = {Severity.ERROR.value: "red", Severity.WARNING.value: "yellow"}


def list_rules(rules: Mapping[str, Rule]) -> Table:
    """All rules, one a row.

    Parameters
    ----------
    rules : mapping of str to Rule
        The rules by code.

    Returns
    -------
    Table
        Code, name, family, gravest severity, thresholds, needs, and what is measured.
    """
    columns = (
        Column("code"),
        Column("name"),
        Column("family", drop_order=3),
        Column("severity", styles=_SEVERITY_STYLES, explanation="The gravest that a failure may have."),
        Column("thresholds", wrap_at=36, drop_order=1, explanation="By measure, where a rule has several."),
        Column("needs", drop_order=2),
        Column("what", wrap_at=48),
    )
    rows = tuple(
        (
            rule.code,
            rule.name,
            rule.family.value,
            gravest(rule),
            "; ".join(threshold_lines(rule)),
            ", ".join(rule.needs),
            rule.what,
        )
        for rule in rules.values()
    )
    return Table(f"{len(rules)} rules", columns, rows)


def explain(rule: Rule) -> str:
    """All that there is to say about a rule.

    Parameters
    ----------
    rule : Rule
        The rule.

    Returns
    -------
    str
        Lines for a terminal, with a line feed at the end.
    """
    parts = [
        ("family", [rule.family.value]),
        ("measures", [rule.what]),
        ("why", [rule.why]),
        ("thresholds", threshold_lines(rule)),
        ("needs", [needs_text(rule)]),
        ("hint", [rule.hint]),
    ]
    width = max(len(title) for title, _ in parts) + 2
    lines = [f"{rule.code} {rule.name}", ""]
    for title, texts in parts:
        for place, text in enumerate(filter(None, texts)):
            head = f"  {title if place == 0 else '':<{width}}"
            lines += textwrap.wrap(
                text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
            )
    return "\n".join(lines) + "\n"


def threshold_lines(rule: Rule) -> list[str]:
    """Default thresholds of a rule, one text a measure.

    Parameters
    ----------
    rule : Rule
        The rule.

    Returns
    -------
    list of str
        Such as ``"rise: warning from 0.05, error from 0.1"``; without the measure where there is one alone.
    """
    has_several = len(rule.limits) > 1
    return [
        f"{measure}: {levels_text(levels)}" if has_several and measure else levels_text(levels)
        for measure, levels in rule.limits.items()
    ]


def levels_text(levels: Levels) -> str:
    """From where on a measure fails, the mildest severity first.

    Parameters
    ----------
    levels : Levels
        Thresholds by severity.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> levels_text({Severity.ERROR: 1.0, Severity.WARNING: 0.5})
    'warning from 0.5, error from 1'
    >>> levels_text({Severity.ERROR: float("inf"), Severity.WARNING: 0.0})
    'warning above 0, error where infinite'
    >>> levels_text({})
    'off until a threshold is set'
    """
    texts = [
        f"{severity.value} {_from(levels[severity])}" for severity in reversed(Severity) if severity in levels
    ]
    return ", ".join(texts) or "off until a threshold is set"


def _from(threshold: float) -> str:
    if math.isinf(threshold):
        return "where infinite"
    return f"from {threshold:.15g}" if threshold else "above 0"


def needs_text(rule: Rule) -> str:
    """What a rule needs, in words; empty if nothing but the log."""
    return ", ".join(NEEDS[need] for need in rule.needs)


def gravest(rule: Rule) -> str:
    """Gravest severity of a rule by its own thresholds; empty where it has none."""
    severities: Iterable[Severity] = {severity for levels in rule.limits.values() for severity in levels}
    return min(severities, key=tuple(Severity).index).value if severities else ""
