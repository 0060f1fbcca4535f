"""Is a single value of a rules file what it should be?"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from fractions import Fraction

from featsel.artifacts.nodes import Node, Problem, report, shown
from featsel.artifacts.sections import as_number, as_text
from featsel.core.byte_units import BYTE_UNITS

OFF = "off"
"""Takes a threshold away."""


def nearest_rule(text: str, codes: Collection[str], names: Mapping[str, str]) -> str | None:
    """Code of the rule that somebody may have meant.

    Parameters
    ----------
    text : str
        What was written: a code with a slip, or the name of a rule.
    codes : collection of str
        Of all rules.
    names : mapping of str to str
        Codes by name.

    Returns
    -------
    str or None
        None if nothing is near.

    Examples
    --------
    >>> nearest_rule("fs101", ["FS101", "FS102"], {})
    'FS101'
    >>> nearest_rule("null-shares", [], {"null-share": "FS101"})
    'FS101'
    """
    if text.upper() in codes:
        return text.upper()
    near_name = difflib.get_close_matches(text.lower(), names, n=1, cutoff=0.7)
    if near_name:
        return names[near_name[0]]
    near_code = difflib.get_close_matches(text.upper(), list(codes), n=1, cutoff=0.7)
    return near_code[0] if near_code else None


def known_word(
    node: Node,
    problems: list[Problem],
    text: str,
    *,
    words: Sequence[str],
    aliases: Mapping[str, str],
) -> str | None:
    """One of a few words.

    Parameters
    ----------
    node : Node
        Where it stands.
    problems : list of Problem
        Grows.
    text : str
        What stands there.
    words : sequence of str
        What may stand there.
    aliases : mapping of str to str
        Other ways to write them.

    Returns
    -------
    str or None
        None if it is none of them.
    """
    word = aliases.get(text, text)
    if word in words:
        return word
    near = difflib.get_close_matches(text, words, n=1)
    said = f"; did you mean '{near[0]}'?" if near else ""
    report(problems, node, f"{shown(text)} is none of {', '.join(words)}{said}")
    return None


def as_threshold(node: Node, problems: list[Problem]) -> float | None:
    """Number that is not negative, also as a share or a size in bytes; NaN where it is off."""
    value = _spelled_number(node, problems) if isinstance(node.value, str) else as_number(node, problems)
    if value is not None and value < 0:
        report(problems, node, f"{shown(node.value)} is below 0, where nothing fails or everything")
        return None
    return value


def _spelled_number(node: Node, problems: list[Problem]) -> float | None:
    text = str(node.value)
    if text == OFF:
        return math.nan
    match = re.fullmatch(r"\s*([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*(%|[A-Za-z]+)\s*", text)
    unit = match[2].upper() if match is not None else ""
    if match is None or (unit != "%" and unit not in BYTE_UNITS):
        report(problems, node, f"{shown(text)} is no threshold: expected a number, '5%', '2GiB' or '{OFF}'")
        return None
    # no binary fraction: 5% is 0.05
    return float(Fraction(match[1]) * (Fraction(1, 100) if unit == "%" else BYTE_UNITS[unit]))


def as_date(node: Node, problems: list[Problem]) -> date | None:
    """Day, as TOML writes it or in quotes."""
    try:
        return date.fromisoformat(node.value if isinstance(node.value, str) else "")
    except ValueError:
        report(problems, node, f"{shown(node.value)} is no date: expected one such as 2030-12-31")
        return None


def as_reason(node: Node, problems: list[Problem]) -> str | None:
    """Text that says something."""
    text = as_text(node, problems)
    if text is not None and not text.strip():
        report(problems, node, "it is empty: say why the failure is accepted")
        return None
    return text
