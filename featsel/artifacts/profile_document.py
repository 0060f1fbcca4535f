"""Is a document a profile? Each rule of ``featsel.profile/1`` is here."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from featsel.artifacts.nodes import Node, Problem, report, shown
from featsel.artifacts.profile_arrays import unpack_categories, unpack_numbers, unpack_rows, unpack_sample
from featsel.artifacts.sections import (
    Check,
    as_number,
    as_text,
    list_of,
    mapping_of,
    one_of,
    open_section,
    positive_number,
    whole,
    wrong_type,
)
from featsel.core.profile import (
    Categories,
    ColumnType,
    Example,
    FieldProfile,
    FieldScores,
    LabelProfile,
    LogProfile,
    MarkCounts,
    Numbers,
    Oddity,
    Relations,
    RowCounts,
    TimeProfile,
    ValueType,
)
from featsel.core.schema import FieldKind

PROFILE_SCHEMA = "featsel.profile/1"
"""Version of the documents that :func:`featsel.artifacts.profiles.write_profile` writes."""

REQUIRED = (
    *("schema", "featsel", "rows", "days", "rank_agreement"),
    *("columns", "repeats", "relations", "fields"),
)
"""Keys that every profile has."""

T = TypeVar("T")

_NO_MARKS = MarkCounts(np.empty(0, np.uint64), np.empty((0, 2), np.int64))
_NO_CATEGORIES = (np.zeros((1, 2), np.int64), _NO_MARKS, _NO_MARKS)
_NO_NUMBERS = (math.nan, np.empty(0), np.empty((0, 2), np.int64))
_NO_COUNTS = (0,) * 9
_N_SHARED_COUNTS = 6  # rows, null, null_positive, top, distinct, once


def parse_profile(root: Node, problems: list[Problem]) -> LogProfile:
    """Profile that a document holds.

    Parameters
    ----------
    root : Node
        The document.
    problems : list of Problem
        Grows by whatever is wrong; where it does, the result stands for what could be read.

    Returns
    -------
    LogProfile
        The profile.
    """
    section = open_section(
        root,
        problems,
        required=REQUIRED,
        optional=("source", "keeps_values", "label", "time"),
    )
    fields = section.read("fields", list_of(_field), ())
    seen: set[str] = set()
    for field in fields:
        if field.name in seen:
            report(problems, section.entries["fields"], f"{shown(field.name)} is there twice")
        seen.add(field.name)
    return LogProfile(
        n_rows=section.read("rows", whole(), 0),
        columns=section.read("columns", list_of(_column), ()),
        fields=fields,
        label=section.read("label", _label, None),
        time=section.read("time", _time, None),
        rows=section.read("repeats", _repeats, RowCounts(0, 0, 0, 0, _NO_MARKS, ())),
        relations=section.read("relations", _relations, Relations()),
        rank_agreement=section.read("rank_agreement", _number_or_nan, math.nan),
        n_days=section.read("days", whole(), 1),
    )


def _column(node: Node, problems: list[Problem]) -> ColumnType | None:
    items = _items(node, problems, 3)
    if items is None:
        return None
    name, kind, dtype = as_text(items[0], problems), one_of(ValueType)(items[1], problems), items[2]
    stored = as_text(dtype, problems)
    return None if name is None or kind is None or stored is None else ColumnType(name, kind, stored)


def _label(node: Node, problems: list[Problem]) -> LabelProfile:
    section = open_section(
        node, problems, required=("name", "positive", "null", "foreign", "foreign_values", "runs")
    )
    return LabelProfile(
        name=section.read("name", as_text, ""),
        n_positive=section.read("positive", whole(), 0),
        n_null=section.read("null", whole(), 0),
        n_foreign=section.read("foreign", whole(), 0),
        foreign=section.read("foreign_values", list_of(as_text), ()),
        n_runs=section.read("runs", whole(), 0),
    )


def _time(node: Node, problems: list[Problem]) -> TimeProfile:
    required = ("name", "low", "high", "null", "backward", "width", "is_calendar", "slots")
    section = open_section(node, problems, required=required)
    return TimeProfile(
        name=section.read("name", as_text, ""),
        low=section.read("low", _number_or_nan, math.nan),
        high=section.read("high", _number_or_nan, math.nan),
        n_null=section.read("null", whole(), 0),
        n_backward=section.read("backward", whole(), 0),
        width=section.read("width", positive_number, 1.0),
        slots=section.read("slots", _packed(unpack_rows), np.empty(0, np.int64)),
        is_calendar=section.read("is_calendar", _flag, default=False),
    )


def _repeats(node: Node, problems: list[Problem]) -> RowCounts:
    section = open_section(
        node, problems, required=("distinct", "once", "repeated", "conflicting", "columns", "sample")
    )
    return RowCounts(
        n_distinct=section.read("distinct", whole(), 0),
        n_once=section.read("once", whole(), 0),
        n_repeated=section.read("repeated", whole(), 0),
        n_conflicting=section.read("conflicting", whole(), 0),
        sample=section.read("sample", _packed(unpack_sample), _NO_MARKS),
        columns=section.read("columns", list_of(as_text), ()),
    )


def _relations(node: Node, problems: list[Problem]) -> Relations:
    section = open_section(node, problems, required=("rows", "equal", "nested", "leaks"))
    return Relations(
        n_rows=section.read("rows", whole(), 0),
        equal=section.read("equal", list_of(list_of(as_text)), ()),
        nested=section.read("nested", list_of(_pair), ()),
        leaks=section.read("leaks", list_of(_leak), ()),
    )


def _pair(node: Node, problems: list[Problem]) -> tuple[str, str] | None:
    items = _items(node, problems, 2)
    names = [as_text(item, problems) for item in items or ()]
    match names:
        case [str() as first, str() as second]:
            return first, second
        case _:
            return None


def _leak(node: Node, problems: list[Problem]) -> tuple[str, str, float] | None:
    items = _items(node, problems, 3)
    if items is None:
        return None
    pair = [as_text(item, problems) for item in items[:2]]
    area = as_number(items[2], problems)
    match pair:
        case [str() as first, str() as second] if area is not None:
            return first, second, area
        case _:
            return None


def _field(node: Node, problems: list[Problem]) -> FieldProfile:
    section = open_section(
        node,
        problems,
        required=("name", "kind", "counts", "values"),
        optional=("scores", "top_text", "odd", "examples", "texts"),
    )
    kind = section.read("kind", one_of(FieldKind), FieldKind.CATEGORICAL)
    is_numeric = kind is FieldKind.NUMERIC
    counts = section.read("counts", _counts(9 if is_numeric else 7), _NO_COUNTS)
    n_rows, n_null, n_null_positive, top_rows, n_distinct, n_once = counts[:_N_SHARED_COUNTS]
    values: Categories | Numbers
    if is_numeric:
        low, edges, bins = section.read("values", _packed(unpack_numbers), _NO_NUMBERS)
        n_nan, n_infinite, n_unreadable = counts[_N_SHARED_COUNTS:]
        values = Numbers(edges, bins, low, n_distinct, n_once, n_nan, n_infinite, n_unreadable)
    else:
        buckets, head, sample = section.read("values", _packed(unpack_categories), _NO_CATEGORIES)
        values = Categories(head, sample, buckets, n_distinct, n_once, counts[_N_SHARED_COUNTS])
    return FieldProfile(
        name=section.read("name", as_text, ""),
        kind=kind,
        n_rows=n_rows,
        n_null=n_null,
        n_null_positive=n_null_positive,
        top_rows=top_rows,
        top_text=section.read("top_text", as_text, None),
        values=values,
        odd=section.read("odd", _by_oddity(whole()), dict[Oddity, int]()),
        examples=section.read("examples", _by_oddity(_example), dict[Oddity, Example]()),
        texts=section.read("texts", _texts, dict[int, str]()),
        scores=section.read("scores", _scores, None),
    )


def _counts(n_counts: int) -> Check[tuple[int, ...]]:
    def check(node: Node, problems: list[Problem]) -> tuple[int, ...] | None:
        if _items(node, problems, n_counts) is None:
            return None
        counts = list_of(whole())(node, problems)
        if counts is None:
            return None
        n_rows, n_null, n_null_positive, top_rows, n_distinct, n_once = counts[:_N_SHARED_COUNTS]
        if n_null > n_rows or n_null_positive > n_null or top_rows > n_rows or n_once > n_distinct:
            report(problems, node, "a part is larger than its whole")
            return None
        return counts

    return check


def _scores(node: Node, problems: list[Problem]) -> FieldScores | None:
    items = _items(node, problems, 5)
    if items is None:
        return None
    numbers = [_number_or_nan(item, problems) for item in items[:4]]
    verdict = as_text(items[4], problems)
    match numbers:
        case [float() as information, float() as auc, float() as null_auc, float() as q_value] if verdict:
            return FieldScores(information, auc, null_auc, q_value, verdict)
        case _:
            return None


def _by_oddity(check_value: Check[T]) -> Check[dict[Oddity, T]]:
    words = {oddity.value: oddity for oddity in Oddity}

    def check(node: Node, problems: list[Problem]) -> dict[Oddity, T] | None:
        found = mapping_of(check_value)(node, problems)
        if found is None:
            return None
        for word in found:
            if word not in words:
                report(problems, node, f"{shown(word)} is none of {', '.join(words)}")
        return {words[word]: value for word, value in found.items() if word in words}

    return check


def _example(node: Node, problems: list[Problem]) -> Example | None:
    items = _items(node, problems, 2)
    if items is None:
        return None
    row, text = whole(least=1)(items[0], problems), as_text(items[1], problems)
    return None if row is None or text is None else Example(row, text)


def _texts(node: Node, problems: list[Problem]) -> dict[int, str] | None:
    found = mapping_of(as_text)(node, problems)
    if found is None:
        return None
    wrong = [mark for mark in found if not (mark.isascii() and mark.isdigit() and len(mark) <= 15)]
    for mark in wrong:
        report(problems, node, f"{shown(mark)} is no mark of a value")
    return None if wrong else {int(mark): text for mark, text in found.items()}


def _packed(read: Callable[[str], T]) -> Check[T]:
    """Check for arrays in a text."""

    def check(node: Node, problems: list[Problem]) -> T | None:
        text = as_text(node, problems)
        if text is None:
            return None
        try:
            return read(text)
        except ValueError as error:
            report(problems, node, f"the file is damaged: {error}")
            return None

    return check


def _number_or_nan(node: Node, problems: list[Problem]) -> float | None:
    return math.nan if node.value is None else as_number(node, problems)


def _flag(node: Node, problems: list[Problem]) -> bool | None:
    if isinstance(node.value, bool):
        return node.value
    wrong_type(node, problems, "true or false")
    return None


def _items(node: Node, problems: list[Problem], n_items: int) -> tuple[Node, ...] | None:
    """Items of a list of a known length."""
    if not isinstance(node.value, tuple):
        wrong_type(node, problems, "a list")
        return None
    if len(node.value) != n_items:
        report(problems, node, f"{len(node.value)} items, expected {n_items}")
        return None
    return node.value
