"""What does a document hold, and where does each value stand?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from featsel.core.errors import ConfigError

Scalar: TypeAlias = str | int | float | bool | None

MAX_DEPTH = 16
"""Values inside values; a feature config has five levels, and recursion must end."""

MAX_VALUES = 1_000_000
"""Of one document: a thousand fields of a thousand edges each; more would fill the memory."""

MAX_PROBLEMS = 100
"""As many as are kept: nobody mends more at once."""

LONGEST_NUMBER = 40
"""Digits of a number that is read as a whole one; Python would spend long on thousands of them."""

MEND = "Mend what is named; docs/feature-config.md describes every key."
"""Hint of an error in a document."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a document.

    Parameters
    ----------
    path : str
        Such as ``fields[3].edges``; empty for the whole document.
    value : str or int or float or bool or None or tuple of Node or mapping of str to Node
        What stands there.
    line : int, optional
        Counted from 1, where the format tells.
    """

    path: str
    value: Scalar | tuple[Node, ...] | Mapping[str, Node]
    line: int | None = None


@dataclass(frozen=True)
class Problem:
    """Something wrong with a document.

    Parameters
    ----------
    path : str
        Where, as in :class:`Node`.
    line : int or None
        Where, if the format tells.
    message : str
        A clause that shows what was found.
    """

    path: str
    line: int | None
    message: str

    def __str__(self) -> str:
        """Place and message."""
        places = (f"line {self.line}" if self.line is not None else "", self.path)
        place = ", ".join(filter(None, places))
        return f"{place}: {self.message}" if place else self.message


def report(problems: list[Problem], node: Node, message: str) -> None:
    """Note a problem, unless there are too many already.

    Parameters
    ----------
    problems : list of Problem
        Grows.
    node : Node
        Where it is.
    message : str
        What it is.
    """
    if len(problems) < MAX_PROBLEMS:
        problems.append(Problem(node.path, node.line, message))


def key_path(parent: str, key: str) -> str:
    """Path of an entry of a mapping.

    Parameters
    ----------
    parent : str
        Path of the mapping.
    key : str
        Any text.

    Returns
    -------
    str
        Keys that are no plain words are quoted.

    Examples
    --------
    >>> key_path("label", "name"), key_path("metrics", "a b"), key_path("", "label")
    ('label.name', "metrics['a b']", 'label')
    """
    if re.fullmatch(r"\w[\w-]*", key, re.ASCII):
        return f"{parent}.{key}" if parent else key
    return f"{parent}[{shown(key)}]"


def node_at(root: Node, *keys: str | int) -> Node:
    """Node below another, or the last that exists on the way.

    Parameters
    ----------
    root : Node
        Where to start.
    *keys : str or int
        Keys of mappings and places in lists.

    Returns
    -------
    Node
        For naming the place of a problem.
    """
    node = root
    for key in keys:
        match node.value:
            case tuple() as items if isinstance(key, int) and key < len(items):
                node = items[key]
            case Mapping() as entries if isinstance(key, str) and key in entries:
                node = entries[key]
            case _:
                return node
    return node


def plain_number(text: str) -> int | float:
    """Whole number that a text of digits spells; one that is absurdly long becomes a float."""
    return int(text) if len(text) <= LONGEST_NUMBER else float(text)


def shown(value: object) -> str:
    """Value as a message shows it: on one line, and not too long."""
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= 60 else f"{text[:56]}...{text[-1] if isinstance(value, str) else ''}"


def unreadable(title: str, line: int | None, message: str) -> ConfigError:
    """Error of a document of which nothing can be said, because it has no form.

    Parameters
    ----------
    title : str
        The document.
    line : int or None
        Where reading ended.
    message : str
        Why.

    Returns
    -------
    ConfigError
        To be raised.
    """
    place = f", line {line}" if line is not None else ""
    return ConfigError(f"{title}{place}: {message}", MEND)
