"""Coarse codes keep frequent values apart, merge the others evenly, and read each field once."""

import numpy as np
import pytest

from featsel.engines.coarse_codes import N_CODES, N_OWN, coarse, coarse_codes, sample_rows


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, np.int64])
def test_frequent_values_keep_their_code_and_the_others_share_the_rest(dtype):
    merged = coarse(np.arange(5_000).astype(dtype))
    assert merged[:N_OWN].tolist() == list(range(N_OWN))
    shared = np.bincount(merged[N_OWN:], minlength=N_CODES)[N_OWN:]
    assert shared.max() - shared.min() <= 1
    assert np.bincount(merged).size == N_CODES


def test_up_to_256_values_nothing_is_merged():
    assert coarse(np.arange(N_CODES)).tolist() == list(range(N_CODES))


@pytest.mark.parametrize("n_threads", [1, 3])
def test_fields_come_in_the_order_of_their_names_on_the_rows_asked_for(n_threads):
    rng = np.random.default_rng(0)
    columns = {name: rng.integers(0, 1000, 50, np.uint32) for name in "cab"}
    labels = rng.integers(0, 2, 50, np.uint8)
    rows = np.array([0, 7, 49])
    all_rows = coarse_codes(columns.__getitem__, list("abc"), labels, n_threads=n_threads)
    some = coarse_codes(columns.__getitem__, list("abc"), labels, rows=rows, n_threads=n_threads)
    assert np.array_equal(all_rows.codes, np.stack([coarse(columns[name]) for name in "abc"]))
    assert np.array_equal(some.codes, all_rows.codes[:, rows])
    assert np.array_equal(some.labels, labels[rows])
    assert (some.n_fields, some.n_rows) == (3, 3)


def test_rows_are_drawn_once_each_and_the_same_for_a_seed():
    rows = sample_rows(1000, 100, seed=3)
    assert rows is not None
    assert np.unique(rows).tolist() == rows.tolist()
    assert rows.size == 100
    assert np.array_equal(rows, sample_rows(1000, 100, seed=3))
    assert not np.array_equal(rows, sample_rows(1000, 100, seed=4))


def test_where_all_rows_can_be_taken_none_are_drawn():
    assert sample_rows(100, 100, seed=0) is None
