"""What does a JSON document of featsel look like?"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import PurePath

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
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False, default=_plain) + "\n"


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a document")
