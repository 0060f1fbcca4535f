"""How do several processes train one model?

Each takes its part of every batch, and all take the same step: gradients of the head are added up, those of
the table are exchanged as rows, never as a table. Parts are joined in the order of the batch, so that equal
gradients give equal tables, however many processes there are.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from featsel.core.errors import ConfigError, FeatselError

Value = TypeVar("Value")

WAIT = timedelta(hours=6)
"""One process may read or evaluate far more rows than others, which wait. That a process has ended is noticed
at once, by its connections or by torchrun."""


@dataclass(frozen=True)
class Team:
    """The processes that train a model, as one of them sees them.

    Parameters
    ----------
    rank : int
        Which one it is; 0 evaluates and reports.
    size : int
        How many there are.
    local_rank : int
        Which one it is on its machine: the number of its GPU.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    def part(self, n_rows: int, *, rank: int | None = None) -> tuple[int, int]:
        """First row of this process (or another) in a batch, and the one after its last."""
        rank = self.rank if rank is None else rank
        return n_rows * rank // self.size, n_rows * (rank + 1) // self.size

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors of one type by their sums over all processes."""
        if self.size == 1:
            return
        together = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(together)
        start = 0
        for tensor in tensors:
            tensor.copy_(together[start : start + tensor.numel()].view_as(tensor))
            start += tensor.numel()

    def join(self, tensor: Tensor, sizes: Sequence[int]) -> Tensor:
        """Tensors of all processes one after the other; ``sizes`` are their first dimensions."""
        if self.size == 1:
            return tensor
        # backends want equal shapes: parts of a batch differ by a row
        most = max(sizes)
        padded = tensor.new_zeros(most, *tensor.shape[1:])
        padded[: tensor.shape[0]] = tensor
        parts = [torch.empty_like(padded) for _ in sizes]
        dist.all_gather(parts, padded)
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    def to_first(self, tensor: Tensor, sizes: Sequence[int]) -> Tensor | None:
        """Tensors of all processes one after the other, for the first one; None for the others.

        Parameters
        ----------
        tensor : Tensor
            On the CPU.
        sizes : sequence of int
            First dimension of the tensor of each process.

        Returns
        -------
        Tensor or None
            On the CPU.
        """
        if self.size == 1:
            return tensor
        padded = tensor.new_zeros(max(sizes), *tensor.shape[1:])
        padded[: tensor.shape[0]] = tensor
        if self.rank:
            dist.gather(padded, dst=0)
            return None
        parts = [torch.empty_like(padded) for _ in sizes]
        dist.gather(padded, parts, dst=0)
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    def from_first(self, value: Value) -> Value:
        """What the first process has; small objects only."""
        if self.size == 1:
            return value
        values = [value]
        dist.broadcast_object_list(values, src=0)
        return values[0]

    def tensors_from_first(self, tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Tensors that the first process has on the CPU; what others give does not matter."""
        if self.size == 1:
            return tensors
        kinds = self.from_first({name: (each.shape, each.dtype) for name, each in tensors.items()})
        if self.rank:
            tensors = {name: torch.empty(shape, dtype=dtype) for name, (shape, dtype) in kinds.items()}
        for name in kinds:
            dist.broadcast(tensors[name], src=0)
        return tensors

    def gathered(self, value: Value) -> list[Value]:
        """What each process has, in order; small objects only."""
        values = [value] * self.size
        if self.size > 1:
            dist.all_gather_object(values, value)
        return values

    @contextmanager
    def together(self) -> Generator[None]:
        """Do something in all processes that can go wrong in one of them alone.

        Yields
        ------
        None
            Each process does its part.

        Raises
        ------
        FeatselError
            That of the first process that has one, in all of them: none waits for one that has given up.
        """
        if self.size == 1:
            yield
            return
        own: FeatselError | None = None
        try:
            yield
        except FeatselError as error:
            own = error
        for rank, theirs in enumerate(self.gathered(own)):
            first = own if rank == self.rank else theirs
            if first is not None:
                first.is_told_elsewhere = rank != self.rank
                raise first


@contextmanager
def joined_team(environment: dict[str, str] | None = None) -> Generator[Team]:
    """Join the processes that torchrun started; a process by itself is a team of one.

    Parameters
    ----------
    environment : dict of str, optional
        Variables that torchrun sets; those of the process where not given.

    Yields
    ------
    Team
        The processes; they part when the context ends.

    Raises
    ------
    ConfigError
        The variables contradict each other.
    """
    environment = dict(os.environ) if environment is None else environment
    if int(environment.get("WORLD_SIZE", "1")) == 1:
        yield Team()
        return
    missing = [
        name for name in ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT") if name not in environment
    ]
    if missing:
        raise ConfigError(
            f"WORLD_SIZE is {environment['WORLD_SIZE']}, but {', '.join(missing)} is not set",
            "Start several processes with torchrun --nproc-per-node N -m featsel train …",
        )
    team = Team(
        rank=int(environment["RANK"]),
        size=int(environment["WORLD_SIZE"]),
        local_rank=int(environment["LOCAL_RANK"]),
    )
    has_gpus = torch.cuda.is_available()
    if has_gpus:
        torch.cuda.set_device(team.local_rank)
    dist.init_process_group(
        # what is no part of a step stands in the memory of the processor
        "cpu:gloo,cuda:nccl" if has_gpus else "gloo",
        init_method=f"tcp://{environment['MASTER_ADDR']}:{environment['MASTER_PORT']}",
        rank=team.rank,
        world_size=team.size,
        timeout=WAIT,
    )
    try:
        yield team
        # gloo's threads let go of tensors after a collective has returned; one that did so while the
        # interpreter ends would abort the process
        team.gathered(None)
    except RuntimeError as error:
        if not isinstance(error, dist.DistError) and "gloo" not in str(error):
            raise
        raise ConfigError(
            "another process of this training has ended, or cannot be reached",
            "See what it said. The same command with --resume goes on from the last checkpoint.",
        ) from error
    finally:
        dist.destroy_process_group()
