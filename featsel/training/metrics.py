"""How good are predictions?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

SMALLEST_PROBABILITY = 2.0**-24
"""Half a unit in the last place of a float32 near 1: a nearer prediction is a rounded one, and its log loss
would be infinite."""


@dataclass(frozen=True)
class GroupedAuc:
    """AUC inside groups of rows, such as those of a user.

    Parameters
    ----------
    auc : float
        Mean of the groups' AUC, weighted with their impressions; NaN where no group has both labels.
    groups : int
        Groups with both labels; the others have no AUC.
    share : float
        Share of the impressions that stand in them.
    """

    auc: float
    groups: int
    share: float


def auc(labels: NDArray[np.uint8], predictions: Floats, *, weights: Floats | None = None) -> float:
    """Area under the ROC curve: how often a positive row is predicted above a negative one.

    Parameters
    ----------
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1.
    predictions : ndarray of float, shape (n_rows,)
        Probabilities, logits, or anything that grows with them; none is NaN.
    weights : ndarray of float, shape (n_rows,), optional
        How many impressions a row stands for; 1 where not given.

    Returns
    -------
    float
        0 to 1; a tie counts a half. NaN where one of the labels is missing.

    Examples
    --------
    >>> auc(np.array([0, 1, 1], np.uint8), np.array([0.1, 0.1, 0.8]))
    0.75
    """
    is_positive = labels > 0
    positive, negative = predictions[is_positive], predictions[~is_positive]
    if positive.size == 0 or negative.size == 0:
        return math.nan
    # in order, so that neighbouring searches meet the same cache lines
    if weights is None:
        positive, negative = np.sort(positive), np.sort(negative)
        below = np.searchsorted(negative, positive, side="left")
        not_above = np.searchsorted(negative, positive, side="right")
        # integers to the end: exact
        return float((int(below.sum()) + int(not_above.sum())) / (2 * positive.size * negative.size))
    order, reverse = np.argsort(positive, kind="stable"), np.argsort(negative, kind="stable")
    positive, positive_weights = positive[order], weights[is_positive][order].astype(np.float64)
    mass = np.concatenate(([0.0], np.cumsum(weights[~is_positive][reverse], dtype=np.float64)))
    negative = negative[reverse]
    beaten = mass[np.searchsorted(negative, positive, side="left")]
    beaten += mass[np.searchsorted(negative, positive, side="right")]
    total = 2 * positive_weights.sum() * mass[-1]
    return float(positive_weights @ beaten / total) if total > 0 else math.nan


def grouped_auc(
    labels: NDArray[np.uint8],
    predictions: Floats,
    *,
    groups: NDArray[np.integer],
    weights: Floats | None = None,
) -> GroupedAuc:
    """Mean AUC inside groups of rows, weighted with their impressions (GAUC).

    Parameters
    ----------
    labels, predictions, weights
        As of :func:`auc`.
    groups : ndarray of int, shape (n_rows,)
        Which group a row belongs to.

    Returns
    -------
    GroupedAuc
        The mean, and how much of the rows it speaks of.

    References
    ----------
    Zhou et al., "Deep Interest Network for Click-Through Rate Prediction", KDD 2018, section 6.2.
    """
    if labels.size == 0:
        return GroupedAuc(math.nan, 0, 0.0)
    order = np.lexsort((predictions, groups))
    groups, predictions, is_positive = groups[order], predictions[order], labels[order] > 0
    mass = np.ones(labels.size) if weights is None else weights[order].astype(np.float64)
    starts_group = np.concatenate(([True], groups[1:] != groups[:-1]))
    starts_tie = starts_group | np.concatenate(([True], predictions[1:] != predictions[:-1]))
    ties = np.flatnonzero(starts_tie)
    group_of_tie = np.cumsum(starts_group)[ties] - 1
    first_ties = np.flatnonzero(starts_group[ties])

    positive = np.add.reduceat(np.where(is_positive, mass, 0.0), ties)
    negative = np.add.reduceat(np.where(is_positive, 0.0, mass), ties)
    # negatives of the group below each tie; the running sum of earlier groups is taken off
    below = np.cumsum(negative) - negative
    below -= below[first_ties][group_of_tie]
    beaten = np.add.reduceat(positive * (below + negative / 2), first_ties)
    positives, negatives = np.add.reduceat(positive, first_ties), np.add.reduceat(negative, first_ties)
    counts = (positives > 0) & (negatives > 0)
    impressions = (positives + negatives)[counts]
    if impressions.size == 0:
        return GroupedAuc(math.nan, 0, 0.0)
    areas = beaten[counts] / (positives[counts] * negatives[counts])
    total = impressions.sum()
    return GroupedAuc(float(areas @ impressions / total), int(counts.sum()), float(total / mass.sum()))


def log_loss(labels: NDArray[np.uint8], probabilities: Floats, *, weights: Floats | None = None) -> float:
    """Mean negative log-likelihood of the labels.

    Parameters
    ----------
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1.
    probabilities : ndarray of float, shape (n_rows,)
        Of label 1.
    weights : ndarray of float, shape (n_rows,), optional
        How many impressions a row stands for.

    Returns
    -------
    float
        Nats a row, never negative; NaN without rows.

    Examples
    --------
    >>> round(log_loss(np.array([0, 1], np.uint8), np.array([0.5, 0.5])), 4)
    0.6931
    """
    if labels.size == 0:
        return math.nan
    return float(np.average(row_losses(labels, probabilities), weights=weights))


def row_losses(labels: NDArray[np.uint8], probabilities: Floats) -> NDArray[np.float64]:
    """Negative log-likelihood of each label.

    Parameters
    ----------
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1.
    probabilities : ndarray of float, shape (n_rows,)
        Of label 1.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        Nats, never negative and always finite.
    """
    chances = np.clip(probabilities.astype(np.float64), SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    losses: NDArray[np.float64] = -np.log(np.where(labels > 0, chances, 1 - chances))
    return losses
