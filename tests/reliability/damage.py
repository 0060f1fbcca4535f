"""How is a file damaged? Bytes are flipped, cut, doubled; documents say what nobody would write."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import yaml

TOKENS = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\n",
    b"\r\n",
    b"\t",
    b",",
    b'"',
    b"'",
    b";",
    b":",
    b"|",
    b"NaN",
    b"-inf",
    b"1e999",
    b"99999999999999999999999999",
    b"-1",
    b"../../../../etc/passwd",
    b"<script>alert(1)</script>",
    "\u202e\u0000é".encode(),
    b"\xc3\x28",
    b"{" * 2000,
    b"[" * 2000,
    b"a" * 70_000,
    b"&a [*a, *a]",
    b"!!python/object/apply:os.system [true]",
)
"""What breaks readers of text; bytes that are no UTF-8 among them."""

ABSURD: tuple[Any, ...] = (
    None,
    True,
    "",
    "../../outside",
    "/etc/passwd",
    "\x00",
    "x" * 10_000,
    "NaN",
    -1,
    0,
    1,
    2**31,
    2**63,
    2**70,
    -(2**70),
    1e308,
    float("nan"),
    float("inf"),
    [],
    {},
    [[]],
    {"": None},
    [None] * 100,
    0.1,
)
"""What stands in a document instead of what should."""


def damaged_bytes(content: bytes, dice: random.Random) -> bytes:
    """Damage a file once to four times; 1 of 40 becomes noise altogether."""
    if dice.random() < 1 / 40:
        return dice.randbytes(dice.choice([0, 1, 4, 100, 10_000]))
    changed = bytearray(content)
    for _ in range(dice.choice([1, 1, 1, 2, 4])):
        start = dice.randrange(len(changed) + 1)
        end = min(len(changed), start + dice.choice([1, 1, 2, 8, 64, 1000]))
        match dice.randrange(7):
            case 0 if changed:
                place = min(start, len(changed) - 1)
                changed[place] ^= 1 << dice.randrange(8)
            case 1:
                del changed[start:]
            case 2:
                del changed[start:end]
            case 3:
                changed[start:start] = changed[start:end]
            case 4:
                changed[start:end] = bytes(end - start)
            case 5:
                changed[start:end] = dice.randbytes(end - start)
            case _:
                changed[start:end] = dice.choice(TOKENS)
    return bytes(changed)


def damaged_document(text: str, dice: random.Random, *, is_yaml: bool) -> str:
    """Replace, delete, rename or double a few values of a JSON or YAML document, at any depth."""
    document = yaml.safe_load(text) if is_yaml else json.loads(text)
    for _ in range(dice.choice([1, 1, 1, 2, 5])):
        places = list(_places(document))
        if not places:
            break
        holder, key = dice.choice(places)
        match dice.randrange(6):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[str(dice.choice(["", "extra", "name", "__class__", "x" * 500]))] = holder.pop(key)
            case 2 if isinstance(holder, list):
                holder.extend(copy.deepcopy(holder[key]) for _ in range(dice.choice([1, 3, 300])))
            case 3 if isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
                holder[key] = holder[key] * dice.choice([-1, 0.5, 1000, 10**12])
            case _:
                holder[key] = copy.deepcopy(dice.choice(ABSURD))
    return yaml.safe_dump(document, sort_keys=False) if is_yaml else json.dumps(document)


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Every key and index with what holds it."""
    found: list[tuple[Any, Any]] = []
    left = [document]
    while left:
        holder = left.pop()
        keys = holder if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        found += [(holder, key) for key in keys]
        left += [holder[key] for key in keys]
    return found
