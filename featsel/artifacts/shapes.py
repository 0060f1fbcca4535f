"""Has a JSON document the shape that its schema asks for?

The schemas are those of ``docs/schemas``, and the keywords those that they use. Keys that a schema does not
know are passed over: a later featsel may add some without a new version of the document.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from featsel.artifacts.nodes import MAX_PROBLEMS, Problem, key_path
from featsel.artifacts.sections import LARGEST

LONGEST_SHOWN = 60
"""Characters of a wrong value that a message shows."""

Schema: TypeAlias = "Mapping[str, Any] | bool"

_TYPES: Mapping[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}

_ENDS: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    "minimum": ("at least", lambda value, end: value >= end),
    "maximum": ("at most", lambda value, end: value <= end),
    "exclusiveMinimum": ("more than", lambda value, end: value > end),
    "exclusiveMaximum": ("less than", lambda value, end: value < end),
}

_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "null": "null",
    "integer": "a whole number",
    "number": "a number",
}


def shape_problems(document: object, schema: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the shape of a document.

    Parameters
    ----------
    document : object
        As ``json.loads`` returns it.
    schema : mapping
        JSON Schema, as far as those of featsel go.

    Returns
    -------
    list of Problem
        In the order of the document; empty where it fits, 100 at most.

    Examples
    --------
    >>> schema = {"type": "object", "required": ["rows"], "properties": {"rows": {"minimum": 1}}}
    >>> [str(problem) for problem in shape_problems({"rows": 0}, schema)]
    ['rows: 0, expected at least 1']
    """
    found: list[Problem] = []
    for problem in _problems(document, schema, "", schema):
        found.append(problem)
        if len(found) == MAX_PROBLEMS:
            break
    return found


def _problems(value: Any, schema: Schema, path: str, root: Mapping[str, Any]) -> Iterator[Problem]:  # noqa: ANN401 - any JSON
    if isinstance(schema, bool):
        if not schema:
            yield Problem(path, None, "should not be here")
        return
    if "$ref" in schema:
        yield from _problems(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], path, root)
    wrong = _wrong(value, schema)
    if wrong is not None:
        yield Problem(path, None, f"{_shown(value)}, expected {wrong}")
        return
    if "oneOf" in schema and not any(_fits(value, each, root) for each in schema["oneOf"]):
        yield from min((list(_problems(value, each, path, root)) for each in schema["oneOf"]), key=len)
    if "if" in schema:
        yield from _problems(
            value, schema.get("then" if _fits(value, schema["if"], root) else "else", True), path, root
        )
    if _TYPES["object"](value):
        yield from _of_mapping(value, schema, path, root)
    elif _TYPES["array"](value) and "items" in schema:
        for index, item in enumerate(value):
            yield from _problems(item, schema["items"], f"{path}[{index}]", root)


def _fits(value: Any, schema: Schema, root: Mapping[str, Any]) -> bool:  # noqa: ANN401 - any JSON
    return next(_problems(value, schema, "", root), None) is None


def _of_mapping(
    value: Mapping[str, Any], schema: Mapping[str, Any], path: str, root: Mapping[str, Any]
) -> Iterator[Problem]:
    missing = [key for key in schema.get("required", ()) if key not in value]
    if missing:
        named = ", ".join(map(repr, missing))
        yield Problem(path, None, f"{named} {'is' if len(missing) == 1 else 'are'} missing")
    known = schema.get("properties", {})
    for key, entry in value.items():
        if key in known:
            yield from _problems(entry, known[key], key_path(path, key), root)
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from _problems(entry, schema["additionalProperties"], key_path(path, key), root)


def _wrong(value: Any, schema: Mapping[str, Any]) -> str | None:  # noqa: ANN401 - any JSON
    """What was expected of a value by itself, if it is not that."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_TYPES[kind](value) for kind in kinds):
        return " or ".join(_WORDS[kind] for kind in kinds)
    if "const" in schema and value != schema["const"]:
        return repr(schema["const"])
    if "enum" in schema and value not in schema["enum"]:
        return f"one of {', '.join(str(each) for each in schema['enum'] if each is not None)}"
    if isinstance(value, str):
        return _wrong_text(value, schema)
    if _TYPES["array"](value):
        return _wrong_length(value, schema)
    return _wrong_number(value, schema) if _TYPES["number"](value) else None


def _wrong_text(value: str, schema: Mapping[str, Any]) -> str | None:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return f"text of the form {schema['pattern']}"
    if schema.get("format") == "date":
        try:
            datetime.date.fromisoformat(value)
        except ValueError:
            return "a date such as 2026-01-31"
    return None


def _wrong_length(value: list[Any], schema: Mapping[str, Any]) -> str | None:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        ends = {schema.get("minItems", 0), schema.get("maxItems", "more")}
        return f"a list of {' or '.join(map(str, sorted(ends, key=str)))} values"
    return None


def _wrong_number(value: float, schema: Mapping[str, Any]) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return "a finite number"
    if isinstance(value, int) and abs(value) > LARGEST:
        return f"at most {LARGEST}"
    for keyword, (word, holds) in _ENDS.items():
        if keyword in schema and not holds(value, schema[keyword]):
            return f"{word} {schema[keyword]}"
    return None


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value) if not isinstance(value, int) or abs(value) <= LARGEST else "a huge number"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
