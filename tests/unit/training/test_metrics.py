from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as oracle

from featsel.training.metrics import auc, grouped_auc, log_loss

Draw = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]


def draw(seed: int, n_rows: int = 500, n_distinct: int = 40) -> Draw:
    """Labels, predictions with ties, weights."""
    rng = np.random.default_rng(seed)
    predictions = (rng.integers(1, n_distinct, n_rows) / n_distinct).astype(np.float32)
    labels = (rng.random(n_rows) < predictions).astype(np.uint8)
    labels[:2] = 0, 1
    return labels, predictions, rng.integers(1, 5, n_rows).astype(np.float32)


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(2, 300), st.booleans())
def test_auc_is_that_of_scikit_learn(seed: int, n_distinct: int, is_weighted: bool) -> None:
    labels, predictions, weights = draw(seed, n_distinct=n_distinct)
    used = weights if is_weighted else None

    measured = auc(labels, predictions, weights=used)

    assert measured == pytest.approx(oracle.roc_auc_score(labels, predictions, sample_weight=used), rel=1e-12)


def test_auc_does_not_change_with_the_order_of_rows() -> None:
    labels, predictions, weights = draw(0)
    order = np.random.default_rng(1).permutation(labels.size)

    assert auc(labels, predictions) == auc(labels[order], predictions[order])
    assert auc(labels, predictions, weights=weights) == auc(
        labels[order], predictions[order], weights=weights[order]
    )


@pytest.mark.parametrize("label", [0, 1])
def test_auc_of_one_label_is_unknown(label: int) -> None:
    assert math.isnan(auc(np.full(3, label, np.uint8), np.array([0.1, 0.2, 0.3])))


def test_auc_of_weightless_rows_is_unknown() -> None:
    assert math.isnan(auc(np.array([0, 1], np.uint8), np.array([0.1, 0.2]), weights=np.zeros(2)))


@settings(deadline=None)
@given(st.integers(0, 1000), st.booleans())
def test_log_loss_is_that_of_scikit_learn(seed: int, is_weighted: bool) -> None:
    labels, predictions, weights = draw(seed)
    used = weights if is_weighted else None

    measured = log_loss(labels, predictions, weights=used)

    expected = oracle.log_loss(labels, predictions.astype(np.float64), sample_weight=used)
    assert measured == pytest.approx(expected, rel=1e-12)


def test_log_loss_of_a_certain_mistake_is_finite() -> None:
    assert log_loss(np.array([1], np.uint8), np.zeros(1, np.float32)) == pytest.approx(24 * math.log(2))


def test_log_loss_of_no_rows_is_unknown() -> None:
    assert math.isnan(log_loss(np.zeros(0, np.uint8), np.zeros(0)))


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 60), st.booleans())
def test_grouped_auc_is_the_weighted_mean_of_the_groups(seed: int, n_groups: int, is_weighted: bool) -> None:
    labels, predictions, weights = draw(seed)
    groups = np.random.default_rng(seed).integers(0, n_groups, labels.size)
    used = weights if is_weighted else np.ones_like(weights)
    # one group after the other
    mixed = [group for group in range(n_groups) if len(set(labels[groups == group].tolist())) == 2]
    areas = [
        auc(labels[groups == group], predictions[groups == group], weights=used[groups == group])
        for group in mixed
    ]
    impressions = [used[groups == group].sum() for group in mixed]

    measured = grouped_auc(labels, predictions, groups=groups, weights=weights if is_weighted else None)

    assert measured.auc == pytest.approx(np.average(areas, weights=impressions), rel=1e-12)
    assert measured.groups == len(mixed)
    assert measured.share == pytest.approx(sum(impressions) / used.sum())


def test_grouped_auc_of_one_group_is_the_auc() -> None:
    labels, predictions, _ = draw(0)

    measured = grouped_auc(labels, predictions, groups=np.zeros(labels.size, np.int64))

    assert measured.auc == pytest.approx(auc(labels, predictions), rel=1e-12)
    assert (measured.groups, measured.share) == (1, 1.0)


@pytest.mark.parametrize("n_rows", [0, 5])
def test_grouped_auc_without_a_mixed_group_is_unknown(n_rows: int) -> None:
    measured = grouped_auc(np.zeros(n_rows, np.uint8), np.linspace(0, 1, n_rows), groups=np.arange(n_rows))

    assert math.isnan(measured.auc)
    assert (measured.groups, measured.share) == (0, 0.0)
