"""How much mutual information would a field show, were it independent of the label?

Both margins of the table are held fixed, as a permutation of the labels would hold them, and no permutation
is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.stats.cells import DivergenceMoments, divergence_moments, expected_deviance

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

RESOLUTION = 1e-12
"""A standard deviation below this share of the mean is rounding, for the mean is good to about 1e-13."""


def expected_mutual_information(table: ContingencyTable) -> float:
    """Exact expectation of the plug-in mutual information under independence, both margins fixed.

    Rows with weights: the totals are rounded to whole rows and a value between two whole sizes gets the
    linear interpolation of both, so whole weights equal repeated rows.

    Parameters
    ----------
    table : ContingencyTable
        Joint counts of a field and any number of labels.

    Returns
    -------
    float
        Nats per row. Zero for an empty table, a constant field or a constant label; the label entropy if
        every row has its own value.

    References
    ----------
    Vinh, Epps & Bailey, "Information theoretic measures for clusterings comparison", JMLR 11, 2010.

    Examples
    --------
    >>> import numpy as np
    >>> table = ContingencyTable(np.array([[1, 1], [1, 1]]), np.array([1, 1]))
    >>> round(expected_mutual_information(table), 6)
    0.231049
    """
    sizes, multiplicity = _sizes(table)
    label_totals = _label_totals(table)
    total = sum(label_totals)
    grid = _whole_sizes([sizes], total)
    nats = np.zeros(grid.size)
    for count in label_totals:
        if 0 < count < total:
            nats += expected_deviance(grid, total, count)
    return float(np.dot(multiplicity, _interpolate(sizes, grid, nats))) / max(total, 1)


def variance_of_mutual_information(table: ContingencyTable) -> float:
    """Variance of the plug-in mutual information under independence, both margins fixed.

    The positives of the values are independent binomial counts that happen to add up to the positives of the
    log (Holst). Given that sum, the variance of each value's term is exact; the covariance of two terms is
    that of their regressions on the counts and on the squared counts, which neglects a share of the order of
    one over the number of positives (or negatives, if they are fewer). Without the condition the standard
    deviation of a high-cardinality field would be overstated many times over.

    A multiple of the count may be taken from every term, for the counts add up to a constant; then hardly
    anything is subtracted, and a field of nothing but single rows has no variance but rounding.

    Parameters
    ----------
    table : ContingencyTable
        Joint counts of a field and two labels.

    Returns
    -------
    float
        Squared nats per row, never negative. Zero for an empty table, a constant field, a constant label, and
        where every row has its own value.

    Raises
    ------
    ValueError
        If the table has more or fewer than two labels.

    References
    ----------
    Holst, "Two conditional limit theorems with applications", Annals of Statistics 7, 1979.

    Examples
    --------
    >>> import numpy as np
    >>> variance_of_mutual_information(ContingencyTable(np.array([[1, 0], [0, 1]]), np.array([80, 20])))
    0.0
    """
    return float(null_moments([table])[1][0] ** 2)


def null_moments(tables: Sequence[ContingencyTable]) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of the mutual information of many fields under independence.

    All tables with the same rows and positives share one evaluation per distinct size of a value, which is
    nearly all the work.

    Parameters
    ----------
    tables : sequence of ContingencyTable
        Joint counts of fields and two labels.

    Returns
    -------
    tuple of two ndarrays of float64, shape (n_tables,)
        Means, see :func:`expected_mutual_information`, and standard deviations, see
        :func:`variance_of_mutual_information`, in nats per row.

    Raises
    ------
    ValueError
        If a table has more or fewer than two labels.
    """
    margins: dict[tuple[int, int], list[int]] = {}
    for index, table in enumerate(tables):
        if table.counts.shape[1] != 2:
            raise ValueError(f"two labels are needed, table {index} has {table.counts.shape[1]}")
        negatives, positives = _label_totals(table)
        margins.setdefault((negatives + positives, positives), []).append(index)
    means, deviations = np.zeros(len(tables)), np.zeros(len(tables))
    for (total, positives), members in margins.items():
        if 0 < positives < total:
            moments = _shared_moments([tables[index] for index in members], total, positives)
            means[members], deviations[members] = moments
    return means, deviations


