"""How often may a field be missing?

This is dropout feature ranking, as EasyRec's variational dropout has it. Each row loses each field with a
probability that is learnt; reading a field more often costs a penalty, and so the fields that are hardly ever
missing in the end are those that the model needs.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.field_masks import (
    TRAIN_EPOCHS,
    MaskedModel,
    count_steps,
    learn_masked,
)
from featsel.selection.gate_travel import check_travel, usual_rate
from featsel.selection.order import FeatureOrder, order_by_field
from featsel.training.optimizers import new_adam
from featsel.training.progress import Progress

TEMPERATURE = 0.1
"""Of the soft draws, as published: most are near 0 or 1."""

WAY = 2.0
"""Of a logit, from a probability of a half to one of .12 or .88."""

PENALTY = 1e-4
"""What it costs to read a field always, in nats a row: a field that saves less is worth no reading."""


def vdrop_order(
    candidates: Candidates, backbone: Backbone, *, epochs: int | None = None, rate: float | None = None
) -> FeatureOrder:
    """Order fields by how seldom they may be missing.

    Parameters
    ----------
    candidates : Candidates
        The features, and the rows.
    backbone : Backbone
        The model.
    epochs : int, optional
        Of the search; two where absent.
    rate : float, optional
        Learning rate of the logits; far enough to decide for or against any field where absent.

    Returns
    -------
    FeatureOrder
        Field scores are the probabilities of being read. With a warning where they could not move.

    References
    ----------
    Chang, Rampasek & Goldenberg, "Dropout Feature Ranking for Deep Learning Models", 2017 (arXiv 1712.08645),
    which EasyRec takes over; Maddison, Mnih & Teh, "The Concrete Distribution", ICLR 2017, for the draws.
    EasyRec's penalty, .01 divided by the rows of a batch, changes with the batch; this one does not.
    """
    settings = backbone.settings
    epochs = TRAIN_EPOCHS if epochs is None else epochs
    n_steps = count_steps(candidates.train, settings, epochs)
    rate = usual_rate(WAY, n_steps) if rate is None else rate
    # of being missing
    logits = torch.zeros(candidates.layout.n_fields, device=settings.device, requires_grad=True)

    def weigh(fields: Tensor) -> Tensor:
        draws = torch.rand(fields.shape[:2], device=fields.device).clamp(1e-7, 1 - 1e-7)
        is_read = torch.sigmoid(-(logits + torch.logit(draws)) / TEMPERATURE)  # (batch, fields)
        return fields * is_read.unsqueeze(2)

    adam = new_adam([logits], rate=rate, l2=0.0)

    def after_step(_: Progress) -> None:
        # the learner's backward pass left the gradient of the log loss
        (PENALTY * torch.sigmoid(-logits)).sum().backward()  # type: ignore[no-untyped-call]
        adam.step()
        adam.zero_grad()

    model = MaskedModel(backbone.build(candidates.config), weigh)
    learn_masked(model, candidates, backbone, epochs=epochs, after_step=after_step)
    found = logits.detach().double().cpu()
    warnings = check_travel(float(found.abs().max()), WAY, rate=rate, n_steps=n_steps)
    scores: NDArray[np.float64] = torch.sigmoid(-found).numpy()
    return replace(order_by_field(candidates, scores), warnings=warnings)
