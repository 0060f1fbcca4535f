"""What holds for every order of features, whatever the method?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from featsel.selection.candidates import Candidates
from featsel.selection.chi2 import chi2_order
from featsel.selection.frequency import frequency_order
from featsel.selection.gbdt import gbdt_order
from featsel.selection.information import information_order
from featsel.selection.lasso import lasso_order
from featsel.selection.mrmr import mrmr_order
from featsel.selection.random_order import random_order
from featsel.training.batches import ArrayRows

METHODS = {
    "chi2": chi2_order,
    "frequency": frequency_order,
    "gbdt": gbdt_order,
    "information": information_order,
    "lasso": lasso_order,
    "mrmr": mrmr_order,
    "random": random_order,
}


@pytest.fixture(params=METHODS)
def method(request):
    return METHODS[request.param]


def test_each_feature_stands_once_and_out_of_vocabulary_ones_never(method, planted: Candidates) -> None:
    order = method(planted, seed=1)

    is_kept = ~np.isin(planted.field_of_id, list(order.dropped))
    assert sorted(order.ids.tolist()) == np.flatnonzero(planted.is_feature & is_kept).tolist()


def test_fields_are_those_of_the_features(method, planted: Candidates) -> None:
    order = method(planted, seed=1)

    assert sorted(order.fields.tolist()) == np.unique(planted.field_of_id[order.ids]).tolist()


def test_one_seed_gives_one_order(method, planted: Candidates) -> None:
    first, second = method(planted, seed=3), method(planted, seed=3)

    np.testing.assert_array_equal(first.ids, second.ids)
    np.testing.assert_array_equal(first.fields, second.fields)
    np.testing.assert_array_equal(first.field_scores, second.field_scores)


def test_chunks_do_not_matter(method, planted: Candidates) -> None:
    assert isinstance(planted.train, ArrayRows)
    in_one = replace(planted, train=ArrayRows(planted.train.block, chunk_rows=1 << 20))

    first, second = method(planted, seed=3), method(in_one, seed=3)

    np.testing.assert_array_equal(first.ids, second.ids)
    np.testing.assert_array_equal(first.field_scores, second.field_scores)


def test_rows_of_one_label_are_no_error(method, new_candidates) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(1, 5, 300)

    order = method(new_candidates({"a": codes, "b": codes[::-1]}, np.zeros(300, int), n_valid=100), seed=0)

    assert order.ids.size + 4 * len(order.dropped) == 8
