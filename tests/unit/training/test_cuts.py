"""Batches of shards hold each row once, and are of about one size."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from featsel.training.cuts import Cuts, EqualCuts, cuts_of_shards

SIZES = st.lists(st.integers(0, 300), min_size=1, max_size=9).filter(any)


def batches_of(cuts: Cuts) -> list[int]:
    starts = [cuts.start(batch) for batch in range(cuts.n_batches + 1)]
    return [stop - start for start, stop in itertools.pairwise(starts)]


def test_batches_of_one_size_end_with_a_smaller_one() -> None:
    assert batches_of(EqualCuts(10, 4)) == [4, 4, 2]
    assert batches_of(EqualCuts(8, 4)) == [4, 4]
    assert batches_of(EqualCuts(0, 4)) == []


@given(sizes=SIZES, batch_size=st.integers(1, 100))
def test_every_row_of_every_shard_is_in_one_batch(sizes: list[int], batch_size: int) -> None:
    shards = [batches_of(cuts) for cuts in cuts_of_shards(sizes, batch_size)]

    assert [sum(counts) for counts in shards] == sizes
    assert min(min(counts) for counts in shards) >= 0
    assert {len(counts) for counts in shards} == {-(-sum(sizes) // batch_size)}


@given(sizes=SIZES, batch_size=st.integers(1, 100))
def test_a_shard_has_its_share_of_every_batch(sizes: list[int], batch_size: int) -> None:
    shards = [batches_of(cuts) for cuts in cuts_of_shards(sizes, batch_size)]

    for n_rows, counts in zip(sizes, shards, strict=True):
        assert max(counts) - min(counts) <= 1
        assert abs(counts[0] - n_rows / len(counts)) < 1
    totals = [sum(counts) for counts in zip(*shards, strict=True)]
    assert max(totals) <= batch_size + len(sizes)


def test_equal_shards_have_their_larger_parts_at_different_times() -> None:
    shards = [batches_of(cuts) for cuts in cuts_of_shards([3, 3, 3, 3], 2)]

    assert [sum(counts) for counts in zip(*shards, strict=True)] == [2, 2, 2, 2, 2, 2]
