"""How is YAML read, with the line of every value?

As YAML 1.2 means it: ``true`` and ``false`` are the only booleans, ``1e-5`` is a number, ``2020-01-01`` and
``012`` are text. Anchors, aliases and tags are refused: a document is what it seems to be, and no larger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

from featsel.artifacts.nodes import (
    MAX_DEPTH,
    MAX_VALUES,
    Node,
    Problem,
    Scalar,
    key_path,
    plain_number,
    report,
    shown,
    unreadable,
)

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # compiled where the platform has it

_WORDS: Mapping[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FRACTIONAL = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

NO_INDIRECTION = "a feature config says everything in place"


def parse_yaml(text: str, *, title: str, problems: list[Problem]) -> Node:
    """Values of a YAML document.

    Parameters
    ----------
    text : str
        The document.
    title : str
        What an error calls it.
    problems : list of Problem
        Grows by repeated keys, keys that are no text, anchors, aliases and tags.

    Returns
    -------
    Node
        The whole document.

    Raises
    ------
    ConfigError
        The text is no YAML, holds several documents, or is nested or long beyond reason.
    """
    events = _bounded(yaml.parse(text, Loader=_LOADER), title)
    try:
        first = next(events, None)
        root = Node("", None, 1) if first is None else _node(first, events, "", problems)
        rest = next(events, None)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = " ".join(filter(None, (error.context, error.problem)))
        raise unreadable(title, mark.line + 1 if mark else None, f"no YAML: {message}") from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise unreadable(title, None, f"no YAML: {str(error).splitlines()[0]}") from error
    if rest is not None:
        raise unreadable(title, _line(rest), "a second document begins; expected one")
    return root


def _bounded(events: Iterator[yaml.Event], title: str) -> Iterator[yaml.Event]:
    """Events that make values, within bounds."""
    depth = n_values = 0
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.NodeEvent):
            depth += isinstance(event, yaml.CollectionStartEvent)
            n_values += 1
        else:
            continue
        if depth > MAX_DEPTH:
            raise unreadable(title, _line(event), f"more than {MAX_DEPTH} levels of values inside values")
        if n_values > MAX_VALUES:
            raise unreadable(title, _line(event), f"more than {MAX_VALUES:,} values")
        yield event


def _node(event: yaml.Event, events: Iterator[yaml.Event], path: str, problems: list[Problem]) -> Node:
    line = _line(event)
    _refuse_indirection(event, Node(path, None, line), problems)
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Node] = []
        while not isinstance(item := next(events), yaml.SequenceEndEvent):
            items.append(_node(item, events, f"{path}[{len(items)}]", problems))
        return Node(path, tuple(items), line)
    if isinstance(event, yaml.MappingStartEvent):
        return Node(path, _entries(events, path, problems), line)
    return Node(path, _scalar(event) if isinstance(event, yaml.ScalarEvent) else None, line)


def _entries(events: Iterator[yaml.Event], path: str, problems: list[Problem]) -> dict[str, Node]:
    entries: dict[str, Node] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _node(event, events, path, problems)
        name = key.value if isinstance(key.value, str) else None
        value = _node(next(events), events, path if name is None else key_path(path, name), problems)
        if name is None:
            kind = "a list or mapping" if isinstance(key.value, tuple | Mapping) else shown(key.value)
            report(problems, key, f"a key is {kind}, expected text")
        elif name in entries:
            first = entries[name].line
            report(
                problems, Node(value.path, None, key.line), f"the key is there twice, first in line {first}"
            )
        else:
            # the key's line: a reader looks for the key, wherever its value begins
            entries[name] = Node(value.path, value.value, key.line)
    return entries


def _refuse_indirection(event: yaml.Event, node: Node, problems: list[Problem]) -> None:
    if isinstance(event, yaml.AliasEvent):
        report(problems, node, f"alias {shown('*' + str(event.anchor))}: {NO_INDIRECTION}")
        return
    assert isinstance(event, yaml.NodeEvent)
    if event.anchor is not None:
        report(problems, node, f"anchor {shown('&' + str(event.anchor))}: {NO_INDIRECTION}")
    tag = getattr(event, "tag", None)
    if tag is not None:
        report(problems, node, f"tag {shown(tag)}: {NO_INDIRECTION}")


def _scalar(event: yaml.ScalarEvent) -> Scalar:
    text = event.value
    is_plain = event.style is None or event.style == ""
    if not is_plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return plain_number(text)
    if _FRACTIONAL.fullmatch(text):
        return float(text)
    return float(text.replace(".", "")) if _NOT_FINITE.fullmatch(text) else text


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None, "events of a parser have marks"
    return event.start_mark.line + 1
