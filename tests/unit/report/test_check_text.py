from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featsel.report.check_text import (
    LONGEST_EVIDENCE,
    amount,
    clipped,
    evidence_text,
    numbers_text,
    place,
)
from featsel.report.table import visible

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=9), inner, max_size=9),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0.0, "0"),
        (1, "1"),
        (-3.0, "-3"),
        (91_805.0, "91,805"),
        (0.123456, "0.1235"),
        (999.95, "1000"),
        (12_345.6, "12,346"),
        (1e300, "1e+300"),
        (float("inf"), "inf"),
        (float("nan"), "–"),
    ],
)
def test_numbers_of_any_unit_are_readable(number, expected):
    assert amount(number) == expected


@given(st.floats())
def test_any_number_is_short(number):
    assert 0 < len(amount(number)) <= 20


def test_a_measure_stands_beside_what_it_is_held_against(make_finding):
    assert numbers_text(make_finding()) == "psi 0.4125, limit 0.25, chance 0.002"
    assert numbers_text(make_finding(measure="", floor=None, reference=0.5)) == (
        "measured 0.4125, limit 0.25, before 0.5"
    )


def test_without_a_measure_there_are_no_numbers(make_finding):
    assert numbers_text(make_finding(status="skipped", measured=None)) == ""


def test_places_have_a_name(make_finding):
    assert [place(make_finding(name)) for name in (None, "", "site")] == ["log", "''", "site"]


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ({}, ""),
        ({"values": [], "parts": {}, "absent": None}, ""),
        ({"value": ""}, "value: ''"),
        ({"null_share": 0.25, "is_new": True, "is_old": False}, "null share: 0.25; is new: yes; is old: no"),
        ({"values": list("abcdefg")}, "values: 'a', 'b', 'c', 'd', 'e' and 2 more"),
        ({"rows": (1, 20_000)}, "rows: 1, 20,000"),
        (
            {"moved": [{"value": "ios", "now": 0.5}, {"value": None}]},
            "moved: (value 'ios', now 0.5), (value null)",
        ),
        ({"shares": {"ios": 0.5, "tv": 0.25}}, "shares: ios 0.5, tv 0.25"),
        ({"day": b"1"}, "day: b'1'"),
    ],
)
def test_examples_are_told_in_a_line(evidence, expected):
    assert evidence_text(evidence) == expected


@settings(max_examples=50)
@given(st.dictionaries(st.text(max_size=9), plain, max_size=4))
def test_any_evidence_is_a_short_visible_line(evidence):
    text = evidence_text(evidence)
    assert text == visible(text)
    assert len(text) <= LONGEST_EVIDENCE + 3


def test_long_texts_keep_their_beginning():
    assert clipped("x" * 10**6, 3) == "xxx..."
    assert clipped("\n" * 4, 4) == "\\n" * 4
