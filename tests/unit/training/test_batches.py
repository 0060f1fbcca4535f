from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from featsel.training.batches import (
    ArrayRows,
    Batch,
    Block,
    Rows,
    ShuffledBatches,
    batch_of,
    batches_in_order,
)
from featsel.training.cuts import EqualCuts

CPU = torch.device("cpu")


def numbered(n_rows: int, chunk_rows: int = 10) -> ArrayRows:
    """Rows whose id, weight and row weight are their number."""
    numbers = np.arange(n_rows)
    return ArrayRows(
        Block(
            numbers[:, None].astype(np.int32),
            (numbers % 2).astype(np.uint8),
            numbers[:, None].astype(np.float32),
            numbers.astype(np.float32),
        ),
        chunk_rows,
    )


def shuffled(rows: Rows, *, batch_size: int = 7, buffer_rows: int = 1000, seed: int = 0) -> ShuffledBatches:
    cuts = EqualCuts(rows.n_rows, batch_size)
    return ShuffledBatches(rows, cuts=cuts, buffer_rows=buffer_rows, seed=seed, device=CPU)


def numbers_of(batches: list[Batch]) -> list[list[int]]:
    return [batch.ids[:, 0].tolist() for batch in batches]


@settings(deadline=None)
@given(
    n_rows=st.integers(1, 120),
    chunk_rows=st.integers(1, 30),
    batch_size=st.integers(1, 50),
    buffer_rows=st.integers(1, 130),
)
def test_an_epoch_has_each_row_once(n_rows: int, chunk_rows: int, batch_size: int, buffer_rows: int) -> None:
    batches = shuffled(numbered(n_rows, chunk_rows), batch_size=batch_size, buffer_rows=buffer_rows)

    numbers = numbers_of(list(batches.epoch(0)))

    assert sorted(chain(*numbers)) == list(range(n_rows))
    assert len(numbers) == batches.n_batches
    assert {len(batch) for batch in numbers[:-1]} <= {batch_size}


@settings(deadline=None)
@given(
    n_rows=st.integers(1, 120),
    chunk_rows=st.integers(1, 30),
    batch_size=st.integers(1, 50),
    buffer_rows=st.integers(1, 130),
    first=st.integers(0, 5),
)
def test_an_epoch_can_be_taken_up_at_any_batch(
    n_rows: int, chunk_rows: int, batch_size: int, buffer_rows: int, first: int
) -> None:
    rows = numbered(n_rows, chunk_rows)
    whole = shuffled(rows, batch_size=batch_size, buffer_rows=buffer_rows)
    rest = shuffled(rows, batch_size=batch_size, buffer_rows=buffer_rows)

    assert numbers_of(list(rest.epoch(2, first=first))) == numbers_of(list(whole.epoch(2)))[first:]


@pytest.mark.parametrize("buffer_rows", [1000, 30])
def test_all_parts_of_a_row_stay_together(buffer_rows: int) -> None:
    for batch in shuffled(numbered(95), buffer_rows=buffer_rows).epoch(0):
        numbers = batch.ids[:, 0].float()
        assert batch.weights is not None
        assert batch.row_weights is not None
        assert torch.equal(batch.weights[:, 0], numbers)
        assert torch.equal(batch.row_weights, numbers)
        assert torch.equal(batch.labels, numbers % 2)


@pytest.mark.parametrize("buffer_rows", [1000, 30])
def test_epochs_and_seeds_have_orders_of_their_own(buffer_rows: int) -> None:
    rows = numbered(95)
    orders = {
        str(numbers_of(list(shuffled(rows, seed=seed, buffer_rows=buffer_rows).epoch(epoch))))
        for seed, epoch in ((0, 0), (0, 1), (1, 0), (1, 1))
    }

    assert len(orders) == 4


def test_rows_that_fit_the_buffer_are_read_once() -> None:
    reads = []

    @dataclass(frozen=True)
    class Watched(ArrayRows):
        def read(self, chunks: NDArray[np.int64]) -> Block:
            reads.append(chunks.tolist())
            return super().read(chunks)

    batches = shuffled(Watched(numbered(95).block, 10))
    for epoch in range(2):
        list(batches.epoch(epoch))

    assert reads == [list(range(10))]


def test_a_buffer_holds_no_more_rows_than_it_may() -> None:
    sizes = []

    @dataclass(frozen=True)
    class Watched(ArrayRows):
        def read(self, chunks: NDArray[np.int64]) -> Block:
            sizes.append(chunks.size * self.chunk_rows)
            return super().read(chunks)

    list(shuffled(Watched(numbered(95).block, 10), buffer_rows=35).epoch(0))

    assert sizes == [30, 30, 30, 10]


@dataclass(frozen=True)
class Unreadable(ArrayRows):
    def read(self, chunks: NDArray[np.int64]) -> Block:
        raise OSError(f"chunk {chunks[0]} is gone")


@pytest.mark.parametrize(
    "read",
    [
        lambda rows: shuffled(rows).epoch(0),
        lambda rows: shuffled(rows, buffer_rows=30).epoch(0),
        lambda rows: batches_in_order(rows, batch_rows=30, device=CPU),
    ],
)
def test_an_error_of_reading_reaches_whoever_iterates(
    read: Callable[[Rows], list[Batch]],
) -> None:
    with pytest.raises(OSError, match="is gone"):
        list(read(Unreadable(numbered(95).block, 10)))


@pytest.mark.parametrize("batch_rows", [1, 25, 1000])
def test_rows_in_order_stay_in_order(batch_rows: int) -> None:
    numbers = numbers_of(list(batches_in_order(numbered(95), batch_rows=batch_rows, device=CPU)))

    assert list(chain(*numbers)) == list(range(95))


def test_arrays_that_cannot_be_written_to_make_tensors() -> None:
    block = numbered(3).block
    block.ids.flags.writeable = False

    assert batch_of(block).ids[:, 0].tolist() == [0, 1, 2]


def test_a_batch_knows_its_size() -> None:
    # id, label, weight, row weight: four bytes each
    assert batch_of(numbered(3).block).size_bytes == 3 * 16
