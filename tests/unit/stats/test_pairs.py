"""Chance between two fields agrees with scikit-learn, and determination by chance with all permutations."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_mutual_info_score, mutual_info_score
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

from featsel.stats.cells import expected_deviance
from featsel.stats.pairs import (
    chance_of_cells,
    entropy,
    expected_pair_information,
    log_chance_of_determination,
    margin,
    redundancy,
)

N_ROWS = 3000


def columns(n_rows, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "binary": rng.integers(0, 2, n_rows),
        "rare": (rng.random(n_rows) < 0.004).astype(int),
        "nearly constant": (np.arange(n_rows) == 7).astype(int),
        "flat": rng.integers(0, 40, n_rows),
        "skewed": np.minimum(rng.geometric(0.03, n_rows), 300),
        "wide": (1000 ** rng.random(n_rows)).astype(int),
        "mostly single": rng.integers(0, 3 * n_rows, n_rows),
    }


@pytest.mark.parametrize("n_rows", [2, 7, 60, N_ROWS])
def test_expectations_of_all_pairs_are_scikit_learns(n_rows):
    fields = list(columns(n_rows).values())
    expected = expected_pair_information([margin(np.bincount(field)) for field in fields])
    for i, first in enumerate(fields):
        for j, second in enumerate(fields):
            oracle = expected_mutual_information(contingency_matrix(first, second, sparse=True), n_rows)
            assert expected[i, j] == pytest.approx(oracle, rel=1e-6, abs=1e-9)


def test_a_row_identifier_shares_all_entropy_by_chance():
    fields = [np.ones(500, np.int64), np.bincount(np.arange(500) % 7)]
    expected = expected_pair_information([margin(field) for field in fields])
    entropies = [margin(field).entropy for field in fields]
    assert expected[0].tolist() == pytest.approx(entropies, rel=1e-6)
    assert redundancy(entropies[1], expected[0, 1], entropies[1]) == 0.0


def test_redundancy_is_the_adjusted_mutual_information_by_the_smaller_entropy():
    fields = columns(N_ROWS)
    first = fields["skewed"]
    second = np.where(np.arange(N_ROWS) % 3 == 0, first, fields["flat"])
    margins = [margin(np.bincount(field)) for field in (first, second)]
    share = redundancy(
        mutual_info_score(first, second),
        expected_pair_information(margins)[0, 1],
        min(each.entropy for each in margins),
    )
    oracle = adjusted_mutual_info_score(first, second, average_method="min")
    assert share == pytest.approx(oracle, rel=1e-6)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30).filter(any))
def test_the_entropy_of_a_margin_is_that_of_its_values(counts):
    counts = np.array(counts)
    shares = counts[counts > 0] / counts.sum()
    assert margin(counts).entropy == pytest.approx(-shares @ np.log(shares), abs=1e-12)
    assert margin(counts).n_rows == counts.sum()


def test_an_entropy_is_never_negative():
    assert entropy(10 * np.log(10) + 1e-9, 10) == 0.0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([0, 0, 1, 1], [0, 0, 1, 1]),
        ([0, 0, 1, 1, 2, 2], [0, 0, 0, 0, 1, 1]),
        ([0, 1, 2, 3, 4], [0, 0, 1, 1, 1]),
    ],
)
def test_the_chance_of_determination_is_the_share_of_permutations_that_determine(first, second):
    orders = list(permutations(second))
    n_determined = sum(len(set(zip(first, order, strict=True))) == len(set(first)) for order in orders)
    image = dict(zip(first, second, strict=True))
    n_sources = np.bincount(list(image.values()))
    log_chance = log_chance_of_determination(np.bincount(second), n_sources)
    assert np.exp(log_chance) == pytest.approx(n_determined / len(orders))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_neither_an_identifier_nor_a_constant_makes_determination_remarkable(sizes):
    sizes = np.array(sizes)
    assert log_chance_of_determination(sizes, sizes) == 0.0  # every row has its own value
    assert log_chance_of_determination(np.array([sizes.sum()]), np.array([sizes.size])) == 0.0


@pytest.mark.parametrize(("n_rows", "n_positive"), [(50, 7), (20_000, 300), (1_000_000, 400_000)])
def test_chance_of_cells_is_that_of_both_labels(n_rows, n_positive):
    numbers, nats = chance_of_cells(n_rows, n_positive)
    asked = np.unique(np.geomspace(1, n_rows, 60).astype(np.int64))
    expected = sum(expected_deviance(asked, n_rows, label) for label in (n_positive, n_rows - n_positive))
    np.testing.assert_allclose(np.interp(asked, numbers, nats), expected, rtol=2e-5, atol=1e-6)


def test_a_constant_label_leaves_no_chance():
    assert not chance_of_cells(100, 0)[1].any()
