"""By how much, to first order, would the loss of each row change with the mean of a field in its place?

This is the field importance of SHARK: permutation importance without permutations. Rows of a batch do not
know of each other, so the gradient of their sum holds that of each, and all rows and fields take two passes.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from featsel.models.model import CTRModel
from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.order import FeatureOrder, order_by_field
from featsel.training.batches import Batch, Rows, batches_in_order
from featsel.training.devices import autocast
from featsel.training.settings import TrainSettings

BATCH_ROWS = 8192
"""Rows whose gradients are held together."""


def shark_order(candidates: Candidates, backbone: Backbone) -> FeatureOrder:
    """Order fields by what replacing them by their mean does to the loss of a row, to first order.

    Parameters
    ----------
    candidates : Candidates
        The features, and the rows.
    backbone : Backbone
        The model, which is trained first; it is asked about the validation rows.

    Returns
    -------
    FeatureOrder
        Field scores in nats a row, never negative: those of noise are not 0.

    References
    ----------
    Zhang et al., "SHARK: A Lightweight Model Compression Approach for Large-scale Recommender Systems", CIKM
    2023, section 3.1, once instead of after each field that is dropped.
    """
    model, _ = backbone.fit(candidates.config, candidates.train, valid=candidates.valid)
    return order_by_field(candidates, first_order_changes(model, candidates.valid, backbone.settings))


def first_order_changes(model: CTRModel, rows: Rows, settings: TrainSettings) -> NDArray[np.float64]:
    """Mean over rows of the absolute first-order change of their log loss.

    Parameters
    ----------
    model : CTRModel
        Of any table and head.
    rows : Rows
        What it is asked about; their weights count.
    settings : TrainSettings
        Device and precision.

    Returns
    -------
    ndarray of float64, shape (n_fields,)
        Of row r and field f it is the absolute value of g · (e - ē): e is what the head reads of the field,
        g the gradient of the row's loss with respect to it, ē the mean of e over the rows.
    """
    means, total_weight = _means(model, rows, settings)
    changes = torch.zeros(model.layout.n_fields, dtype=torch.float64, device=settings.device)
    model.eval()
    for batch in batches_in_order(rows, batch_rows=BATCH_ROWS, device=settings.device):
        fields = _fields(model, batch).requires_grad_()
        with autocast(settings.device, settings.precision):
            logits = model.from_fields(fields)
        loss = functional.binary_cross_entropy_with_logits(logits.float(), batch.labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, fields)
        change = (gradient * (fields.detach() - means)).sum(-1).abs().double()  # (batch, fields)
        changes += (change * _weights(batch)).sum(0)
    return changes.cpu().numpy() / total_weight


def _means(model: CTRModel, rows: Rows, settings: TrainSettings) -> tuple[Tensor, float]:
    """Mean of what the head reads of each field, (fields, width), and the weight of all rows."""
    total: Tensor | float = 0.0
    weight = 0.0
    for batch in batches_in_order(rows, batch_rows=BATCH_ROWS, device=settings.device):
        weights = _weights(batch)
        total = total + (_fields(model, batch).double() * weights.unsqueeze(-1)).sum(0)
        weight += float(weights.sum())
    return (torch.as_tensor(total) / weight).float(), weight


def _fields(model: CTRModel, batch: Batch) -> Tensor:
    with torch.no_grad():
        return model.fields(model.gather(model.rows(batch.ids)), batch.ids, batch.weights)


def _weights(batch: Batch) -> Tensor:
    """Weights of rows, (batch, 1)."""
    weights = torch.ones_like(batch.labels) if batch.row_weights is None else batch.row_weights
    return weights.double().unsqueeze(1)
