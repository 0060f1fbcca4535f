"""The profile of two days is that of both, and of what cannot be added the longer day's."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.profile import (
    Example,
    LabelProfile,
    MarkCounts,
    Oddity,
    Relations,
    RowCounts,
    TimeProfile,
)
from featsel.core.profile_merging import MOST_SLOTS, merge_profiles
from featsel.core.schema import FieldKind

from .profile_examples import (
    LARGE,
    SCORES,
    as_plain,
    categories_of,
    field_of,
    label_of,
    log_of,
    mark_of,
    numbers_of,
)

EMPTY = log_of(n_days=0)


def times_of(seconds, *, width=1.0, name="hour"):
    """Times in slots of some width."""
    if not len(seconds):
        return TimeProfile(name, math.nan, math.nan, 0, 0, width, np.zeros(0, np.int64), is_calendar=True)
    slots = np.floor(np.asarray(seconds) / width).astype(np.int64)
    counts = np.bincount(slots - slots.min())
    backward = sum(late < early for early, late in pairwise(seconds))
    low, high = float(min(seconds)), float(max(seconds))
    return TimeProfile(name, low, high, 0, backward, width, counts, is_calendar=True)


def rows_of(rows, *, n_sample=4096, columns=("a", "b")):
    """How often rows repeat, of negative and positive ones by row."""
    marks = np.array([mark_of(row) for row in rows], np.uint64)
    counts = np.array(list(rows.values()), np.int64).reshape(-1, 2)
    order = np.argsort(marks)
    marks, counts = marks[order], counts[order]
    totals = counts.sum(axis=1)
    return RowCounts(
        len(rows),
        int(np.count_nonzero(totals == 1)),
        int(np.maximum(counts - 1, 0).sum()),
        int(totals[(counts > 0).all(axis=1)].sum()),
        MarkCounts(marks[:n_sample], counts[:n_sample]),
        columns,
    )


ROWS = st.dictionaries(st.integers(0, 20), st.tuples(st.integers(0, 3), st.integers(0, 3)).filter(any))
VALUES = st.dictionaries(
    st.integers(0, 9), st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(any), min_size=1
)
LOGS = st.builds(
    lambda values, rows, seconds, n_positive: log_of(
        field_of("C1", categories_of(values, **LARGE), odd={Oddity.PADDED: 2}),
        field_of("I1", numbers_of(list(values), [0] * len(values))),
        n_rows=sum(map(sum, values.values())),
        label=label_of(n_positive),
        rows=rows_of(rows),
        time=times_of(seconds),
    ),
    VALUES,
    ROWS,
    st.lists(st.integers(0, 500), max_size=9),
    st.integers(0, 9),
)


def without_days(log):
    return as_plain(replace(log, n_days=0))


@given(LOGS)
def test_an_empty_log_changes_nothing(log):
    assert without_days(merge_profiles(log, EMPTY)) == without_days(log)
    assert without_days(merge_profiles(EMPTY, log)) == without_days(log)
    assert merge_profiles(log, EMPTY).n_days == log.n_days


@given(LOGS, LOGS)
def test_the_order_of_the_logs_does_not_matter(here, there):
    first, second = merge_profiles(here, there), merge_profiles(there, here)
    assert as_plain(first) == as_plain(second)


@given(LOGS, LOGS, LOGS)
def test_logs_that_are_wholly_known_merge_in_any_order(one, two, three):
    left = merge_profiles(merge_profiles(one, two), three)
    right = merge_profiles(one, merge_profiles(two, three))
    assert as_plain(left) == as_plain(right)


@given(LOGS, LOGS)
def test_counts_add(here, there):
    merged = merge_profiles(here, there)
    assert merged.n_rows == here.n_rows + there.n_rows
    assert merged.label.n_positive == here.label.n_positive + there.label.n_positive
    assert merged.n_days == 2
    for field in merged.fields:
        parts = here.by_name[field.name], there.by_name[field.name]
        assert field.n_rows == sum(part.n_rows for part in parts)
        assert field.n_null == sum(part.n_null for part in parts)
    assert merged.by_name["C1"].odd == {Oddity.PADDED: 4}
    assert merged.time.slots.sum() == here.time.slots.sum() + there.time.slots.sum()


@given(ROWS, ROWS)
def test_rows_that_are_all_known_add_exactly(here, there):
    both = {
        row: tuple(np.add(here.get(row, (0, 0)), there.get(row, (0, 0))).tolist())
        for row in here.keys() | there.keys()
    }
    merged = merge_profiles(log_of(n_rows=1, rows=rows_of(here)), log_of(n_rows=1, rows=rows_of(there)))
    assert as_plain(merged.rows) == as_plain(rows_of(both))


def test_a_day_that_comes_twice_has_its_rows_repeated():
    rows = dict.fromkeys(range(5000), (1, 0))
    day = log_of(n_rows=5000, rows=rows_of(rows, n_sample=512))
    merged = merge_profiles(day, day)
    assert (merged.rows.n_distinct, merged.rows.n_once, merged.rows.n_repeated) == (5000, 0, 5000)


def test_rows_of_other_columns_are_not_compared():
    here = log_of(n_rows=9, rows=rows_of({1: (1, 0)}, columns=("a",)))
    there = log_of(n_rows=3, rows=rows_of({1: (2, 0)}, columns=("b",)))
    assert merge_profiles(there, here).rows is here.rows


@pytest.mark.parametrize("swap", [False, True])
def test_what_cannot_be_added_is_that_of_the_longer_log(swap):
    values = categories_of({1: (5, 5)}, **LARGE)
    facts = {"scores": SCORES, "examples": {Oddity.PADDED: Example(3, " a")}}
    longer = log_of(
        field_of("C1", values, **facts), relations=Relations(7, (("a", "b"),)), rank_agreement=0.9, n_rows=20
    )
    other = {"scores": replace(SCORES, verdict="noise"), "examples": {Oddity.PADDED: Example(9, " b")}}
    shorter = log_of(field_of("C1", values, **other), rank_agreement=0.1, n_rows=10)
    merged = merge_profiles(shorter, longer) if swap else merge_profiles(longer, shorter)
    assert (merged.relations, merged.rank_agreement) == (longer.relations, 0.9)
    assert merged.fields[0].scores == SCORES
    assert merged.fields[0].examples == facts["examples"]


def test_fields_and_columns_that_one_log_has_alone_are_kept():
    values = categories_of({1: (5, 5)}, **LARGE)
    here = log_of(field_of("a", values), field_of("b", values), n_rows=20)
    there = log_of(field_of("c", values), field_of("b", values), n_rows=10)
    merged = merge_profiles(there, here)
    assert [(field.name, field.n_rows) for field in merged.fields] == [("a", 10), ("b", 20), ("c", 10)]
    assert [column.name for column in merged.columns] == ["a", "b", "c"]


@pytest.mark.parametrize("kind", [FieldKind.NUMERIC, FieldKind.MULTIVALUED])
def test_a_field_that_is_read_otherwise_is_that_of_the_longer_log(kind):
    field = field_of("a", categories_of({1: (5, 5)}, **LARGE))
    values = numbers_of([1.0], [0]) if kind is FieldKind.NUMERIC else field.values
    other = replace(field, kind=kind, values=values)
    merged = merge_profiles(log_of(other, n_rows=10), log_of(field, n_rows=20))
    assert merged.fields == (field,)


TOP = {1: (5, 5), 2: (3, 0)}


@pytest.mark.parametrize(
    ("here", "there", "top"),
    [
        ({}, {}, (20, None)),
        ({"top_text": "x"}, {"top_text": "x"}, (20, "x")),
        ({"texts": {mark_of(1): "one"}, "top_text": "one"}, {}, (20, "one")),
        ({"texts": {mark_of(1): "one"}}, {}, (20, "one")),
        ({"n_null": 30, "top_rows": 30, "top_text": "null"}, {"top_text": "x"}, (30, "null")),
        ({"n_null": 30, "top_rows": 30}, {}, (30, None)),
        ({"n_null": 11, "top_rows": 11, "top_text": "null"}, {"top_text": "x"}, (20, "x")),
    ],
)
def test_the_most_frequent_value_is_found_anew(here, there, top):
    first, second = (field_of("a", categories_of(TOP, **LARGE), **facts) for facts in (here, there))
    merged = merge_profiles(log_of(first, n_rows=50), log_of(second, n_rows=20)).fields[0]
    assert (merged.top_rows, merged.top_text) == top


@pytest.mark.parametrize(
    ("here", "there", "top"),
    [
        ((7, 0, "1.5"), (5, 0, "1.5"), (12, "1.5")),
        ((7, 0, "1.5"), (5, 0, "2"), (7, "1.5")),
        ((7, 0, None), (5, 0, None), (12, None)),
        ((7, 7, "null"), (5, 1, "2"), (8, "null")),
        ((7, 7, None), (5, 5, None), (12, None)),
    ],
)
def test_the_most_frequent_number_is_taken_for_the_same_unless_it_is_known_not_to_be(here, there, top):
    def log(facts):
        top_rows, n_null, text = facts
        values = numbers_of([1.0, 2.0], [0, 1])
        return log_of(field_of("a", values, top_rows=top_rows, n_null=n_null, top_text=text), n_rows=top_rows)

    merged = merge_profiles(log(here), log(there)).fields[0]
    assert (merged.top_rows, merged.top_text) == top


def test_a_field_without_values_has_no_most_frequent_one():
    nothing = log_of(field_of("a", categories_of({})))
    assert merge_profiles(nothing, nothing).fields[0].top_rows == 0


def test_there_is_a_label_where_both_logs_have_one():
    here = log_of(n_rows=9, label=LabelProfile("click", 3, 1, 2, ("x", "y"), 4))
    there = log_of(n_rows=5, label=LabelProfile("clicked", 2, 0, 1, ("z", "x"), 1))
    assert merge_profiles(there, here).label == LabelProfile("click", 5, 1, 3, ("x", "y", "z"), 5)
    assert merge_profiles(here, log_of(n_rows=5)).label is None


def test_times_are_in_slots_of_the_wider_log():
    here, there = times_of([0, 1, 2, 3, 9]), times_of([8.5, 11], width=4.0)
    merged = merge_profiles(log_of(n_rows=5, time=here), log_of(n_rows=2, time=there)).time
    assert (merged.low, merged.high, merged.width) == (0.0, 11.0, 4.0)
    assert merged.slots.tolist() == [4, 0, 3]


def test_days_that_are_years_apart_need_no_more_slots():
    here, there = times_of([0, 5]), times_of([1e9, 1e9 + 1])
    merged = merge_profiles(log_of(n_rows=2, time=here), log_of(n_rows=2, time=there)).time
    assert merged.slots.size <= MOST_SLOTS
    assert merged.slots.sum() == 4
    assert math.log2(merged.width).is_integer()


def test_times_of_one_log_alone_are_kept():
    times = times_of([0, 5])
    assert merge_profiles(log_of(n_rows=9), log_of(n_rows=2, time=times)).time is times


def test_times_in_other_units_are_those_of_the_longer_log():
    here, there = times_of([0, 5]), replace(times_of([7]), is_calendar=False)
    assert merge_profiles(log_of(n_rows=9, time=here), log_of(n_rows=2, time=there)).time is here
