"""Values are compared with the levels of their rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.stats.levels import calibrated_levels, logistic, logit, smoothed_shift


@given(st.integers(0, 1_000))
def test_levels_give_each_group_its_positives(seed):
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(3), 4)
    rows = rng.integers(1, 1_000, 12).astype(float)
    shifts = rng.normal(0, 3, 12)
    totals = np.bincount(groups, rows)
    positives = rng.uniform(0.01, 0.99, 3) * totals

    levels = calibrated_levels(groups, rows, shifts, positives)

    predicted = np.bincount(groups, rows * logistic(levels[groups] + shifts))
    assert predicted == pytest.approx(positives, rel=1e-9)


def test_a_level_without_shifts_is_the_click_rate():
    levels = calibrated_levels(np.array([0, 1]), np.array([40.0, 10.0]), np.zeros(2), np.array([10.0, 5.0]))
    assert logistic(levels) == pytest.approx([0.25, 0.5])


def test_at_one_level_a_shift_is_that_of_the_usual_smoothed_rate():
    rows, positives, rate, prior = np.array([30.0, 7.0]), np.array([9.0, 0.0]), 0.1, 5.0
    shifts = smoothed_shift(rows, positives, rows * rate, prior)
    assert logistic(logit(np.array([rate])) + shifts) == pytest.approx(
        (positives + prior * rate) / (rows + prior)
    )


def test_nothing_known_is_no_shift():
    unknown = smoothed_shift(np.zeros(1), np.zeros(1), np.zeros(1), 3.0)
    smoothed_away = smoothed_shift(np.array([9.0]), np.array([9.0]), np.array([1.0]), np.inf)
    assert unknown.tolist() == smoothed_away.tolist() == [0.0]
