"""How does the embedding table learn from the rows that a batch touched?

A batch touches few rows of a table, so its gradient comes as rows of the table and one gradient for each,
with rows repeated as often as the batch reads them. The lazy optimizers touch no other row: neither weights
nor moments of a row move while no batch reads it, and L2 pulls on the rows of a batch alone.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Any, Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featsel.training.row_kernels import adagrad_rows, adam_rows, sum_rows

KEEP_FIRST, KEEP_SECOND, EPSILON = 0.9, 0.999, 1e-8
"""Adam's decay rates and the number that keeps its divisor from 0 (Kingma & Ba 2015)."""

SHARD_LOOKUPS = 1 << 14
"""Rows that a shard should be worth: below, handing it to a thread takes longer than the work."""

Kernel = Callable[..., None]
Floats = NDArray[np.float32]


class TableOptimizer(StrEnum):
    """How a table learns."""

    ADAM = "adam"
    ADAGRAD = "adagrad"
    DENSE_ADAM = "dense-adam"


class RowOptimizer(Protocol):
    """Something that moves a table by the gradients of rows."""

    rate: float
    """Learning rate of the next step."""

    def step(self, rows: Tensor, gradients: Tensor) -> None:
        """Move the table.

        Parameters
        ----------
        rows : Tensor of int64, shape (n,)
            Rows of the table, in any order and any number of times.
        gradients : Tensor of float32, shape (n, width)
            A gradient for each.
        """

    def state(self) -> dict[str, Tensor]:
        """All that the optimizer remembers; the tensors are its own."""
        ...

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Remember what another one remembered."""


class RowAdam:
    """Lazy Adam: only rows of the batch are touched.

    Where all rows are touched in every step it is Adam. The bias correction knows of all steps, not of those
    of a row, as in :class:`torch.optim.SparseAdam`.

    Parameters
    ----------
    table : Tensor of float32, shape (n_rows, width)
        What it moves, in place.
    rate : float
        Learning rate.
    l2 : Tensor of float32, shape (width,), optional
        For each column: times the weights of a touched row is added to its gradient. 0 where absent.

    References
    ----------
    Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
    """

    def __init__(self, table: Tensor, *, rate: float, l2: Tensor | None = None) -> None:
        self.rate = rate
        self._table = table.detach()
        self._l2 = _by_column(l2, table)
        self._n_steps = torch.zeros((), dtype=torch.int64)
        # both moments of a row side by side: one stretch of memory to fetch
        self._moments = torch.zeros(table.shape[0], 2, table.shape[1], device=table.device)
        self._touched = _Touched(self._table)

    def step(self, rows: Tensor, gradients: Tensor) -> None:
        """Move the table; see :meth:`RowOptimizer.step`."""
        self._n_steps += 1
        n_steps = int(self._n_steps)
        first_bias, second_bias = 1 - KEEP_FIRST**n_steps, math.sqrt(1 - KEEP_SECOND**n_steps)
        rate, epsilon = self.rate * second_bias / first_bias, EPSILON * second_bias
        if self._touched.are_compiled:
            decays = [KEEP_FIRST, 1 - KEEP_FIRST, KEEP_SECOND, 1 - KEEP_SECOND]
            factors = np.array([rate, *decays, epsilon], np.float32)
            memory = self._moments
            self._touched.update(
                rows, gradients, kernel=adam_rows, memory=memory, factors=factors, l2=self._l2
            )
            return
        summed = self._touched.sum(rows, gradients)
        weights, moments = self._table[rows], self._moments[rows]
        summed += self._l2 * weights
        moments[:, 0].mul_(KEEP_FIRST).add_(summed, alpha=1 - KEEP_FIRST)
        moments[:, 1].mul_(KEEP_SECOND).addcmul_(summed, summed, value=1 - KEEP_SECOND)
        weights.addcdiv_(moments[:, 0], moments[:, 1].sqrt().add_(epsilon), value=-rate)
        # equal rows write equal values, so their order does not matter
        self._moments[rows] = moments
        self._table[rows] = weights

    def state(self) -> dict[str, Tensor]:
        """Moments and the number of steps."""
        return {"moments": self._moments, "steps": self._n_steps}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over moments and the number of steps."""
        self._moments.copy_(state["moments"])
        self._n_steps.copy_(state["steps"])


