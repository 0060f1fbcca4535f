"""How is JSON read, so that a repeated key does not hide the first?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import cast

from featsel.artifacts.nodes import (
    MAX_DEPTH,
    MAX_VALUES,
    Node,
    Problem,
    key_path,
    plain_number,
    report,
    unreadable,
)

TOO_DEEP = f"more than {MAX_DEPTH} levels of values inside values"


@dataclass(frozen=True)
class _Pairs:
    """An object as it stands, repeated keys and all."""

    pairs: list[tuple[str, object]]


def parse_json(text: str, *, title: str, problems: list[Problem]) -> Node:
    """Values of a JSON document; they have paths, but no lines.

    Parameters
    ----------
    text : str
        The document.
    title : str
        What an error calls it.
    problems : list of Problem
        Grows by repeated keys.

    Returns
    -------
    Node
        The whole document.

    Raises
    ------
    ConfigError
        The text is no JSON, or is nested or long beyond reason.
    """
    if sum(map(text.count, ",:[{")) > MAX_VALUES:  # at least as many as there are values
        raise unreadable(title, None, f"more than {MAX_VALUES:,} values")
    try:
        value: object = json.loads(text, object_pairs_hook=_Pairs, parse_int=plain_number)
    except json.JSONDecodeError as error:
        raise unreadable(title, error.lineno, f"no JSON: {error.msg}") from error
    except RecursionError as error:
        raise unreadable(title, None, TOO_DEEP) from error
    return _node(value, "", title, problems, depth=0)


def _node(value: object, path: str, title: str, problems: list[Problem], *, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise unreadable(title, None, TOO_DEEP)
    if isinstance(value, list):
        items = cast("list[object]", value)  # json's decoder makes no other lists
        return Node(
            path,
            tuple(
                _node(item, f"{path}[{index}]", title, problems, depth=depth + 1)
                for index, item in enumerate(items)
            ),
        )
    if isinstance(value, _Pairs):
        entries: dict[str, Node] = {}
        for key, entry in value.pairs:
            node = _node(entry, key_path(path, key), title, problems, depth=depth + 1)
            if key in entries:
                report(problems, node, "the key is there twice")
            else:
                entries[key] = node
        return Node(path, entries)
    assert value is None or isinstance(value, str | int | float), "JSON knows no other values"
    return Node(path, value)
