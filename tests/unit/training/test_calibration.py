from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from featsel.training.calibration import calibration


def test_bins_are_those_of_scikit_learn(rng: np.random.Generator) -> None:
    chances = rng.random(1000)
    labels = (rng.random(1000) < chances**2).astype(np.uint8)

    measured = calibration(labels, chances, n_bins=10)

    actual, predicted = calibration_curve(labels, chances, n_bins=10, strategy="quantile")
    # scikit-learn's edges lie between rows, ours on them: a row at an edge may change sides
    assert [part.actual for part in measured.bins] == pytest.approx(actual, abs=1 / 99)
    assert [part.predicted for part in measured.bins] == pytest.approx(predicted, abs=1 / 99)
    assert [part.rows for part in measured.bins] == [100] * 10


def test_error_is_the_mean_distance_of_the_bins() -> None:
    labels = np.array([0, 0, 1, 1, 1, 1], np.uint8)
    chances = np.array([0.2, 0.2, 0.2, 0.7, 0.7, 0.7])

    measured = calibration(labels, chances, n_bins=2)

    # by hand: |.2 - 1/3| and |.7 - 1|, three rows each
    assert measured.expected_error == pytest.approx((abs(0.2 - 1 / 3) + 0.3) / 2)
    assert measured.ratio == pytest.approx(2.7 / 4)


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 30))
def test_two_equal_rows_count_as_one_of_weight_two(seed: int, n_bins: int) -> None:
    rng = np.random.default_rng(seed)
    chances = rng.random(50).round(1)
    labels = (rng.random(50) < chances).astype(np.uint8)
    labels[0] = 1

    once = calibration(labels, chances, weights=np.full(50, 2.0), n_bins=n_bins)
    twice = calibration(np.tile(labels, 2), np.tile(chances, 2), n_bins=n_bins)

    assert twice.ratio == pytest.approx(once.ratio)
    assert twice.expected_error == pytest.approx(once.expected_error)


def test_equal_predictions_share_a_bin() -> None:
    measured = calibration(np.array([0, 1, 0, 1], np.uint8), np.full(4, 0.5), n_bins=4)

    assert measured.expected_error == 0.0
    assert [part.rows for part in measured.bins] == [4]


def test_ratio_without_positives_is_unknown() -> None:
    assert math.isnan(calibration(np.zeros(3, np.uint8), np.full(3, 0.5)).ratio)


def test_calibration_of_no_rows_is_unknown() -> None:
    measured = calibration(np.zeros(0, np.uint8), np.zeros(0))

    assert math.isnan(measured.ratio)
    assert math.isnan(measured.expected_error)
    assert measured.bins == ()