def _shared_moments(
    tables: Sequence[ContingencyTable], total: int, positives: int
) -> tuple[FloatArray, FloatArray]:
    sizes_of_tables = [_sizes(table) for table in tables]
    grid = _whole_sizes([sizes for sizes, _ in sizes_of_tables], total)
    moments = divergence_moments(grid, total, positives)
    count_variance = positives * (1.0 - positives / total)
    means, variances = np.zeros(len(tables)), np.zeros(len(tables))
    for index, (sizes, multiplicity) in enumerate(sizes_of_tables):
        if multiplicity.sum() <= 1:
            continue  # one value tells nothing; what rounding leaves of that would look significant
        means[index] = np.dot(multiplicity, _interpolate(sizes, grid, moments.mean))
        variances[index] = _variance(sizes, multiplicity, grid, moments, count_variance=count_variance)
    deviations = np.sqrt(np.maximum(variances, 0.0))
    return means / total, np.where(deviations > RESOLUTION * means, deviations, 0.0) / total


def _variance(
    sizes: FloatArray,
    multiplicity: FloatArray,
    grid: IntArray,
    moments: DivergenceMoments,
    *,
    count_variance: float,
) -> float:
    # of n I, in squared nats; below one row the slope is that of one row
    free_slope = np.interp(sizes, grid, moments.free_slope)
    mean_slope = np.dot(multiplicity * sizes, free_slope) / np.dot(multiplicity, sizes)
    slope = np.interp(sizes, grid, moments.slope) - mean_slope
    own = np.dot(multiplicity, _interpolate(sizes, grid, moments.residual_variance))
    own += np.dot(multiplicity, slope**2 * _interpolate(sizes, grid, moments.count_variance))
    # covariance of two values: -linear linear' / V + curvature curvature' / (2 V^2); linear adds up to zero
    linear = (free_slope - mean_slope) * sizes * (count_variance / np.dot(multiplicity, sizes))
    curvature = _interpolate(sizes, grid, moments.free_curvature)
    of_pairs = np.dot(multiplicity, linear**2) / count_variance
    squared_sum, sum_of_squares = np.dot(multiplicity, curvature) ** 2, np.dot(multiplicity, curvature**2)
    of_pairs += (squared_sum - sum_of_squares) / (2.0 * count_variance**2)
    return float(own + of_pairs)


def _sizes(table: ContingencyTable) -> tuple[FloatArray, FloatArray]:
    # distinct numbers of rows per value and how many values have them, zeros dropped
    all_sizes: FloatArray = table.counts.sum(axis=1).astype(np.float64)
    sizes, places = np.unique(all_sizes, return_inverse=True)
    weights = table.multiplicity.astype(np.float64)
    multiplicity: FloatArray = np.bincount(places, weights, minlength=sizes.size).astype(np.float64)
    occupied = (sizes > 0) & (multiplicity > 0)
    return sizes[occupied], multiplicity[occupied]


def _label_totals(table: ContingencyTable) -> list[int]:
    return [int(count) for count in np.rint(table.label_totals)]


def _whole_sizes(sizes_of_tables: Sequence[FloatArray], total: int) -> IntArray:
    # the whole numbers on both sides of every size; a weighted size may round to more than the total
    sizes = np.concatenate(sizes_of_tables)
    whole = np.concatenate([np.floor(sizes), np.ceil(sizes)]).astype(np.int64)
    return np.unique(np.minimum(whole[whole > 0], total))


def _interpolate(sizes: FloatArray, grid: IntArray, values: FloatArray) -> FloatArray:
    interpolated: FloatArray = np.interp(sizes, np.append(0, grid), np.append(0.0, values))
    return interpolated
