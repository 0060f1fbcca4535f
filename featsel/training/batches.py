"""Which rows make a batch, in what order, and how do they get to the device?

Rows come in chunks of neighbours. Where all of them fit a buffer, an epoch is a permutation of all rows;
otherwise chunks come in random order, several fill a buffer, and its rows are shuffled. The order depends on
the seed and the epoch alone, so that an epoch can be taken up at any batch.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featsel.core.read_ahead import read_ahead
from featsel.training.cuts import Cuts

CHUNK_ROWS = 8192
"""A chunk of 39 fields is about a megabyte: large enough to be read at the speed of neighbours."""

DEVICE_SHARE = 0.6
"""Of a device's free memory that rows may take; the table, its optimizer and the step need the rest."""


@dataclass(frozen=True)
class Block:
    """Rows as arrays.

    Parameters
    ----------
    ids : ndarray of int32, shape (n_rows, n_slots)
        Global feature ids.
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1.
    weights : ndarray of float32, shape (n_rows, n_weighted), optional
        Of the weighted slots.
    row_weights : ndarray of float32, shape (n_rows,), optional
        How many impressions a row stands for; 1 where not given.
    """

    ids: NDArray[np.int32]
    labels: NDArray[np.uint8]
    weights: NDArray[np.float32] | None = None
    row_weights: NDArray[np.float32] | None = None


class Rows(Protocol):
    """Rows that can be read in chunks of neighbours."""

    @property
    def n_rows(self) -> int:
        """How many there are."""
        ...

    @property
    def chunk_rows(self) -> int:
        """Rows of a chunk; the last one may have fewer."""
        ...

    def read(self, chunks: NDArray[np.int64]) -> Block:
        """Rows of some chunks, or of none, in the order of the chunks; called by one thread at a time."""
        ...


@dataclass(frozen=True)
class ArrayRows:
    """Rows in memory.

    Parameters
    ----------
    block : Block
        All of them.
    chunk_rows : int
        Rows of a chunk.
    """

    block: Block
    chunk_rows: int = CHUNK_ROWS

    @property
    def n_rows(self) -> int:
        """How many there are."""
        return self.block.labels.size

    def read(self, chunks: NDArray[np.int64]) -> Block:
        """Copy of the rows of some chunks."""
        block = self.block
        spans = [slice(chunk * self.chunk_rows, (chunk + 1) * self.chunk_rows) for chunk in chunks.tolist()]
        spans = spans or [slice(0, 0)]
        return Block(
            np.concatenate([block.ids[span] for span in spans]),
            np.concatenate([block.labels[span] for span in spans]),
            None if block.weights is None else np.concatenate([block.weights[span] for span in spans]),
            None
            if block.row_weights is None
            else np.concatenate([block.row_weights[span] for span in spans]),
        )