class RowAdagrad:
    """Row-wise Adagrad: one accumulator a row, a tenth of the memory that Adam's moments take.

    Parameters
    ----------
    table, rate, l2
        As of :class:`RowAdam`.

    References
    ----------
    Gupta, Bengio & Weston, "Training Highly Multiclass Classifiers", JMLR 2014, section 3.2.
    """

    def __init__(self, table: Tensor, *, rate: float, l2: Tensor | None = None) -> None:
        self.rate = rate
        self._table = table.detach()
        self._l2 = _by_column(l2, table)
        self._accumulators = torch.zeros(table.shape[0], device=table.device)
        self._touched = _Touched(self._table)

    def step(self, rows: Tensor, gradients: Tensor) -> None:
        """Move the table; see :meth:`RowOptimizer.step`."""
        if self._touched.are_compiled:
            factors = np.array([self.rate, EPSILON], np.float32)
            memory = self._accumulators
            self._touched.update(
                rows, gradients, kernel=adagrad_rows, memory=memory, factors=factors, l2=self._l2
            )
            return
        summed = self._touched.sum(rows, gradients)
        weights = self._table[rows]
        summed += self._l2 * weights
        accumulators = self._accumulators[rows] + summed.square().mean(1)
        self._accumulators[rows] = accumulators
        self._table[rows] = weights - self.rate * summed / (accumulators.sqrt() + EPSILON)[:, None]

    def state(self) -> dict[str, Tensor]:
        """Accumulators."""
        return {"accumulators": self._accumulators}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over accumulators."""
        self._accumulators.copy_(state["accumulators"])


class DenseAdam:
    """Adam over the whole table: every row moves in every step, at a cost that grows with the table.

    Parameters
    ----------
    table, rate
        As of :class:`RowAdam`.
    l2 : Tensor of float32, shape (width,), optional
        For each column: times the weights of all rows is added to the gradient. 0 where absent.
    """

    def __init__(self, table: Tensor, *, rate: float, l2: Tensor | None = None) -> None:
        self.rate = rate
        self._table = table.detach().requires_grad_()
        self._l2 = _by_column(l2, table)
        self._adam = new_adam([self._table], rate=rate, l2=0.0)
        self._memory: dict[str, Tensor] = self._adam.state[self._table]

    def step(self, rows: Tensor, gradients: Tensor) -> None:
        """Move the table; see :meth:`RowOptimizer.step`."""
        self._adam.param_groups[0]["lr"] = self.rate
        summed = _sum_by_row(rows, gradients, n_rows=self._table.shape[0])
        self._table.grad = summed.addcmul_(self._l2, self._table.detach())
        self._adam.step()
        self._table.grad = None

    def state(self) -> dict[str, Tensor]:
        """Moments and the number of steps."""
        return dict(self._memory)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over moments and the number of steps."""
        for name, tensor in self._memory.items():
            tensor.copy_(state[name])


OPTIMIZERS: dict[TableOptimizer, Callable[..., RowOptimizer]] = {
    TableOptimizer.ADAM: RowAdam,
    TableOptimizer.ADAGRAD: RowAdagrad,
    TableOptimizer.DENSE_ADAM: DenseAdam,
}
"""What makes an optimizer of a table."""


