"""Features appear as the penalty falls, informative ones first."""

from __future__ import annotations

import numpy as np

from featsel.selection.lasso import lasso_order


def test_informative_features_appear_first(planted) -> None:
    order = lasso_order(planted, seed=0)

    fields = planted.field_of_id[order.ids]
    is_shared = np.isin(fields, [3, 4])
    # two ends of the strong field, each twice, before anything else
    assert is_shared[:4].all()
    assert order.ids[fields == 5][0] == planted.layout.offsets[5] + 1
    assert 0 not in fields[:10]
    assert set(order.fields[-2:]) == {0, 1}


def test_a_score_says_at_which_penalty_a_feature_appears(new_candidates) -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(1, 4, (3000, 3))
    chances = np.array([0.1, 0.2, 0.3])[codes[:, 0] - 1]
    labels = (rng.random(3000) < chances).astype(int)
    candidates = new_candidates({"a": codes[:, 0], "b": codes[:, 1], "c": codes[:, 2]}, labels)

    scores = lasso_order(candidates, seed=0).scores

    # the value with the largest gradient of all appears at half of the penalty that leaves none
    counts = candidates.counts
    gradients = np.abs(counts.positives - counts.rows * counts.n_positives / counts.n_rows)
    best = int(np.argmax(np.where(candidates.is_feature, gradients, 0)))
    assert 0.5 < scores[best] <= 1.0
    assert np.nanmax(scores[candidates.field_of_id > 0]) < 0.5


def test_features_that_never_appear_follow_by_frequency(planted) -> None:
    order = lasso_order(planted, seed=0)

    rest = order.ids[order.scores[order.ids] == 0]
    assert rest.size
    assert (np.diff(planted.counts.rows[rest]) <= 0).all()


def test_values_of_a_list_carry_its_weights(new_candidates) -> None:
    # alone, a value speaks louder than in company
    rng = np.random.default_rng(0)
    lists = np.where(rng.random((4000, 1)) < 0.5, [[1, -1]], [[2, 3]])
    labels = (rng.random(4000) < np.where(lists[:, 0] == 1, 0.8, 0.2)).astype(int)

    order = lasso_order(new_candidates({"tags": lists}, labels), seed=0)

    assert order.ids[0] == 1
