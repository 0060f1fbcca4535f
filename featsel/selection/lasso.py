"""Which features does a linear model keep the longest under a growing penalty?

The model is a logistic regression on one-hot features with an L1 penalty. It is fitted for a falling sequence
of penalties, each fit starting from the one before.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from featsel.selection.candidates import Candidates, filled_slots
from featsel.selection.order import FeatureOrder, order_by_feature
from featsel.selection.samples import sample_rows
from featsel.selection.sparse_logistic import SparseRows, fit_l1_logistic, sparse_rows
from featsel.training.batches import Block

FloatArray = NDArray[np.float64]

PENALTY_RATIO = 2.0
"""From one penalty to the next."""

LEAST_PENALTY = 2.0
"""In rows: below it two rows of the same label would earn a feature its coefficient."""

N_STEPS = 30
"""Of a fit: more of them change one in a hundred of the features that have a coefficient."""


def lasso_order(candidates: Candidates, *, seed: int) -> FeatureOrder:
    """Order features by the largest L1 penalty at which they have a coefficient.

    Penalties halve from the one that leaves no coefficient down to that of two rows. Among features that
    appear at the same penalty the larger ``|coefficient| * sqrt(rows)`` comes first. Features that never
    appear follow by frequency. The intercept is not penalised. A fit sees what a trainer's first-order
    weights see: a list's values carry the list's weights, a scaled number itself.

    Parameters
    ----------
    candidates : Candidates
        The features.
    seed : int
        Of the rows, where there are more than 200,000; not negative.

    Returns
    -------
    FeatureOrder
        A score lies between the penalty at which the feature appears and the one before, as shares of the
        penalty that leaves none; zero where it never does. A field counts as much as the best of its
        features.

    References
    ----------
    Tibshirani, "Regression shrinkage and selection via the lasso", JRSS B 58, 1996; Friedman, Hastie &
    Tibshirani, "Regularization paths for generalized linear models via coordinate descent", JSS 33, 2010,
    for the sequence of penalties.
    """
    block = sample_rows(candidates.train, rng=np.random.default_rng(seed), n_slots=candidates.layout.n_slots)
    values = _values(block, candidates)
    ids = np.unique(block.ids[values != 0])
    scores = np.zeros(candidates.layout.n_ids)
    if ids.size and block.labels.any() and not block.labels.all():
        # an entry without a value may name any column
        columns = np.minimum(np.searchsorted(ids, block.ids), ids.size - 1)
        rows = sparse_rows(columns, values, n_columns=ids.size)
        scores[ids] = _scores(rows, block.labels.astype(np.float64))
    return order_by_feature(candidates, scores)


def _values(block: Block, candidates: Candidates) -> FloatArray:
    layout = candidates.layout
    values: FloatArray = np.ones(block.ids.shape)
    if block.weights is not None:
        values[:, list(layout.weighted_slots)] = block.weights
    values[~(candidates.is_feature[block.ids] & filled_slots(block, layout))] = 0.0
    return values


def _scores(rows: SparseRows, labels: FloatArray) -> FloatArray:
    # of one-hot features the square root of their rows
    norms = np.sqrt(rows.map(np.square).sums(np.ones(labels.size)))[:-1]
    scores: FloatArray = np.zeros(norms.size)
    for share, weights in _path(rows, labels):
        is_new = (weights != 0) & (scores == 0)
        strengths = np.abs(weights[is_new]) * norms[is_new]
        if strengths.size:
            scores[is_new] = share * (1.0 + strengths / strengths.max() * (PENALTY_RATIO - 1.0))
    return scores


def _path(rows: SparseRows, labels: FloatArray) -> Iterator[tuple[float, FloatArray]]:
    # penalties as shares of the one that leaves no coefficient, and the coefficients
    rate = float(labels.mean())
    largest = float(np.abs(rows.sums(rate - labels)[:-1]).max())
    weights: FloatArray = np.zeros(rows.n_columns)
    weights[-1] = np.log(rate / (1.0 - rate))
    penalty = largest / PENALTY_RATIO
    while penalty >= LEAST_PENALTY:
        weights = fit_l1_logistic(rows, labels, penalty=penalty, start=weights, n_steps=N_STEPS)
        yield penalty / largest, weights[:-1]
        penalty /= PENALTY_RATIO
