"""Does a field tell anything of the label within the values of another one?

A field that matters only beside another one has no information by itself. Within each value of the other, a
stratum, it has: the chi-squares of the strata add up, and so do their means and variances under independence,
for a permutation of the labels within the strata. No asymptotics: all margins are held fixed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.stats.significance import p_value

FloatArray = NDArray[np.float64]

LEAST_ROWS = 4
"""Of a stratum: the variance of a smaller one has no closed form, and it has nothing to say."""


@dataclass(frozen=True)
class ConditionalTest:
    """A chi-square within strata, and what independence would give.

    Parameters
    ----------
    statistic : float
        Sum of the chi-squares of all strata.
    mean, sd : float
        Of that sum under independence within the strata.
    """

    statistic: float
    mean: float
    sd: float

    @property
    def z(self) -> float:
        """Standard deviations above the mean; 0 where nothing can vary."""
        return (self.statistic - self.mean) / self.sd if self.sd > 0 else 0.0

    @property
    def p_value(self) -> float:
        """Chance of as much or more under independence: a gamma tail of this mean and sd, 1 without any."""
        if self.sd <= 0:
            return 1.0
        return float(p_value(self.statistic, self.mean, self.sd))


def conditional_test(counts: NDArray[np.int64], positives: NDArray[np.int64]) -> ConditionalTest:
    """Test a field for independence of a 0/1 label within strata.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_strata, n_values)
        Rows of each value of the field in each stratum.
    positives : ndarray of int64, shape (n_strata, n_values)
        Those of label 1 among them.

    Returns
    -------
    ConditionalTest
        Strata of fewer than four rows, of one label or of one value add nothing.

    References
    ----------
    Dawson, "A simplified expression for the variance of the chi-square function on a contingency table",
    Biometrika 41, 1954.

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.array([[50, 50], [50, 50]])
    >>> opposite = conditional_test(counts, np.array([[40, 10], [10, 40]]))
    >>> round(opposite.z, 1), round(conditional_test(counts, np.array([[25, 25], [25, 25]])).z, 1)
    (34.8, -1.0)
    """
    sizes = counts.sum(axis=1)
    hits = positives.sum(axis=1)
    n_values = np.count_nonzero(counts, axis=1)
    is_used = (sizes >= LEAST_ROWS) & (hits > 0) & (hits < sizes) & (n_values > 1)
    if not is_used.any():
        return ConditionalTest(0.0, 0.0, 0.0)
    cells, found = counts[is_used].astype(np.float64), positives[is_used].astype(np.float64)
    n, b, k = (each[is_used].astype(np.float64) for each in (sizes, hits, n_values))
    rate = (b / n)[:, None]
    inverse = np.divide(1.0, cells, out=np.zeros_like(cells), where=cells > 0)
    statistic = ((found - cells * rate) ** 2 * inverse).sum(axis=1) / (rate * (1 - rate))[:, 0]
    mean, variance = chi_square_moments(n, b, n_values=k, inverse_sizes=inverse.sum(axis=1))
    return ConditionalTest(
        float(statistic.sum()), float(mean.sum()), float(np.sqrt(max(0.0, float(variance.sum()))))
    )


def chi_square_moments(
    n_rows: FloatArray, n_positive: FloatArray, *, n_values: FloatArray, inverse_sizes: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of the chi-squares of tables under independence, both margins held fixed.

    Parameters
    ----------
    n_rows, n_positive : ndarray of float64, shape (n_tables,)
        Rows of each table, four at least, and those of label 1: more than none, less than all.
    n_values : ndarray of float64, shape (n_tables,)
        How many values have rows.
    inverse_sizes : ndarray of float64, shape (n_tables,)
        Sum over these values of one over their rows.

    Returns
    -------
    tuple of two ndarrays of float64, shape (n_tables,)
        Means and variances.
    """
    n, b, k = n_rows, n_positive, n_values
    mean = n * (k - 1) / (n - 1)
    of_values = (k - 1) * (n - k) / (n - 1), (n * inverse_sizes - k**2) / (n - 2)
    of_labels = (n - 2) / (n - 1), (n / b + n / (n - b) - 4) / (n - 2)
    variance = 2 * n / (n - 3) * (of_values[0] - of_values[1]) * (of_labels[0] - of_labels[1])
    variance += n**2 / (n - 1) * of_values[1] * of_labels[1]
    return mean, variance
