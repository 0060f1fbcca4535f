from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from featsel.stats.divergence import (
    fold,
    population_stability_index,
    quantiles,
    rows_upto,
    stability_floor,
    transport_distance,
)

Rows = st.lists(st.integers(0, 500), min_size=4, max_size=4).map(np.array)


@given(Rows, Rows)
def test_the_index_is_symmetric_and_never_negative(first: np.ndarray, second: np.ndarray) -> None:
    index = population_stability_index(first, second)

    assert index >= 0
    assert index == pytest.approx(population_stability_index(second, first))


@given(Rows)
def test_a_table_has_no_distance_from_itself(rows: np.ndarray) -> None:
    assert population_stability_index(rows, rows) == 0


def test_the_index_is_what_its_formula_says() -> None:
    # half a row more in each cell: .5 against .6, and .5 against .4, nearly
    index = population_stability_index(np.array([50_000, 50_000]), np.array([60_000, 40_000]))

    assert index == pytest.approx(0.1 * math.log(0.6 / 0.5) + 0.1 * math.log(0.5 / 0.4), rel=1e-4)


@pytest.mark.parametrize(("n_cells", "n_rows"), [(20, 2_000), (256, 20_000), (1024, 100_000)])
def test_one_sample_in_a_thousand_exceeds_the_floor(n_cells: int, n_rows: int) -> None:
    rng = np.random.default_rng(n_cells)
    shares = rng.dirichlet(np.full(n_cells, 5.0))
    floor = stability_floor(n_cells, n_rows, n_rows)
    indices = [
        population_stability_index(rng.multinomial(n_rows, shares), rng.multinomial(n_rows, shares))
        for _ in range(1_000)
    ]

    # one is expected; eight are less likely than 1e-5
    assert sum(index > floor for index in indices) < 8
    assert max(indices) > 0.8 * floor


@pytest.mark.parametrize("n_cells", [2, 3, 10, 1024])
def test_the_floor_is_a_quantile_of_chi_squared(n_cells: int) -> None:
    # the cube root of Wilson and Hilferty is right to a few per cent even at one degree of freedom
    assert stability_floor(n_cells, 2, 2) == pytest.approx(stats.chi2.isf(0.001, n_cells - 1), rel=0.05)


def test_folding_keeps_rows_and_joins_neighbours() -> None:
    assert fold(np.array([[1, 0], [2, 0], [3, 1], [4, 1]]), times=1).tolist() == [[3, 0], [7, 2]]
    assert fold(np.arange(8), times=3).tolist() == [28]


def test_quantiles_are_edges_that_hold_them() -> None:
    edges, rows = np.array([1.0, 2.0, 5.0]), np.array([50, 25, 25])

    assert quantiles(edges, rows, np.array([0.0, 0.5, 0.51, 0.75, 1.0])).tolist() == [1, 1, 2, 2, 5]


@given(st.integers(1, 400), st.floats(-3, 3))
def test_a_shift_is_told_in_standard_deviations(seed: int, shift: float) -> None:
    numbers = np.sort(np.random.default_rng(seed).normal(size=2_000))
    rows = np.ones(2_000, np.int64)
    middle = numbers[20:-20].std()

    distance = transport_distance((numbers + shift, rows), (numbers, rows))

    assert distance == pytest.approx(abs(shift) / middle, rel=0.02, abs=1e-9)


def test_the_distance_from_a_constant_is_in_hundredths_of_it() -> None:
    rows = np.array([100])

    assert transport_distance((np.array([11.0]), rows), (np.array([10.0]), rows)) == pytest.approx(10)
    assert transport_distance((np.array([2.0]), rows), (np.array([0.0]), rows)) == pytest.approx(2)


def test_rows_up_to_an_edge_are_exact_and_even_in_between() -> None:
    edges, rows = np.array([1.0, 3.0]), np.array([10, 20])

    assert rows_upto(edges, rows, np.array([0.5, 1.0, 2.0, 3.0, 9.0])).tolist() == [0, 10, 20, 30, 30]
