"""Is a part of a document what it should be? Every check notes what is wrong and goes on."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from featsel.artifacts.nodes import Node, Problem, report, shown

T = TypeVar("T")
D = TypeVar("D")
Choice = TypeVar("Choice", bound=StrEnum)

Check = Callable[[Node, list[Problem]], T | None]
"""Value of a node, or None and one more problem."""

LARGEST = 2**63 - 1
"""Larger whole numbers do not fit where they are used."""


@dataclass(frozen=True)
class Section:
    """A mapping of a document, of which each entry is read by its key.

    Parameters
    ----------
    node : Node
        The mapping.
    entries : mapping of str to Node
        Its entries; none if it is no mapping.
    problems : list of Problem
        Grows.
    """

    node: Node
    entries: Mapping[str, Node]
    problems: list[Problem]

    def read(self, key: str, check: Check[T], default: D) -> T | D:
        """Entry as a check reads it; the default where it is absent or wrong."""
        if key not in self.entries:
            return default
        value = check(self.entries[key], self.problems)
        return default if value is None else value


def open_section(
    node: Node, problems: list[Problem], *, required: Sequence[str], optional: Sequence[str] = ()
) -> Section:
    """Check the keys of a mapping.

    Parameters
    ----------
    node : Node
        Should be a mapping.
    problems : list of Problem
        Grows by unknown and missing keys.
    required, optional : sequence of str
        The keys that it has, and those it may have.

    Returns
    -------
    Section
        To read the entries from.
    """
    if not isinstance(node.value, Mapping):
        wrong_type(node, problems, "a mapping")
        return Section(node, {}, problems)
    known = (*required, *optional)
    for key in node.value:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            said = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            report(problems, node.value[key], f"unknown key; {said}")
    missing = [key for key in required if key not in node.value]
    if missing:
        report(problems, node, missing_keys(missing))
    return Section(node, node.value, problems)


def missing_keys(keys: Sequence[str]) -> str:
    """Clause that names keys which should be there."""
    return f"{', '.join(map(repr, keys))} {'is' if len(keys) == 1 else 'are'} missing"


def as_text(node: Node, problems: list[Problem]) -> str | None:
    """Any text that can be written as UTF-8."""
    if not isinstance(node.value, str):
        is_word = isinstance(node.value, bool | int | float)
        wrong_type(node, problems, "text (in quotes)" if is_word else "text")
        return None
    if any("\ud800" <= character <= "\udfff" for character in node.value):
        report(problems, node, f"{shown(node.value)} holds half a character")
        return None
    return node.value


def as_number(node: Node, problems: list[Problem]) -> float | None:
    """Finite number."""
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        wrong_type(node, problems, "a number")
        return None
    if not math.isfinite(node.value):
        report(problems, node, f"{node.value} is not finite")
        return None
    return float(node.value)


def positive_number(node: Node, problems: list[Problem]) -> float | None:
    """Finite number above zero."""
    value = as_number(node, problems)
    if value is not None and value <= 0:
        report(problems, node, f"{value} is not above 0")
        return None
    return value


def share(node: Node, problems: list[Problem]) -> float | None:
    """Number from 0 up to, but not including, 1."""
    value = as_number(node, problems)
    if value is not None and not 0 <= value < 1:
        report(problems, node, f"{value} is no share: expected at least 0 and less than 1")
        return None
    return value


def whole(*, least: int = 0, most: int = LARGEST) -> Check[int]:
    """Check for a whole number within bounds.

    Parameters
    ----------
    least, most : int
        The bounds, both allowed.

    Returns
    -------
    callable
        A check.
    """

    def check(node: Node, problems: list[Problem]) -> int | None:
        if isinstance(node.value, bool) or not isinstance(node.value, int):
            wrong_type(node, problems, "a whole number")
            return None
        if not least <= node.value <= most:
            expected = f"at least {least:,}" if node.value < least else f"at most {most:,}"
            report(problems, node, f"{node.value:,} is out of range: expected {expected}")
            return None
        return node.value

    return check


def one_of(choices: type[Choice]) -> Check[Choice]:
    """Check for one of a few words.

    Parameters
    ----------
    choices : type of StrEnum
        The words.

    Returns
    -------
    callable
        A check.
    """
    words = [choice.value for choice in choices]

    def check(node: Node, problems: list[Problem]) -> Choice | None:
        text = as_text(node, problems)
        if text is None:
            return None
        if text not in words:
            near = difflib.get_close_matches(text, words, n=1)
            said = f"; did you mean {near[0]!r}?" if near else ""
            report(problems, node, f"{shown(text)} is none of {', '.join(words)}{said}")
            return None
        return choices(text)

    return check


def list_of(check_item: Check[T]) -> Check[tuple[T, ...]]:
    """Check for a list.

    Parameters
    ----------
    check_item : callable
        Check of every item.

    Returns
    -------
    callable
        A check that fails if one of its items does.
    """

    def check(node: Node, problems: list[Problem]) -> tuple[T, ...] | None:
        if not isinstance(node.value, tuple):
            wrong_type(node, problems, "a list")
            return None
        items = [check_item(item, problems) for item in node.value]
        right = tuple(item for item in items if item is not None)
        return right if len(right) == len(items) else None

    return check


def mapping_of(check_value: Check[T]) -> Check[dict[str, T]]:
    """Check for a mapping with keys of any name.

    Parameters
    ----------
    check_value : callable
        Check of every value.

    Returns
    -------
    callable
        A check that fails if one of its values does.
    """

    def check(node: Node, problems: list[Problem]) -> dict[str, T] | None:
        if not isinstance(node.value, Mapping):
            wrong_type(node, problems, "a mapping")
            return None
        for key in node.value:
            as_text(Node(node.path, key, node.line), problems)
        values = {key: check_value(item, problems) for key, item in node.value.items()}
        right = {key: value for key, value in values.items() if value is not None}
        return right if len(right) == len(values) else None

    return check


def wrong_type(node: Node, problems: list[Problem], expected: str) -> None:
    """Note a value of another type, unless something else is known to be wrong with it.

    Parameters
    ----------
    node : Node
        The value.
    problems : list of Problem
        Grows.
    expected : str
        What should have been there.
    """
    if any(problem.path == node.path for problem in problems):
        return
    match node.value:
        case None:
            found = "null"
        case tuple():
            found = "a list"
        case Mapping():
            found = "a mapping"
        case bool():
            found = "true" if node.value else "false"
        case _:
            found = shown(node.value)
    report(problems, node, f"{found}, expected {expected}")
