from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from featsel.encoding.numbers import LARGEST_SCALED, bin_numbers, is_scalable, log_square, quantile_edges

Numbers = NDArray[np.float64]

ANY = arrays(np.float64, st.integers(0, 80), elements=st.floats() | st.integers(-3, 3).map(float))
FINITE = arrays(
    np.float64, st.integers(1, 200), elements=st.floats(-1e6, 1e6) | st.integers(-9, 9).map(float)
)


@given(ANY, st.integers(2, 12))
def test_edges_ascend_are_numbers_of_the_sample_and_make_no_more_bins_than_asked(
    numbers: Numbers, n_bins: int
) -> None:
    edges = quantile_edges(numbers, n_bins)

    assert len(edges) < n_bins
    assert list(edges) == sorted(set(edges))
    assert np.isin(edges, numbers[np.isfinite(numbers)]).all()


@given(FINITE, st.integers(2, 12))
def test_no_bin_is_empty(numbers: Numbers, n_bins: int) -> None:
    edges = quantile_edges(numbers, n_bins)

    assert np.bincount(bin_numbers(numbers, edges), minlength=len(edges) + 1).min() >= 1


@given(FINITE, st.integers(2, 12))
def test_a_bin_holds_at_most_its_share_beside_its_most_frequent_numbers(
    numbers: Numbers, n_bins: int
) -> None:
    # an edge moves down to the first of equal numbers: a bin gains ties at its lower end
    most = np.unique(numbers, return_counts=True)[1].max()

    sizes = np.bincount(bin_numbers(numbers, quantile_edges(numbers, n_bins)))

    assert sizes.max() <= numbers.size / n_bins + 2 * most


@pytest.mark.parametrize("n_bins", [2, 7, 32])
def test_bins_of_distinct_numbers_are_equally_full(n_bins: int) -> None:
    numbers = np.random.default_rng(0).permutation(1000) / 7

    sizes = np.bincount(bin_numbers(numbers, quantile_edges(numbers, n_bins)))

    assert sizes.size == n_bins
    assert sizes.max() - sizes.min() <= 1


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60))
def test_few_distinct_numbers_have_a_bin_each(numbers: list[int]) -> None:
    edges = quantile_edges(np.array(numbers, float), 6)

    bins = bin_numbers(np.array(numbers, float), edges)

    assert len(set(zip(numbers, bins.tolist(), strict=True))) == len(set(numbers)) == len(set(bins.tolist()))


@given(ANY, st.lists(st.floats(allow_nan=False, allow_infinity=False), unique=True, max_size=6))
def test_a_bin_reaches_from_its_edge_to_before_the_next(numbers: Numbers, found: list[float]) -> None:
    edges = tuple(sorted(found))
    bounds = [-math.inf, *edges, math.inf]

    bins = bin_numbers(numbers, edges)

    expected = [
        len(edges) + 1
        if math.isnan(number)
        else max(index for index in range(len(edges) + 1) if index == 0 or bounds[index] <= number)
        for number in numbers.tolist()
    ]
    assert bins.tolist() == expected


def test_numbers_that_are_not_finite_make_no_edges() -> None:
    numbers = np.array([1.0, 2.0, math.inf, -math.inf, math.nan])

    assert quantile_edges(numbers, 4) == (2.0,)


def test_no_numbers_have_no_edges() -> None:
    assert quantile_edges(np.array([math.nan]), 4) == ()


@given(st.integers(-100, 10**9))
def test_whole_numbers_follow_the_rule_of_the_criteo_challenge(number: int) -> None:
    # github.com/ycjuan/kaggle-2014-criteo: if value > 2, int(math.log(float(value))**2), else the value
    expected = int(math.log(float(number)) ** 2) if number > 2 else number

    assert log_square(np.array([float(number)])).tolist() == [expected]


@pytest.mark.parametrize(
    ("number", "expected"),
    [(2.5, 0), (1.5, 1), (-0.5, -1), (math.inf, math.inf), (-math.inf, -math.inf), (0.0, 0), (1e300, 477170)],
)
def test_other_numbers_are_rounded_down(number: float, expected: float) -> None:
    assert log_square(np.array([number])).tolist() == [expected]


def test_the_square_of_no_number_is_none() -> None:
    assert np.isnan(log_square(np.array([math.nan]))).all()


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0.0, True),
        (-LARGEST_SCALED, True),
        (2 * LARGEST_SCALED, False),
        (-math.inf, False),
        (math.nan, False),
    ],
)
def test_numbers_can_be_standardised_but_for_nan_and_nearly_infinite_ones(
    number: float, expected: bool
) -> None:
    assert is_scalable(np.array([number])).tolist() == [expected]
