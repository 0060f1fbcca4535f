"""Between which numbers does a mean lie that was measured a few times, or row by row?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NORMAL_95 = 1.959963984540054
"""Standard deviations within which 95 % of a normal distribution lie."""

STUDENT_95 = (
    *(12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139),
    *(2.200985, 2.178813, 2.160369, 2.144787, 2.131450, 2.119905, 2.109816, 2.100922, 2.093024, 2.085963),
)
"""The same of Student's t for 1 to 20 degrees of freedom; beyond, an expansion is exact to six digits."""


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % interval.

    Parameters
    ----------
    mean : float
        The mean.
    low, high : float, optional
        Ends of the interval; None where one measurement says nothing of its error.
    """

    mean: float
    low: float | None
    high: float | None


def mean_interval(values: Sequence[float]) -> Interval:
    """Mean of a few measurements, with Student's interval.

    Parameters
    ----------
    values : sequence of float
        One or more.

    Returns
    -------
    Interval
        It takes measurements as independent and roughly normal.

    Examples
    --------
    >>> round(mean_interval([1.0, 2.0, 3.0]).high, 3)
    4.484
    >>> mean_interval([0.5])
    Interval(mean=0.5, low=None, high=None)
    """
    # sums of math.fsum do not depend on the order of the values
    mean = math.fsum(values) / len(values)
    if len(values) < 2:
        return Interval(mean, None, None)
    spread = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
    reach = student_95(len(values) - 1) * math.sqrt(spread / len(values))
    return Interval(mean, mean - reach, mean + reach)


def row_interval(sums: NDArray[np.float64], weights: NDArray[np.float64]) -> Interval:
    """Mean over rows that were measured several times, or not at all.

    Parameters
    ----------
    sums : ndarray of float64, shape (n_rows,)
        Sum of the measurements of each row, times their weights.
    weights : ndarray of float64, shape (n_rows,)
        Sum of the weights; 0 for a row that was not measured.

    Returns
    -------
    Interval
        Rows are what is drawn: measurements of one row count as one, however much they agree.
    """
    total = float(weights.sum())
    mean = float(sums.sum()) / total
    reach = NORMAL_95 * float(np.sqrt(np.sum((sums - mean * weights) ** 2))) / total
    return Interval(mean, mean - reach, mean + reach)


def student_95(freedom: int) -> float:
    """Deviations to each side within which 95 % of Student's t lie.

    Parameters
    ----------
    freedom : int
        Degrees of freedom, 1 or more.

    Returns
    -------
    float
        12.7 for one degree, 1.96 for many.

    References
    ----------
    Abramowitz & Stegun, "Handbook of mathematical functions", 26.7.5, for more than 20 degrees.
    """
    if freedom <= len(STUDENT_95):
        return STUDENT_95[freedom - 1]
    z, n = NORMAL_95, float(freedom)
    terms = (
        (z**3 + z) / (4 * n),
        (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2),
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3),
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * n**4),
    )
    return z + sum(terms)
