"""Means and their intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from featsel.stats.means import mean_interval, row_interval, student_95


@pytest.mark.parametrize("freedom", [*range(1, 45), 100, 1000, 10**6])
def test_quantiles_are_those_of_students_t(freedom):
    # six digits in the table, and as many of the expansion behind it
    assert student_95(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=1e-6)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30))
def test_the_interval_is_that_of_scipy(values):
    found = mean_interval(values)

    error = stats.sem(values)
    low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), error) if error else [values[0]] * 2
    assert found.mean == pytest.approx(np.mean(values), abs=1e-9)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_one_measurement_has_no_interval():
    assert vars(mean_interval([0.25])) == {"mean": 0.25, "low": None, "high": None}


def test_equal_measurements_have_no_width():
    assert vars(mean_interval([0.25] * 3)) == {"mean": 0.25, "low": 0.25, "high": 0.25}


def test_rows_that_were_measured_once_have_the_usual_interval():
    values = np.random.default_rng(0).normal(1, 2, 1000)

    found = row_interval(values, np.ones(1000))

    reach = stats.norm.ppf(0.975) * values.std() / np.sqrt(1000)
    assert (found.mean, found.low) == pytest.approx((values.mean(), values.mean() - reach))


def test_a_row_that_is_measured_twice_alike_says_no_more():
    values = np.random.default_rng(0).normal(1, 2, 1000)

    once, twice = row_interval(values, np.ones(1000)), row_interval(2 * values, np.full(1000, 2.0))

    assert vars(twice) == pytest.approx(vars(once))


def test_rows_that_were_not_measured_count_for_nothing():
    values = np.random.default_rng(0).normal(1, 2, 100)
    more = np.concatenate([values, np.zeros(50)])

    assert vars(row_interval(more, (np.arange(150) < 100).astype(float))) == pytest.approx(
        vars(row_interval(values, np.ones(100)))
    )


def test_intervals_of_rows_hold_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(1)
    # each row is measured by one to three seeds, which share the luck of the row
    hits = 0
    for _ in range(400):
        n_seeds = rng.integers(1, 4, 300)
        own = rng.normal(0.5, 1, 300)
        found = row_interval(n_seeds * own, n_seeds.astype(float))
        hits += found.low <= 0.5 <= found.high
    # 95 % of 400, less three standard deviations
    assert hits >= 380 - 3 * np.sqrt(400 * 0.95 * 0.05)
