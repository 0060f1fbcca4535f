"""A field with many values gains by rows what smaller logs say; one with few gains nothing."""

import numpy as np
import pytest

from featsel.core.counts import ContingencyTable
from featsel.ranking.growth import score_growth
from featsel.ranking.measures import measure
from featsel.ranking.scores import Score
from featsel.stats import group


def simulated(rng, n_values, n_rows):
    rates = 1 / (1 + np.exp(1.4 - np.random.default_rng(7).standard_normal(n_values)))
    sizes = rng.multinomial(n_rows, np.full(n_values, 1 / n_values))
    positives = rng.binomial(sizes, rates)
    counts = np.column_stack([sizes - positives, positives])
    return group(ContingencyTable(counts, np.ones(n_values, np.int64)))


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize("score", [Score.USABLE, Score.CORRECTED])
def test_the_growth_is_that_between_logs_of_either_size(share, score):
    rng = np.random.default_rng(0)
    small = [simulated(rng, 3000, round(20_000 * share)) for _ in range(40)]
    large = [simulated(rng, 3000, 20_000) for _ in range(40)]
    means = [measure(tables, ["a"] * 40, score).scores.mean() for tables in (large, small)]
    growths = [score_growth(table, "a", score, share=share) for table in large[:10]]
    spread = np.std([growth.gain for growth in growths]) / np.sqrt(10)
    both = measure(large, ["a"] * 40, score).scores.std() / np.sqrt(40) * np.sqrt(2)
    assert np.mean([growth.gain for growth in growths]) == pytest.approx(
        means[0] - means[1], abs=4 * np.hypot(spread, both)
    )


def test_a_field_with_few_values_gains_next_to_nothing():
    table = simulated(np.random.default_rng(1), 4, 20_000)
    growth = score_growth(table, "a", Score.CORRECTED, share=0.5)
    assert abs(growth.gain) < 4 * growth.se


def test_the_same_seed_thins_alike():
    table = simulated(np.random.default_rng(1), 300, 2000)
    one, same, other = (score_growth(table, "a", Score.USABLE, share=0.5, seed=seed) for seed in (0, 0, 1))
    assert one == same != other


def test_a_share_without_rows_tells_nothing():
    table = ContingencyTable(np.array([[1, 1]]), np.array([1]))
    assert score_growth(table, "a", Score.USABLE, share=0.0).gain == 0.0
