from __future__ import annotations

import numpy as np
import pytest

from featsel.core.profile import Categories, MarkCounts, folded_alike


def counted(*entries: tuple[int, int, int]) -> MarkCounts:
    """Counts from mark, negative and positive rows."""
    marks = np.array([mark for mark, _, _ in entries], np.uint64)
    return MarkCounts(marks, np.array([counts for _, *counts in entries], np.int64).reshape(-1, 2))


def test_values_are_looked_up_in_the_head_and_in_the_sample() -> None:
    values = Categories(
        head=counted((9, 30, 3), (2, 20, 2), (7, 10, 1)),
        sample=counted((1, 4, 0), (2, 20, 2)),
        buckets=np.array([[64, 6]]),
        n_distinct=5,
        n_once=0,
        n_rare_rows=4,
    )

    counts, is_kept = values.counts_of(np.array([1, 2, 3, 9, 10], np.uint64))

    assert counts.tolist() == [[4, 0], [20, 2], [0, 0], [30, 3], [0, 0]]
    assert is_kept.tolist() == [True, True, False, True, False]


def test_nothing_is_found_where_nothing_is_kept() -> None:
    values = Categories(counted(), counted(), np.array([[3, 1]]), n_distinct=1, n_once=0, n_rare_rows=0)

    counts, is_kept = values.counts_of(np.array([5], np.uint64))

    assert counts.tolist() == [[0, 0]]
    assert is_kept.tolist() == [False]


@pytest.mark.parametrize("shape", [(8,), (8, 2)])
def test_the_finer_buckets_are_added_up_by_their_upper_bits(shape: tuple[int, ...]) -> None:
    fine = np.arange(np.prod(shape), dtype=np.int64).reshape(shape)
    coarse = np.ones((2, *shape[1:]), np.int64)

    here, there = folded_alike(fine, coarse)

    assert here.tolist() == [fine[:4].sum(axis=0).tolist(), fine[4:].sum(axis=0).tolist()]
    assert there.tolist() == coarse.tolist()
    assert [each.tolist() for each in folded_alike(coarse, fine)] == [there.tolist(), here.tolist()]