@dataclass(frozen=True)
class Batch:
    """Rows as tensors.

    Parameters
    ----------
    ids : Tensor of int32, shape (n_rows, n_slots)
        Global feature ids.
    labels : Tensor of float32, shape (n_rows,)
        0 or 1.
    weights : Tensor of float32, shape (n_rows, n_weighted), optional
        Of the weighted slots.
    row_weights : Tensor of float32, shape (n_rows,), optional
        How many impressions a row stands for.
    """

    ids: Tensor
    labels: Tensor
    weights: Tensor | None = None
    row_weights: Tensor | None = None

    @property
    def n_rows(self) -> int:
        """How many there are."""
        return self.labels.shape[0]

    def select(self, places: Tensor) -> Batch:
        """Copy of the rows at some places."""
        return Batch(
            self.ids.index_select(0, places),
            self.labels.index_select(0, places),
            None if self.weights is None else self.weights.index_select(0, places),
            None if self.row_weights is None else self.row_weights.index_select(0, places),
        )

    def part(self, start: int, stop: int) -> Batch:
        """View of neighbouring rows."""
        return Batch(
            self.ids[start:stop],
            self.labels[start:stop],
            None if self.weights is None else self.weights[start:stop],
            None if self.row_weights is None else self.row_weights[start:stop],
        )

    def to(self, device: torch.device) -> Batch:
        """The rows on a device; a copy from pinned memory is under way when this returns."""
        return Batch(
            self.ids.to(device, non_blocking=True),
            self.labels.to(device, non_blocking=True),
            None if self.weights is None else self.weights.to(device, non_blocking=True),
            None if self.row_weights is None else self.row_weights.to(device, non_blocking=True),
        )

    def pinned(self) -> Batch:
        """Copy in memory that a GPU can read by itself."""
        return Batch(
            self.ids.pin_memory(),
            self.labels.pin_memory(),
            None if self.weights is None else self.weights.pin_memory(),
            None if self.row_weights is None else self.row_weights.pin_memory(),
        )

    def followed_by(self, others: Sequence[Batch]) -> Batch:
        """Rows of several batches, one after the other."""
        if not others:
            return self
        parts = (self, *others)
        return Batch(
            torch.cat([part.ids for part in parts]),
            torch.cat([part.labels for part in parts]),
            _joined([part.weights for part in parts]),
            _joined([part.row_weights for part in parts]),
        )

    @property
    def size_bytes(self) -> int:
        """Bytes of all its tensors."""
        tensors = (self.ids, self.labels, self.weights, self.row_weights)
        return sum(tensor.nbytes for tensor in tensors if tensor is not None)


def _joined(parts: Sequence[Tensor | None]) -> Tensor | None:
    tensors = [part for part in parts if part is not None]
    return torch.cat(tensors) if tensors else None


def batch_of(block: Block) -> Batch:
    """Tensors of arrays, on the CPU.

    Parameters
    ----------
    block : Block
        Rows.

    Returns
    -------
    Batch
        The same rows; ids and weights share memory with the arrays where they can be written to.
    """
    return Batch(
        torch.from_numpy(np.require(block.ids, requirements=["C", "W"])),
        torch.from_numpy(block.labels.astype(np.float32)),
        None
        if block.weights is None
        else torch.from_numpy(np.require(block.weights, requirements=["C", "W"])),
        None
        if block.row_weights is None
        else torch.from_numpy(np.require(block.row_weights, requirements=["C", "W"])),
    )


