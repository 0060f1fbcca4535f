from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.stats.conditional import conditional_test

N_DRAWS = 4000


def shuffled(counts: np.ndarray, hits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Positives as a permutation of the labels within each stratum leaves them."""
    return np.array(
        [rng.multivariate_hypergeometric(row, hit) for row, hit in zip(counts, hits, strict=True)]
    )


@pytest.mark.parametrize("seed", range(3))
def test_mean_and_sd_are_those_of_permutations_within_strata(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, [2, 3, 5, 20, 60, 200], (5, 6))
    hits = np.maximum(1, counts.sum(axis=1) // 5)
    drawn = [conditional_test(counts, shuffled(counts, hits, rng)) for _ in range(N_DRAWS)]
    statistics = np.array([test.statistic for test in drawn])

    # four standard errors of a mean and of a standard deviation of so many draws
    assert abs(statistics.mean() - drawn[0].mean) < 4 * drawn[0].sd / N_DRAWS**0.5
    assert abs(statistics.std() / drawn[0].sd - 1) < 4 * (2 / N_DRAWS) ** 0.5


def test_p_values_of_permutations_are_even() -> None:
    rng = np.random.default_rng(0)
    counts = rng.integers(20, 60, (4, 6))
    hits = counts.sum(axis=1) // 4
    p_values = np.array(
        [conditional_test(counts, shuffled(counts, hits, rng)).p_value for _ in range(N_DRAWS)]
    )

    for level in (0.01, 0.05, 0.2):
        assert abs((p_values <= level).mean() - level) < 5 * (level / N_DRAWS) ** 0.5


def test_values_that_matter_only_together_are_found() -> None:
    counts = np.full((2, 2), 50)

    together = conditional_test(counts, np.array([[40, 10], [10, 40]]))
    alone = conditional_test(counts.sum(axis=0, keepdims=True), np.array([[50, 50]]))

    assert together.p_value < 1e-12
    assert alone.p_value > 0.5


@pytest.mark.parametrize(
    ("counts", "positives"),
    [
        ([[2, 1]], [[1, 0]]),  # three rows
        ([[5, 5]], [[5, 5]]),  # one label
        ([[9, 0]], [[4, 0]]),  # one value
        ([[0, 0]], [[0, 0]]),
    ],
)
def test_strata_that_cannot_tell_say_nothing(counts: list[list[int]], positives: list[list[int]]) -> None:
    test = conditional_test(np.array(counts), np.array(positives))

    assert (test.statistic, test.mean, test.sd, test.z, test.p_value) == (0, 0, 0, 0, 1)


@given(st.integers(0, 10_000))
def test_strata_add_up(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 9, (4, 3))
    positives = rng.integers(0, counts + 1)

    whole = conditional_test(counts, positives)
    halves = [conditional_test(counts[part], positives[part]) for part in (slice(2), slice(2, None))]

    assert whole.statistic == pytest.approx(sum(half.statistic for half in halves))
    assert whole.mean == pytest.approx(sum(half.mean for half in halves))
    assert whole.sd**2 == pytest.approx(sum(half.sd**2 for half in halves))
