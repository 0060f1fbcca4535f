"""How much does each value of a planted field move the label?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAX_EFFECT = 2.5
"""Log odds; a value that multiplies the odds of a click by more than twelve looks like a leak."""

COMMON_CODES = 3
"""One planted value is among the first three, else a skewed field could carry too little to be found."""


def draw_effects(
    probabilities: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    share: float,
    information: float,
    positive_rate: float,
) -> NDArray[np.float64]:
    """Effects of which most are zero, spread over common and rare values, with a given information.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (cardinality,)
        Frequency of each value, the most frequent first.
    rng : numpy.random.Generator
        Source of randomness.
    share : float
        Share of the values that have an effect; one value has one at least.
    information : float
        Mutual information (nats) to reach, see :func:`effect_information`. Less where an effect would
        exceed :data:`MAX_EFFECT`.
    positive_rate : float
        Share of clicks among the neutral values.

    Returns
    -------
    ndarray of float64, shape (cardinality,)
        Added to the log odds of a click.
    """
    codes = _spread_codes(probabilities.size, share, rng)
    effects = np.zeros(probabilities.size)
    effects[codes] = rng.uniform(0.5, 1.5, codes.size) * rng.choice([-1.0, 1.0], codes.size)
    return effects * effect_scale(
        effects, probabilities, information=information, positive_rate=positive_rate
    )


def effect_scale(
    effects: NDArray[np.float64],
    probabilities: NDArray[np.float64],
    *,
    information: float,
    positive_rate: float,
) -> float:
    """Factor that gives effects a wanted information.

    Parameters
    ----------
    effects : ndarray of float64, shape (cardinality,)
        Effects up to a factor.
    probabilities : ndarray of float64, shape (cardinality,)
        Frequency of each value.
    information : float
        Mutual information (nats) to reach.
    positive_rate : float
        Share of clicks among the neutral values.

    Returns
    -------
    float
        The factor, found by bisection; at most the one that makes the largest effect :data:`MAX_EFFECT`.
    """
    low, high = 0.0, MAX_EFFECT / float(np.abs(effects).max())
    for _ in range(40):
        middle = (low + high) / 2.0
        if effect_information(effects * middle, probabilities, positive_rate=positive_rate) < information:
            low = middle
        else:
            high = middle
    return high


def effect_information(
    effects: NDArray[np.float64], probabilities: NDArray[np.float64], *, positive_rate: float
) -> float:
    """Mutual information of a field and the label in a log without any other effect.

    Parameters
    ----------
    effects : ndarray of float64, shape (cardinality,)
        Added to the log odds of a click.
    probabilities : ndarray of float64, shape (cardinality,)
        Frequency of each value.
    positive_rate : float
        Share of clicks among the neutral values.

    Returns
    -------
    float
        Mutual information in nats, zero without effects.

    Examples
    --------
    >>> halves = np.array([0.5, 0.5])
    >>> round(effect_information(np.array([0.0, 1.0]), halves, positive_rate=0.1), 4)
    0.0161
    """
    planted = np.flatnonzero(effects)
    # the neutral values, often thousands, are one value to the label
    frequencies = np.append(probabilities[planted], 1.0 - probabilities[planted].sum())
    neutral = np.log(positive_rate) - np.log1p(-positive_rate)
    clicks = 1.0 / (1.0 + np.exp(-(neutral + np.append(effects[planted], 0.0))))
    rate = float(frequencies @ clicks)
    gain = clicks * np.log(clicks / rate) + (1.0 - clicks) * np.log((1.0 - clicks) / (1.0 - rate))
    return max(0.0, float(frequencies @ gain))


def _spread_codes(cardinality: int, share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """One code from each of equal slices of the frequency order: common values and rare ones alike."""
    n_codes = min(cardinality, max(1, round(share * cardinality)))
    edges = np.arange(n_codes + 1) * cardinality // n_codes
    codes = rng.integers(edges[:-1], edges[1:])
    codes[0] = rng.integers(0, min(COMMON_CODES, int(edges[1])))
    return codes
