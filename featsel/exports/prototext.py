"""How is a message written in the text format of protocol buffers?"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

Scalar = str | int | float | bool | bytes
"""``bytes`` are a name without quotes: a value of an enumeration."""

Message = Mapping[str, "Scalar | Message | Sequence[Scalar] | Sequence[Message]"]
"""Values by field name; a sequence is a repeated field."""


def prototext(message: Message, indent: int = 0) -> str:
    """Text of a message.

    Parameters
    ----------
    message : mapping
        The message.
    indent : int
        Depth of it in another one.

    Returns
    -------
    str
        A line per scalar, each with a line feed.
    """
    lines: list[str] = []
    for name, value in message.items():
        items: Sequence[Scalar | Message] = (
            value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else (value,)
        )
        for item in items:
            if isinstance(item, Mapping):
                lines.append(f"{'  ' * indent}{name} {{\n{prototext(item, indent + 1)}{'  ' * indent}}}\n")
            else:
                lines.append(f"{'  ' * indent}{name}: {_scalar(item)}\n")
    return "".join(lines)


def _scalar(value: Scalar) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, str):
        # older parsers know octal escapes, but not the \u of JSON
        return re.sub(r"\\u00([0-9a-f]{2})", _octal, json.dumps(value, ensure_ascii=False))
    return json.dumps(value)


def _octal(found: re.Match[str]) -> str:
    return f"\\{int(found[1], 16):03o}"
