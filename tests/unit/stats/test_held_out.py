from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from featsel.core.counts import ContingencyTable
from featsel.stats import held_out
from featsel.stats.held_out import held_out_auc, indicator_auc, split_halves

Values = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=8)


def plain(values: list[tuple[int, int]]) -> ContingencyTable:
    return ContingencyTable(np.array(values), np.ones(len(values), np.int64))


@given(Values, st.integers(0, 99))
def test_every_row_is_in_one_half(values: list[tuple[int, int]], seed: int) -> None:
    table = plain(values)
    first, second = split_halves(table, np.random.default_rng(seed)).tables()

    assert (first.label_totals + second.label_totals).tolist() == table.label_totals.tolist()


def test_halves_are_about_equal() -> None:
    halves = split_halves(plain([(10_000, 5_000), (1, 0)]), np.random.default_rng(0))
    first, _ = halves.tables()

    # four standard deviations of ten and five thousand tosses
    assert first.label_totals == pytest.approx([5_000, 2_500], abs=200)


@given(Values, st.floats(0.1, 50), st.integers(0, 99))
def test_a_half_is_asked_with_the_rates_of_the_other(
    values: list[tuple[int, int]], strength: float, seed: int
) -> None:
    halves = split_halves(plain(values), np.random.default_rng(seed))
    areas = []
    for known, asked in ((halves.first, halves.second), (halves.second, halves.first)):
        totals = halves.multiplicity @ known
        labels = np.concatenate([np.zeros(1), np.ones(1)])
        rows = (asked * halves.multiplicity[:, None]).T.ravel()
        if not totals.all() or not (halves.multiplicity @ asked).all():
            areas.append(0.5)
            continue
        rates = (known[:, 1] + strength * totals[1] / totals.sum()) / (known.sum(axis=1) + strength)
        scores = np.tile(rates.round(12), 2)
        areas.append(
            roc_auc_score(
                np.repeat(labels, len(rates))[rows > 0], scores[rows > 0], sample_weight=rows[rows > 0]
            )
        )

    assert held_out_auc(halves, strength) == pytest.approx(np.mean(areas), abs=1e-9)


def test_a_field_without_information_orders_nothing() -> None:
    assert held_out_auc(split_halves(plain([(3, 1), (1, 4)]), np.random.default_rng(0)), math.inf) == 0.5


@pytest.mark.parametrize("n_values", [2, 50, 3_000])
def test_noise_has_one_half_whatever_its_cardinality(n_values: int) -> None:
    areas = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        codes, labels = rng.integers(0, n_values, 10_000), rng.integers(0, 2, 10_000)
        counts = [np.bincount(codes[labels == label], minlength=n_values) for label in (0, 1)]
        areas.append(held_out_auc(split_halves(plain(np.stack(counts, axis=1).tolist()), rng), 5.0))

    # an area of 2,500 rows of either label has a standard deviation of .008, the mean of ten less
    assert np.mean(areas) == pytest.approx(0.5, abs=0.012)


def test_of_very_many_values_some_stand_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    table = ContingencyTable(np.array([[4, 1], [1, 4], [1, 0]]), np.array([40_000, 40_000, 7]))
    whole = held_out_auc(split_halves(table, np.random.default_rng(0)), 1.0)
    monkeypatch.setattr(held_out, "MOST_VALUES", 4_000)
    halves = split_halves(table, np.random.default_rng(0))

    assert halves.multiplicity.size < 4_100
    assert halves.multiplicity.sum() == 80_007
    assert held_out_auc(halves, 1.0) == pytest.approx(whole, abs=0.02)


@pytest.mark.parametrize(
    ("inside", "outside", "auc"),
    [
        ((0, 5), (5, 0), 1.0),
        ((5, 0), (0, 5), 1.0),
        ((5, 5), (5, 5), 0.5),
        ((0, 0), (5, 5), 0.5),
        ((1, 0), (0, 0), 0.5),
    ],
)
def test_an_indicator_orders_whichever_way_round(
    inside: tuple[int, int], outside: tuple[int, int], auc: float
) -> None:
    assert indicator_auc(inside, outside) == auc
