"""What is the profile of two logs together?

A profile of several good days knows what is usual better than that of one. Counts add, exactly; what a
profile knows of a sample alone is estimated; what cannot be added, such as scores, is that of the longer log.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from featsel.core.count_merging import merge_categories, merge_numbers, merge_samples
from featsel.core.profile import (
    KEPT_ROWS,
    MOST_SLOTS,
    SHOWN_FOREIGN,
    Categories,
    FieldProfile,
    LabelProfile,
    LogProfile,
    MarkCounts,
    Numbers,
    Oddity,
    RowCounts,
    TimeProfile,
)

NULL = "null"
"""How null is shown as the most frequent value."""


def merge_profiles(here: LogProfile, there: LogProfile) -> LogProfile:
    """Profile of two logs together.

    Parameters
    ----------
    here, there : LogProfile
        Of logs of the same kind.

    Returns
    -------
    LogProfile
        Rows, nulls, labels and buckets are exact. Distinct values, those with one row and the rows of rare
        values are exact where both profiles hold all values, else estimates. Scores, relations, agreement of
        rankings and examples are those of the longer log, as is the order of the fields. A field, a column
        or a time that one log has alone, or that the two read otherwise, is as in the one that has it, or in
        the longer. There is a label where both logs have one.
    """
    longer, shorter = sorted((here, there), key=lambda each: each.n_rows, reverse=True)
    known = shorter.by_name
    fields = [
        _merge_fields(field, known[field.name]) if field.name in known else field for field in longer.fields
    ]
    fields += [field for field in shorter.fields if field.name not in longer.by_name]
    columns = {column.name: column for column in (*shorter.columns, *longer.columns)}
    order = dict.fromkeys(column.name for column in (*longer.columns, *shorter.columns))
    return LogProfile(
        n_rows=longer.n_rows + shorter.n_rows,
        columns=tuple(columns[name] for name in order),
        fields=tuple(fields),
        label=_merge_labels(longer, shorter),
        time=_merge_times(longer.time, shorter.time),
        rows=_merge_rows(longer.rows, shorter.rows),
        relations=longer.relations,
        rank_agreement=longer.rank_agreement,
        n_days=longer.n_days + shorter.n_days,
    )


def _merge_fields(longer: FieldProfile, shorter: FieldProfile) -> FieldProfile:
    values: Categories | Numbers
    match longer.values, shorter.values:
        case Categories() as first, Categories() as second if longer.kind is shorter.kind:
            values = merge_categories(first, second)
        case Numbers() as first, Numbers() as second:
            values = merge_numbers(first, second)
        case _:
            return longer
    merged = replace(
        longer,
        n_rows=longer.n_rows + shorter.n_rows,
        n_null=longer.n_null + shorter.n_null,
        n_null_positive=longer.n_null_positive + shorter.n_null_positive,
        values=values,
        odd=_added(longer.odd, shorter.odd),
        examples={**shorter.examples, **longer.examples},
        texts={**shorter.texts, **longer.texts},
        scores=longer.scores or shorter.scores,
    )
    top_rows, top_text = _top(merged, longer, shorter)
    return replace(merged, top_rows=top_rows, top_text=top_text)


def _top(merged: FieldProfile, longer: FieldProfile, shorter: FieldProfile) -> tuple[int, str | None]:
    """Rows and text of the most frequent value."""
    shows_text = longer.top_text is not None or shorter.top_text is not None
    if isinstance(merged.values, Categories):
        head = merged.values.head
        top_rows = int(head.rows[0]) if head.rows.size else 0
        top_text = _head_text(merged, longer, shorter)
    else:
        # which number it is may be unknown; it is most likely the same
        tops = [each for each in (longer, shorter) if not _is_null(each)]
        rows = [each.top_rows for each in tops]
        is_same = len({each.top_text for each in tops if each.top_text is not None}) <= 1
        top_rows = sum(rows) if is_same else max(rows, default=0)
        top_text = max(tops, key=lambda each: each.top_rows).top_text if tops else None
    if merged.n_null > top_rows:
        return merged.n_null, NULL if shows_text else None
    return top_rows, top_text


def _head_text(merged: FieldProfile, longer: FieldProfile, shorter: FieldProfile) -> str | None:
    assert isinstance(merged.values, Categories), "its head was merged"
    if not merged.values.head.marks.size:
        return None
    mark = int(merged.values.head.marks[0])
    for each in (longer, shorter):
        values = each.values
        is_first = isinstance(values, Categories) and mark in values.head.marks[:1].tolist()
        if is_first and each.top_text is not None and not _is_null(each):
            return each.top_text
    return merged.texts.get(mark)


def _is_null(field: FieldProfile) -> bool:
    """Whether null is the most frequent value."""
    if field.top_text is not None:
        return field.top_text == NULL and field.top_rows == field.n_null
    return field.top_rows == field.n_null


def _added(here: Mapping[Oddity, int], there: Mapping[Oddity, int]) -> dict[Oddity, int]:
    return {
        oddity: here.get(oddity, 0) + there.get(oddity, 0) for oddity in Oddity if oddity in {*here, *there}
    }


def _merge_labels(longer: LogProfile, shorter: LogProfile) -> LabelProfile | None:
    first, second = longer.label, shorter.label
    if first is None or second is None:
        is_alone = not shorter.n_rows
        return first if is_alone else None
    return LabelProfile(
        name=first.name,
        n_positive=first.n_positive + second.n_positive,
        n_null=first.n_null + second.n_null,
        n_foreign=first.n_foreign + second.n_foreign,
        foreign=tuple(dict.fromkeys((*first.foreign, *second.foreign)))[:SHOWN_FOREIGN],
        n_runs=first.n_runs + second.n_runs,
    )


def _merge_times(longer: TimeProfile | None, shorter: TimeProfile | None) -> TimeProfile | None:
    if longer is None or shorter is None:
        return longer or shorter
    if longer.is_calendar != shorter.is_calendar and longer.slots.size and shorter.slots.size:
        return longer
    seen = [each for each in (longer, shorter) if each.slots.size]
    width = max((each.width for each in seen), default=longer.width)
    slots = np.concatenate([np.zeros(0, np.int64), *(_slots(each, width) for each in seen)])
    rows = np.concatenate([np.zeros(0, np.int64), *(each.slots for each in seen)])
    while slots.size and slots.max() - slots.min() >= MOST_SLOTS:
        slots, width = slots // 2, width * 2
    first = int(slots.min()) if slots.size else 0
    counts = np.zeros(int(slots.max()) - first + 1 if slots.size else 0, np.int64)
    np.add.at(counts, slots - first, rows)
    return TimeProfile(
        name=longer.name,
        low=float(np.fmin(longer.low, shorter.low)),
        high=float(np.fmax(longer.high, shorter.high)),
        n_null=longer.n_null + shorter.n_null,
        n_backward=longer.n_backward + shorter.n_backward,
        width=width,
        slots=counts,
        is_calendar=seen[0].is_calendar if seen else longer.is_calendar,
    )


def _slots(times: TimeProfile, width: float) -> NDArray[np.int64]:
    """Which slots of another width hold those of some times, by their middles."""
    places = math.floor(times.low / times.width) + np.arange(times.slots.size)
    slots: NDArray[np.int64] = np.floor((places + 0.5) * (times.width / width)).astype(np.int64)
    return slots


def _merge_rows(longer: RowCounts, shorter: RowCounts) -> RowCounts:
    if longer.columns != shorter.columns and shorter.n_distinct:
        return longer
    sample, scaled = merge_samples(
        longer.sample, longer.n_distinct, shorter.sample, shorter.n_distinct, most=KEPT_ROWS
    )
    n_distinct = scaled(longer.n_distinct, shorter.n_distinct, lambda rows: rows.marks.size)
    n_distinct = min(max(n_distinct, longer.n_distinct), longer.n_distinct + shorter.n_distinct)
    n_once = scaled(longer.n_once, shorter.n_once, lambda rows: int(np.count_nonzero(rows.rows == 1)))
    return RowCounts(
        n_distinct=n_distinct,
        n_once=min(n_once, n_distinct),
        n_repeated=scaled(longer.n_repeated, shorter.n_repeated, _n_repeated),
        n_conflicting=scaled(longer.n_conflicting, shorter.n_conflicting, _n_conflicting),
        sample=sample,
        columns=longer.columns,
    )


def _n_repeated(rows: MarkCounts) -> int:
    return int(np.maximum(rows.counts - 1, 0).sum())


def _n_conflicting(rows: MarkCounts) -> int:
    return int(rows.rows[(rows.counts > 0).all(axis=1)].sum())
