"""Rows are cut by time as a person would cut them."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.ranking.periods import MOST_PERIODS, PeriodUnit, cut_periods

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC).timestamp()
DAY = 86_400.0


@pytest.mark.parametrize("parts", [1.0, 1e3, 1e6, 1e9])
def test_points_in_time_are_cut_at_midnight(parts):
    times = (NOON + np.array([0.0, 0.5, 0.6, 1.4, 1.6]) * DAY) * parts
    found = cut_periods(times)
    assert found.unit is PeriodUnit.DAY
    assert found.codes.tolist() == [0, 1, 1, 1, 2]
    assert found.title == "3 days"
    assert found.periods[1].start == "2024-01-02T00:00:00"


def test_few_numbers_are_periods_by_themselves():
    found = cut_periods(np.array([20240102.0, 20240101.0, 20240131.0, 20240101.0]))
    assert found.unit is PeriodUnit.VALUE
    assert found.codes.tolist() == [1, 0, 2, 0]
    assert [(each.start, each.n_rows) for each in found.periods] == [
        ("20240101", 2),
        ("20240102", 1),
        ("20240131", 1),
    ]


def test_within_one_day_and_over_many_there_are_ten_stretches_of_about_equal_rows():
    for times in (NOON + np.arange(1000.0), NOON + DAY * np.arange(1000.0), np.arange(1000.0)):
        found = cut_periods(times)
        assert found.title == "10 stretches of about equal rows"
        assert [each.n_rows for each in found.periods] == [100] * 10


def test_a_few_rows_join_their_neighbours():
    days = np.repeat([0.0, 1.0, 2.0, 3.0, 4.0], [3, 500, 2, 490, 5])
    found = cut_periods(NOON + DAY * days)
    assert [each.n_rows for each in found.periods] == [505, 495]


def test_one_time_is_one_period():
    assert len(cut_periods(np.full(5, NOON)).periods) == 1
    assert cut_periods(np.zeros(5)).title == "1 value"


@given(st.lists(st.integers(0, 60), min_size=1, max_size=300), st.integers(1, 10**9))
def test_periods_follow_time_and_never_part_equal_times(times, scale):
    array = np.array(times, np.float64) * scale
    found = cut_periods(array)
    assert 1 <= len(found.periods) <= MOST_PERIODS
    assert np.array_equal(np.unique(found.codes), np.arange(len(found.periods)))
    in_order = found.codes[np.argsort(array, kind="stable")]
    assert np.all(np.diff(in_order.astype(int)) >= 0)
    assert all(np.unique(found.codes[array == time]).size == 1 for time in set(array))
    if len(found.periods) > 1:
        assert min(each.n_rows for each in found.periods) >= 0.01 * array.size
