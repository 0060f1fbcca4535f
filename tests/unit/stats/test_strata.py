"""Is information within strata that of each stratum, less what chance would give there?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.counts import ContingencyTable
from featsel.stats import expected_mutual_information, mutual_information
from featsel.stats.strata import conditional_information

tables = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).poisson(
        np.random.default_rng(seed).choice([0.3, 2.0, 30.0]), (4, 5, 2)
    )
)


def by_stratum(table: np.ndarray) -> float:
    nats = 0.0
    for stratum in table:
        counts = stratum[stratum.any(axis=1)]
        if len(counts):
            own = ContingencyTable(counts, np.ones(len(counts), np.int64))
            nats += stratum.sum() * (mutual_information(own) - expected_mutual_information(own))
    return nats / max(table.sum(), 1)


@given(tables)
def test_it_is_the_sum_over_the_strata(table: np.ndarray) -> None:
    strata, values = np.nonzero(table.any(axis=2))

    found = conditional_information(strata.astype(np.uint32), table[strata, values])

    assert found == pytest.approx(by_stratum(table), abs=1e-12)


@given(tables)
def test_the_order_of_cells_does_not_matter(table: np.ndarray) -> None:
    strata, values = np.nonzero(table.any(axis=2))
    order = np.random.default_rng(len(strata)).permutation(len(strata))
    counts = table[strata, values]

    one = conditional_information(strata.astype(np.uint32), counts)
    other = conditional_information(strata[order].astype(np.uint32), counts[order])

    assert other == pytest.approx(one, abs=1e-12)


def test_noise_within_strata_has_none_on_average() -> None:
    nats: list[float] = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        strata, values = rng.integers(0, 20, 3000), rng.integers(0, 40, 3000)
        labels = (rng.random(3000) < rng.random(20)[strata]).astype(int)
        table = np.zeros((20, 40, 2), np.int64)
        np.add.at(table, (strata, values, labels), 1)
        at = np.nonzero(table.any(axis=2))
        nats.append(conditional_information(at[0].astype(np.uint32), table[at]))

    assert np.mean(nats) == pytest.approx(0, abs=3.5 * np.std(nats) / np.sqrt(60))


def test_pairs_of_rows_have_nothing_left_to_find() -> None:
    # each stratum has two rows of different values: chance explains all that they could show
    counts = np.array([[1, 0], [0, 1], [0, 1], [1, 0]])

    assert conditional_information(np.array([0, 0, 1, 1], np.uint32), counts) == pytest.approx(0, abs=1e-15)


def test_no_rows_tell_nothing() -> None:
    assert conditional_information(np.empty(0, np.uint32), np.empty((0, 2), np.int64)) == 0.0
