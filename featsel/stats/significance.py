"""Is there more mutual information than chance explains, in one field and in many at once?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featsel.stats.gamma import log_upper_gamma

FloatArray = NDArray[np.float64]


def z_score(mutual_information: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> FloatArray:
    """Mutual information above its expectation, in standard deviations of independence.

    Parameters
    ----------
    mutual_information, mean, sd : array_like of float, shapes that broadcast
        Nats per row; the last two from :func:`featsel.stats.null_moments`.

    Returns
    -------
    ndarray of float64
        Standard deviations; zero where ``sd`` is zero, as for a row identifier.

    Examples
    --------
    >>> z_score([0.25, 0.5], [0.125, 0.5], [0.0625, 0.0])
    array([2., 0.])
    """
    observed, centre, spread = _broadcast(mutual_information, mean, sd)
    return np.divide(observed - centre, spread, out=np.zeros_like(observed), where=spread > 0)


def p_value(mutual_information: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> FloatArray:
    """Probability of as much mutual information under independence.

    The upper tail of the gamma distribution with this mean and standard deviation: at low cardinality that is
    the chi-squared distribution of the G-test, at high cardinality the normal one.

    Parameters
    ----------
    mutual_information, mean, sd : array_like of float, shapes that broadcast
        Nats per row; the last two from :func:`featsel.stats.null_moments`.

    Returns
    -------
    ndarray of float64
        From 0 (below 1e-308) to 1; 1 where ``mean`` or ``sd`` is zero, as for a constant or a row identifier.

    Examples
    --------
    >>> p_value([0.0, 0.5, 2.0], [0.5, 0.5, 1.0], [0.5, 0.0, 1.0]).round(6)
    array([1.      , 1.      , 0.135335])
    """
    observed, centre, spread = _broadcast(mutual_information, mean, sd)
    probability = np.ones_like(observed)
    is_random = (centre > 0) & (spread > 0) & (observed > 0)
    shape = (centre[is_random] / spread[is_random]) ** 2
    excess = (observed[is_random] - centre[is_random]) / centre[is_random]
    probability[is_random] = np.exp(log_upper_gamma(shape, excess))
    return probability


def benjamini_hochberg(p_values: ArrayLike) -> FloatArray:
    """Adjust p-values for the number of fields: the false discovery rate at which each would be accepted.

    Parameters
    ----------
    p_values : array_like of float, shape (n_fields,)
        Probabilities, in any order.

    Returns
    -------
    ndarray of float64, shape (n_fields,)
        q-values in the same order, from 0 to 1, never below the p-value.

    References
    ----------
    Benjamini & Hochberg, "Controlling the false discovery rate", JRSS B 57, 1995.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.5, 0.02])
    array([0.03, 0.5 , 0.03])
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    # the ratio first: it is never below one, so that q is never below p
    scaled = p[order] * (p.size / np.arange(1, p.size + 1))
    q = np.empty_like(p)
    q[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return q


def _broadcast(*arrays: ArrayLike) -> tuple[FloatArray, ...]:
    return tuple(np.array(each) for each in np.broadcast_arrays(*(np.asarray(a, np.float64) for a in arrays)))
