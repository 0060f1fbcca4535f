"""Are entropies and plug-in mutual information those of the textbook?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.metrics import mutual_info_score

from featsel.core.counts import ContingencyTable
from featsel.stats import contingency_table, field_entropy, group, label_entropy, mutual_information

EMPTY = ContingencyTable(np.zeros((2, 2), np.int64), np.ones(2, np.int64))


@pytest.mark.parametrize("n_labels", [2, 5])
@pytest.mark.parametrize("cardinality", [1, 2, 40, 3000])
def test_mutual_information_agrees_with_scikit_learn(cardinality: int, n_labels: int) -> None:
    rng = np.random.default_rng(cardinality)
    codes = rng.integers(0, cardinality, 5000)
    labels = (codes * (rng.random(5000) < 0.3) + rng.integers(0, n_labels, 5000)) % n_labels
    table = contingency_table(codes, labels, cardinality, n_labels=n_labels)

    assert mutual_information(table) == pytest.approx(mutual_info_score(codes, labels), abs=1e-12)


def test_entropies_agree_with_scipy() -> None:
    table = ContingencyTable(np.array([[10, 2], [0, 7], [3, 3]]), np.array([1, 4, 2]))

    assert label_entropy(table) == pytest.approx(entropy([16, 36]), abs=1e-14)
    assert field_entropy(table) == pytest.approx(entropy([12, 7, 7, 7, 7, 6, 6]), abs=1e-14)


@pytest.mark.parametrize("measure", [label_entropy, field_entropy, mutual_information])
def test_an_empty_table_has_no_information(measure: type[float]) -> None:
    assert measure(EMPTY) == 0.0


def test_equal_rates_have_no_information_at_any_volume() -> None:
    table = ContingencyTable(np.array([[9, 1], [9_000_000_000, 1_000_000_000]]), np.array([1, 1]))

    assert mutual_information(table) == 0.0


def test_a_tiny_difference_of_rates_at_volume_is_not_lost() -> None:
    half = 500_000_000
    table = ContingencyTable(np.array([[half + 100, half - 100], [half - 100, half + 100]]), np.array([1, 1]))

    # second order in the rates: 2 delta^2 with delta = 100 / 1e9; entropies would have lost it at 1e-16.
    # The rounding of 1e-16 in a logarithm of 2e-7 costs 1e-9 of it.
    assert mutual_information(table) == pytest.approx(2e-14, rel=4e-9)


def test_a_field_equal_to_the_label_tells_the_label_entropy() -> None:
    table = ContingencyTable(np.array([[30, 0], [0, 10]]), np.array([1, 1]))

    assert mutual_information(table) == pytest.approx(label_entropy(table), rel=1e-15)
    assert label_entropy(table) == pytest.approx(math.log(4) - 0.75 * math.log(3), rel=1e-15)


def test_grouping_keeps_entropies() -> None:
    counts = np.random.default_rng(0).integers(0, 3, size=(500, 2))
    plain = ContingencyTable(counts, np.ones(500, np.int64))

    assert mutual_information(group(plain)) == pytest.approx(mutual_information(plain), rel=1e-13)
    assert field_entropy(group(plain)) == pytest.approx(field_entropy(plain), rel=1e-13)
