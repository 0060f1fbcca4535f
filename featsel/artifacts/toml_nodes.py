"""How is TOML read into values with paths?"""

from __future__ import annotations

import math
import tomllib
from datetime import date, time
from pathlib import Path
from typing import cast

from featsel.artifacts.nodes import LONGEST_NUMBER, MAX_DEPTH, Node, Scalar, key_path
from featsel.core.errors import ConfigError

LARGEST_BYTES = 4 << 20
"""Of a file that people write: a hundred thousand lines."""

MEND = "Mend the line named."
"""Hint of an error in the form of a file."""


def read_toml(path: Path, *, title: str) -> Node:
    """Values of a TOML file; they have paths, but no lines.

    Parameters
    ----------
    path : Path
        The file.
    title : str
        What an error calls it.

    Returns
    -------
    Node
        The whole document. Dates and times are their ISO text.

    Raises
    ------
    ConfigError
        The file cannot be read, is too large, or is no TOML.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{title} cannot be read: {error.strerror or error}", "Check its path.") from error
    if len(content) > LARGEST_BYTES:
        raise ConfigError(f"{title} is larger than {LARGEST_BYTES >> 20} MiB", "Is it some other file?")
    try:
        # ValueError: also of text that is no UTF-8, and of numbers with thousands of digits
        document = tomllib.loads(content.decode("utf-8-sig"))
    except ValueError as error:
        raise ConfigError(f"{title} is no TOML: {error}", MEND) from error
    except RecursionError as error:
        raise ConfigError(f"{title} has values inside values without end", MEND) from error
    return _node(document, "", title, depth=0)


def _node(value: object, path: str, title: str, *, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise ConfigError(f"{title}: {path} has more than {MAX_DEPTH} levels of values inside values", MEND)
    if isinstance(value, dict):
        table = cast("dict[str, object]", value)  # tomllib has no other keys
        return Node(
            path,
            {key: _node(entry, key_path(path, key), title, depth=depth + 1) for key, entry in table.items()},
        )
    if isinstance(value, list):
        items = cast("list[object]", value)  # tomllib makes no other lists
        return Node(
            path,
            tuple(
                _node(item, f"{path}[{place}]", title, depth=depth + 1) for place, item in enumerate(items)
            ),
        )
    if isinstance(value, date | time):  # a datetime is a date
        return Node(path, value.isoformat())
    if isinstance(value, int) and abs(value) >= 10**LONGEST_NUMBER:
        return Node(path, math.inf if value > 0 else -math.inf)  # what is not even a float is beyond reason
    return Node(path, cast("Scalar", value))  # text, a number or a boolean: TOML knows nothing else
