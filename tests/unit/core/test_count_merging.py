"""Counts of two logs are those of one log with the rows of both, as far as anybody can know."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.count_merging import MOST_BINS, MOST_HEAD, MOST_VALUES, merge_categories, merge_numbers

from .profile_examples import LARGE, as_plain, categories_of, numbers_of

COUNTS = st.dictionaries(
    st.integers(0, 40), st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(any), max_size=30
)


def added(here, there):
    return {
        value: tuple(np.add(here.get(value, (0, 0)), there.get(value, (0, 0))).tolist())
        for value in here.keys() | there.keys()
    }


@given(COUNTS, COUNTS)
def test_logs_whose_values_are_all_known_add_exactly(here, there):
    merged = merge_categories(categories_of(here, **LARGE), categories_of(there, **LARGE))
    assert as_plain(merged) == as_plain(categories_of(added(here, there), **LARGE))


@given(COUNTS, COUNTS)
def test_the_order_of_the_logs_does_not_matter(here, there):
    first, second = categories_of(here), categories_of(there, n_buckets=16)
    assert as_plain(merge_categories(first, second)) == as_plain(merge_categories(second, first))


@given(COUNTS)
def test_an_empty_log_changes_nothing(counts):
    values = categories_of(counts)
    assert as_plain(merge_categories(values, categories_of({}))) == as_plain(values)


@given(COUNTS, COUNTS)
def test_what_is_estimated_stays_within_its_bounds(here, there):
    first, second = categories_of(here), categories_of(there)
    merged = merge_categories(first, second)
    n_rows = first.n_entries + second.n_entries
    assert merged.n_entries == n_rows
    assert max(len(here), len(there)) <= merged.n_distinct <= len(here) + len(there)
    assert 0 <= merged.n_once <= merged.n_distinct
    assert 0 <= merged.n_rare_rows <= n_rows
    assert (np.diff(merged.head.rows) <= 0).all()


@given(COUNTS, COUNTS)
def test_the_sample_has_all_values_up_to_its_last(here, there):
    merged = merge_categories(categories_of(here), categories_of(there))
    exact = categories_of(added(here, there), **LARGE).sample
    size = merged.sample.marks.size
    assert as_plain(merged.sample) == as_plain(type(exact)(exact.marks[:size], exact.counts[:size]))


def test_buckets_of_finer_hashes_fold_to_the_coarser():
    counts = {value: (value, 1) for value in range(50)}
    fine, coarse = categories_of(counts, n_buckets=64), categories_of(counts, n_buckets=8)
    assert merge_categories(fine, coarse).buckets.tolist() == (2 * coarse.buckets).tolist()


@pytest.mark.parametrize("n_common", [0, 2000, 10000])
def test_distinct_values_are_estimated_from_what_the_samples_have_in_common(n_common):
    rng = np.random.default_rng(3)
    here = {value: (int(rng.integers(1, 4)), 0) for value in range(10000)}
    there = {value: (int(rng.integers(1, 4)), 0) for value in range(10000 - n_common, 20000 - n_common)}
    merged = merge_categories(categories_of(here, n_sample=1024), categories_of(there, n_sample=1024))
    exact = categories_of(added(here, there))
    # the common part is a binomial share of a sample of about 1,024: four standard deviations
    slack = 4 * 20000 * 0.5 / np.sqrt(1024)
    assert abs(merged.n_distinct - exact.n_distinct) <= (slack if 0 < n_common < 10000 else 0)
    assert abs(merged.n_once - exact.n_once) <= slack
    assert abs(merged.n_rare_rows - exact.n_rare_rows) <= 6 * slack


def test_frequent_values_stay_as_many_as_they_were():
    counts = {value: (value + 1, 0) for value in range(20)}
    merged = merge_categories(categories_of(counts, n_head=3), categories_of(counts, n_head=5))
    assert merged.head.rows.tolist() == [
        40,
        38,
        36,
        34 if merged.head.rows[3] == 34 else 17,
        merged.head.rows[4],
    ]


def test_logs_with_many_known_values_stay_small():
    sizes = {"n_head": 5000, "n_sample": 5000}
    here = categories_of(dict.fromkeys(range(900), (2, 0)), **sizes)
    there = categories_of(dict.fromkeys(range(800, 1700), (1, 1)), **sizes)
    merged = merge_categories(here, there)
    assert (merged.n_distinct, merged.sample.marks.size, merged.head.marks.size) == (1700, MOST_VALUES, 900)
    small = merge_categories(categories_of({1: (1, 0)}, **sizes), categories_of({2: (1, 0)}, **sizes))
    assert small.head.marks.size == 2 <= MOST_HEAD


NUMBERS = st.lists(st.tuples(st.integers(-20, 20), st.booleans()), max_size=40)


def of(rows, **sizes):
    return numbers_of([number for number, _ in rows], [label for _, label in rows], **sizes)


@given(NUMBERS, NUMBERS)
def test_numbers_with_bins_of_their_own_add_exactly(here, there):
    assert as_plain(merge_numbers(of(here), of(there))) == as_plain(of(here + there))


@given(NUMBERS, NUMBERS)
def test_totals_of_numbers_are_exact_and_in_order(here, there):
    first, second = of(here, n_bins=5), of(there, n_bins=4)
    merged = merge_numbers(first, second)
    assert (
        merged.counts.sum(axis=0).tolist() == (first.counts.sum(axis=0) + second.counts.sum(axis=0)).tolist()
    )
    assert (merged.counts >= 0).all()
    assert (np.diff(merged.edges) > 0).all()
    assert (
        max(first.n_distinct, second.n_distinct) <= merged.n_distinct <= first.n_distinct + second.n_distinct
    )
    assert merged.n_once <= merged.n_distinct
    if here or there:
        assert (merged.low, merged.high) == (of(here + there).low, of(here + there).high)
    if first.edges.size < first.n_distinct:
        assert merged.edges.size <= max(first.edges.size, second.edges.size)


@given(NUMBERS, NUMBERS)
def test_the_order_of_the_numbers_does_not_matter(here, there):
    first, second = of(here, n_bins=5), of(there, n_bins=4)
    merged, swapped = merge_numbers(first, second), merge_numbers(second, first)
    assert merged.edges.tolist() == swapped.edges.tolist()
    assert merged.counts.tolist() == swapped.counts.tolist()


@given(NUMBERS)
def test_no_numbers_change_nothing(rows):
    values = of(rows, n_bins=5)
    merged = merge_numbers(values, of([]))
    assert as_plain(merged) == as_plain(values)


def test_the_distribution_of_two_days_is_near_that_of_both():
    rng = np.random.default_rng(5)
    here, there = rng.normal(0, 1, 20000), rng.normal(0.5, 2, 30000)
    labels = np.zeros(20000), np.ones(30000)
    merged = merge_numbers(numbers_of(here, labels[0], n_bins=64), numbers_of(there, labels[1], n_bins=64))
    both = np.sort(np.concatenate([here, there]))
    exact = np.searchsorted(both, merged.edges, side="right")
    assert merged.edges.size <= 64
    # a bin of either log is spread evenly: wrong by less than a bin of each
    assert np.abs(np.cumsum(merged.rows) - exact).max() < 50000 / 64
    assert merged.rows.max() < 4 * 50000 / 64
    assert merged.n_distinct == 50000


def test_whole_numbers_that_both_days_have_are_counted_once():
    rng = np.random.default_rng(6)
    here, there = rng.integers(0, 1000, 20000), rng.integers(0, 1000, 20000)
    merged = merge_numbers(numbers_of(here, here * 0, n_bins=64), numbers_of(there, there * 0, n_bins=64))
    assert merged.n_distinct == 1000


@pytest.mark.parametrize("n_bins", [2, 3, 256])
def test_infinities_are_points(n_bins):
    numbers = [-np.inf, -np.inf, -1e308, 0.0, 1e308, np.inf]
    here = numbers_of(numbers, [0, 1, 0, 1, 0, 1], n_bins=n_bins)
    there = numbers_of([5.0, 6.0, 7.0, 8.0], [0, 0, 1, 1], n_bins=2)
    merged = merge_numbers(here, there)
    assert merged.counts.sum(axis=0).tolist() == [5, 5]
    assert (merged.low, merged.high) == (-np.inf, np.inf)


def test_known_numbers_stay_within_the_most_bins():
    here, there = np.arange(200.0), np.arange(200.0, 400.0)
    merged = merge_numbers(numbers_of(here, here * 0), numbers_of(there, there * 0))
    assert (merged.edges.size, merged.n_distinct, merged.n_once) == (MOST_BINS, 400, 400)
