"""How is the profile of a log saved and loaded? As one JSON document, ``featsel.profile/1``.

What is loaded is right: everything wrong with the file is told at once, each with its place.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from featsel import __version__
from featsel.artifacts.atomic import write_text
from featsel.artifacts.json_nodes import parse_json
from featsel.artifacts.nodes import MAX_VALUES, Problem, node_at, shown
from featsel.artifacts.problems import told
from featsel.artifacts.profile_arrays import pack_categories, pack_marks, pack_numbers, pack_rows
from featsel.artifacts.profile_document import PROFILE_SCHEMA, parse_profile
from featsel.artifacts.texts import read_text
from featsel.core.errors import ConfigError, UnreadableFileError
from featsel.core.profile import Categories, FieldProfile, LogProfile

LARGEST_BYTES = 64 << 20
"""Of a profile: far more than a thousand fields with the texts of their values."""

TEXT_VALUES = MAX_VALUES // 2
"""Of a document, so many values at most are texts: what is written can be read again."""

MEND = "Save it anew with featsel check LOG --save-profile FILE."
"""Hint of an error in a profile."""


def write_profile(
    path: Path, profile: LogProfile, *, source: Mapping[str, object], keeps_values: bool
) -> None:
    """Save a profile in one move.

    Parameters
    ----------
    path : Path
        The file.
    profile : LogProfile
        What to save.
    source : mapping of str to object
        Where it comes from: plain values for whoever reads the file.
    keeps_values : bool
        Whether texts of values are saved, too; else their hashes alone, and the edges of numeric fields.

    Raises
    ------
    ConfigError
        The file cannot be written.
    """
    shortened = profile if keeps_values else _without_texts(profile)
    write_text(path, _text(shortened, source, keeps_values=keeps_values))


def read_profile(path: Path) -> LogProfile:
    """Load a profile.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    LogProfile
        Checked, so that nobody has to again.

    Raises
    ------
    MissingFileError
        There is no such file.
    UnreadableFileError
        It is no profile, was damaged, or is of another version; the message names all that is wrong.
    """
    title = f"profile {str(path)!r}"
    problems: list[Problem] = []
    try:
        text = read_text(path, title=title, most_bytes=LARGEST_BYTES)
        root = parse_json(text, title=title, problems=problems)
    except ConfigError as error:
        raise UnreadableFileError(error.message, MEND) from error
    schema = node_at(root, "schema")
    if schema is root or schema.value != PROFILE_SCHEMA:
        found = "no schema" if schema is root else f"schema {shown(schema.value)}"
        raise UnreadableFileError(
            f"{title} has {found}, but featsel {__version__} reads {PROFILE_SCHEMA}", MEND
        )
    profile = parse_profile(root, problems)
    if problems:
        raise UnreadableFileError(told(title, problems), MEND)
    return profile


def is_profile(path: Path) -> bool:
    """Whether a file looks like a profile, not like a log.

    Parameters
    ----------
    path : Path
        Any file.

    Returns
    -------
    bool
        Whether it is JSON whose first key is ``schema``, and that of a profile, whichever version.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(64)
    except OSError:
        return False
    return start.lstrip(b"\xef\xbb\xbf \r\n\t{").startswith(b'"schema": "featsel.profile/')


def _without_texts(profile: LogProfile) -> LogProfile:
    fields = tuple(replace(field, top_text=None, texts={}, examples={}) for field in profile.fields)
    label = None if profile.label is None else replace(profile.label, foreign=())
    return replace(profile, fields=fields, label=label)


def _text(profile: LogProfile, source: Mapping[str, object], *, keeps_values: bool) -> str:
    """Text of a document: a line for each key, and for each field."""
    head: dict[str, object] = {
        "schema": PROFILE_SCHEMA,
        "featsel": __version__,
        "source": source,
        "keeps_values": keeps_values,
        "rows": profile.n_rows,
        "days": profile.n_days,
        "rank_agreement": _number(profile.rank_agreement),
        "columns": [[column.name, column.type.value, column.dtype] for column in profile.columns],
        **_roles(profile),
    }
    lines = [f"{_json(key)}: {_json(value)}" for key, value in head.items()]
    fields = ",\n".join(
        _json(_field(field, texts))
        for field, texts in zip(profile.fields, _known_texts(profile.fields), strict=True)
    )
    return "{" + ",\n".join([*lines, f'"fields": [\n{fields}\n]']) + "}\n"


def _roles(profile: LogProfile) -> dict[str, object]:
    roles: dict[str, object] = {}
    if profile.label is not None:
        label = profile.label
        roles["label"] = {
            "name": label.name,
            "positive": label.n_positive,
            "null": label.n_null,
            "foreign": label.n_foreign,
            "foreign_values": label.foreign,
            "runs": label.n_runs,
        }
    if profile.time is not None:
        time = profile.time
        roles["time"] = {
            "name": time.name,
            "low": _number(time.low),
            "high": _number(time.high),
            "null": time.n_null,
            "backward": time.n_backward,
            "width": time.width,
            "is_calendar": time.is_calendar,
            "slots": pack_rows(time.slots),
        }
    rows = profile.rows
    roles["repeats"] = {
        "distinct": rows.n_distinct,
        "once": rows.n_once,
        "repeated": rows.n_repeated,
        "conflicting": rows.n_conflicting,
        "columns": rows.columns,
        "sample": pack_marks(rows.sample),
    }
    relations = profile.relations
    roles["relations"] = {
        "rows": relations.n_rows,
        "equal": relations.equal,
        "nested": relations.nested,
        "leaks": relations.leaks,
    }
    return roles


def _field(field: FieldProfile, texts: Mapping[str, str]) -> dict[str, object]:
    values = field.values
    counts = [field.n_rows, field.n_null, field.n_null_positive, field.top_rows]
    counts += [values.n_distinct, values.n_once]
    if isinstance(values, Categories):
        counts.append(values.n_rare_rows)
        packed = pack_categories(values)
    else:
        counts += [values.n_nan, values.n_infinite, values.n_unreadable]
        packed = pack_numbers(values)
    document: dict[str, object] = {"name": field.name, "kind": field.kind.value, "counts": counts}
    if field.scores is not None:
        scores = field.scores
        numbers = (scores.usable_information, scores.held_out_auc, scores.null_auc, scores.q_value)
        document["scores"] = [*map(_number, numbers), scores.verdict]
    if field.top_text is not None:
        document["top_text"] = field.top_text
    if field.odd:
        document["odd"] = {oddity.value: n_rows for oddity, n_rows in field.odd.items()}
    if field.examples:
        document["examples"] = {
            oddity.value: [example.row, example.text] for oddity, example in field.examples.items()
        }
    if texts:
        document["texts"] = texts
    return {**document, "values": packed}


def _known_texts(fields: Sequence[FieldProfile]) -> list[dict[str, str]]:
    """Texts of the values that each field has, the most frequent first; nobody can look the others up."""
    found: list[dict[str, str]] = []
    n_left = TEXT_VALUES
    for field in fields:
        texts: dict[str, str] = {}
        values = field.values
        marks = [values.head.marks, values.sample.marks] if isinstance(values, Categories) else []
        for mark in dict.fromkeys(mark for some in marks for mark in some.tolist() if mark in field.texts):
            n_left -= 2 + sum(map(field.texts[mark].count, ",:[{"))  # as a reader counts
            if n_left >= 0:
                texts[str(mark)] = field.texts[mark]
        found.append(texts)
    return found


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
