"""At which price does a model let go of a field?

This is LPFS. A field is multiplied by x² / (x² + ε), which is near 0 or near 1 for most x once ε is small. A
proximal step pulls every x towards 0 and keeps it there once it has come; what the model needs pulls against
it.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.field_masks import TRAIN_EPOCHS, MaskedModel, count_steps, learn_masked
from featsel.selection.gate_travel import remedy
from featsel.selection.order import FeatureOrder, order_by_field
from featsel.training.progress import Progress

FIRST_EPSILON, LAST_EPSILON = 0.1, 0.01
"""The first as published. The last one leaves a gate of weight .5 at .96 and one of .1 at a half; with a
smaller one, single batches throw gates about."""

LEAST_PENALTY, MOST_PENALTY = 1e-4, 1.0
"""Of the first and the last step, in nats a row for a unit of a gate's weight: less than chance is worth, and
more than any field is."""

PUSH = 1000.0
"""Learning rate times steps: a field that pulls back by less than some thousandths of a nat lets go before
the end."""


def lpfs_order(
    candidates: Candidates, backbone: Backbone, *, epochs: int | None = None, rate: float | None = None
) -> FeatureOrder:
    """Order fields by when their gates close as the price rises.

    Parameters
    ----------
    candidates : Candidates
        The features, and the rows.
    backbone : Backbone
        The model.
    epochs : int, optional
        Of the search; two where absent.
    rate : float, optional
        Learning rate of the gates; far enough to close any that the model does not hold where absent.

    Returns
    -------
    FeatureOrder
        A field's score is the share of the steps until its gate closed, and for one that stayed open 1 and
        its weight more. With a warning where no gate closed.

    References
    ----------
    Guo et al., "LPFS: Learnable Polarizing Feature Selection for Click-Through Rate Prediction", 2022
    (arXiv 2206.00267), with a penalty that rises instead of one that has to be chosen.
    """
    settings = backbone.settings
    epochs = TRAIN_EPOCHS if epochs is None else epochs
    n_steps = count_steps(candidates.train, settings, epochs)
    rate = PUSH / n_steps if rate is None else rate
    gates = torch.ones(candidates.layout.n_fields, device=settings.device, requires_grad=True)
    epsilon = torch.full((), FIRST_EPSILON, device=settings.device)
    closed = torch.full((candidates.layout.n_fields,), n_steps, device=settings.device)

    def weigh(fields: Tensor) -> Tensor:
        squares = gates.square().unsqueeze(1)  # (fields, 1)
        return fields * (squares / (squares + epsilon))

    def after_step(progress: Progress) -> None:
        done = progress.step / n_steps
        gradient = gates.grad
        assert gradient is not None
        with torch.no_grad():
            moved = gates - rate * gradient
            shrunk = moved.abs() - rate * _between(LEAST_PENALTY, MOST_PENALTY, done)
            # at 0 a gate has no gradient: closed is closed
            closes = (shrunk <= 0) & (gates != 0)
            gates.copy_(torch.where(gates == 0, gates, moved.sign() * shrunk.clamp(min=0)))
            closed[closes] = progress.step
            epsilon.fill_(_between(FIRST_EPSILON, LAST_EPSILON, done))
        gates.grad = None

    model = MaskedModel(backbone.build(candidates.config), weigh)
    learn_masked(model, candidates, backbone, epochs=epochs, after_step=after_step)
    weights = gates.detach().abs().double().cpu().numpy()
    scores = closed.double().cpu().numpy() / n_steps + weights
    return replace(
        order_by_field(candidates, scores), warnings=_warnings(weights, rate=rate, n_steps=n_steps)
    )


def _between(first: float, last: float, share: float) -> float:
    """A number on the way from one to another, in even proportions."""
    return math.exp((1 - share) * math.log(first) + share * math.log(last))


def _warnings(weights: NDArray[np.float64], *, rate: float, n_steps: int) -> tuple[str, ...]:
    if (weights == 0).any():
        return ()
    return (
        f"no gate closed in {n_steps:,} steps at a gate rate of {rate:.2g}: the smallest weight is "
        f"{weights.min():.2g}, from 1, and fields are ordered by weights alone; "
        f"{remedy(rate, PUSH / n_steps)}",
    )
