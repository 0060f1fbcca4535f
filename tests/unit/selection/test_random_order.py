"""Chance is a permutation, and one per seed."""

from __future__ import annotations

import numpy as np

from featsel.selection.random_order import random_order


def test_both_orders_are_permutations(planted) -> None:
    order = random_order(planted, seed=0)

    assert sorted(order.ids.tolist()) == np.flatnonzero(planted.is_feature).tolist()
    assert sorted(order.fields.tolist()) == list(range(planted.layout.n_fields))


def test_another_seed_gives_another_order(planted) -> None:
    assert random_order(planted, seed=0).ids.tolist() != random_order(planted, seed=1).ids.tolist()


def test_every_feature_has_the_same_chance_to_be_first(new_candidates) -> None:
    candidates = new_candidates({"a": np.array([1, 2]), "b": np.array([1, 2])}, np.array([0, 1]))

    firsts = [int(random_order(candidates, seed=seed).ids[0]) for seed in range(400)]

    # five standard deviations of a binomial count around 100
    counts = np.bincount(firsts, minlength=6)[[1, 2, 4, 5]]
    assert np.abs(counts - 100).max() < 5 * np.sqrt(400 * 0.25 * 0.75)


def test_nothing_is_said_about_worth(planted) -> None:
    order = random_order(planted, seed=0)

    assert np.isnan(order.scores).all()
    assert np.isnan(order.field_scores).all()
