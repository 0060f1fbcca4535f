"""Do the closed forms describe what permutations of the labels do?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import comb, fsum, log

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.metrics.cluster import expected_mutual_information as scikit_learn_expectation

from featsel.core.counts import ContingencyTable
from featsel.stats import (
    contingency_table,
    expected_mutual_information,
    group,
    label_entropy,
    mutual_information,
    null_moments,
    variance_of_mutual_information,
)
from featsel.stats.deviance import deviance

MakeTable = Callable[..., ContingencyTable]


def uniform(cardinality: int, n_rows: int) -> NDArray[np.int64]:
    """Give every value as many rows, but for the remainder."""
    sizes = np.full(cardinality, n_rows // cardinality)
    sizes[: n_rows % cardinality] += 1
    return sizes


def zipf(cardinality: int, n_rows: int) -> NDArray[np.int64]:
    """Rows by frequency rank."""
    share = 1.0 / np.arange(1, cardinality + 1)
    sizes = np.random.default_rng(1).multinomial(n_rows, share / share.sum())
    return sizes[sizes > 0]


SHAPES = {
    "two values": uniform(2, 12_000),
    "ten values": uniform(10, 12_000),
    "one giant": np.array([11_999, 1]),
    "a giant in dust": np.append(np.ones(6000, np.int64), 6000),
    "zipf": zipf(3000, 12_000),
    "triples": uniform(4000, 12_000),
    "pairs": uniform(6000, 12_000),
    "single rows": np.ones(12_000, np.int64),
}


@pytest.mark.parametrize("rate", [0.01, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("shape", SHAPES)
def test_expectation_agrees_with_scikit_learn(shape: str, rate: float, draw_noise: MakeTable) -> None:
    table = draw_noise(SHAPES[shape], int(12_000 * rate), rng=np.random.default_rng(0))

    expected = scikit_learn_expectation(csr_matrix(table.counts.astype(float)), 12_000)

    assert expected_mutual_information(table) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("n_labels", [3, 6])
def test_expectation_of_several_labels_agrees_with_scikit_learn(n_labels: int) -> None:
    rng = np.random.default_rng(n_labels)
    codes, labels = rng.zipf(1.5, 3000).clip(max=500) - 1, rng.integers(0, n_labels, 3000) ** 2 // n_labels
    table = contingency_table(codes, labels, 500, n_labels=n_labels)
    occupied = table.counts[table.counts.any(axis=1)][:, table.counts.any(axis=0)]

    expected = scikit_learn_expectation(csr_matrix(occupied.astype(float)), 3000)

    assert expected_mutual_information(table) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("sizes", "n_positives"),
    [
        ([1000, 1000, 500, 499, 1], 600),
        ([2999, 1], 3),  # scikit-learn is 1e-8 off here
        ([1500, 1500], 2999),
        ([2000, 990, 10], 1500),
        ([4000, 2000], 1800),
    ],
)
def test_expectation_agrees_with_exact_integers(
    sizes: list[int], n_positives: int, make_table: MakeTable
) -> None:
    n_rows = sum(sizes)
    table = make_table(np.array(sizes), np.array(first_fill(sizes, n_positives)))

    expected = fsum(exact_divergence(size, n_rows, n_positives) for size in sizes) / n_rows

    assert expected_mutual_information(table) == pytest.approx(expected, rel=1e-10)


def first_fill(sizes: Sequence[int], n_positives: int) -> list[int]:
    """Positives by value, the first values filled up first."""
    before = np.cumsum([0, *sizes[:-1]])
    return [int(n) for n in np.clip(n_positives - before, 0, sizes)]


def exact_divergence(size: int, n_rows: int, n_positives: int) -> float:
    """Mean of ``a KL(x / a || p)`` over a hypergeometric x, probabilities as exact integers."""
    n_negatives = n_rows - n_positives
    ways = comb(n_rows, size)
    terms: list[float] = []
    for hit in range(max(0, size - n_negatives), min(size, n_positives) + 1):
        probability = comb(n_positives, hit) * comb(n_negatives, size - hit) / ways
        miss = size - hit
        of_hits = hit * log(hit * n_rows / (size * n_positives)) if hit else 0.0
        of_misses = miss * log(miss * n_rows / (size * n_negatives)) if miss else 0.0
        terms.append(probability * (of_hits + of_misses))
    return fsum(terms)


@pytest.mark.parametrize("sizes", [[3, 2, 2, 1], [4, 4], [2, 2, 2, 2], [5, 1, 1, 1], [1] * 8])
@pytest.mark.parametrize("n_positives", [1, 3, 4])
def test_every_permutation_of_a_tiny_log_averages_to_the_expectation(
    sizes: list[int], n_positives: int
) -> None:
    scores = scores_of_all_label_vectors(sizes, n_positives)
    table = table_of(np.repeat(np.arange(len(sizes)), sizes), np.arange(sum(sizes)) < n_positives)

    assert expected_mutual_information(table) == pytest.approx(np.mean(scores), rel=1e-12)


@pytest.mark.parametrize(("n_positives", "tolerance"), [(2, 0.15), (4, 0.1), (6, 0.075)])
@pytest.mark.parametrize("sizes", [[3, 3, 2, 2, 2], [4, 4, 4], [2] * 6, [6, 2, 1, 1, 1, 1], [6, 6], [10, 2]])
def test_variance_is_close_on_tables_small_enough_to_enumerate(
    sizes: list[int], n_positives: int, tolerance: float
) -> None:
    scores = scores_of_all_label_vectors(sizes, n_positives)
    table = table_of(np.repeat(np.arange(len(sizes)), sizes), np.arange(12) < n_positives)

    # what is neglected is of the order of one over the positives; measured: up to .137, .075, .055
    assert np.sqrt(variance_of_mutual_information(table)) == pytest.approx(np.std(scores), rel=tolerance)


def scores_of_all_label_vectors(sizes: Sequence[int], n_positives: int) -> list[float]:
    codes = np.repeat(np.arange(len(sizes)), sizes)
    rows = np.arange(codes.size)
    choices = combinations(range(codes.size), n_positives)
    return [mutual_information(table_of(codes, np.isin(rows, choice))) for choice in choices]


def table_of(codes: NDArray[np.int64], labels: NDArray[np.bool_]) -> ContingencyTable:
    return contingency_table(codes, labels, int(codes.max()) + 1)


@pytest.mark.parametrize("rate", [0.02, 0.2, 0.5])
@pytest.mark.parametrize("shape", ["ten values", "zipf", "triples", "pairs", "a giant in dust"])
def test_moments_agree_with_random_labels(shape: str, rate: float, make_table: MakeTable) -> None:
    rng = np.random.default_rng(7)
    sizes, n_positives = SHAPES[shape], int(12_000 * rate)
    draws = rng.multivariate_hypergeometric(sizes, n_positives, size=1000, method="marginals").astype(float)
    scores = sum(
        deviance(counts, sizes * share).sum(axis=1)
        for counts, share in ((draws, rate), (sizes - draws, 1 - rate))
    )

    means, deviations = null_moments([make_table(sizes, draws[0].astype(np.int64))])

    # Monte-Carlo errors: sd / sqrt(1000) of the mean, 1 / sqrt(2000) = 2.2 % of the sd (3.2 % at ten values)
    assert means[0] * 12_000 == pytest.approx(np.mean(scores), abs=4 * np.std(scores) / np.sqrt(1000))
    assert deviations[0] * 12_000 == pytest.approx(np.std(scores), rel=0.1)


@pytest.mark.parametrize("cardinality", [2, 5, 50])
def test_low_cardinalities_are_chi_squared(cardinality: int, draw_noise: MakeTable) -> None:
    n_rows = 1_000_000
    table = draw_noise(uniform(cardinality, n_rows), 200_000, rng=np.random.default_rng(0))

    means, deviations = null_moments([table])

    # 2 n I is chi-squared up to relative terms of the order of values / (n p)
    tolerance = 2 * cardinality / 200_000
    assert 2 * n_rows * means[0] == pytest.approx(cardinality - 1, rel=tolerance)
    assert 2 * n_rows * deviations[0] == pytest.approx(np.sqrt(2 * (cardinality - 1)), rel=tolerance)


def test_a_billion_rows_keep_their_digits() -> None:
    n_rows = 1_000_000_000
    halves = ContingencyTable(np.array([[400_000_000, 100_000_000]]), np.array([2]))

    means, deviations = null_moments([halves])

    assert 2 * n_rows * means[0] == pytest.approx(1.0, rel=1e-8)
    assert 2 * n_rows * deviations[0] == pytest.approx(np.sqrt(2.0), rel=1e-6)


@pytest.mark.parametrize("rate", [1e-4, 0.2, 0.5])
def test_single_rows_leave_nothing_to_chance(rate: float) -> None:
    n_positives = int(1_000_000 * rate)
    table = ContingencyTable(np.array([[1, 0], [0, 1]]), np.array([1_000_000 - n_positives, n_positives]))

    assert expected_mutual_information(table) == pytest.approx(label_entropy(table), rel=1e-13)
    assert variance_of_mutual_information(table) == 0.0


def test_a_single_pair_among_single_rows_keeps_its_variance() -> None:
    # with half positives the pair agrees with probability (n/2 - 1) / (n - 1) and then adds 2 ln 2 nats
    n_rows = 100_000
    table = ContingencyTable(np.array([[1, 0], [0, 1], [1, 1]]), np.array([49_999, 49_999, 1]))

    # relative error of the closed form: 1 / V
    assert variance_of_mutual_information(table) == pytest.approx(
        (np.log(2) / n_rows) ** 2, rel=4 / (n_rows / 4)
    )


@pytest.mark.parametrize(
    "table",
    [
        ContingencyTable(np.zeros((2, 2), np.int64), np.ones(2, np.int64)),
        ContingencyTable(np.array([[7, 3]]), np.array([1])),
        ContingencyTable(np.array([[1, 0]]), np.array([1])),
        ContingencyTable(np.array([[3, 0], [5, 0]]), np.array([1, 1])),
        ContingencyTable(np.array([[0, 3], [0, 5]]), np.array([1, 1])),
    ],
    ids=["empty", "constant field", "one row", "no positives", "no negatives"],
)
def test_constants_expect_nothing(table: ContingencyTable) -> None:
    assert expected_mutual_information(table) == 0.0
    assert variance_of_mutual_information(table) == 0.0


def test_tables_scored_together_equal_tables_scored_alone(draw_noise: MakeTable) -> None:
    rng = np.random.default_rng(2)
    tables = [draw_noise(sizes, count, rng=rng) for sizes in SHAPES.values() for count in (100, 3000)]

    means, deviations = null_moments(tables)

    assert means.tolist() == pytest.approx([expected_mutual_information(t) for t in tables], rel=1e-14)
    variances = [variance_of_mutual_information(t) for t in tables]
    assert (deviations**2).tolist() == pytest.approx(variances, rel=1e-12)


def test_grouping_and_order_leave_moments_bit_for_bit(draw_noise: MakeTable) -> None:
    table = draw_noise(SHAPES["zipf"], 3000, rng=np.random.default_rng(4))
    shuffled = ContingencyTable(np.random.default_rng(5).permutation(table.counts), table.multiplicity)

    means, deviations = null_moments([table, group(table), shuffled])

    assert len(set(means)) == 1
    assert len(set(deviations)) == 1


def test_sizes_between_whole_numbers_are_interpolated() -> None:
    def mean_of(size: float) -> float:
        counts = np.array([[size * 0.5, size * 0.5], [100 - size * 0.5, 100 - size * 0.5]])
        return expected_mutual_information(ContingencyTable(counts, np.array([1, 1])))

    assert mean_of(3.25) == pytest.approx(0.75 * mean_of(3) + 0.25 * mean_of(4), rel=1e-12)


def test_weighted_totals_round_to_whole_rows() -> None:
    table = ContingencyTable(np.array([[20.4, 10.0], [30.0, 10.0]]), np.array([1, 1]))

    mean, deviation = (moment[0] for moment in null_moments([table]))

    assert 0 < mean < label_entropy(table)
    assert deviation > 0


def test_a_weight_above_the_rounded_total_is_the_total() -> None:
    table = ContingencyTable(np.array([[5.4, 5.4]]), np.array([1]))

    assert expected_mutual_information(table) == 0.0


def test_no_tables_have_no_moments() -> None:
    means, deviations = null_moments([])

    assert (means.size, deviations.size) == (0, 0)


def test_the_variance_of_three_labels_is_refused() -> None:
    table = ContingencyTable(np.ones((2, 3), np.int64), np.ones(2, np.int64))

    with pytest.raises(ValueError, match="two labels are needed, table 0 has 3"):
        variance_of_mutual_information(table)
