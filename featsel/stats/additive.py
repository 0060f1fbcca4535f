"""Which click rate would a pair of values have, did each of the two add its own log-odds and no more?

The log-odds of a cell are ``m + u_a + v_b``, where the effects of a field scatter around zero with a variance
that is learnt from the table (a random-effects model): the effects of a field of two values are then those of
a plain logistic regression, and those of ten thousand users are as large as the users' rows allow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
CodeArray = NDArray[np.uint32]

MAX_SWEEPS = 60
"""Updates of both fields' effects; all but nearly identical fields need fewer than ten."""

TOLERANCE = 1e-3
"""Root mean square, over rows, of the change of the log-odds at which sweeps end."""

LARGEST_STEP = 2.0
"""Log-odds by which an effect moves at once: a pure value has none that is finite."""

LEAST_VARIANCE, MOST_VARIANCE = 1e-6, 25.0
"""Variances of effects: below, a field has none to speak of; above, values are pure."""

LEVEL_VARIANCE = 0.25
"""Variance of effects for which a moment estimate weights the values of a field best: half a unit of
log-odds."""

EXACT_SIZE = 256
"""Values of the smaller field up to which leverages are exact: a linear system of that size is solved."""

EXACT_CELLS = 1 << 22
"""Cells of the full table up to which leverages are exact: 32 MB of doubles."""


LEAST_DETERMINANT = 1e-9
"""Share of its largest value that the determinant of two effects keeps where they cannot be told apart."""


LEAST_SHARE = 0.5
"""Share of what the squared residuals of a linear model would be that is believed: those of a value with few
rows are smaller, because a rate bends."""


@dataclass(frozen=True, eq=False)
class AdditiveFit:
    """Additive log-odds, fitted to the cells of a table.

    Parameters
    ----------
    rates : ndarray of float64, shape (n_cells,)
        Fitted click rates, between 0 and 1.
    leverages : ndarray of float64, shape (n_cells,)
        Variance of the fitted log-odds: how much they move for a unit of residual in the cell.
    """

    rates: FloatArray
    leverages: FloatArray


def pair_products(counts: NDArray[np.int64], rates: FloatArray) -> FloatArray:
    """Sum, over the pairs of different rows of a cell, of the products of their residuals.

    Its mean is zero where the rows are independent, and unlike a squared sum of residuals it has no part that
    is owed to the rows one by one: a single row adds nothing.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_cells, 2)
        Rows of each label.
    rates : ndarray of float64, shape (n_cells,)
        Expected click rates.

    Returns
    -------
    ndarray of float64, shape (n_cells,)
        Each pair counts in both orders.
    """
    misses, hits = counts[:, 0], counts[:, 1]
    residual = hits * (1.0 - rates) - misses * rates
    products: FloatArray = residual**2 - hits * (1.0 - rates) ** 2 - misses * rates**2
    return products


def fit_additive(
    first: CodeArray, second: CodeArray, counts: NDArray[np.int64], *, sizes: tuple[int, int]
) -> AdditiveFit:
    """Fit additive log-odds to a table of two codes and a 0/1 label.

    Parameters
    ----------
    first, second : ndarray of unsigned integers, shape (n_cells,)
        Codes of the cells.
    counts : ndarray of int64, shape (n_cells, 2)
        Rows of each label, of which both occur.
    sizes : tuple of int
        How many codes each has.

    Returns
    -------
    AdditiveFit
        Rates and leverages of the cells.
    """
    codes = first.astype(np.intp), second.astype(np.intp)
    n_rows = counts.sum(axis=1).astype(np.float64)
    hits = counts[:, 1].astype(np.float64)
    total, rate = n_rows.sum(), hits.sum() / n_rows.sum()
    effects = [np.zeros(size) for size in sizes]
    variances = [_moment(code, counts, rate, size) for code, size in zip(codes, sizes, strict=True)]
    log_odds = np.full(n_rows.size, np.log(rate / (1.0 - rate)))
    rates = np.full(n_rows.size, rate)
    weight, leverages = n_rows * rate * (1.0 - rate), np.zeros(n_rows.size)
    for _ in range(MAX_SWEEPS):
        before = log_odds
        for side in (0, 1):
            code = codes[side]
            weight = n_rows * rates * (1.0 - rates)
            slope = np.bincount(code, hits - n_rows * rates, sizes[side]) - effects[side] / variances[side]
            curvature = np.bincount(code, weight, sizes[side]) + 1.0 / variances[side]
            step = np.clip(slope / curvature, -LARGEST_STEP, LARGEST_STEP)
            effects[side] += step
            log_odds = log_odds + step[code]
            rates = _rate(log_odds)
            # the level of all rows is not shrunk
            log_odds += (hits.sum() - np.dot(n_rows, rates)) / np.dot(n_rows, rates * (1.0 - rates))
            rates = _rate(log_odds)
        weight = n_rows * rates * (1.0 - rates)
        leverages = _leverages(codes, weight, sizes, variances)
        variances = [
            _next_variance(variance, effect, _levels(code, counts, rates, leverages, variance, size=size))
            for variance, effect, code, size in zip(variances, effects, codes, sizes, strict=True)
        ]
        if np.dot(n_rows, (log_odds - before) ** 2) < TOLERANCE**2 * total:
            break
    small = 0 if sizes[0] <= sizes[1] else 1
    if sizes[small] <= EXACT_SIZE and sizes[0] * sizes[1] <= EXACT_CELLS:
        leverages = _exact_leverages(
            codes[1 - small],
            codes[small],
            weight,
            (sizes[1 - small], sizes[small]),
            (variances[1 - small], variances[small]),
        )
    return AdditiveFit(rates, leverages)


