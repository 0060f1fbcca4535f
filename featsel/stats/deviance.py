"""How far is a count from its mean, in nats, without loss of digits?

Binomial, Poisson and gamma probabilities, and with them every expectation of this package, are exponentials
of such terms (Loader, "Fast and accurate computation of binomial probabilities", 2000). Written with
log-factorials instead they lose about six digits at a billion rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SERIES_START = 16.0
"""From here five terms of Stirling's series reach the rounding of a double."""


def deviance(count: FloatArray, mean: FloatArray) -> FloatArray:
    """Half the Poisson deviance, ``count ln(count / mean) - count + mean``.

    Parameters
    ----------
    count, mean : ndarray of float64
        Not negative, of shapes that broadcast; ``mean`` is positive wherever ``count`` is.

    Returns
    -------
    ndarray of float64
        Nats, never negative; zero where both agree, ``mean`` where ``count`` is zero.

    Examples
    --------
    >>> import numpy as np
    >>> deviance(np.array([0.0, 2.0]), np.array([2.0, 2.0]))
    array([2., 0.])
    """
    difference = count - mean
    with np.errstate(divide="ignore", invalid="ignore"):
        nats = count * np.log1p(difference / mean) - difference
    return np.where(count > 0, np.maximum(nats, 0.0), mean)


def stirling_remainder(count: FloatArray) -> FloatArray:
    """Difference of a log-factorial from its leading terms, ``ln(count!) - count ln(count) + count``.

    Parameters
    ----------
    count : ndarray of float64
        Not negative; need not be whole, the factorial is then the gamma function of ``count + 1``.

    Returns
    -------
    ndarray of float64
        Nats; zero at zero, close to ``ln(2 pi count) / 2`` for large counts.

    Examples
    --------
    >>> import numpy as np
    >>> stirling_remainder(np.array([0.0, 1.0, 2.0])).round(6) + 0.0
    array([0.      , 1.      , 1.306853])
    """
    remainder = _stirling_series(np.maximum(count, SERIES_START))
    small = count < SERIES_START
    if small.any():
        remainder[small] = _shifted_remainder(count[small])
    return remainder


def _stirling_series(count: FloatArray) -> FloatArray:
    inverse = 1.0 / count
    square = inverse * inverse
    tail = 1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))
    series: FloatArray = 0.5 * np.log(2.0 * np.pi * count) + inverse * tail
    return series


def _shifted_remainder(count: FloatArray) -> FloatArray:
    # ln(count!) from ln((count + 16)!), where the series holds
    shifted = count + SERIES_START
    rising = np.ones_like(count)
    for step in range(1, int(SERIES_START) + 1):
        rising *= count + step
    log_factorial = shifted * np.log(shifted) - shifted + _stirling_series(shifted) - np.log(rising)
    power = count * np.log(np.where(count > 0, count, 1.0))
    remainder: FloatArray = log_factorial - power + count
    return remainder
