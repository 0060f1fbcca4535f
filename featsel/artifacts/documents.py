"""What does a JSON document of featsel look like?"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import cast

RANKING_SCHEMA = "featsel.ranking/1"
"""Version of the documents that ``featsel rank`` writes."""

CHECK_SCHEMA = "featsel.check/1"
"""Version of the documents that ``featsel check`` writes."""

BENCH_SCHEMA = "featsel.bench/1"
"""Version of the documents that ``featsel bench`` writes."""


def to_json(document: Mapping[str, object]) -> str:
    """Text of a document: indented, in the order of its keys, numbers in full precision.

    Parameters
    ----------
    document : mapping
        Of plain values, sequences, mappings and frozen dataclasses.

    Returns
    -------
    str
        JSON with a line feed at the end.

    Raises
    ------
    ValueError
        A number is not finite: no reader could tell what was meant.
    """
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False, default=plain) + "\n"


def plain(value: object) -> object:
    """Make of a frozen dataclass or a path what JSON has a form for.

    Parameters
    ----------
    value : object
        What it has none for.

    Returns
    -------
    dict or str
        Of the dataclass, of the path.

    Raises
    ------
    TypeError
        It is something else.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a document")


def without_nan(value: object) -> object:
    """Replace numbers that no JSON can say by None.

    Parameters
    ----------
    value : object
        A document, or a part of one.

    Returns
    -------
    object
        The same, with lists for tuples.
    """
    if isinstance(value, dict):
        return {key: without_nan(part) for key, part in cast("dict[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [without_nan(part) for part in cast("list[object]", value)]
    return None if isinstance(value, float) and not math.isfinite(value) else value
