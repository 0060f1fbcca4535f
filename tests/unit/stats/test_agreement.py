"""Stability is 1 for equal choices, 0 for chance, and its interval is that of repeated studies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.stats.agreement import choice_agreement


def choices(rng, n_choices, *, n_fields=12, size=4, loyalty=0.0):
    """Each choice holds the first fields, but for those that are drawn anew."""
    chosen = np.zeros((n_choices, n_fields), bool)
    for row in chosen:
        row[np.argsort(np.arange(n_fields) * loyalty + rng.random(n_fields))[:size]] = True
    return chosen


def test_a_hand_worked_example():
    # 3 choices of 2 of 4 fields: frequencies 1, 2/3, 1/3, 0; sample variances 0, 1/3, 1/3, 0
    # their mean is 1/6, by chance 1/2 * 1/2: 1 - (1/6) / (1/4) = 1/3
    chosen = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0]], bool)
    assert choice_agreement(chosen).index == pytest.approx(1 / 3)


def test_equal_choices_are_perfectly_stable():
    found = choice_agreement(np.tile([True, False, True, False, False], (7, 1)))
    assert (found.index, found.low, found.high) == pytest.approx((1, 1, 1))


def test_choices_by_chance_are_not_stable():
    rng = np.random.default_rng(0)
    found = choice_agreement(choices(rng, 2000))
    assert found.low < 0 < found.high
    assert abs(found.index) < 0.01


@given(st.integers(0, 10_000), st.integers(2, 8))
def test_the_index_is_bounded(seed, n_choices):
    found = choice_agreement(choices(np.random.default_rng(seed), n_choices))
    assert -1 / (n_choices - 1) - 1e-9 <= found.index <= 1 + 1e-9


@given(st.permutations(range(6)), st.permutations(range(12)))
def test_neither_the_order_of_choices_nor_of_fields_matters(rows, fields):
    chosen = choices(np.random.default_rng(1), 6, loyalty=0.1)
    assert choice_agreement(chosen[rows][:, fields]).index == pytest.approx(choice_agreement(chosen).index)


@pytest.mark.parametrize("is_chosen", [True, False])
def test_where_nothing_was_to_choose_there_is_no_index(is_chosen):
    assert choice_agreement(np.full((5, 3), is_chosen)) is None


def test_intervals_hold_the_stability_of_many_choices():
    rng = np.random.default_rng(2)
    truth = choice_agreement(choices(rng, 20_000, loyalty=0.1)).index
    found = [choice_agreement(choices(rng, 100, loyalty=0.1)) for _ in range(300)]
    share = np.mean([each.low <= truth <= each.high for each in found])
    # four standard errors of the share of 300 intervals below 95 %
    assert share >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 300)
