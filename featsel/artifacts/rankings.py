"""How is a saved ranking read?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featsel.artifacts.documents import RANKING_SCHEMA
from featsel.core.errors import DataError, MissingFileError, UnreadableFileError


@dataclass(frozen=True)
class RankedField:
    """What a ranking says of a field.

    Parameters
    ----------
    name : str
        Column of the log.
    verdict : str
        Such as ``noise``.
    score : float
        What ordered the list.
    """

    name: str
    verdict: str
    score: float


@dataclass(frozen=True)
class SavedRanking:
    """A ranking that ``featsel rank -o`` wrote.

    Parameters
    ----------
    fingerprint : str
        Of the log that was ranked.
    fields : tuple of RankedField
        Best first.
    """

    fingerprint: str
    fields: tuple[RankedField, ...]


def read_ranking(path: Path) -> SavedRanking:
    """Read a saved ranking.

    Parameters
    ----------
    path : Path
        A JSON document.

    Returns
    -------
    SavedRanking
        As far as other commands want it.

    Raises
    ------
    MissingFileError
        There is no such file.
    DataError
        It is no ranking of a version that this featsel reads.
    """
    title = f"ranking {str(path)!r}"
    hint = "Write one with 'featsel rank LOG -o ranking.json'."
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))  # whatever the file holds
    except FileNotFoundError as error:
        raise MissingFileError(f"{title} does not exist", hint) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableFileError(f"{title} is no JSON document: {error}", hint) from error
    try:
        schema: Any = document["schema"]
    except (KeyError, TypeError, IndexError):  # it may be a list, or a number
        schema = None
    if schema != RANKING_SCHEMA:
        raise DataError(f"{title} has schema {schema!r}, not {RANKING_SCHEMA!r}", hint)
    try:
        fields = tuple(
            RankedField(str(each["name"]), str(each["verdict"]), float(each["score"]))
            for each in document["fields"]
        )
        return SavedRanking(str(document["input"]["fingerprint"]), fields)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableFileError(f"{title} is broken: {error!r}", hint) from error
