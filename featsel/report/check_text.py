"""How does a finding read? Its place, its numbers and its evidence as short text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import cast

from featsel.quality.findings import Finding
from featsel.report.table import readable, visible

LONGEST_MESSAGE = 300
"""Characters of a message that people are shown; a value of a log may be of any length."""

LONGEST_NAME = 120
"""Characters of a field or file name that people are shown, and fields of a list of names."""

LONGEST_VALUE = 60
"""Characters of an example value that people are shown."""

LONGEST_EVIDENCE = 400
"""Characters of all examples of a finding together."""

MOST_EXAMPLES = 5
"""Examples of a kind that people are shown; the JSON document has all."""

LOG = "log"
"""Stands for the field where the log as a whole is meant."""


def place(finding: Finding) -> str:
    """Where a finding was made, such as the name of a field; quotes where that is empty."""
    if finding.field is None:
        return LOG
    return finding.field or "''"


def clipped(text: str, most: int) -> str:
    r"""Beginning of a text on one line, with dots where it goes on.

    Parameters
    ----------
    text : str
        Any text.
    most : int
        Characters of it that are kept; an invisible one becomes several.

    Returns
    -------
    str
        Text that cannot steer a terminal.

    Examples
    --------
    >>> clipped("abcdefgh", 5), clipped("a\n", 5)
    ('abcde...', 'a\\n')
    """
    return visible(text) if len(text) <= most else f"{visible(text[:most])}..."


def amount(number: float) -> str:
    """Measure or threshold as a person reads it, whatever its unit.

    Parameters
    ----------
    number : float
        Any.

    Returns
    -------
    str
        Four digits of fractions, all of whole numbers.

    Examples
    --------
    >>> amount(91805.0), amount(0.123456), amount(12345.6), amount(float("inf"))
    ('91,805', '0.1235', '12,346', 'inf')
    """
    if math.isfinite(number) and abs(number) < 1e15:
        if number == int(number):
            return readable(int(number))
        if abs(number) >= 1000:
            return readable(number, ",.0f")
    return readable(number)


def numbers_text(finding: Finding) -> str:
    """What was measured, beside what it is held against.

    Parameters
    ----------
    finding : Finding
        Of any status.

    Returns
    -------
    str
        Such as ``"psi 0.41, limit 0.25, chance 0.002, before 0.3"``; empty where nothing was measured.
    """
    named = (
        (finding.measure or "measured", finding.measured),
        ("limit", finding.threshold),
        ("chance", finding.floor),
        ("before", finding.reference),
    )
    if finding.measured is None:
        return ""
    return ", ".join(
        f"{name} {amount(number)}" for name, number in named if number is not None and not math.isnan(number)
    )


def evidence_text(evidence: Mapping[str, object]) -> str:
    """Examples in a line: a few of each kind, and how many there are more.

    Parameters
    ----------
    evidence : mapping
        Plain values: texts, numbers, sequences and mappings of them.

    Returns
    -------
    str
        Such as ``"values: 'ios', 'tv' and 3 more; rows: 17"``; texts in quotes, so that blanks show.

    Examples
    --------
    >>> evidence_text({"values": ["a ", None, 3], "rows": 17, "none": []})
    "values: 'a ', null, 3; rows: 17"
    """
    told = ((clipped(key.replace("_", " "), LONGEST_VALUE), value) for key, value in evidence.items())
    texts = [f"{key}: {_example(value)}" for key, value in told if value not in (None, [], (), {})]
    return clipped("; ".join(texts), LONGEST_EVIDENCE)


def _example(value: object) -> str:
    if isinstance(value, Mapping):
        # cast: the keys of a JSON object are text
        pairs = list(cast("Mapping[str, object]", value).items())
        few = [f"{clipped(key, LONGEST_VALUE)} {_example(each)}" for key, each in pairs[:MOST_EXAMPLES]]
        return _few(few, len(pairs))
    if isinstance(value, list | tuple):
        # cast: a JSON array of anything
        items = cast("Sequence[object]", value)
        few = [_example(each) for each in items[:MOST_EXAMPLES]]
        is_nested = any(isinstance(each, Mapping | list | tuple) for each in items)
        return _few([f"({each})" for each in few] if is_nested else few, len(items))
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return amount(value)
    if isinstance(value, str):
        return f"'{clipped(value, LONGEST_VALUE)}'"
    return "null" if value is None else clipped(str(value), LONGEST_VALUE)


def _few(shown: Sequence[str], n_all: int) -> str:
    rest = f" and {n_all - len(shown):,} more" if n_all > len(shown) else ""
    return f"{', '.join(shown)}{rest}"
