"""Do two fields together tell more of the label than each adds by itself?

Each pair of rows of one cell, both values alike, is asked whether it strays from the additive log-odds in the
same direction. The sum of the products of such residuals has a mean of zero without an interaction whatever
the cells' sizes, where a chi-square is spoilt by the cells of few rows, and moments in closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.stats.additive import AdditiveFit, pair_products
from featsel.stats.significance import p_value

PRIOR_ROWS = 4.0
"""Weight of a cell is one over its variance plus this: the likelihood ratio against cells that scatter by
half a unit of log-odds. Cells with less than that have the same say for each pair of rows, larger ones the
same say each."""


LEAST_SKEWNESS = 1e-4
"""A gamma distribution of less is a normal one, to eight digits."""

ROUNDING = 1e-9
"""Share of the variance of rates that are known below which the fit has left none."""

LARGEST_PULL = 2.0
"""Log-odds that one row moves a fit at most: beyond, the linear step is no more to be believed."""


@dataclass(frozen=True)
class InteractionTest:
    """Test of two fields for nothing beyond additive log-odds.

    Parameters
    ----------
    z : float
        Standard deviations above the mean without an interaction; 0 where nothing can vary.
    p_value : float
        Chance of as much without an interaction, 1 where nothing can vary.
    """

    z: float
    p_value: float


def interaction_test(counts: NDArray[np.int64], fit: AdditiveFit) -> InteractionTest:
    r"""Test for nothing beyond additive log-odds.

    The statistic is :math:`\sum_c w_c \sum_{i \neq j \in c} r_i r_j` over cells and pairs of their rows, with
    residuals r. With n rows of variance v = e (1 - e) and no interaction, the inner sum has mean 0, variance
    :math:`2 n (n - 1) v^2` and third moment :math:`8 n (n-1) (n-2) v^3 + 4 n (n-1) v^2 (1 - 2e)^2`; that the
    rates are fitted takes the share of the leverage off each and shifts the mean by
    :math:`-v h (n - 1)`. The p-value is the tail of the gamma distribution of these three moments,
    or the normal one where that is larger.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_cells, 2)
        Rows of each label.
    fit : AdditiveFit
        Of the same cells.

    Returns
    -------
    InteractionTest
        Deviation and chance.

    References
    ----------
    Zelterman, "Goodness-of-fit tests for large sparse multinomial distributions", JASA 82, 1987, has the
    chi-square less the part owed to single rows.
    """
    rates = fit.rates
    n = counts.sum(axis=1).astype(np.float64)
    v = rates * (1.0 - rates)
    leverage = np.minimum(n * v * fit.leverages, 1.0)
    weight = 1.0 / (n * v + PRIOR_ROWS)
    pairs = n * (n - 1.0) * (1.0 - leverage)
    observed = float(np.dot(weight, pair_products(counts, rates) + v * leverage * (n - 1.0)))
    variance = 2.0 * float(np.dot(weight**2, pairs * v**2))
    if variance <= ROUNDING * float(np.dot(weight**2, n * n * v**2)):
        return InteractionTest(0.0, 1.0)
    third = pairs * v**2 * (8.0 * np.maximum(n - 2.0, 0.0) * v + 4.0 * (1.0 - 2.0 * rates) ** 2)
    spread = math.sqrt(variance)
    skewness = max(float(np.dot(weight**3, third)) / spread**3, LEAST_SKEWNESS)
    # a gamma distribution of this skewness has its mean so far above the least possible value
    centre = 2.0 * spread / skewness
    z = observed / spread
    skewed = float(p_value(observed + centre, centre, spread))
    # of rates near 0 or 1 the skewness is so large that nearly all chance lies below the mean; the fit is not
    # that good, and a deviation within the noise must not pass for a find
    return InteractionTest(z, max(skewed, math.erfc(z / math.sqrt(2.0)) / 2.0))


def expected_without(fit: AdditiveFit) -> NDArray[np.float64]:
    """Expectation of additive log-odds that never saw the row itself.

    Parameters
    ----------
    fit : AdditiveFit
        Of cells.

    Returns
    -------
    ndarray of float64, shape (n_cells, 2)
        Probability that a row of each label has it, the row's own pull on the fit removed to first order.
    """
    rates = fit.rates
    log_odds = np.log(rates) - np.log1p(-rates)
    # of a cell with two rows or more, one row has at most half of the leverage
    rest = np.maximum(1.0 - rates * (1.0 - rates) * fit.leverages, 0.5)
    pull = np.minimum(fit.leverages / rest, LARGEST_PULL)
    without_miss, without_hit = log_odds + rates * pull, log_odds - (1.0 - rates) * pull
    return np.stack([1.0 / (1.0 + np.exp(without_miss)), 1.0 / (1.0 + np.exp(-without_hit))], axis=1)
