"""Pairs of fields share what scikit-learn says they share."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from featsel.selection.redundancy import Redundancy, coarse_codes

N_ROWS = 5000


@pytest.fixture(scope="module")
def columns():
    rng = np.random.default_rng(2)
    base = np.minimum(rng.geometric(0.05, N_ROWS) - 1, 255)
    return {
        "base": base,
        "half": np.where(rng.random(N_ROWS) < 0.5, base, rng.permutation(base)),
        "few": base % 3,
        "other": rng.integers(0, 200, N_ROWS),
        "two": rng.integers(0, 2, N_ROWS),
        "skewed": (rng.random(N_ROWS) < 0.002).astype(int),
        "constant": np.zeros(N_ROWS, int),
    }


def test_redundancy_agrees_with_scikit_learn(columns) -> None:
    codes = np.stack(list(columns.values())).astype(np.uint8)
    redundancy = Redundancy(codes)

    for field in range(6):
        others = np.array([other for other in range(6) if other != field])
        expected = [
            adjusted_mutual_info_score(codes[field], codes[other], average_method="min") for other in others
        ]
        # chance is interpolated to half a percent; it is at most what the smaller entropy leaves of it
        np.testing.assert_allclose(redundancy.of(field, others), np.clip(expected, 0, 1), atol=0.01)


def test_independent_fields_of_many_values_share_nothing(columns) -> None:
    codes = np.stack([columns["base"], columns["other"]]).astype(np.uint8)

    assert Redundancy(codes).of(0, np.array([1]))[0] < 0.01


def test_a_field_that_another_one_determines_is_all_redundant(columns) -> None:
    codes = np.stack([columns["base"], columns["few"], 255 - columns["base"]]).astype(np.uint8)

    np.testing.assert_allclose(Redundancy(codes).of(0, np.array([1, 2])), 1.0, rtol=1e-9)


def test_a_constant_shares_nothing(columns) -> None:
    codes = np.stack([columns["base"], columns["constant"]]).astype(np.uint8)

    assert Redundancy(codes).of(0, np.array([1])).tolist() == [0.0]
    assert Redundancy(codes).of(1, np.array([0])).tolist() == [0.0]


def test_frequent_values_keep_a_code_of_their_own(new_candidates) -> None:
    rng = np.random.default_rng(0)
    column = np.minimum(rng.geometric(0.01, 20_000), 1000)
    candidates = new_candidates({"a": column}, np.zeros(column.size, int))

    (codes,) = coarse_codes(candidates, rng=rng)

    frequent = np.argsort(-candidates.counts.rows, kind="stable")[:127]
    is_frequent = np.isin(column, frequent)
    pairs = np.unique(np.column_stack([column, codes])[is_frequent], axis=0)
    assert len(pairs) == 127
    assert np.unique(pairs[:, 1]).tolist() == list(range(127))
    assert codes[~is_frequent].min() >= 127


def test_of_a_list_the_first_value_is_taken(new_candidates) -> None:
    lists = np.array([[1, 2], [2, 1], [-1, -1], [1, -1]])
    candidates = new_candidates({"plain": np.array([1, 2, 2, 1]), "tags": lists}, np.array([0, 1, 0, 1]))

    codes = coarse_codes(candidates, rng=np.random.default_rng(0))[1]

    assert codes[0] == codes[3]
    assert np.unique(codes).size == 3
