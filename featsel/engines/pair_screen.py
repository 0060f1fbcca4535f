"""Which pairs of coarse codes stray from additive log-odds of the label, among very many pairs?

A pair is counted into a table that stays in the first-level cache, additive log-odds are fitted by a few
sweeps of Newton's method, and the statistic of :mod:`featsel.stats.interaction` is taken from the table, with
leverages as if the fields were independent. Odds are kept instead of their logarithms: a sweep then takes one
division a cell. Sums of one field alone are never asked: two fields that matter only together have none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featsel.engines import kernels

PRIOR_ROWS = 4.0
"""As :data:`featsel.stats.interaction.PRIOR_ROWS`."""

RIDGE = 1.0
"""Rows' worth of resistance of an effect: a value that is all positive has no finite one."""

LARGEST_STEP = 2.0
"""Log-odds by which an effect moves at once."""

ROUNDING = 1e-6
"""Share of the variance of rates that are known below which the fit has left none."""

N_SWEEPS = 2
"""Updates of both fields' effects, which begin as those of independent fields."""

FloatArray = NDArray[np.float64]


def screen_pairs(
    codes: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    pairs: NDArray[np.int64],
    *,
    n_codes: NDArray[np.int64],
) -> FloatArray:
    """Test many pairs of fields for an interaction.

    Parameters
    ----------
    codes : ndarray of uint8, shape (n_fields, n_rows)
        Codes of each field.
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1, both present.
    pairs : ndarray of int64, shape (n_pairs, 2)
        Two fields each; fastest where neighbours share the first one.
    n_codes : ndarray of int64, shape (n_fields,)
        One more than the largest code of each field.

    Returns
    -------
    ndarray of float64, shape (n_pairs,)
        Standard deviations above the mean without an interaction, about; 0 where nothing can vary.
    """
    z = np.zeros(len(pairs))
    largest = int(n_codes[pairs].prod(axis=1).max(initial=1))
    if not len(pairs):
        return z
    _screen(
        kernels.read_only(np.ascontiguousarray(codes)),
        kernels.read_only(np.ascontiguousarray(labels)),
        kernels.read_only(np.ascontiguousarray(pairs)),
        kernels.read_only(np.ascontiguousarray(n_codes)),
        np.zeros(4 * largest, np.uint32),
        z,
    )
    return z


@kernels.compiled
def _screen(
    codes: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    pairs: NDArray[np.int64],
    n_codes: NDArray[np.int64],
    counts: NDArray[np.uint32],
    z: FloatArray,
) -> None:
    n_rows = labels.size
    keys = np.empty(n_rows, np.uint32)
    total_hits = 0
    for row in range(n_rows):
        total_hits += labels[row]
    level = total_hits / (n_rows - total_hits)
    known, width = -1, -1
    for index in range(pairs.shape[0]):
        first, second = pairs[index, 0], pairs[index, 1]
        n_first, n_second = int(n_codes[first]), int(n_codes[second])
        if first != known or n_second != width:
            for row in range(n_rows):
                keys[row] = (codes[first, row] * n_second) * 2 + labels[row]
            known, width = first, n_second
        n_cells = n_first * n_second
        _count(keys, codes[second], n_cells, counts)
        z[index] = _z_of(counts, n_first, n_second, level)


@kernels.compiled
def _count(
    keys: NDArray[np.uint32], codes: NDArray[np.uint8], n_cells: int, counts: NDArray[np.uint32]
) -> None:
    # two tables in turn: neighbouring rows of one cell would wait for each other
    half = 2 * n_cells
    for cell in range(2 * half):
        counts[cell] = 0
    even = keys.size // 2 * 2
    for row in range(0, even, 2):
        counts[keys[row] + 2 * np.uint32(codes[row])] += np.uint32(1)
        counts[half + keys[row + 1] + 2 * np.uint32(codes[row + 1])] += np.uint32(1)
    if even < keys.size:
        counts[keys[even] + 2 * np.uint32(codes[even])] += np.uint32(1)
    for cell in range(half):
        counts[cell] += counts[half + cell]


@kernels.compiled
def _z_of(counts: NDArray[np.uint32], n_first: int, n_second: int, level: float) -> float:
    rows, hits = np.empty((n_first, n_second)), np.empty((n_first, n_second))
    of_first, of_second = np.zeros(n_first), np.zeros(n_second)
    hits_first, hits_second = np.zeros(n_first), np.zeros(n_second)
    for a in range(n_first):
        for b in range(n_second):
            cell = 2 * (a * n_second + b)
            k = float(counts[cell + 1])
            n = counts[cell] + k
            rows[a, b], hits[a, b] = n, k
            of_first[a] += n
            of_second[b] += n
            hits_first[a] += k
            hits_second[b] += k
    # odds of independent fields to begin with
    rate = level / (1.0 + level)
    x = (hits_first + RIDGE * rate) / (of_first - hits_first + RIDGE * (1.0 - rate))
    y = (hits_second + RIDGE * rate) / (of_second - hits_second + RIDGE * (1.0 - rate)) / level
    for _ in range(N_SWEEPS):
        _update(rows, hits, x, y)
        _update(rows.T, hits.T, y, x)
    weight_first, weight_second = np.zeros(n_first), np.zeros(n_second)
    for a in range(n_first):
        for b in range(n_second):
            odds = x[a] * y[b]
            weight = rows[a, b] * odds / ((1.0 + odds) * (1.0 + odds))
            weight_first[a] += weight
            weight_second[b] += weight
    total = weight_first.sum()
    observed, variance, known = 0.0, 0.0, 0.0
    for a in range(n_first):
        inverse_a = 1.0 / (weight_first[a] + 1e-300) - 1.0 / total
        for b in range(n_second):
            n, k = rows[a, b], hits[a, b]
            if n < 2.0:
                continue
            odds = x[a] * y[b]
            e = odds / (1.0 + odds)
            v = e * (1.0 - e)
            leverage = min(n * v * (inverse_a + 1.0 / (weight_second[b] + 1e-300)), 1.0)
            residual = k - n * e
            products = residual * residual - k * (1.0 - e) * (1.0 - e) - (n - k) * e * e
            w = 1.0 / (n * v + PRIOR_ROWS)
            observed += w * (products + v * leverage * (n - 1.0))
            known += w * w * n * n * v * v
            variance += w * w * n * (n - 1.0) * v * v * (1.0 - leverage)
    return observed / np.sqrt(2.0 * variance) if variance > ROUNDING * known else 0.0


@kernels.compiled
def _update(rows: NDArray[Any], hits: NDArray[Any], x: FloatArray, y: FloatArray) -> None:
    for a in range(x.size):
        slope, curvature = 0.0, RIDGE
        for b in range(y.size):
            e = x[a] * y[b] / (1.0 + x[a] * y[b])
            slope += hits[a, b] - rows[a, b] * e
            curvature += rows[a, b] * e * (1.0 - e)
        x[a] *= np.exp(min(max(slope / curvature, -LARGEST_STEP), LARGEST_STEP))
