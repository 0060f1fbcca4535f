"""A field has moved where its score did by more than the noise of both rankings."""

import math

import pytest

from featsel.ranking.comparison import Estimate, Status, compare_rankings
from featsel.ranking.growth import Growth


def estimate(name, measured, se=0.001, rank=1, verdict="informative"):
    return Estimate(name, rank, measured, verdict, measured, se)


def compared(now, before, growth=None):
    return {each.name: each for each in compare_rankings(now, before, growth or {})}


def test_a_large_difference_is_movement_and_a_small_one_is_not():
    now = [estimate("a", 0.02), estimate("b", 0.011)]
    found = compared(now, [estimate("a", 0.01), estimate("b", 0.01)])
    assert found["a"].status is Status.MOVED
    assert found["b"].status is Status.STEADY
    assert found["a"].z == pytest.approx(0.01 / math.hypot(0.001, 0.001))
    assert found["b"].q_value == pytest.approx(math.erfc(found["b"].z / math.sqrt(2)))


def test_q_counts_the_fields():
    z_three = 3 * math.hypot(0.001, 0.001)
    alone = compared([estimate("a", z_three)], [estimate("a", 0.0)])
    steady = [estimate(f"b{n}", 0.0) for n in range(9)]
    among = compared([estimate("a", z_three), *steady], [estimate("a", 0.0), *steady])
    assert alone["a"].status is Status.MOVED
    assert among["a"].status is Status.STEADY
    assert among["a"].q_value == pytest.approx(10 * alone["a"].q_value)


def test_fields_of_one_ranking_alone_are_new_or_gone():
    found = compare_rankings(
        [estimate("new", 1.0), estimate("both", 1.0)], [estimate("gone", 1.0), estimate("both", 1.0)], {}
    )
    assert [(each.name, each.status) for each in found] == [
        ("new", Status.NEW),
        ("both", Status.STEADY),
        ("gone", Status.GONE),
    ]
    assert found[0].z is found[2].z is None


def test_what_more_rows_gain_is_no_movement():
    now, before = [estimate("a", 0.02)], [estimate("a", 0.01)]
    assert compared(now, before, {"a": Growth(0.01, 0.0)})["a"].z == pytest.approx(0)
    unsure = compared(now, before, {"a": Growth(0.0, 0.01)})["a"]
    assert unsure.status is Status.STEADY


def test_a_ranking_has_not_moved_from_itself():
    same = [estimate("a", 0.3, se=0.0), estimate("b", 0.1)]
    assert {each.z for each in compare_rankings(same, same, {})} == {0.0}


def test_a_change_of_verdict_is_told_from_a_new_field():
    found = compare_rankings(
        [estimate("a", 0.0, verdict="noise"), estimate("new", 0.0)], [estimate("a", 0.0)], {}
    )
    assert [each.changes_verdict for each in found] == [True, False]


def test_nothing_in_common_is_no_error():
    assert [each.status for each in compare_rankings([estimate("a", 1.0)], [], {})] == [Status.NEW]
