"""Effects that differ between groups are found, and the same effects are left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.stats.heterogeneity import effect_heterogeneity

N_DRAWS = 200


def draw(rng, n_values, n_groups, *, n_rows, turns=0.0, levels=0.5, rate=0.1):
    """Cells of a field whose effects are ``turns`` different in every group."""
    share = 1 / np.arange(1, n_values + 1)
    values = rng.choice(n_values, n_rows, p=share / share.sum())
    groups = rng.integers(0, n_groups, n_rows)
    log_odds = np.log(rate / (1 - rate)) + rng.normal(0, 1, n_values)[values]
    log_odds += rng.normal(0, levels, n_groups)[groups]
    log_odds += rng.normal(0, turns, (n_values, n_groups))[values, groups]
    positives = rng.random(n_rows) < 1 / (1 + np.exp(-log_odds))
    cells, places = np.unique(values * n_groups + groups, return_inverse=True)
    counts = np.stack([np.bincount(places, ~positives), np.bincount(places, positives)], axis=1)
    return cells // n_groups, cells % n_groups, counts.astype(np.int64)


@pytest.mark.parametrize(("n_values", "n_groups"), [(5, 7), (300, 4), (2000, 7)])
def test_effects_that_stay_are_significant_as_often_as_chance_has_it(n_values, n_groups):
    rng = np.random.default_rng(n_values)
    p_values = np.array(
        [
            effect_heterogeneity(*draw(rng, n_values, n_groups, n_rows=4000)).test.p_value
            for _ in range(N_DRAWS)
        ]
    )
    # four standard errors above the level
    assert (p_values <= 0.05).mean() < 0.05 + 4 * (0.05 * 0.95 / N_DRAWS) ** 0.5
    assert (p_values <= 0.001).sum() <= 3


@pytest.mark.parametrize(("n_values", "n_groups"), [(5, 7), (300, 4)])
def test_effects_that_turn_are_found(n_values, n_groups):
    cells = draw(np.random.default_rng(0), n_values, n_groups, n_rows=20_000, turns=1.0)
    found = effect_heterogeneity(*cells)
    assert found.test.p_value < 1e-10
    assert found.nats > 0


def test_groups_of_other_levels_alone_are_no_difference():
    cells = draw(np.random.default_rng(1), 50, 3, n_rows=30_000, levels=2.0, rate=0.3)
    assert effect_heterogeneity(*cells).test.p_value > 1e-3


@given(st.permutations(range(4)), st.integers(0, 50))
def test_the_order_of_groups_changes_nothing(order, seed):
    values, groups, counts = draw(np.random.default_rng(seed), 6, 4, n_rows=300)
    there = np.array(order)[groups]
    by_value = np.lexsort((there, values))

    before = effect_heterogeneity(values, groups, counts)
    after = effect_heterogeneity(values[by_value], there[by_value], counts[by_value])

    assert after.test.statistic == pytest.approx(before.test.statistic, rel=1e-4, abs=1e-4)
    assert after.test.mean == pytest.approx(before.test.mean)


@pytest.mark.parametrize(
    "counts",
    [
        [[1, 1], [0, 1]],  # three rows
        [[5, 0], [5, 0]],  # one label
        [[5, 5]],  # one group
        [],
    ],
)
def test_values_that_cannot_tell_say_nothing(counts):
    table = np.array(counts, np.int64).reshape(-1, 2)
    found = effect_heterogeneity(np.zeros(len(table), np.int64), np.arange(len(table)), table)
    assert (found.test.statistic, found.test.p_value, found.nats) == (0, 1, 0)


def test_a_group_without_positives_is_no_matter():
    values, groups = np.repeat(np.arange(20), 3), np.tile(np.arange(3), 20)
    counts = np.tile([[20, 5], [20, 5], [20, 0]], (20, 1))
    found = effect_heterogeneity(values, groups, counts)
    assert found.test.p_value > 0.5
    assert abs(found.nats) < 0.1
