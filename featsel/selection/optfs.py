"""Which features does a model keep that pays for each gate that it leaves open?

This is OptFS. Every feature has a gate weight w, and the gate sigmoid(temperature · w) / sigmoid(w at the
start) multiplies its embedding and its first-order weight. Gates learn beside the model, with a penalty on
their sum; the temperature rises from epoch to epoch until hardly a gate is half open.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from featsel.core.errors import ConfigError
from featsel.models.embedding import QuotientRemainderTable
from featsel.models.model import CTRModel
from featsel.selection.candidates import Candidates
from featsel.selection.order import FeatureOrder, order_by_feature
from featsel.training.batches import ShuffledBatches
from featsel.training.cuts import EqualCuts
from featsel.training.distributed import Team
from featsel.training.learner import Learner
from featsel.training.optimizers import new_adam
from featsel.training.progress import Progress
from featsel.training.settings import TrainSettings

START = 0.5
"""Of all gate weights, as published: what a gate has to travel before it is closed."""

TRAVELS = 4.0
"""How many times that far a usual gate could come: gradients change their sign, and Adam then halts."""


@dataclass(frozen=True)
class GateSettings:
    """How gates learn.

    Parameters
    ----------
    penalty : float
        What an open gate costs, in nats of the mean log loss; lambda in the paper.
    temperature : float
        Of the last epoch, at least 1; the first one has 1. Gamma in the paper.
    epochs : int
        Of the search; T in the paper. A single one has the last temperature.
    rewind_epoch : int
        The weights at the end of this epoch are remembered, 0 for those at the start; T_c in the paper.
    gate_rate : float
        Learning rate of the gates, see :func:`usual_gate_rate`.
    frequency_fair : bool
        Whether the penalty of a feature grows with the square root of its training rows, with the same mean:
        otherwise gates of frequent noise stay open longest. A feature without rows counts as if it had one.
    """

    penalty: float
    temperature: float
    epochs: int
    rewind_epoch: int
    gate_rate: float
    frequency_fair: bool = False


@dataclass(frozen=True)
class GateEpoch:
    """One epoch of a search.

    Parameters
    ----------
    step : int
        Steps so far.
    temperature : float
        Of this epoch.
    loss : float
        Mean log loss of the training rows in this epoch, each as it was before its step; without the penalty.
    kept : float
        Share of the features whose gate weight is above 0.
    """

    step: int
    temperature: float
    loss: float
    kept: float


@dataclass(frozen=True)
class GateSearch:
    """What a search found.

    Parameters
    ----------
    gates : ndarray of float64, shape (n_ids,)
        Gate weights; NaN for out-of-vocabulary ids, which have no gate.
    rewound : mapping of str to Tensor
        The model's weights at the end of the epoch to rewind to, as :meth:`torch.nn.Module.state_dict` names
        them; on its device.
    history : tuple of GateEpoch
        One for each epoch.
    furthest : float
        Largest distance of a gate weight from where it started.
    """

    gates: NDArray[np.float64]
    rewound: Mapping[str, Tensor]
    history: tuple[GateEpoch, ...]
    furthest: float


def _say_nothing(_: object) -> None:
    pass


def search_gates(
    model: CTRModel,
    candidates: Candidates,
    *,
    gates: GateSettings,
    settings: TrainSettings,
    on_step: Callable[[Progress], object] = _say_nothing,
    on_epoch: Callable[[GateEpoch], object] = _say_nothing,
) -> GateSearch:
    """Train a model and the gates of its features, both on the training rows.

    The result depends on the arguments alone: not on what torch drew before, which is left as it was.

    Parameters
    ----------
    model : CTRModel
        Of any head; learns in place, and ends with the weights of the last epoch. On the device of the
        settings.
    candidates : Candidates
        The features, and the rows. Validation rows are not read.
    gates : GateSettings
        How the gates learn.
    settings : TrainSettings
        How the model learns. Epochs are those of ``gates``; what depends on validation rows has no effect.
    on_step : callable
        Told how far the search is after each step.
    on_epoch : callable
        Told of each epoch.

    Returns
    -------
    GateSearch
        The gates, and the weights to train again from. With gates that are open or closed alone, the
        published code multiplies the embedding of a kept feature by 1 / sigmoid(0.5); these weights are
        without that factor.

    Raises
    ------
    ConfigError
        The loss is no number any more, the epoch to rewind to is none of the search, or embeddings are
        products of rows, which a gate would multiply twice.

    References
    ----------
    Lyu et al., "Optimizing Feature Set for Click-Through Rate Prediction", WWW 2023, section 3.
    """
    if not 0 <= gates.rewind_epoch <= gates.epochs:
        raise ConfigError(
            f"a search of {gates.epochs} epochs cannot rewind to epoch {gates.rewind_epoch}",
            "Rewind to one of its epochs, or to 0 for the weights at the start.",
        )
    if isinstance(model.table, QuotientRemainderTable):
        raise ConfigError(
            "gates cannot be searched with embedding scheme 'qr'",
            "Search with scheme 'full'; training may then use another one.",
        )
    gpus = [settings.device] if settings.device.type == "cuda" else []
    gated = _GatedModel(model, candidates)
    model.train()
    with torch.random.fork_rng(gpus):
        result = _search(gated, candidates, gates, settings, on_step=on_step, on_epoch=on_epoch)
    model.eval()
    return result


# a subclass, because the learner takes a model: to the learner this is one whose rows come gated
class _GatedModel(CTRModel):
    """A model's own table and head, with a gate before each row of the table.

    Gate weights are no parameters of the module: the learner would train them with the head's rate and L2.
    """

    def __init__(self, model: CTRModel, candidates: Candidates) -> None:
        super().__init__(model.layout, model.table, model.head, dim=model.dim, has_linear=model.has_linear)
        device = model.matrices[0].device
        self.to(device)
        self.gate_weights = torch.full((model.layout.n_ids,), START, device=device, requires_grad=True)
        self.is_feature = torch.from_numpy(candidates.is_feature).to(device)
        self.temperature = torch.ones((), device=device)

    def openness(self) -> Tensor:
        """Sigmoid of each gate weight at this temperature, (n_ids,)."""
        return torch.sigmoid(self.temperature * self.gate_weights)

    def from_rows(self, gathered: Tensor, ids: Tensor, weights: Tensor | None = None) -> Tensor:
        gates = torch.where(self.is_feature, self.openness() / _sigmoid(START), 1.0)
        # an embedding, and not an index: the sums of its backward pass run in a fixed order on every device
        gates_of_slots = functional.embedding(ids, gates.unsqueeze(-1))  # (batch, slots, 1)
        return super().from_rows(gathered * gates_of_slots.unsqueeze(-1), ids, weights)


def _search(
    model: _GatedModel,
    candidates: Candidates,
    gates: GateSettings,
    settings: TrainSettings,
    *,
    on_step: Callable[[Progress], object],
    on_epoch: Callable[[GateEpoch], object],
) -> GateSearch:
    learner = Learner(model, settings, Team())
    gate_adam = new_adam([model.gate_weights], rate=gates.gate_rate, l2=0.0)
    penalties = torch.from_numpy(_penalties(candidates, gates)).to(settings.device)
    batches = ShuffledBatches(
        candidates.train,
        cuts=EqualCuts(candidates.train.n_rows, settings.batch_size),
        buffer_rows=settings.buffer_rows,
        seed=settings.seed,
        device=settings.device,
    )
    rewound = _copy(learner.weights())
    history: list[GateEpoch] = []
    step = 0
    for epoch in range(gates.epochs):
        temperature = _temperature(gates, epoch)
        model.temperature.fill_(temperature)
        for n_batches, batch in enumerate(batches.epoch(epoch), start=1):
            learner.step(batch, n_step=step, rate_factor=1.0)
            # the learner's backward pass left the gradient of the log loss
            (penalties * model.openness()).sum().backward()  # type: ignore[no-untyped-call]
            gate_adam.step()
            gate_adam.zero_grad()
            step += 1
            on_step(Progress(epoch=epoch, batch=n_batches, step=step))
        found = model.gate_weights.detach()[model.is_feature]
        kept = (found > 0).double().mean().item()
        history.append(GateEpoch(step, temperature, loss=_finite_loss(learner, step), kept=kept))
        learner.forget_losses()
        on_epoch(history[-1])
        if epoch + 1 == gates.rewind_epoch:
            rewound = _copy(learner.weights())
    weights = model.gate_weights.detach().double().cpu().numpy()
    weights[~candidates.is_feature] = np.nan
    furthest = float(np.nanmax(np.abs(weights - START)))
    return GateSearch(weights, rewound, tuple(history), furthest)


def _penalties(candidates: Candidates, gates: GateSettings) -> NDArray[np.float32]:
    """Penalty of each id, shape (n_ids,); 0 where there is no gate."""
    is_feature = candidates.is_feature
    shares = np.ones(is_feature.size)
    if gates.frequency_fair:
        shares = np.sqrt(np.maximum(candidates.counts.rows, 1))
        shares /= shares[is_feature].mean()
    return np.where(is_feature, gates.penalty * shares, 0.0).astype(np.float32)


def _temperature(gates: GateSettings, epoch: int) -> float:
    if gates.epochs == 1:
        return gates.temperature
    return math.pow(gates.temperature, epoch / (gates.epochs - 1))


def _finite_loss(learner: Learner, step: int) -> float:
    loss = learner.mean_loss
    if not math.isfinite(loss):
        raise ConfigError(
            f"the loss of the gate search is no number any more, {step:,} steps into the search",
            "Lower the learning rate, or search with --precision fp32.",
        )
    return loss


def _copy(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in weights.items()}


def _sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value))


def gate_order(candidates: Candidates, search: GateSearch) -> FeatureOrder:
    """Order all features by their gate weights, widest open first.

    Parameters
    ----------
    candidates : Candidates
        The features.
    search : GateSearch
        What a search of them found.

    Returns
    -------
    FeatureOrder
        Closed gates included, at the end; ties by frequency, then by id. Fields by the best of their
        features.
    """
    return order_by_feature(candidates, search.gates)


def kept_ids(search: GateSearch) -> NDArray[np.int64]:
    """Features whose gate stayed open, which is the published choice.

    Parameters
    ----------
    search : GateSearch
        What a search found.

    Returns
    -------
    ndarray of int64
        Ascending ids of gate weights above 0.
    """
    return np.flatnonzero(search.gates > 0)


def usual_gate_rate(n_steps: int) -> float:
    """Learning rate with which gates can close within a search.

    Parameters
    ----------
    n_steps : int
        Of the whole search, at least 1.

    Returns
    -------
    float
        Adam moves a weight by about its learning rate in a step, so that this one allows four times the way
        to a closed gate.

    Examples
    --------
    >>> usual_gate_rate(1000)
    0.002
    """
    return TRAVELS * START / n_steps


def check_travel(search: GateSearch, gates: GateSettings) -> str | None:
    """Say so if no gate could close, or none did.

    Adam moves a gate by about its learning rate in a step. At the published rate and on a small log all gates
    stay open, whatever the penalty.

    Parameters
    ----------
    search : GateSearch
        What was found.
    gates : GateSettings
        How it was searched.

    Returns
    -------
    str, optional
        One warning; None if gates closed.
    """
    n_steps = search.history[-1].step
    came = f"the largest travel is {search.furthest:.2g} and a gate closes after {START:g}"
    usual = usual_gate_rate(n_steps)
    if gates.gate_rate * n_steps < START:
        return (
            f"gates cannot close in {n_steps:,} steps at a gate rate of {gates.gate_rate:.2g}: {came}; "
            f"a gate rate of {usual:.2g} would do"
        )
    if search.history[-1].kept < 1:
        return None
    remedy = "a larger penalty closes more"
    if gates.gate_rate < usual:
        remedy = f"a gate rate of {usual:.2g} or a larger penalty closes more"
    return f"no gate closed in {n_steps:,} steps at a gate rate of {gates.gate_rate:.2g}: {came}; {remedy}"