class ShuffledBatches:
    """Batches of shuffled rows, epoch by epoch.

    Parameters
    ----------
    rows : Rows
        What is shuffled.
    cuts : Cuts
        Which of the shuffled rows make a batch.
    buffer_rows : int
        Rows that are kept in memory and shuffled; while one buffer is used, the next one is read.
    seed : int
        Of the order, not negative.
    device : torch.device
        Where batches end up. All rows stay there between epochs if they fit.
    shard : int
        Says which order, beside seed and epoch: rows of one training that have orders of their own differ in
        it.
    """

    def __init__(
        self,
        rows: Rows,
        *,
        cuts: Cuts,
        buffer_rows: int,
        seed: int,
        device: torch.device,
        shard: int = 0,
    ) -> None:
        self._rows = rows
        self._cuts = cuts
        self._buffer_rows = buffer_rows
        self._seed = seed
        self._device = device
        self._shard = shard
        self._all: Batch | None = None
        self._n_chunks = -(-rows.n_rows // rows.chunk_rows)

    @property
    def n_batches(self) -> int:
        """Batches of an epoch."""
        return self._cuts.n_batches

    def epoch(self, epoch: int, *, first: int = 0) -> Iterator[Batch]:
        """Batches of an epoch.

        Parameters
        ----------
        epoch : int
            Says which order.
        first : int
            Batch to begin with.

        Yields
        ------
        Batch
            Each row of the epoch once, but for those of earlier batches.
        """
        if self._all is None and self._rows.n_rows <= self._buffer_rows:
            self._all = self._resident(batch_of(self._rows.read(np.arange(self._n_chunks))))
        starts = map(self._cuts.start, range(first, self.n_batches + 1))
        sizes = (stop - start for start, stop in itertools.pairwise(starts))
        batches = _cut(self._shuffled(epoch, self._cuts.start(first)), sizes)
        if self._device.type == "cpu" or (self._all is not None and self._all.labels.is_cuda):
            yield from batches
            return
        for batch in read_ahead(batch.pinned() for batch in batches):
            yield batch.to(self._device)

    def _shuffled(self, epoch: int, n_skipped: int) -> Iterator[tuple[Batch, Tensor]]:
        """Buffers, and the order in which their rows come; the first rows of the epoch are left out."""
        if self._all is not None:
            yield self._all, self._order(epoch, 0, self._all, n_skipped)
            return
        chunks = np.random.default_rng((self._seed, epoch, 0, self._shard)).permutation(self._n_chunks)
        chunks_of_buffer = max(1, self._buffer_rows // self._rows.chunk_rows)
        groups = [chunks[at : at + chunks_of_buffer] for at in range(0, self._n_chunks, chunks_of_buffer)]
        ends = np.cumsum([self._count(group) for group in groups])
        first = min(int(np.searchsorted(ends, n_skipped, side="right")), len(groups) - 1)
        n_skipped -= int(ends[first - 1]) if first else 0
        buffers = read_ahead(batch_of(self._rows.read(group)) for group in groups[first:])
        for index, buffer in enumerate(buffers, start=first):
            yield buffer, self._order(epoch, index, buffer, n_skipped)
            n_skipped = 0

    def _count(self, chunks: NDArray[np.int64]) -> int:
        n_missing = self._n_chunks * self._rows.chunk_rows - self._rows.n_rows
        n_rows = chunks.size * self._rows.chunk_rows
        return n_rows - n_missing if self._n_chunks - 1 in chunks else n_rows

    def _order(self, epoch: int, index: int, buffer: Batch, n_skipped: int) -> Tensor:
        # numpy pads seeds with zeros: (seed, epoch) is (seed, epoch, 0, 0)
        rng = np.random.default_rng((self._seed, epoch, index + 1, self._shard))
        order = rng.permutation(np.arange(buffer.n_rows, dtype=np.int32))
        return torch.from_numpy(order[n_skipped:]).to(buffer.labels.device)

    def _resident(self, batch: Batch) -> Batch:
        if self._device.type != "cuda":
            return batch
        free, _ = torch.cuda.mem_get_info(self._device)
        return batch.to(self._device) if batch.size_bytes < DEVICE_SHARE * free else batch


def _cut(pieces: Iterator[tuple[Batch, Tensor]], sizes: Iterator[int]) -> Iterator[Batch]:
    """Batches of given sizes of buffers and the order of their rows."""
    buffer, order = next(pieces)
    start = 0
    for size in sizes:
        batch = buffer.select(order[start : start + size])
        start += size
        while batch.n_rows < size:
            buffer, order = next(pieces)
            start = size - batch.n_rows
            batch = batch.followed_by([buffer.select(order[:start])])
        yield batch


def batches_in_order(rows: Rows, *, batch_rows: int, device: torch.device) -> Iterator[Batch]:
    """Batches of rows as they stand.

    Parameters
    ----------
    rows : Rows
        What is read.
    batch_rows : int
        About how many rows a batch has: whole chunks.
    device : torch.device
        Where batches end up.

    Yields
    ------
    Batch
        Each row once.
    """
    n_chunks = -(-rows.n_rows // rows.chunk_rows)
    n_together = max(1, batch_rows // rows.chunk_rows)
    blocks = (
        batch_of(rows.read(np.arange(at, min(at + n_together, n_chunks))))
        for at in range(0, n_chunks, n_together)
    )
    for batch in read_ahead(blocks):
        yield batch.to(device)
