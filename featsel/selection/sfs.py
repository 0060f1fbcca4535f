"""How strongly does the loss of a batch pull at a field?

This is single-shot feature selection: one gradient with respect to a mask of ones for each of some batches,
and nothing is trained for it.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from itertools import islice

import torch

from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.field_masks import MaskedModel, endless_batches, masked_loss
from featsel.selection.order import FeatureOrder, order_by_field

N_BATCHES = 100
"""Of training rows; about what the published code reads."""


def sfs_order(candidates: Candidates, backbone: Backbone) -> FeatureOrder:
    """Order fields by the mean absolute gradient of a mask at 1.

    Parameters
    ----------
    candidates : Candidates
        The features, and the rows; validation rows end the training.
    backbone : Backbone
        The model, which is trained first.

    Returns
    -------
    FeatureOrder
        Field scores in nats a row for a unit of the mask, never negative: those of noise are not 0.

    References
    ----------
    Wang et al., "Single-shot Feature Selection for Multi-task Recommendations", SIGIR 2023, of one task and
    on a trained model: untrained first-order weights are 0, and have no gradient.
    """
    settings = backbone.settings
    trained, _ = backbone.fit(candidates.config, candidates.train, valid=candidates.valid)
    mask = torch.ones(candidates.layout.n_fields, device=settings.device, requires_grad=True)
    model = MaskedModel(trained, lambda fields: fields * mask.unsqueeze(1))
    model.eval()
    total = torch.zeros(candidates.layout.n_fields, dtype=torch.float64, device=settings.device)
    for batch in islice(endless_batches(candidates.train, settings), N_BATCHES):
        (gradient,) = torch.autograd.grad(masked_loss(model, batch, settings), mask)
        total += gradient.abs()
    return order_by_field(candidates, total.cpu().numpy() / N_BATCHES)
