"""What does one step of a training do?"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from featsel.models.model import CTRModel
from featsel.training.batches import Batch
from featsel.training.devices import autocast
from featsel.training.distributed import Team
from featsel.training.optimizers import OPTIMIZERS, new_adam
from featsel.training.settings import TrainSettings

TABLE = "table."
"""How the names of parameters begin that learn by rows."""


class Learner:
    """A model, and all that its next step depends on.

    Parameters
    ----------
    model : CTRModel
        What learns, in place; on the device of the settings.
    settings : TrainSettings
        How.
    team : Team
        The processes that learn together.
    """

    def __init__(self, model: CTRModel, settings: TrainSettings, team: Team) -> None:
        self.model = model
        self._settings = settings
        self._team = team
        self._head = {name: value for name, value in model.named_parameters() if not name.startswith(TABLE)}
        self._table_rate, self._head_rate = settings.scaled_table_rate, settings.scaled_head_rate
        table_l2, head_l2 = settings.table_l2 * settings.scale, settings.head_l2 * settings.scale
        self._table_optimizers = [
            OPTIMIZERS[settings.optimizer](
                matrix.detach(),
                rate=self._table_rate,
                l2=_l2_of_columns(matrix.shape[1], table_l2, head_l2 if model.has_linear else table_l2),
            )
            for matrix in model.matrices
        ]
        self._head_optimizer = new_adam(list(self._head.values()), rate=self._head_rate, l2=head_l2)
        # sum of the losses since the last report, and of the weights of their rows
        self._losses = torch.zeros(2, dtype=torch.float64, device=settings.device)
        start, stop = team.part(settings.batch_size)
        self._full_size = stop - start
        self._logits = model.from_rows
        self._full_logits = torch.compile(model.from_rows) if settings.is_compiled else model.from_rows

    def step(
        self, batch: Batch, *, n_step: int, rate_factor: float, sizes: Sequence[int] | None = None
    ) -> None:
        """Learn from a batch.

        Parameters
        ----------
        batch : Batch
            Rows of all processes, or, where ``sizes`` are given, those of this one alone.
        n_step : int
            Steps before this one: where dropout stands in its sequence.
        rate_factor : float
            What learning rates are multiplied with.
        sizes : sequence of int, optional
            How many rows each process has; equal parts of the batch where absent.
        """
        # dropout draws from torch's own generator: it starts anew from the number of the step, and needs no
        # place in a checkpoint
        torch.manual_seed(_mixed(self._settings.seed, n_step, self._team.rank))
        part = batch if sizes is not None else batch.part(*self._team.part(batch.n_rows))
        own = self.model.rows(part.ids)  # (rows of this process, slots, lookups)
        with torch.no_grad():
            gathered = self.model.gather(own)
        gathered.requires_grad_()

        # a kernel is made for one size; of shards, batches differ by few rows, and one is made for all sizes
        is_full = sizes is not None or part.n_rows == self._full_size
        logits_of = self._full_logits if is_full else self._logits
        with autocast(self._settings.device, self._settings.precision):
            logits: Tensor = logits_of(gathered, part.ids, part.weights)
        loss = functional.binary_cross_entropy_with_logits(
            logits.float(), part.labels, weight=part.row_weights, reduction="sum"
        )
        total = self._total(batch, sizes)
        (loss / total).backward()  # type: ignore[no-untyped-call]

        gradient = gathered.grad
        assert gradient is not None
        gradients = [value.grad for value in self._head.values() if value.grad is not None]
        loss = loss.detach()
        rows = own
        if self._team.size > 1:
            self._team.add([*gradients, loss])
            if sizes is None:
                parts = [self._team.part(batch.n_rows, rank=rank) for rank in range(self._team.size)]
                gradient = self._team.join(gradient, [stop - start for start, stop in parts])
                rows = self.model.rows(batch.ids)
            else:
                gradient = self._team.join(gradient, sizes)
                rows = self.model.rows(self._team.join(batch.ids, sizes))
        if self._settings.most_gradient is not None:
            _shorten([*gradients, gradient], self._settings.most_gradient)
        self._losses[0] += loss
        self._losses[1] += total

        pieces = self.model.scatter(rows, gradient)
        for optimizer, piece in zip(self._table_optimizers, pieces, strict=True):
            optimizer.rate = self._table_rate * rate_factor
            optimizer.step(*piece)
        self._head_optimizer.param_groups[0]["lr"] = self._head_rate * rate_factor
        self._head_optimizer.step()
        self._head_optimizer.zero_grad()

    def _total(self, batch: Batch, sizes: Sequence[int] | None) -> Tensor | int:
        """Rows of a batch of all processes, or what they weigh together."""
        if batch.row_weights is None:
            return batch.n_rows if sizes is None else sum(sizes)
        total = batch.row_weights.sum()
        if sizes is not None:
            self._team.add([total])
        return total

    @property
    def mean_loss(self) -> float:
        """Mean log loss of the rows since the last report; NaN or infinite once a step went wrong."""
        loss, weight = self._losses[0].item(), self._losses[1].item()
        return loss / weight if weight else 0.0

    def forget_losses(self) -> None:
        """Begin the mean loss anew."""
        self._losses.zero_()

    def weights(self) -> dict[str, Tensor]:
        """All that the model has learnt; the tensors are its own."""
        return {name: value.detach() for name, value in self.model.state_dict().items()}

    def state(self) -> dict[str, Tensor]:
        """All that the next step depends on; the tensors are the learner's own."""
        state = {f"model.{name}": value for name, value in self.weights().items()}
        for index, optimizer in enumerate(self._table_optimizers):
            state |= {f"table.{index}.{name}": value for name, value in optimizer.state().items()}
        state |= {f"head.{name}": value for name, value in self._head_memory().items()}
        return {**state, "losses": self._losses}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over the state of another one."""
        with torch.no_grad():
            self.restore_weights(part_of(state, "model"))
            for index, optimizer in enumerate(self._table_optimizers):
                optimizer.restore(part_of(state, f"table.{index}"))
            remembered = part_of(state, "head")
            for name, value in self._head_memory().items():
                value.copy_(remembered[name])
            self._losses.copy_(state["losses"])

    def restore_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Give the model the weights that it had at another time."""
        with torch.no_grad():
            for name, value in self.weights().items():
                value.copy_(weights[name])

    def _head_memory(self) -> dict[str, Tensor]:
        return {
            f"{name}.{key}": value
            for name, parameter in self._head.items()
            for key, value in self._head_optimizer.state[parameter].items()
        }


def part_of(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Tensors whose name begins with a prefix and a dot, without it.

    Parameters
    ----------
    state : mapping of str to Tensor
        All tensors.
    prefix : str
        Beginning of a name.

    Returns
    -------
    dict of str to Tensor
        None where no name begins so.
    """
    start = f"{prefix}."
    return {name.removeprefix(start): value for name, value in state.items() if name.startswith(start)}


def _l2_of_columns(n_columns: int, all_but_last: float, last: float) -> Tensor:
    # a first-order weight is no embedding, though it is a column of the table
    l2 = torch.full((n_columns,), all_but_last)
    l2[-1] = last
    return l2


def _shorten(gradients: list[Tensor], most: float) -> None:
    squares = torch.stack([gradient.square().sum() for gradient in gradients])
    factor = (most / squares.sum().sqrt()).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factor)


def _mixed(seed: int, step: int, rank: int) -> int:
    return int(np.random.SeedSequence((seed, step, rank)).generate_state(1, np.uint64)[0])
