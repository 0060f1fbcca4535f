from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.stats.effects import DOUBT, MOST, effect_log_odds


def log_beta(first: float, second: float) -> float:
    return math.lgamma(first) + math.lgamma(second) - math.lgamma(first + second)


def test_odds_are_those_of_the_beta_binomial_against_the_binomial() -> None:
    rows, expected = np.full(6, 50.0), np.full(6, 10.0)
    positives = np.array([10.0, 10.0, 10.0, 10.0, 10.0, 32.0])

    odds = effect_log_odds(rows, positives, expected)

    # the last value is evident; the others set the level, 10 of 50
    rate = 0.2
    strength = 1 / (rate * (1 - rate)) - 1
    first, second = rate * strength, (1 - rate) * strength
    nats = np.array(
        [
            log_beta(hits + first, 50 - hits + second)
            - log_beta(first, second)
            - hits * math.log(rate)
            - (50 - hits) * math.log(1 - rate)
            for hits in positives.tolist()
        ]
    )
    share = 1 / (1 + np.exp(nats - odds))
    assert np.ptp(share) < 1e-6
    chances = 1 / (1 + np.exp(-odds))
    assert share[0] == pytest.approx(chances.sum() / (6 + DOUBT), abs=1e-4)


def test_the_share_of_values_that_tell_nothing_is_found() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(10, 300, 4000).astype(float)
    rates = np.full(4000, 0.1)
    effects = rng.normal(size=4000)
    has_effect = rng.random(4000) < 0.1
    rates[has_effect] = 1 / (1 + np.exp(-(np.log(0.1 / 0.9) + effects[has_effect])))
    positives = rng.binomial(rows.astype(int), rates).astype(float)

    odds = effect_log_odds(rows, positives, rows * 0.1)
    chances = 1 / (1 + np.exp(-odds))
    is_evident = odds > 0

    assert chances.mean() == pytest.approx(0.1, abs=0.02)
    # of the values that are called evident, as many are wrong as their odds say
    wrong = np.mean(~has_effect[is_evident])
    assert wrong == pytest.approx(np.mean(1 - chances[is_evident]), abs=0.05)


def test_what_rare_values_have_in_common_is_no_effect_of_each() -> None:
    rng = np.random.default_rng(1)
    rows = np.r_[np.full(300, 10.0), np.full(20, 1000.0)]
    positives = np.r_[rng.binomial(10, 0.05, 300), rng.binomial(1000, 0.3, 20)].astype(float)

    odds = effect_log_odds(rows, positives, rows * 0.3)

    assert np.mean(odds[:300] > 0) < 0.02
    assert np.all(odds[300:] > 10)


def test_where_every_value_has_a_rate_of_its_own_a_rare_one_must_show_it() -> None:
    rows = np.r_[np.full(60, 2000.0), 1.0]
    positives = np.r_[np.tile([100.0, 1000.0], 30), 0.0]

    odds = effect_log_odds(rows, positives, rows * 0.2)

    assert np.all(odds[:60] > 0)
    assert odds[60] == pytest.approx(np.log(MOST / (1 - MOST)), abs=0.2)


def test_values_without_rows_are_never_evident() -> None:
    odds = effect_log_odds(np.array([0.0, 40.0]), np.array([0.0, 4.0]), np.array([0.0, 4.0]))

    assert odds[0] == -np.inf
    assert np.isfinite(odds[1])
    assert effect_log_odds(np.zeros(0), np.zeros(0), np.zeros(0)).size == 0


@given(st.lists(st.tuples(st.integers(1, 10**9), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30))
def test_odds_are_finite_whatever_the_counts(values: list[tuple[int, float, float]]) -> None:
    rows, hit, expected = (np.array(each, np.float64) for each in zip(*values, strict=True))

    odds = effect_log_odds(rows, np.round(rows * hit), rows * expected)

    assert np.all(np.isfinite(odds))


@given(st.integers(25, 100), st.integers(1, 50))
def test_the_further_a_count_is_from_what_is_expected_the_higher_the_odds(hits: int, more: int) -> None:
    rows = np.full(40, 150.0)
    positives = np.r_[hits, hits + more, np.full(38, 20.0)].astype(float)

    odds = effect_log_odds(rows, positives, np.full(40, 20.0))

    assert odds[1] > odds[0]
