"""Do predicted probabilities mean what they say?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

N_BINS = 20
"""Few enough for the click rate of a bin to be known, many enough to show a bend."""


@dataclass(frozen=True)
class ReliabilityBin:
    """Rows of about the same prediction.

    Parameters
    ----------
    rows : int
        How many.
    predicted, actual : float
        Mean prediction, and share of positive rows.
    """

    rows: int
    predicted: float
    actual: float


@dataclass(frozen=True)
class Calibration:
    """How far predictions are from the rates that they predict.

    Parameters
    ----------
    ratio : float
        Positive rows that were predicted, over those that came: above 1 the model promises too much.
        NaN where none came.
    expected_error : float
        Expected calibration error: mean distance between prediction and rate over the bins, weighted with
        their impressions.
    bins : tuple of ReliabilityBin
        Ascending predictions.
    """

    ratio: float
    expected_error: float
    bins: tuple[ReliabilityBin, ...]


def calibration(
    labels: NDArray[np.uint8],
    probabilities: Floats,
    *,
    weights: Floats | None = None,
    n_bins: int = N_BINS,
) -> Calibration:
    """Compare predictions with rates, in bins of equal numbers of rows.

    Parameters
    ----------
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1.
    probabilities : ndarray of float, shape (n_rows,)
        Of label 1.
    weights : ndarray of float, shape (n_rows,), optional
        How many impressions a row stands for.
    n_bins : int
        At most so many bins; equal predictions share one.

    Returns
    -------
    Calibration
        Its numbers are NaN without rows.

    References
    ----------
    Naeini, Cooper & Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.
    """
    n_rows = labels.size
    if n_rows == 0:
        return Calibration(math.nan, math.nan, ())
    chances = probabilities.astype(np.float64)
    places = np.arange(1, n_bins) * n_rows // n_bins
    # the edge belongs to the upper bin, so that ties stay together wherever rows stand
    edges = np.unique(np.partition(chances, places)[places])
    bin_of_row = np.searchsorted(edges, chances, side="right")
    mass = np.ones(n_rows) if weights is None else weights.astype(np.float64)
    clicks = mass * (labels > 0)
    size = edges.size + 1
    rows = np.bincount(bin_of_row, minlength=size)
    masses = np.bincount(bin_of_row, weights=mass, minlength=size)
    predicted = np.bincount(bin_of_row, weights=mass * chances, minlength=size)
    actual = np.bincount(bin_of_row, weights=clicks, minlength=size)
    total = clicks.sum()
    return Calibration(
        ratio=float(predicted.sum() / total) if total > 0 else math.nan,
        expected_error=float(np.abs(predicted - actual).sum() / mass.sum()),
        bins=tuple(
            ReliabilityBin(int(rows[index]), predicted[index] / masses[index], actual[index] / masses[index])
            for index in np.flatnonzero(masses > 0)
        ),
    )
