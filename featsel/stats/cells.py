"""What would one value of a given number of rows show, were it independent of the label?

A value of ``a`` rows has K positives. Its contribution to the mutual information, n times over, is its
*divergence* f(K) = a KL(K/a || p) with p = B/n. Its moments depend on ``a`` alone, so all fields of a log
share them. The sums over K are exact for small ``a``. For large ``a`` they visit every s-th count: the sum of
a smooth function over a lattice barely changes when the lattice is thinned, by less than e^-30 of it as long
as the spacing is below half a standard deviation and no end of the support is near.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.stats.deviance import deviance, stirling_remainder

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TAIL_NATS = 32.0
"""Counts beyond Bernstein's bound of e^-32 = 1e-14 are left out; sums are wanted to 1e-10."""

POINTS_PER_CHUNK = 1 << 15
"""Counts that are summed at once: a dozen temporaries of this length stay in the second-level cache."""


@dataclass(frozen=True, eq=False)
class DivergenceMoments:
    """Moments of the divergence of a value, per size.

    They are taken with the positives of the log *fixed*, where K is hypergeometric, and with them *free*,
    where K is binomial and values are independent.

    Parameters
    ----------
    mean : ndarray of float64, shape (n_sizes,)
        Mean, positives fixed.
    count_variance : ndarray of float64, shape (n_sizes,)
        Variance of K, positives fixed.
    slope : ndarray of float64, shape (n_sizes,)
        Slope of the regression on K, positives fixed.
    residual_variance : ndarray of float64, shape (n_sizes,)
        Variance that this regression leaves.
    free_slope : ndarray of float64, shape (n_sizes,)
        Slope of the regression on K, positives free.
    free_curvature : ndarray of float64, shape (n_sizes,)
        Covariance of what that regression leaves and (K - a p)^2.
    """

    mean: FloatArray
    count_variance: FloatArray
    slope: FloatArray
    residual_variance: FloatArray
    free_slope: FloatArray
    free_curvature: FloatArray


@dataclass(frozen=True, eq=False)
class _Window:
    """The counts of positives that matter, one row per size: ``first``, ``first + step``, ..."""

    first: IntArray
    step: IntArray
    n_points: IntArray


@dataclass(frozen=True, eq=False)
class _Points:
    """The windows of a chunk of sizes, end to end."""

    chunk: slice
    starts: NDArray[np.intp]
    lengths: IntArray
    hit: FloatArray

    def spread(self, per_size: FloatArray) -> FloatArray:
        return np.repeat(per_size, self.lengths)

    def sum(self, per_point: FloatArray) -> FloatArray:
        return np.add.reduceat(per_point, self.starts)

    def normalise(self, log_weight: FloatArray) -> FloatArray:
        weight = np.exp(log_weight)
        return weight / self.spread(self.sum(weight))


def expected_deviance(sizes: IntArray, total: int, positives: int) -> FloatArray:
    """Mean deviance of the positives of a value, the positives of the log fixed.

    Each label of a table is the "positive" one once; over the labels these deviances add up to the
    divergence.

    Parameters
    ----------
    sizes : ndarray of int64, shape (n_sizes,)
        Rows of a value, from 1 to ``total``.
    total, positives : int
        Rows and positive rows of the log, ``0 < positives < total``.

    Returns
    -------
    ndarray of float64, shape (n_sizes,)
        Nats, not divided by the number of rows.
    """
    expected = np.empty(sizes.size)
    for points, weight, of_hits, _ in _fixed(sizes, total, positives):
        expected[points.chunk] = points.sum(weight * of_hits)
    return expected


def divergence_moments(sizes: IntArray, total: int, positives: int) -> DivergenceMoments:
    """All moments of the divergence that the mean and the variance of the mutual information are made of.

    Parameters
    ----------
    sizes : ndarray of int64, shape (n_sizes,)
        Rows of a value, from 1 to ``total``.
    total, positives : int
        Rows and positive rows of the log, ``0 < positives < total``.

    Returns
    -------
    DivergenceMoments
        One entry per size, nats, not divided by the number of rows.
    """
    rate = positives / total
    means = sizes.astype(np.float64) * rate
    free_variance = means * (1.0 - rate)
    count_variance = free_variance * ((total - sizes) / max(total - 1, 1))
    mean, slope, residual_variance = (np.zeros(sizes.size) for _ in range(3))
    for points, weight, of_hits, of_misses in _fixed(sizes, total, positives):
        chunk = points.chunk
        mean[chunk], slope[chunk], residual, _ = _regress(
            points, weight, of_hits + of_misses, means=means[chunk], variances=count_variance[chunk]
        )
        residual_variance[chunk] = points.sum(weight * residual * residual)
    free_slope, free_curvature = np.zeros(sizes.size), np.zeros(sizes.size)
    for points, weight, of_hits, of_misses in _free(sizes, rate):
        chunk = points.chunk
        _, free_slope[chunk], residual, centred = _regress(
            points, weight, of_hits + of_misses, means=means[chunk], variances=free_variance[chunk]
        )
        free_curvature[chunk] = points.sum(weight * residual * centred * centred)
    return DivergenceMoments(mean, count_variance, slope, residual_variance, free_slope, free_curvature)


