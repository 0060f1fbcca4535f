"""What does an export consist of?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from featsel.core.feature_config import EmbeddingScheme, FeatureConfig


@dataclass(frozen=True)
class Export:
    """The files that a library reads, and what they could not say.

    Parameters
    ----------
    files : mapping of str to str
        Contents by name; a name may hold a folder (``vocabulary/C1.txt``).
    notes : tuple of str
        What the library cannot express, or does in another way. Empty if it means the same as the config.
    """

    files: Mapping[str, str]
    notes: tuple[str, ...] = ()


def json_text(document: object) -> str:
    """Text of a JSON file: indented, in the order of its keys."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def scheme_notes(config: FeatureConfig, library: str) -> tuple[str, ...]:
    """Note on an embedding table that a library would store in another way."""
    if config.embedding.scheme is EmbeddingScheme.FULL:
        return ()
    return (
        f"the {config.embedding.scheme} embedding table is not carried over: {library} gives every feature "
        "a row of its own",
    )
