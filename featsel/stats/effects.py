"""Which of many rates are other than expected, if most of them may be as expected?

A value of a field either tells nothing, and its rows are clicked as often as all else lets expect, or it has
a rate of its own. How common the second kind is can be learnt from all values of the field together
(empirical Bayes), and then each value has odds of being of that kind: a rare value needs a larger deviation
in a field where hardly any value matters than in one where every other does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featsel.stats.deviance import stirling_remainder

FloatArray = NDArray[np.float64]

DOUBT = 10.0
"""Values that tell nothing, added to those of each field: four values alone cannot say how common effects
are."""

MOST = 0.25
"""Where nearly all values have rates of their own, a rare one must still show that it does: its rows must be
three times as likely with one as without."""

N_ROUNDS = 3
"""Rare values that turn out to have rates of their own do not set the level; a third round changes little."""

N_STEPS = 200
"""Of the two iterations, at most; a few dozen are usual."""

ENOUGH = 1e-9
"""Change at which they end."""

SMALLEST = 1e-6
"""Expected rates stay away from 0 and 1 by so much."""


def effect_log_odds(rows: FloatArray, positives: FloatArray, expected: FloatArray) -> FloatArray:
    """Log odds that the values of one field have rates of their own.

    A rate of its own is Beta around the expected one, with a standard deviation of one unit of log odds. The
    share of such values is estimated by maximum likelihood, with :data:`DOUBT`.

    Parameters
    ----------
    rows : ndarray of float64, shape (n_values,)
        Rows of each value.
    positives : ndarray of float64, shape (n_values,)
        Those of label 1 among them.
    expected : ndarray of float64, shape (n_values,)
        Those that all else lets expect, up to a level in log odds that is set by the rarer half of the
        values: what these have in common is no effect of each.

    Returns
    -------
    ndarray of float64, shape (n_values,)
        Above 0 where an effect is more likely than none; minus infinity for values without rows.

    Examples
    --------
    >>> import numpy as np
    >>> rows, expected = np.full(40, 100.0), np.full(40, 10.0)
    >>> positives = np.r_[45.0, np.full(39, 10.0)]
    >>> odds = effect_log_odds(rows, positives, expected)
    >>> bool(odds[0] > 10), bool(odds[1:].max() < 0)
    (True, True)
    """
    found = np.full(rows.size, -np.inf)
    is_met = rows > 0
    if not is_met.any():
        return found
    n, hits = rows[is_met], np.minimum(positives[is_met], rows[is_met])
    start = np.clip(expected[is_met] / n, SMALLEST, 1 - SMALLEST)
    is_rare = n <= np.median(n)
    odds = np.zeros(n.size)
    for _ in range(N_ROUNDS):
        rates = _levelled(n, hits, start, is_rare & (odds <= 0))
        nats = _log_bayes_factors(n, hits, rates)
        share = _share_of_effects(nats)
        odds = nats + np.log(share) - np.log1p(-share)
    found[is_met] = odds
    return found


def _levelled(n: FloatArray, hits: FloatArray, rates: FloatArray, is_null: NDArray[np.bool_]) -> FloatArray:
    """Rates moved in log odds, all alike, until those that tell nothing expect what they have."""
    total = hits[is_null].sum()
    if not 0 < total < n[is_null].sum():
        return rates
    odds = rates / (1 - rates)
    factor = 1.0
    for _ in range(N_STEPS):
        moved = factor * odds[is_null] / (1 + factor * odds[is_null])
        # sure to converge: the sum of the expected grows with the factor, and slower than in proportion
        change = total / (n[is_null] * moved).sum()
        factor *= change
        if abs(change - 1) < ENOUGH:
            break
    return np.clip(factor * odds / (1 + factor * odds), SMALLEST, 1 - SMALLEST)


def _log_bayes_factors(n: FloatArray, hits: FloatArray, rates: FloatArray) -> FloatArray:
    """Log likelihood of a beta-binomial with the standard deviation p (1 - p), less that of the binomial."""
    strength = 1 / (rates * (1 - rates)) - 1
    first, second = rates * strength, (1 - rates) * strength
    nats = _log_beta(hits + first, n - hits + second) - _log_beta(first, second)
    return nats - hits * np.log(rates) - (n - hits) * np.log1p(-rates)


def _share_of_effects(nats: FloatArray) -> float:
    share = 0.5
    for _ in range(N_STEPS):
        odds = nats + np.log(share) - np.log1p(-share)
        chances = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
        new = min(max(float(chances.sum()) / (nats.size + DOUBT), SMALLEST), MOST)
        if abs(new - share) < ENOUGH:
            return new
        share = new
    return share


def _log_beta(first: FloatArray, second: FloatArray) -> FloatArray:
    return _log_gamma(first) + _log_gamma(second) - _log_gamma(first + second)


def _log_gamma(count: FloatArray) -> FloatArray:
    log = np.log(count)
    return (count - 1) * log - count + stirling_remainder(count)
