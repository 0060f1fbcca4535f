"""One table for all groups gains what it would gain on rows that it has not seen."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.counts import ContingencyTable
from featsel.stats import usable_information
from featsel.stats.shared import shared_information


def cells(values, groups, labels):
    n_groups = int(groups.max()) + 1
    keys, places = np.unique(values * n_groups + groups, return_inverse=True)
    counts = np.stack([np.bincount(places, labels == label) for label in (0, 1)], axis=1)
    return keys // n_groups, keys % n_groups, counts.astype(np.int64)


def plant(seed, n_rows, *, effects, levels):
    rng = np.random.default_rng(seed)
    values, groups = rng.integers(0, len(effects), n_rows), rng.integers(0, len(levels), n_rows)
    log_odds = np.asarray(effects)[values] + np.asarray(levels)[groups]
    return values, groups, (rng.random(n_rows) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)


def test_in_one_group_it_is_usable_information():
    values, groups, labels = plant(0, 5_000, effects=[-1.0, 0.0, 0.5, 1.5], levels=[-1.0])
    found = shared_information(*cells(values, groups, labels))
    counts = np.stack([np.bincount(values[labels == label]) for label in (0, 1)], axis=1)
    usable = usable_information(ContingencyTable(counts, np.ones(4, np.int64))).nats
    # the click rate itself is not left out here: a nat or two over all rows
    assert found.nats == pytest.approx(usable, abs=2 / 5_000)


def test_predictions_are_those_of_a_loop_over_rows():
    values, groups, labels = plant(1, 300, effects=[-1.0, 1.0, 0.3], levels=[-0.5, 0.5])
    found = shared_information(*cells(values, groups, labels))
    rates = 1 / (1 + np.exp(-found.levels))
    base = np.array([labels[groups == group].mean() for group in (0, 1)])

    def gain(prior):
        def shift(rows, positives, expected):
            level = expected / rows
            rate = (positives + prior * level) / (rows + prior)
            return math.log(rate / (1 - rate)) - math.log(level / (1 - level))

        def of_others(value, left_out):
            chosen = values == value
            if left_out is not None:
                chosen[left_out] = False
            return chosen.sum(), labels[chosen].sum(), rates[groups[chosen]].sum()

        whole = np.array([shift(*of_others(value, None)) for value in range(3)])
        total = 0.0
        for group in (0, 1):
            low, high = -9.0, 9.0
            for _ in range(60):
                middle = (low + high) / 2
                mean = (1 / (1 + np.exp(-middle - whole[values[groups == group]]))).mean()
                low, high = (middle, high) if mean < base[group] else (low, middle)
            for row in np.flatnonzero(groups == group):
                own = middle + shift(*of_others(values[row], row))
                p = 1 / (1 + math.exp(-own))
                total += math.log(p / base[group] if labels[row] else (1 - p) / (1 - base[group]))
        return total / labels.size

    priors = [16.0**step / 16 * 2.0**fine for step in range(5) for fine in range(-3, 4)]
    assert found.nats == pytest.approx(max(map(gain, priors)), rel=1e-6)


@given(st.integers(0, 200))
def test_a_row_id_gains_nothing(seed):
    groups = np.repeat([0, 1], 20)
    labels = np.random.default_rng(seed).permutation(np.tile([0, 1], 20))
    labels[[0, 1, 38, 39]] = [0, 1, 0, 1]
    assert shared_information(*cells(np.arange(40), groups, labels)).nats == 0.0


def test_a_field_that_only_names_the_group_gains_nothing():
    values, groups, labels = plant(2, 20_000, effects=[0.0] * 5, levels=[-2.0, 1.0])
    assert shared_information(*cells(values + 5 * groups, groups, labels)).nats < 1e-4


def test_values_of_good_groups_are_not_blamed_for_the_bad_ones():
    rng = np.random.default_rng(3)
    groups = np.repeat([0, 1], 20_000)
    # the better value is rare in the first group and common in the second
    values = (rng.random(40_000) < np.where(groups == 0, 0.1, 0.9)).astype(np.int64)
    labels = (rng.random(40_000) < np.where(values == 1, 0.2, 0.05)).astype(np.int64)
    found = shared_information(*cells(values, groups, labels))
    assert found.levels[0] == pytest.approx(found.levels[1], abs=0.15)
    assert np.all(found.gains > 0)
