"""Does the test for interactions see them, and only them?"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from featsel.engines.pair_cells import PairCells, count_cells
from featsel.stats.additive import AdditiveFit, fit_additive, pair_products
from featsel.stats.interaction import PRIOR_ROWS, InteractionTest, expected_without, interaction_test

N_ROWS = 12_000


def draw_codes(size: int, exponent: float, rng: np.random.Generator) -> NDArray[np.uint32]:
    share = (1.0 + np.arange(size)) ** -exponent
    codes = rng.choice(size, N_ROWS, p=share / share.sum())
    return np.unique(codes, return_inverse=True)[1].astype(np.uint32)


def cells_of(
    first: NDArray[np.uint32],
    second: NDArray[np.uint32],
    log_odds: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[PairCells, tuple[int, int]]:
    labels = (rng.random(N_ROWS) < 1 / (1 + np.exp(-log_odds))).astype(np.uint8)
    sizes = int(first.max()) + 1, int(second.max()) + 1
    return count_cells(first, second, labels, sizes=sizes), sizes


def outcome(cells: PairCells, sizes: tuple[int, int]) -> InteractionTest:
    return interaction_test(cells.counts, fit_additive(cells.first, cells.second, cells.counts, sizes=sizes))


# values and spread of effects of both fields
PAIRS = {
    "noise and noise": ((20, 0.0), (50, 0.0)),
    "relevant and noise": ((20, 1.0), (50, 0.0)),
    "relevant and relevant": ((20, 1.0), (50, 1.0)),
    "relevant and wide noise": ((20, 1.0), (5000, 0.0)),
    "users and relevant": ((4000, 1.0), (20, 1.0)),
    "strong users and relevant": ((4000, 2.0), (20, 1.0)),
    "users and items": ((2000, 1.0), (200, 1.0)),
}


@pytest.mark.parametrize("rate", [0.003, 0.3])
@pytest.mark.parametrize("pair", PAIRS)
def test_additive_pairs_are_within_chance(pair: str, rate: float) -> None:
    z: list[float] = []
    p: list[float] = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        log_odds = np.full(N_ROWS, np.log(rate / (1 - rate)))
        codes: list[NDArray[np.uint32]] = []
        for size, sd in PAIRS[pair]:
            codes.append(draw_codes(size, 0.5 if size > 1000 else 1.0, rng))
            log_odds += rng.normal(0, sd, size)[codes[-1]]
        test = outcome(*cells_of(codes[0], codes[1], log_odds, rng))
        z.append(test.z)
        p.append(test.p_value)

    assert np.abs(z).max() < 4
    # mean of eight within 3.5 standard errors, and a bias of .3 at most
    assert abs(np.mean(z)) < 3.5 / np.sqrt(8) + 0.3
    assert 0.15 < np.mean(p) < 0.9


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, 1.0])
def test_fields_that_are_nearly_the_same_have_no_interaction(share: float) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        first = draw_codes(50, 1.0, rng)
        second = np.where(rng.random(N_ROWS) < share, first, draw_codes(50, 1.0, rng)).astype(np.uint32)
        log_odds = rng.normal(0, 1, 50)[first] + rng.normal(0, 1, 50)[second] - 1

        assert outcome(*cells_of(first, second, log_odds, rng)).z < 4


def test_a_field_that_matters_only_beside_another_one_is_found() -> None:
    rng = np.random.default_rng(0)
    first, second = draw_codes(12, 0.5, rng), draw_codes(20, 0.5, rng)
    same = (first % 2) == (second % 2)

    test = outcome(*cells_of(first, second, np.where(same, -1.0, -2.0), rng))

    assert test.z > 15
    assert test.p_value < 1e-20


def test_the_moments_are_those_of_simulation() -> None:
    # known rates, so that nothing is fitted: the statistic has the mean and the sd that z assumes
    rng = np.random.default_rng(0)
    sizes, rates = np.array([2, 3, 5, 40, 200] * 20), np.array([0.02, 0.1, 0.3, 0.5, 0.05] * 20)
    fit = AdditiveFit(rates, np.zeros(sizes.size))
    z = np.empty(2000)
    p = np.empty(2000)
    for draw in range(2000):
        hits = rng.binomial(sizes, rates)
        test = interaction_test(np.stack([sizes - hits, hits], axis=1), fit)
        z[draw], p[draw] = test.z, test.p_value

    assert z.mean() == pytest.approx(0, abs=3.5 / np.sqrt(2000))
    assert z.std() == pytest.approx(1, abs=0.08)
    for level in (0.5, 0.1, 0.01):
        assert np.mean(p <= level) == pytest.approx(level, abs=4 * np.sqrt(level / 2000) + 0.1 * level)


def test_a_hand_worked_table() -> None:
    # one cell of 2 rows, both positive, at rate .5: products 2 * .25, sd sqrt(2 * 2 * 1 / 16)
    fit = AdditiveFit(np.array([0.5]), np.zeros(1))

    assert pair_products(np.array([[0, 2]]), fit.rates) == pytest.approx([0.5])
    assert interaction_test(np.array([[0, 2]]), fit).z == pytest.approx(0.5 / 0.5)
    assert PRIOR_ROWS == 4.0


def test_rows_alone_in_their_cells_cannot_tell() -> None:
    counts = np.array([[1, 0], [0, 1], [1, 0]])
    fit = AdditiveFit(np.array([0.2, 0.3, 0.4]), np.zeros(3))

    assert interaction_test(counts, fit) == InteractionTest(0.0, 1.0)


def test_the_expectation_without_a_row_is_that_of_a_fit_without_it() -> None:
    rng = np.random.default_rng(1)
    first, second = draw_codes(40, 0.3, rng), draw_codes(10, 0.3, rng)
    cells, sizes = cells_of(first, second, rng.normal(0, 1, 40)[first] - 1, rng)
    fit = fit_additive(cells.first, cells.second, cells.counts, sizes=sizes)

    without = expected_without(fit)

    some = np.flatnonzero(cells.counts.min(axis=1) > 5)[:5]
    for cell in some:
        for label in (0, 1):
            fewer = cells.counts.copy()
            fewer[cell, label] -= 1
            rate = fit_additive(cells.first, cells.second, fewer, sizes=sizes).rates[cell]
            expected = rate if label else 1 - rate
            pull = abs(expected - (fit.rates[cell] if label else 1 - fit.rates[cell]))
            assert without[cell, label] == pytest.approx(expected, abs=0.25 * pull + 1e-4)
