"""Does usable information predict what a model gains on rows it has not seen?"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import betabinom

from featsel.core.counts import ContingencyTable
from featsel.stats import contingency_table, group, label_entropy, mutual_information, usable_information
from featsel.stats.usable import usable_gain

MakeTable = Callable[..., ContingencyTable]
N_ROWS = 50_000


def sizes_of(cardinality: int, exponent: float, rng: np.random.Generator) -> np.ndarray:
    share = 1.0 / np.arange(1, cardinality + 1) ** exponent
    return rng.multinomial(N_ROWS, share / share.sum())


@pytest.mark.parametrize("prior", [0.1, 3.0, 1000.0])
def test_gain_is_that_of_leaving_out_row_by_row(prior: float) -> None:
    rng = np.random.default_rng(0)
    codes, labels = rng.integers(0, 6, 60), rng.integers(0, 2, 60)
    table = contingency_table(codes, labels, 6)

    usable = usable_information(table)

    def gain_at(strength: float) -> float:
        gains = [
            leave_one_out_gain(
                np.delete(codes, row), np.delete(labels, row), codes[row], labels[row], strength
            )
            for row in range(60)
        ]
        return float(np.mean(gains))

    best = gain_at(usable.prior_strength) if math.isfinite(usable.prior_strength) else 0.0
    assert usable.nats == pytest.approx(best, abs=1e-13)
    assert gain_at(prior) <= usable.nats + 1e-13


def leave_one_out_gain(
    codes: np.ndarray, labels: np.ndarray, code: int, label: int, strength: float
) -> float:
    baseline = (labels == label).mean()
    alike = labels[codes == code] == label
    return math.log((alike.sum() + strength * baseline) / (alike.size + strength) / baseline)


@pytest.mark.parametrize("cardinality", [10, 5000, 30_000])
@pytest.mark.parametrize("exponent", [0.0, 1.0])
def test_noise_is_of_no_use(cardinality: int, exponent: float, draw_noise: MakeTable) -> None:
    rng = np.random.default_rng(3)
    scores = [
        usable_information(draw_noise(sizes_of(cardinality, exponent, rng), 5000, rng=rng)).nats
        for _ in range(20)
    ]

    # the search over one prior costs about one nat a log; plug-in information is thousands of times as much
    assert np.mean(scores) < 2.0 / N_ROWS
    assert min(scores) >= 0.0


@pytest.mark.parametrize("cardinality", [300, 5000, 30_000])
def test_planted_rates_are_worth_their_held_out_gain(cardinality: int, make_table: MakeTable) -> None:
    rng = np.random.default_rng(cardinality)
    sizes = sizes_of(cardinality, 0.5, rng)
    rates = rng.beta(0.5, 4.5, cardinality)
    table = make_table(sizes, rng.binomial(sizes, rates))

    usable = usable_information(table)

    positives, global_rate = table.counts[:, 1], table.label_totals[1] / N_ROWS
    predicted = (positives + usable.prior_strength * global_rate) / (sizes + usable.prior_strength)
    gain_of_fresh_rows = np.dot(
        sizes / N_ROWS,
        rates * np.log(predicted / global_rate) + (1 - rates) * np.log((1 - predicted) / (1 - global_rate)),
    )
    # the labels of 50,000 rows move the mean log loss by about sqrt(.3 / 50,000) = .0025
    assert usable.nats == pytest.approx(gain_of_fresh_rows, abs=3 * 0.0025)
    assert usable.nats > 3 * 0.0025
    assert usable.nats < mutual_information(table)


def test_the_prior_of_beta_rates_is_recovered(make_table: MakeTable) -> None:
    rng = np.random.default_rng(1)
    sizes = np.full(20_000, 20)
    table = make_table(sizes, betabinom.rvs(sizes, 2.0, 8.0, random_state=rng))

    # maximum likelihood has a standard error of about 2 % here
    assert usable_information(table).prior_strength == pytest.approx(10.0, rel=0.1)


def test_a_field_equal_to_the_label_is_worth_the_label_entropy() -> None:
    table = ContingencyTable(np.array([[700_000, 0], [0, 300_000]]), np.array([1, 1]))

    # a row that is left out moves the baseline by 1 / n
    assert usable_information(table).nats == pytest.approx(label_entropy(table), abs=1e-5)


def test_rates_known_by_volume_are_worth_their_mutual_information() -> None:
    table = ContingencyTable(np.array([[950_000, 50_000], [900_000, 100_000]]), np.array([3, 3]))

    # smoothing cannot cost more than about one nat per value
    assert usable_information(table).nats == pytest.approx(mutual_information(table), abs=6 / 6e6)


@pytest.mark.parametrize(
    ("counts", "multiplicity"),
    [
        ([[1, 0], [0, 1]], [800, 200]),
        ([[1, 0], [0, 1]], [800, 1]),
        ([[700, 300]], [1]),
        ([[700, 0], [300, 0]], [1, 1]),
        ([[0, 700], [0, 300]], [1, 1]),
        ([[0, 0], [0, 0]], [1, 1]),
        ([[1, 0]], [1]),
        ([[1, 1]], [1]),
        ([[0.5, 0.0], [0.0, 0.25]], [800, 200]),
    ],
)
def test_identifiers_and_constants_are_exactly_useless(
    counts: list[list[float]], multiplicity: list[int]
) -> None:
    usable = usable_information(ContingencyTable(np.array(counts), np.array(multiplicity)))

    assert usable.nats == 0.0
    assert usable.prior_strength == math.inf


def test_a_lone_positive_is_not_infinitely_surprising() -> None:
    usable = usable_information(ContingencyTable(np.array([[5, 1], [50, 0], [1, 0]]), np.array([1, 3, 4])))

    assert math.isfinite(usable.nats)


def test_several_labels_are_scored_alike() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 20, 30_000)
    labels = (codes % 3 + (rng.random(30_000) < 0.5) * rng.integers(0, 3, 30_000)) % 3
    table = contingency_table(codes, labels, 20, n_labels=3)

    # 20 values with two free rates each cost at most about a nat apiece
    assert usable_information(table).nats == pytest.approx(mutual_information(table), abs=40 / 30_000)


def test_grouping_leaves_usable_information() -> None:
    rng = np.random.default_rng(0)
    plain = contingency_table(rng.integers(0, 900, 3000), rng.random(3000) < 0.3, 900)

    assert usable_information(group(plain)).nats == pytest.approx(usable_information(plain).nats, abs=1e-13)


@pytest.mark.parametrize("prior", [0.1, 3.0, 1000.0])
def test_gain_over_expectations_is_that_of_leaving_out_row_by_row(prior: float) -> None:
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 9, (30, 2))
    rates = rng.uniform(0.2, 0.8, 30)
    expected = np.stack([1 - rates, rates], axis=1)

    usable = usable_gain(counts, expected)

    gain = 0.0
    for (misses, hits), rate in zip(counts.tolist(), rates.tolist(), strict=True):
        others = misses + hits - 1
        if hits:
            gain += hits * math.log((hits - 1 + prior * rate) / (others + prior) / rate)
        if misses:
            gain += misses * math.log((misses - 1 + prior * (1 - rate)) / (others + prior) / (1 - rate))
    assert usable.nats >= gain / counts.sum() - 1e-12


def test_cells_as_expected_gain_nothing() -> None:
    rng = np.random.default_rng(0)
    rates = rng.uniform(0.05, 0.5, 2000)
    sizes = rng.integers(1, 50, 2000)
    hits = rng.binomial(sizes, rates)

    usable = usable_gain(np.stack([sizes - hits, hits], axis=1), np.stack([1 - rates, rates], axis=1))

    # the search for the best prior gains about a nat in all
    assert usable.nats * sizes.sum() < 5


def test_cells_of_one_row_gain_nothing_over_what_is_expected() -> None:
    usable = usable_gain(np.array([[1, 0], [0, 1]]), np.full((2, 2), 0.5))

    assert (usable.nats, usable.prior_strength) == (0.0, math.inf)


def test_gain_over_the_overall_rate_is_usable_information() -> None:
    rng = np.random.default_rng(0)
    counts = np.stack([rng.poisson(80, 200), rng.poisson(rng.gamma(4, 5, 200))], axis=1)
    totals = counts.sum(axis=0)
    # every row leaves itself out of the overall rate
    without = np.tile((totals - 1) / (totals.sum() - 1), (200, 1))

    gain = usable_gain(counts, without)

    plain = usable_information(ContingencyTable(counts, np.ones(200, np.int64)))
    assert gain.nats == pytest.approx(plain.nats)
