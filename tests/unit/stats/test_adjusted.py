"""Is relative information adjusted mutual information?"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics.cluster import expected_mutual_information as scikit_learn_expectation

from featsel.core.counts import ContingencyTable
from featsel.stats import (
    contingency_table,
    expected_mutual_information,
    label_entropy,
    mutual_information,
    relative_information,
)


def score(table: ContingencyTable) -> float:
    return float(
        relative_information(
            mutual_information(table), expected_mutual_information(table), label_entropy(table)
        )
    )


def test_it_is_the_adjusted_score_normalised_by_the_label() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 50, 2000)
    table = contingency_table(codes, rng.random(2000) < codes / 60, 50)
    chance = scikit_learn_expectation(csr_matrix(table.counts.astype(float)), 2000)

    expected = (mutual_information(table) - chance) / (label_entropy(table) - chance)

    assert score(table) == pytest.approx(expected, rel=1e-8)


def test_a_field_equal_to_the_label_explains_all() -> None:
    assert score(ContingencyTable(np.array([[70, 0], [0, 30]]), np.ones(2, int))) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "table",
    [
        ContingencyTable(np.array([[1, 0], [0, 1]]), np.array([700, 300])),
        ContingencyTable(np.array([[700, 300]]), np.array([1])),
        ContingencyTable(np.array([[700, 0], [300, 0]]), np.array([1, 1])),
    ],
    ids=["identifier", "constant field", "constant label"],
)
def test_where_nothing_can_be_explained_nothing_is(table: ContingencyTable) -> None:
    assert score(table) == 0.0
