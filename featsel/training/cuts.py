"""Where is an epoch cut into batches?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Cuts(Protocol):
    """Where the shuffled rows of an epoch are cut into batches."""

    @property
    def n_batches(self) -> int:
        """Batches of an epoch."""
        ...

    def start(self, batch: int) -> int:
        """First row of a batch; of the one after the last batch, the number of rows."""
        ...


@dataclass(frozen=True)
class EqualCuts:
    """Batches of one size; the last one may have fewer rows.

    Parameters
    ----------
    n_rows : int
        Rows of the epoch.
    batch_size : int
        Rows of a batch.
    """

    n_rows: int
    batch_size: int

    @property
    def n_batches(self) -> int:
        """Batches of an epoch."""
        return -(-self.n_rows // self.batch_size)

    def start(self, batch: int) -> int:
        """First row of a batch; of the one after the last batch, the number of rows."""
        return min(batch * self.batch_size, self.n_rows)


@dataclass(frozen=True)
class ShardCuts:
    """A given number of batches, each with as many rows of a shard as the others, or one more.

    Parameters
    ----------
    n_rows : int
        Rows of the shard.
    n_batches : int
        Batches of an epoch.
    lead : int
        From 0 to below ``n_batches``: how early the batches that have a row more come. Shards that differ in
        it have them at different times, so that all batches are of about one size.
    """

    n_rows: int
    n_batches: int
    lead: int

    def start(self, batch: int) -> int:
        """First row of a batch; of the one after the last batch, the number of rows."""
        return (self.n_rows * batch + self.lead) // self.n_batches


def cuts_of_shards(sizes: Sequence[int], batch_size: int) -> tuple[ShardCuts, ...]:
    """Batches that have rows of every shard, in proportion, so that all shards end together.

    Parameters
    ----------
    sizes : sequence of int
        Rows of each shard.
    batch_size : int
        Rows of a batch over all shards; it has about as many.

    Returns
    -------
    tuple of ShardCuts
        One for each shard.
    """
    n_batches = EqualCuts(sum(sizes), batch_size).n_batches
    n_shards = len(sizes)
    return tuple(
        ShardCuts(n_rows, n_batches, n_batches * (2 * index + 1) // (2 * n_shards))
        for index, n_rows in enumerate(sizes)
    )
