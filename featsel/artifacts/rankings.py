"""How is a saved ranking read?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from featsel.artifacts.documents import RANKING_SCHEMA
from featsel.artifacts.saved_documents import read_document
from featsel.core.errors import DataError, UnreadableFileError


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
    score_se : float, optional
        Its standard error; None for scores without one.
    information : float
        Corrected mutual information, nats.
    information_se : float, optional
        Its standard error; None in a ranking that has none.
    """

    name: str
    verdict: str
    score: float
    score_se: float | None = None
    information: float = 0.0
    information_se: float | None = None


@dataclass(frozen=True)
class SavedRanking:
    """A ranking that ``featsel rank -o`` wrote.

    Parameters
    ----------
    fingerprint : str
        Of the log that was ranked.
    fields : tuple of RankedField
        Best first.
    n_rows : int
        Rows that were counted.
    label : str
        Name of the label.
    options : mapping of str to object
        With which it was ranked.
    """

    fingerprint: str
    fields: tuple[RankedField, ...]
    n_rows: int = 0
    label: str = ""
    options: Mapping[str, object] = field(default_factory=dict[str, object])


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
    saved = read_document(path, what="ranking", hint=hint)
    if saved.schema != RANKING_SCHEMA:
        raise DataError(f"{title} has schema {saved.schema!r}, not {RANKING_SCHEMA!r}", hint)
    document = saved.document
    method = _method(document)
    if method != "information":
        raise DataError(
            f"{title} is of --method {method}, which gives no verdicts",
            "Rank the log by information on its label: 'featsel rank LOG -o ranking.json'.",
        )
    try:
        fields = tuple(map(_field, document["fields"]))
        return SavedRanking(
            str(document["input"]["fingerprint"]),
            fields,
            int(document["input"].get("rows", 0)),
            str(document.get("label", {}).get("name", "")),
            dict(document.get("options", {})),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableFileError(f"{title} is broken: {error!r}", hint) from error


def _number(value: Any) -> float:  # noqa: ANN401 - whatever the file holds
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} is no score")
    return number


def _field(entry: Any) -> RankedField:  # noqa: ANN401 - whatever the file holds
    score_se, information_se = entry.get("score_se"), entry.get("corrected_mutual_information_se")
    return RankedField(
        str(entry["name"]),
        str(entry["verdict"]),
        _number(entry["score"]),
        None if score_se is None else _number(score_se),
        _number(entry.get("corrected_mutual_information", 0.0)),
        None if information_se is None else _number(information_se),
    )


def _method(document: Any) -> str:  # noqa: ANN401 - whatever the file holds
    try:
        return str(document["options"]["method"])
    except (KeyError, TypeError, IndexError):  # rankings by information may leave it out
        return "information"
