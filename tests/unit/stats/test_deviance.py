"""Are deviances and log-factorials exact to rounding?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import gammaln, rel_entr, xlogy

from featsel.stats.deviance import deviance, stirling_remainder


def test_deviance_is_the_generalised_relative_entropy() -> None:
    count = np.array([0.0, 1.0, 3.0, 50.0])
    mean = np.array([2.5, 4.0, 3.0, 10.0])

    assert deviance(count, mean) == pytest.approx(rel_entr(count, mean) - count + mean, abs=1e-14)


def test_nothing_expected_and_nothing_seen_deviate_by_nothing() -> None:
    assert deviance(np.array([0.0]), np.array([0.0])).tolist() == [0.0]


def test_small_deviations_of_large_counts_keep_their_digits() -> None:
    mean = 1e9
    difference = 1e5

    nats = deviance(np.array([mean + difference]), np.array([mean]))[0]

    # three terms of the series; the fourth is 1e-12 of the first
    expected = difference**2 / (2 * mean) - difference**3 / (6 * mean**2) + difference**4 / (12 * mean**3)
    # rounding: the logarithm, about 1e5 after scaling, to half a unit in the last place
    assert nats == pytest.approx(expected, abs=1e5 * 2**-51)


@pytest.mark.parametrize("count", [0.0, 0.1, 0.5, 1.0, 2.0, 7.5, 15.0, 15.999, 16.0, 100.0, 12345.6])
def test_remainder_completes_the_log_factorial(count: float) -> None:
    remainder = stirling_remainder(np.array([count]))[0]

    # the oracle's own rounding grows with the log-factorial
    tolerance = 1e-13 + 4e-16 * gammaln(count + 1)
    assert remainder == pytest.approx(gammaln(count + 1) - xlogy(count, count) + count, abs=tolerance)


def test_remainder_of_a_huge_count_is_the_leading_term() -> None:
    assert stirling_remainder(np.array([1e12]))[0] == pytest.approx(0.5 * math.log(2 * math.pi * 1e12))
