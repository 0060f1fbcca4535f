from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.models.layout import layout_of
from featsel.selection.candidates import Candidates, blocks, count_features
from featsel.selection.subsets import FoldRows, SubsetRows, subset_of, with_shadows
from featsel.training.batches import Block, Rows


def whole(rows: Rows) -> Block:
    n_chunks = -(-rows.n_rows // rows.chunk_rows)
    return rows.read(np.arange(n_chunks))


@given(st.integers(0, 10_000), st.integers(1, 200))
def test_a_kept_feature_keeps_its_rows_and_all_others_are_out_of_vocabulary(
    planted: Candidates, seed: int, n_kept: int
) -> None:
    kept = np.random.default_rng(seed).choice(np.flatnonzero(planted.is_feature), n_kept, replace=False)
    subset = subset_of(planted, kept)
    layout = layout_of(subset.config)

    found = count_features(SubsetRows(planted.train, subset, planted.layout), layout)

    is_feature = np.ones(layout.n_ids, np.bool_)
    is_feature[list(layout.offsets)] = False
    assert np.array_equal(found.rows[is_feature], planted.counts.rows[np.sort(kept)])
    assert np.array_equal(found.positives[is_feature], planted.counts.positives[np.sort(kept)])
    assert sum(field.features for field in subset.config.fields) == n_kept
    for new, old in enumerate(subset.fields.tolist()):
        assert subset.config.fields[new].name == planted.config.fields[old].name


def test_rows_of_all_features_stay_as_they_are(planted: Candidates) -> None:
    subset = subset_of(planted, np.flatnonzero(planted.is_feature))
    rows, same = whole(planted.train), whole(SubsetRows(planted.train, subset, planted.layout))

    assert subset.config == planted.config
    assert np.array_equal(rows.ids, same.ids)
    assert same.weights is not None
    assert np.array_equal(rows.weights, same.weights)


def test_without_lists_there_are_no_weights(planted: Candidates) -> None:
    strong = np.flatnonzero(planted.field_of_id == 4)[1:]
    subset = subset_of(planted, strong)

    block = SubsetRows(planted.train, subset, planted.layout).read(np.array([1, 0]))

    assert block.weights is None
    assert block.ids.shape == (2 * planted.train.chunk_rows, 1)


@pytest.mark.parametrize("chunk_rows", [8000, 64, 7])
def test_two_folds_are_all_rows_once(new_candidates, chunk_rows: int) -> None:
    n_rows = 999
    codes = np.arange(1, n_rows + 1)
    candidates = new_candidates({"id": codes}, np.arange(n_rows) % 2, chunk_rows=chunk_rows)

    folds = [FoldRows(candidates.train, fold, seed=3) for fold in (0, 1)]
    found = [np.concatenate([block.ids[:, 0] for block in blocks(fold)]) for fold in folds]

    assert sorted(np.concatenate(found).tolist()) == codes.tolist()
    assert [part.size for part in found] == [fold.n_rows for fold in folds]
    assert np.array_equal(found[0], whole(folds[0]).ids[:, 0])


def test_folds_do_not_alternate(planted: Candidates) -> None:
    # a log may have a click and its sampled negatives in turn
    fold = FoldRows(planted.train, 0, seed=0)
    places = np.random.default_rng((0, 0)).permutation(planted.train.chunk_rows)[: fold.chunk_rows]

    assert set(np.diff(np.sort(places)).tolist()) > {1, 2, 3}


def test_shadows_are_as_frequent_as_what_they_copy_and_know_nothing(planted: Candidates) -> None:
    searched = with_shadows(planted, n_shadows=2, seed=0)
    counts = searched.counts
    new = searched.config.fields[len(planted.config.fields) :]
    rates = counts.positives / np.maximum(counts.rows, 1)

    assert [field.name for field in new] == ["shadow 0 of weak", "shadow 1 of noise"]
    for field, source in zip(
        range(len(planted.config.fields), searched.layout.n_fields), (2, 0), strict=True
    ):
        span, old = searched.field_of_id == field, planted.field_of_id == source
        expected = planted.counts.rows[old]
        # five standard deviations of a binomial count
        assert np.all(np.abs(counts.rows[span] - expected) < 5 * np.sqrt(expected + 1))
    weak = np.flatnonzero(searched.field_of_id == len(planted.config.fields))[1:]
    base = counts.n_positives / counts.n_rows
    assert np.all(np.abs(rates[weak] - base) < 5 * np.sqrt(base * (1 - base) / counts.rows[weak]))


def test_shadows_do_not_depend_on_what_is_read_together(planted: Candidates) -> None:
    searched = with_shadows(planted, n_shadows=2, seed=0)

    together = searched.train.read(np.array([3, 1]))
    alone = [searched.train.read(np.array([chunk])).ids for chunk in (3, 1)]

    assert np.array_equal(together.ids, np.concatenate(alone))
