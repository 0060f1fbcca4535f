"""How do several processes train on rows that each of them has a part of?

The rows of a log are cut into shards, whose number belongs to the training. Each process has neighbouring
shards; one alone has all. Every shard has an order of its own, and every batch has rows of all shards, one
shard after the other. So batches are the same, however many processes there are.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featsel.models.model import CTRModel
from featsel.training.batches import Batch, Rows, ShuffledBatches
from featsel.training.cuts import cuts_of_shards
from featsel.training.devices import Precision
from featsel.training.distributed import Team
from featsel.training.predictions import labelled_predictions


@dataclass(frozen=True)
class Shards:
    """Rows in shards, as one process has them.

    Parameters
    ----------
    own : sequence of Rows
        The shards of this process; those of the next one follow.
    sizes : tuple of int
        Rows of all shards.
    first : int
        Which shard is the first of its own.
    """

    own: Sequence[Rows]
    sizes: tuple[int, ...]
    first: int = 0

    @property
    def n_rows(self) -> int:
        """Rows of all shards."""
        return sum(self.sizes)

    def sizes_of(self, team: Team) -> list[int]:
        """How many rows each process has."""
        return totals(self.sizes, team)


def totals(counts: Sequence[int], team: Team) -> list[int]:
    """Sums over the shards of each process.

    Parameters
    ----------
    counts : sequence of int
        Of each shard.
    team : Team
        The processes.

    Returns
    -------
    list of int
        Of each process.
    """
    spans = [team.part(len(counts), rank=rank) for rank in range(team.size)]
    return [sum(counts[start:stop]) for start, stop in spans]


class ShardedBatches:
    """Batches of rows of all shards, as far as one process has them.

    Parameters
    ----------
    shards : Shards
        The rows.
    team : Team
        The processes.
    batch_size : int
        About how many rows a batch has, over all processes.
    buffer_rows : int
        Rows that a process with all shards would keep in memory and shuffle.
    seed : int
        Of the order, not negative.
    device : torch.device
        Where batches end up.
    """

    def __init__(
        self,
        shards: Shards,
        team: Team,
        *,
        batch_size: int,
        buffer_rows: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self._team = team
        self._cuts = cuts_of_shards(shards.sizes, batch_size)
        self._streams = [
            ShuffledBatches(
                rows,
                cuts=self._cuts[shards.first + index],
                # the order within a shard must not depend on the number of processes
                buffer_rows=buffer_rows // len(shards.sizes),
                seed=seed,
                device=device,
                shard=shards.first + index + 1,
            )
            for index, rows in enumerate(shards.own)
        ]

    @property
    def n_batches(self) -> int:
        """Batches of an epoch."""
        return self._cuts[0].n_batches

    def sizes(self, batch: int) -> list[int]:
        """How many rows of a batch each process has."""
        return totals([cuts.start(batch + 1) - cuts.start(batch) for cuts in self._cuts], self._team)

    def epoch(self, epoch: int, *, first: int = 0) -> Iterator[Batch]:
        """Batches of an epoch; see :meth:`featsel.training.batches.ShuffledBatches.epoch`.

        Parameters
        ----------
        epoch : int
            Says which order.
        first : int
            Batch to begin with.

        Yields
        ------
        Batch
            Those rows of the batch that this process has.
        """
        streams = [stream.epoch(epoch, first=first) for stream in self._streams]
        for parts in zip(*streams, strict=True):
            yield parts[0].followed_by(parts[1:])


def predicted_by_all(
    model: CTRModel, rows: Rows | Shards, team: Team, *, device: torch.device, precision: Precision
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32] | None] | None:
    """Labels, probabilities and row weights of rows.

    Parameters
    ----------
    model : CTRModel
        On the device; the same in all processes.
    rows : Rows or Shards
        What is predicted: rows by the first process alone, shards by the process that has them.
    team : Team
        The processes.
    device : torch.device
        Where the model is.
    precision : Precision
        Of matrix products; not ``auto``.

    Returns
    -------
    tuple of ndarray, or None
        In the order of the rows, for the first process; None for the others. See
        :func:`featsel.training.predictions.labelled_predictions`.
    """
    if not isinstance(rows, Shards):
        if team.rank:
            return None
        return labelled_predictions(model, rows, device=device, precision=precision)
    parts = [
        labelled_predictions(model, own, device=device, precision=precision) for own in rows.own if own.n_rows
    ]
    sizes = rows.sizes_of(team)
    # a process that has no row does not know whether rows have weights
    is_weighted = any(team.gathered(any(weights is not None for _, _, weights in parts)))
    labels = team.to_first(_one([part[0] for part in parts], np.uint8), sizes)
    chances = team.to_first(_one([part[1] for part in parts], np.float32), sizes)
    weights = None
    if is_weighted:
        weights = team.to_first(_one([w for _, _, w in parts if w is not None], np.float32), sizes)
    if labels is None or chances is None:
        return None
    return labels.numpy(), chances.numpy(), None if weights is None else weights.numpy()


def _one(parts: Sequence[NDArray[np.generic]], dtype: type[np.generic]) -> Tensor:
    return torch.from_numpy(np.concatenate([np.empty(0, dtype), *parts]))