def _regress(
    points: _Points, weight: FloatArray, divergence: FloatArray, *, means: FloatArray, variances: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    # mean and slope per size, residual and centred count per point
    centred = points.hit - points.spread(means)
    mean = points.sum(weight * divergence)
    residual = divergence - points.spread(mean)
    covariance = points.sum(weight * residual * centred)
    slope = np.divide(covariance, variances, out=np.zeros_like(covariance), where=variances > 0)
    residual -= points.spread(slope) * centred
    return mean, slope, residual, centred


_Weighted = tuple[_Points, FloatArray, FloatArray, FloatArray]


def _fixed(sizes: IntArray, total: int, positives: int) -> Iterator[_Weighted]:
    # points, hypergeometric probabilities, deviances of the hits and of the misses
    rate = positives / total
    mean = sizes.astype(np.float64) * rate
    variance = mean * (1.0 - rate) * ((total - sizes) / max(total - 1, 1))
    lowest = np.maximum(sizes - (total - positives), 0)
    for points in _chunks(_window(mean, variance, lowest, np.minimum(sizes, positives))):
        size = points.spread(sizes[points.chunk].astype(np.float64))
        log_weight, of_hits, of_misses = _log_binomial(points.hit, size, rate)
        # hypergeometric = binomial of the value times binomial of all other rows, up to a constant
        log_weight += _log_binomial(positives - points.hit, total - size, rate)[0]
        yield points, points.normalise(log_weight), of_hits, of_misses


def _free(sizes: IntArray, rate: float) -> Iterator[_Weighted]:
    # points, binomial probabilities, deviances of the hits and of the misses
    mean = sizes.astype(np.float64) * rate
    for points in _chunks(_window(mean, mean * (1.0 - rate), np.zeros_like(sizes), sizes)):
        size = points.spread(sizes[points.chunk].astype(np.float64))
        log_weight, of_hits, of_misses = _log_binomial(points.hit, size, rate)
        yield points, points.normalise(log_weight), of_hits, of_misses


def _log_binomial(
    hit: FloatArray, size: FloatArray, rate: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    # log-probability up to a constant of the size, and the two deviances that it is made of
    miss = size - hit
    of_hits, of_misses = deviance(hit, size * rate), deviance(miss, size * (1.0 - rate))
    return -of_hits - of_misses - stirling_remainder(hit) - stirling_remainder(miss), of_hits, of_misses


def _window(mean: FloatArray, variance: FloatArray, lowest: IntArray, highest: IntArray) -> _Window:
    # Bernstein: P(|K - mean| > t) <= 2 exp(-t^2 / (2 variance + 2 t / 3)); a hypergeometric count is a sum of
    # independent indicators as well (Vatutin & Mikhailov 1982)
    reach = TAIL_NATS / 3 + np.sqrt((TAIL_NATS / 3) ** 2 + 2 * TAIL_NATS * variance)
    first = np.maximum(lowest, np.floor(mean - reach).astype(np.int64))
    last = np.minimum(highest, np.ceil(mean + reach).astype(np.int64))
    is_cut = (first == lowest) | (last == highest)
    # x ln x is not smooth at 0: near an end of the support every count is visited
    step = np.where(is_cut, 1, np.maximum(np.sqrt(variance) / 2, 1)).astype(np.int64)
    return _Window(first, step, (last - first) // step + 1)


def _chunks(window: _Window) -> Iterator[_Points]:
    ends = np.cumsum(window.n_points)
    begin = 0
    while begin < ends.size:
        done = int(ends[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(ends, done + POINTS_PER_CHUNK, side="right")), begin + 1)
        chunk = slice(begin, end)
        lengths = window.n_points[chunk]
        starts = (ends[chunk] - lengths - done).astype(np.intp)
        place = np.arange(int(lengths.sum())) - np.repeat(starts, lengths)
        hit = np.repeat(window.first[chunk], lengths) + place * np.repeat(window.step[chunk], lengths)
        yield _Points(chunk, starts, lengths, hit.astype(np.float64))
        begin = end
