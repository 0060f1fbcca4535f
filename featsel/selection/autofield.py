"""Which fields does a model choose to read, on rows that it does not learn from?

This is AutoField. Each field is read or dropped by two logits; a draw from them, made soft so that it has a
gradient, multiplies the field. The model learns from training rows, and every ten steps the logits learn from
validation rows.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.even_fields import even_fields
from featsel.selection.field_masks import (
    GATE_STEPS,
    VALID_EPOCHS,
    MaskedModel,
    count_steps,
    gate_batches,
    learn_masked,
    step_mask,
)
from featsel.selection.gate_travel import check_travel, usual_rate
from featsel.selection.order import FeatureOrder, order_by_field
from featsel.training.optimizers import new_adam
from featsel.training.progress import Progress

WAY = 0.5
"""Of both logits apart: from there a field is read nearly three times as often as it is dropped."""

LAST_TEMPERATURE = 0.1
"""Of the draws: the published .01 leaves no gradient but by luck, and comes after 20,000 steps, which a small
log has not."""


def autofield_order(
    candidates: Candidates, backbone: Backbone, *, epochs: int | None = None, rate: float | None = None
) -> FeatureOrder:
    """Order fields by how much rather a model reads than drops them.

    Parameters
    ----------
    candidates : Candidates
        The features, and the rows; validation rows move the gates.
    backbone : Backbone
        The model.
    epochs : int, optional
        Of the search; ten where absent.
    rate : float, optional
        Learning rate of the gates; far enough to open or close any where absent.

    Returns
    -------
    FeatureOrder
        Field scores are differences of the two logits. With a warning where gates could not move.

    References
    ----------
    Wang et al., "AutoField: Automating Feature Selection in Deep Recommender Systems", WWW 2022. The
    temperature falls with the share of the steps, not with their number, and gates have a learning rate of
    their own.
    """
    settings = backbone.settings
    epochs = VALID_EPOCHS if epochs is None else epochs
    n_steps = count_steps(candidates.train, settings, epochs)
    n_gate_steps = max(1, n_steps // GATE_STEPS)
    rate = usual_rate(WAY, n_gate_steps) if rate is None else rate
    logits = torch.zeros(candidates.layout.n_fields, 2, device=settings.device, requires_grad=True)
    temperature = torch.ones((), device=settings.device)

    def weigh(fields: Tensor) -> Tensor:
        draws = -torch.log(-torch.log(torch.rand_like(logits).clamp(1e-9, 1 - 1e-7)))  # Gumbel
        chances = torch.softmax((logits + draws) / temperature, dim=1)[:, :1]  # (fields, 1)
        even, size = even_fields(fields, dim=model.dim)
        return even * size * chances

    model = MaskedModel(backbone.build(candidates.config), weigh)
    adam = new_adam([logits], rate=rate, l2=0.0)
    batches = gate_batches(candidates.valid, settings)

    def after_step(progress: Progress) -> None:
        logits.grad = None
        if progress.step % GATE_STEPS == 0:
            step_mask(model, next(batches), settings, mask=[logits], adam=adam)
        temperature.fill_(max(LAST_TEMPERATURE, 1 - progress.step / n_steps))

    learn_masked(model, candidates, backbone, epochs=epochs, after_step=after_step)
    found = logits.detach().double().cpu().numpy()
    warnings = check_travel(float(np.abs(found).max()), WAY, rate=rate, n_steps=n_gate_steps)
    return replace(order_by_field(candidates, found[:, 0] - found[:, 1]), warnings=warnings)
