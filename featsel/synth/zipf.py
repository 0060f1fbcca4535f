"""How often does each value of a field occur?

A bounded Zipf law in closed form: the power law is cut into integers after it was drawn, not before. It needs
no table, so a field of ten million values costs no more than one of ten.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EXPONENTS = (1.05, 0.0, 0.8, 1.3)
"""Zipf exponents in turn: a click log's usual skew, none, mild and steep."""


def zipf_codes(uniforms: NDArray[np.float64], cardinality: int, exponent: float) -> NDArray[np.int64]:
    """Codes that follow a bounded Zipf law.

    Parameters
    ----------
    uniforms : ndarray of float64
        Uniform draws, at least 0 and below 1.
    cardinality : int
        Number of codes, at least 1.
    exponent : float
        Code k is about as frequent as ``(k + 1) ** -exponent``; exactly, see :func:`zipf_probabilities`.

    Returns
    -------
    ndarray of int64, shape of ``uniforms``
        Codes from 0, the most frequent, to ``cardinality - 1``.

    Examples
    --------
    >>> zipf_codes(np.array([0.0, 0.5, 0.75, 0.99]), 100, 1.0)
    array([ 0,  9, 30, 95])
    """
    if exponent == 0.0:
        edges = 1.0 + uniforms * cardinality
    elif exponent == 1.0:
        edges = np.exp(uniforms * np.log(cardinality + 1.0))
    else:
        power = 1.0 - exponent
        edges = (1.0 + uniforms * ((cardinality + 1.0) ** power - 1.0)) ** (1.0 / power)
    # rounding can lift a uniform just below 1 over the last edge
    return np.minimum(edges.astype(np.int64) - 1, cardinality - 1)


def zipf_probabilities(cardinality: int, exponent: float) -> NDArray[np.float64]:
    """Probabilities of the codes of :func:`zipf_codes`.

    Parameters
    ----------
    cardinality : int
        Number of codes, at least 1.
    exponent : float
        Exponent of the law, 0 for equal frequencies.

    Returns
    -------
    ndarray of float64, shape (cardinality,)
        Never increasing; sums to 1.

    Examples
    --------
    >>> zipf_probabilities(4, 1.0).round(3)
    array([0.431, 0.252, 0.179, 0.139])
    """
    edges = np.arange(1.0, cardinality + 2.0)
    cumulative = np.log(edges) if exponent == 1.0 else edges ** (1.0 - exponent) - 1.0
    probabilities: NDArray[np.float64] = np.diff(cumulative) / cumulative[-1]
    return probabilities


def log_spaced_cardinalities(lowest: int, highest: int, n_fields: int) -> list[int]:
    """Cardinalities at equal ratios.

    Parameters
    ----------
    lowest, highest : int
        The first and the last; both are the highest, but 1 at least, where the lowest is above it.
    n_fields : int
        How many.

    Returns
    -------
    list of int
        Never decreasing.

    Examples
    --------
    >>> log_spaced_cardinalities(2, 2_000, 4)
    [2, 20, 200, 2000]
    """
    highest = max(1, highest)
    ratios = np.geomspace(min(lowest, highest), highest, n_fields)
    return [round(float(cardinality)) for cardinality in ratios]
