"""Are gamma tails right for every shape and depth?"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammaincc
from scipy.stats import norm

from featsel.stats.gamma import log_upper_gamma

SHAPES = [0.1, 0.3, 0.5, 1.0, 3.0, 15.0, 16.0, 100.0, 1e4, 1e6, 1e9, 1e12]


@pytest.mark.parametrize("shape", SHAPES)
def test_tails_agree_with_scipy_down_to_the_smallest_double(shape: float) -> None:
    # at shapes above 1e8 scipy loses the lower tail: five deviations below the mean it is 3e-6 off
    deviations = np.linspace(-4, 36, 81)
    excess = deviations / np.sqrt(shape)
    excess = np.append(excess[excess > -1], [-0.5, -0.99, -1 + 1e-9])
    points = shape * (1 + excess)
    excess = (points - shape) / shape  # at large shapes the points are rounded
    expected = gammaincc(shape, points)

    probability = np.exp(log_upper_gamma(np.full(excess.size, shape), excess))

    representable = expected > 1e-300
    assert probability[representable] == pytest.approx(expected[representable], rel=1e-8)


def test_beyond_the_smallest_double_the_logarithm_goes_on() -> None:
    # Q(1, x) = e^-x
    assert log_upper_gamma(np.array([1.0]), np.array([99_999.0]))[0] == pytest.approx(-1e5, rel=1e-14)


@pytest.mark.parametrize("deviations", [-5.0, -2.0, 0.0, 1.0, 8.0])
def test_huge_shapes_are_normal(deviations: float) -> None:
    shape = 1e16

    log_probability = log_upper_gamma(np.array([shape]), np.array([deviations / 1e8]))[0]

    # the next term of the Edgeworth series is a share of z^3 / (3 sqrt(shape)) = 2e-6 at most
    assert np.exp(log_probability) == pytest.approx(norm.sf(deviations), rel=2e-6)
    assert np.expm1(log_probability) == pytest.approx(-norm.cdf(deviations), rel=1e-5)


def test_probability_falls_as_the_point_rises() -> None:
    excess = np.linspace(-0.9, 3.0, 400)

    log_probability = log_upper_gamma(np.full(400, 20.0), excess)

    assert (np.diff(log_probability) < 0).all()
