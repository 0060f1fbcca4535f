"""Candidates come into memory as coarse codes."""

from __future__ import annotations

import numpy as np

from featsel.selection.coarse_samples import coarse_sample


def test_frequent_values_keep_a_code_of_their_own(new_candidates) -> None:
    rng = np.random.default_rng(0)
    column = np.minimum(rng.geometric(0.01, 20_000), 1000)
    candidates = new_candidates({"a": column}, np.zeros(column.size, int))

    sample = coarse_sample(candidates, rng=rng)
    (codes,) = sample.codes

    frequent = np.argsort(-candidates.counts.rows, kind="stable")[:128]
    is_frequent = np.isin(column, frequent)
    pairs = np.unique(np.column_stack([column, codes])[is_frequent], axis=0)
    assert len(pairs) == 128
    assert np.unique(pairs[:, 1]).tolist() == list(range(128))
    assert codes[~is_frequent].min() >= 128


def test_of_a_list_the_first_value_is_taken(new_candidates) -> None:
    lists = np.array([[1, 2], [2, 1], [-1, -1], [1, -1]])
    candidates = new_candidates({"plain": np.array([1, 2, 2, 1]), "tags": lists}, np.array([0, 1, 0, 1]))

    codes = coarse_sample(candidates, rng=np.random.default_rng(0)).codes[1]

    assert codes[0] == codes[3]
    assert np.unique(codes).size == 3