@dataclass(frozen=True, eq=False)
class _Levels:
    """Of the rows of each value of a field: weight, squared residuals, and what fitting explains of pairs."""

    weight: FloatArray
    squares: FloatArray
    explained: FloatArray


def _levels(
    code: NDArray[np.intp],
    counts: NDArray[np.int64],
    rates: FloatArray,
    leverages: FloatArray,
    variance: float,
    *,
    size: int,
) -> _Levels:
    misses, hits = counts[:, 0], counts[:, 1]
    n_rows = misses + hits
    weights = n_rows * rates * (1.0 - rates)
    weight = _sums(code, weights, size)
    # rows that share this value alone, and rows that share the other one too
    of_pairs = _sums(code, weights**2, size)
    of_cells = _sums(code, weights**2 * (1.0 - 1.0 / n_rows) * leverages, size)
    explained = (weight**2 - of_pairs) / (weight + 1.0 / variance) + of_cells
    squares = _sums(code, hits * (1.0 - rates) ** 2 + misses * rates**2, size)
    return _Levels(weight, squares, explained)


def _sums(code: NDArray[np.intp], amounts: FloatArray, size: int) -> FloatArray:
    return np.bincount(code, amounts, size).astype(np.float64, copy=False)


def _next_variance(variance: float, effects: FloatArray, levels: _Levels) -> float:
    """One step towards the variance at which pairs of rows of one value have the products they should."""
    weight = 1.0 / (levels.weight + 1.0 / LEVEL_VARIANCE)
    plain = float(np.dot(weight, levels.weight / (levels.weight * variance + 1.0)))
    exact = float(np.dot(weight, levels.squares - levels.explained))
    divisor = min(max(exact, LEAST_SHARE * plain), plain)
    return float(np.clip(np.dot(weight, effects**2) / variance / divisor, LEAST_VARIANCE, MOST_VARIANCE))


def _rate(log_odds: FloatArray) -> FloatArray:
    rates: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0)))
    return rates


def _moment(code: NDArray[np.intp], counts: NDArray[np.int64], rate: float, size: int) -> float:
    """Variance of the effects of one field by itself, from the products of pairs of its rows."""
    level = np.stack([np.bincount(code, counts[:, label], size) for label in (0, 1)], axis=1).astype(np.int64)
    n = level.sum(axis=1).astype(np.float64)
    variance = rate * (1.0 - rate)
    weight = 1.0 / (n * variance + 1.0 / LEVEL_VARIANCE)
    products = np.dot(weight, pair_products(level, np.full(size, rate)))
    expected = np.dot(weight, n * (n - 1.0)) * variance**2
    found = products / expected if expected > 0 else 0.0
    return float(np.clip(found, 10 * LEAST_VARIANCE, MOST_VARIANCE))


def _leverages(
    codes: tuple[NDArray[np.intp], NDArray[np.intp]],
    weight: FloatArray,
    sizes: tuple[int, int],
    variances: list[float],
) -> FloatArray:
    # the two values of a cell alone, which is exact where the fields are independent or one is a copy
    total = weight.sum()
    sums = [_sums(code, weight, size) for code, size in zip(codes, sizes, strict=True)]
    shares = [1.0 - each / total for each in sums]
    own, other = (
        (each * share + 1.0 / variance)[code]
        for each, share, variance, code in zip(sums, shares, variances, codes, strict=True)
    )
    a, b = (share[code] for share, code in zip(shares, codes, strict=True))
    both = weight - sums[0][codes[0]] * sums[1][codes[1]] / total
    determinant = np.maximum(own * other - both**2, LEAST_DETERMINANT * own * other)
    leverages: FloatArray = 1.0 / total + (a * a * other + b * b * own - 2.0 * a * b * both) / determinant
    return np.maximum(np.minimum(leverages, 1.0 / weight), 0.0)


def _exact_leverages(
    large: NDArray[np.intp],
    small: NDArray[np.intp],
    weight: FloatArray,
    sizes: tuple[int, int],
    variances: tuple[float, float],
) -> FloatArray:
    # effects of the larger field are eliminated; the last column is the level
    table = np.zeros((sizes[0], sizes[1] + 1))
    table[large, small] = weight
    table[:, -1] = table[:, :-1].sum(axis=1)
    diagonal = table[:, -1] + 1.0 / variances[0]
    sums = table[:, :-1].sum(axis=0)
    system = np.diag(np.append(sums + 1.0 / variances[1], table[:, -1].sum()))
    system[:-1, -1] = system[-1, :-1] = sums
    shares = table / diagonal[:, None]
    inverse = np.linalg.inv(system - table.T @ shares)
    solved = shares @ inverse
    own = 1.0 / diagonal + np.einsum("ij,ij->i", solved, shares) - 2.0 * solved[:, -1] + inverse[-1, -1]
    diagonal_of_small = np.diag(inverse)[:-1] + 2.0 * inverse[:-1, -1]
    leverages: FloatArray = own[large] - 2.0 * solved[large, small] + diagonal_of_small[small]
    return np.maximum(np.minimum(leverages, 1.0 / weight), 0.0)