def new_adam(parameters: Sequence[Tensor], *, rate: float, l2: float) -> torch.optim.Adam:
    """Adam that runs in one pass over each parameter and has its memory from the start.

    Parameters
    ----------
    parameters : sequence of Tensor
        What it moves, at least one.
    rate : float
        Learning rate.
    l2 : float
        Times the weights is added to the gradient.

    Returns
    -------
    torch.optim.Adam
        A new one can be saved and restored like a used one.
    """
    adam = torch.optim.Adam(parameters, lr=rate, weight_decay=l2, fused=True)
    for parameter in parameters:
        adam.state[parameter] = {
            "step": torch.zeros((), device=parameter.device),
            "exp_avg": torch.zeros_like(parameter, requires_grad=False),
            "exp_avg_sq": torch.zeros_like(parameter, requires_grad=False),
        }
    return adam


class _Touched:
    """Rows of a table that a batch touched, and memory that is kept from batch to batch."""

    def __init__(self, table: Tensor) -> None:
        self.are_compiled = table.device.type == "cpu" and table.is_contiguous()
        self._table = table
        if not self.are_compiled:
            self._places = torch.zeros(table.shape[0], dtype=torch.int64, device=table.device)
            return
        self._slots = np.full(table.shape[0], -1, np.int32)
        self._sums: list[Floats] = []
        self._distinct: list[NDArray[np.int64]] = []
        self._threads = ThreadPoolExecutor(torch.get_num_threads(), thread_name_prefix="featsel-table")

    def update(
        self, rows: Tensor, gradients: Tensor, *, kernel: Kernel, memory: Tensor, factors: Floats, l2: Tensor
    ) -> None:
        """Sum the gradients of equal rows and let a kernel move their weights, a shard a thread."""
        n_shards = max(1, min(torch.get_num_threads(), rows.shape[0] // SHARD_LOOKUPS))
        self._make_room(n_shards, n_lookups=rows.shape[0])
        places, by_place = rows.numpy(), gradients.contiguous().numpy()
        table, remembered, by_column = self._table.numpy(), memory.numpy(), l2.numpy()

        def update_shard(shard: int) -> None:
            sums, distinct = self._sums[shard], self._distinct[shard]
            n_distinct = sum_rows(places, by_place, self._slots, sums, distinct, shard, n_shards)
            kernel(table, remembered, self._slots, sums, distinct, n_distinct, factors, by_column)

        if n_shards == 1:
            update_shard(0)
        else:
            list(self._threads.map(update_shard, range(n_shards)))

    def sum(self, rows: Tensor, gradients: Tensor) -> Tensor:
        """For each row of a batch, the sum of the gradients of all rows that equal it; shape (n, width).

        Nothing waits for the device, and shapes do not depend on the rows.
        """
        self._places[rows] = torch.arange(rows.shape[0], device=rows.device)
        # whichever of equal rows wrote last stands for all of them
        place = self._places[rows]
        return _sum_by_row(place, gradients, n_rows=rows.shape[0])[place]

    def _make_room(self, n_shards: int, *, n_lookups: int) -> None:
        if len(self._sums) < n_shards or self._sums[0].shape[0] < n_lookups:
            width = self._table.shape[1]
            # one shard may get all rows; memory that is never written to is never taken up
            self._sums = [np.empty((n_lookups, width), np.float32) for _ in range(n_shards)]
            self._distinct = [np.empty(n_lookups, np.int64) for _ in range(n_shards)]


def _by_column(l2: Tensor | None, table: Tensor) -> Tensor:
    return torch.zeros(table.shape[1], device=table.device) if l2 is None else l2.to(table.device)


def _sum_by_row(rows: Tensor, gradients: Tensor, *, n_rows: int) -> Tensor:
    # the backward pass of an embedding: on every device its sums run in a fixed order, and rows that a batch
    # touches ten thousand times do not hold it up; torch gives its operators no types
    operators = cast("Any", torch.ops.aten)
    return cast(
        "Tensor",
        operators.embedding_dense_backward(gradients, rows, n_rows, padding_idx=-1, scale_grad_by_freq=False),
    )
