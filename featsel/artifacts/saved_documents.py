"""Which document of featsel does a JSON file hold, and is it whole?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from featsel.artifacts.documents import BENCH_SCHEMA, CHECK_SCHEMA, RANKING_SCHEMA
from featsel.artifacts.problems import told
from featsel.artifacts.shapes import shape_problems
from featsel.artifacts.texts import read_text
from featsel.core.errors import ConfigError, DataError, UnreadableFileError

METRICS_SCHEMA = "featsel.metrics/1"
SELECTION_SCHEMA = "featsel.selection/1"

RESULT_SCHEMAS = {
    RANKING_SCHEMA: "ranking",
    CHECK_SCHEMA: "check",
    METRICS_SCHEMA: "metrics",
    BENCH_SCHEMA: "bench",
    SELECTION_SCHEMA: "selection",
}
"""Results that can be read back, and the names of the files with their schemas."""

LARGEST_BYTES = 256 << 20
"""Of a result: checks of ten thousand fields."""

WHOLE_HINT = "Write it again with the featsel that made it, or leave it out."

OURS_HINT = "Name documents that featsel wrote with -o x.json or --json."


@dataclass(frozen=True)
class SavedDocument:
    """A JSON document that names a schema of featsel.

    Parameters
    ----------
    schema : str
        Such as ``featsel.check/1``.
    document : mapping
        All of it.
    """

    schema: str
    document: Mapping[str, Any]


def read_document(path: Path, *, what: str = "result", hint: str | None = None) -> SavedDocument:
    """Read a JSON document of featsel, of whatever kind and version.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What the user calls it.
    hint : str, optional
        How to get a whole one.

    Returns
    -------
    SavedDocument
        Nothing but its schema was looked at.

    Raises
    ------
    MissingFileError
        There is no such file.
    DataError
        It holds no JSON, or that of another program.
    """
    title = f"{what} {str(path)!r}"
    try:
        text = read_text(path, title=title, most_bytes=LARGEST_BYTES)
    except ConfigError as error:  # it is data here, not a request
        raise UnreadableFileError(error.message, error.hint) from error
    try:
        document: Any = json.loads(text, parse_constant=_no_number)  # whatever the file holds
    except (ValueError, RecursionError) as error:
        why = "it is nested beyond reason" if isinstance(error, RecursionError) else str(error)
        raise UnreadableFileError(f"{title} is no JSON document: {why}", hint or WHOLE_HINT) from error
    try:
        schema: Any = document["schema"]
    except (KeyError, TypeError, IndexError):  # it may be a list, or a number
        schema = None
    if not isinstance(schema, str) or not schema.startswith("featsel."):
        raise DataError(
            f"{title} is no {what} of featsel: its schema is {_clipped(repr(schema))}", hint or OURS_HINT
        )
    return SavedDocument(schema, document)


def check_result(path: Path, saved: SavedDocument) -> None:
    """Refuse a document that is no result, or not whole.

    Parameters
    ----------
    path : Path
        Where it stands.
    saved : SavedDocument
        What :func:`read_document` returned.

    Raises
    ------
    DataError
        Its schema is none of a result, or of another version; or the document is not what the schema says.
    """
    title = f"result {str(path)!r}"
    if saved.schema not in RESULT_SCHEMAS:
        known = sorted(RESULT_SCHEMAS)
        kind = saved.schema.partition("/")[0]
        is_newer = any(kind == each.partition("/")[0] for each in known)
        hint = (
            "It was written by another version of featsel: use that one, or write it again."
            if is_newer
            else f"Results have one of the schemas {', '.join(known)}."
        )
        raise DataError(
            f"{title} has schema {_clipped(repr(saved.schema))}, which this featsel cannot show", hint
        )
    check_shape(title, saved, RESULT_SCHEMAS[saved.schema])


def check_shape(title: str, saved: SavedDocument, name: str, *, hint: str = WHOLE_HINT) -> None:
    """Refuse a document that is not what its schema says.

    Parameters
    ----------
    title : str
        How messages name it.
    saved : SavedDocument
        What :func:`read_document` returned.
    name : str
        Of its schema: the file's name without ``.schema.json``.
    hint : str
        How to get a whole one.

    Raises
    ------
    UnreadableFileError
        It names what is wrong first.
    """
    problems = shape_problems(saved.document, _schema(name))
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise UnreadableFileError(f"{told(title, problems[:1])}{more}", hint)


@cache
def _schema(name: str) -> Mapping[str, Any]:
    text = (
        resources.files("featsel.artifacts")
        .joinpath(f"schemas/{name}.schema.json")
        .read_text(encoding="utf-8")
    )
    schema: Mapping[str, Any] = json.loads(text)
    return schema


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no number of JSON")


def _clipped(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80]}..."
