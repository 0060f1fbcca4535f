"""What would a model lose without a feature, on rows that it did not learn from?

Replacing a row's embedding of a field by one that stands for unknown values changes the row's logit, to first
order, by the gradient of the logit times the difference. What that does to the row's log loss is known to
second order, and added up over the rows of a feature it is the feature's gain. On rows that the model has
seen, whatever it learnt by heart looks like a gain; so two models learn from a half each, and each is asked
about the other. They also tell what labels the rows of a feature would have without it, whatever the model
itself makes of the feature.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featsel.models.model import CTRModel
from featsel.training.batches import Rows, batches_in_order
from featsel.training.devices import Precision, autocast

BATCH_ROWS = 8192
"""Rows whose gradients are held together."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Gains:
    """What features gain, added up over rows.

    Parameters
    ----------
    total : ndarray of float64, shape (n_ids,)
        Log loss that a feature's rows would lose with it, in nats; negative where it does harm.
    rows, positives : ndarray of float64, shape (n_ids,)
        Weights of the rows that hold a feature, and of those of label 1 among them.
    expected : ndarray of float64, shape (n_ids,)
        Positives that the model expects of these rows without the feature.
    """

    total: FloatArray
    rows: FloatArray
    positives: FloatArray
    expected: FloatArray

    def __add__(self, other: Gains) -> Gains:
        """Gains over the rows of both."""
        return Gains(
            self.total + other.total,
            self.rows + other.rows,
            self.positives + other.positives,
            self.expected + other.expected,
        )


def deletion_gains(
    model: CTRModel,
    rows: Rows,
    weights: NDArray[np.float64],
    *,
    device: torch.device,
    precision: Precision,
) -> Gains:
    """Gains of all features of a model with a table of its own for each.

    Parameters
    ----------
    model : CTRModel
        On the device, with a full table.
    rows : Rows
        What it is asked about; best none that it learnt from.
    weights : ndarray of float64, shape (n_ids,)
        Of the ids of a field in the mean that stands for a deleted feature, which the out-of-vocabulary
        embedding would become; a field without any weight has a mean of zero.
    device : torch.device
        Where the model is.
    precision : Precision
        Of matrix products.

    Returns
    -------
    Gains
        Out-of-vocabulary features have one too.
    """
    weight = model.matrices[0].detach()
    means = _mean_rows(model, torch.from_numpy(weights).to(device))
    sums = np.zeros((4, weight.shape[0]))
    was_training = model.training
    model.eval()
    try:
        for batch in batches_in_order(rows, batch_rows=BATCH_ROWS, device=device):
            ids = batch.ids.long()
            gathered = weight[ids].unsqueeze(2).requires_grad_()  # (batch, slots, 1, width)
            with autocast(device, precision):
                logits: Tensor = model.from_rows(gathered, batch.ids, batch.weights)
            # rows of a batch do not know of each other: the gradient of the sum is that of each logit
            (gradient,) = torch.autograd.grad(logits.float().sum(), gathered)
            change = (gradient.squeeze(2) * (weight[ids] - means)).sum(-1).double()  # (batch, slots)
            logits = logits.detach().double().unsqueeze(1)
            chances, without = logits.sigmoid(), (logits - change).sigmoid()
            labels = batch.labels.double().unsqueeze(1).expand_as(change)
            gain = (labels - chances) * change + 0.5 * chances * (1 - chances) * change.square()
            found = torch.stack([gain, torch.ones_like(change), labels, without])
            if batch.row_weights is not None:
                found = found * batch.row_weights.double().unsqueeze(1)
            # in numpy: its sums have one order, those of a GPU have not
            places = ids.reshape(-1).cpu().numpy()
            parts = found.flatten(1).cpu().numpy()
            sums += np.stack([np.bincount(places, part, minlength=sums.shape[1]) for part in parts])
    finally:
        model.train(was_training)
    return Gains(*sums)


def _mean_rows(model: CTRModel, weights: Tensor) -> Tensor:
    """Weighted mean row of each slot's field, (slots, width)."""
    layout = model.layout
    weight = model.matrices[0].detach()
    sizes = torch.tensor(layout.sizes, device=weight.device)
    field_of_id = torch.arange(layout.n_fields, device=weight.device).repeat_interleave(sizes)
    shares = weights.float()
    sums = torch.zeros(layout.n_fields, weight.shape[1], device=weight.device)
    sums.index_add_(0, field_of_id, weight * shares.unsqueeze(1))
    totals = torch.zeros(layout.n_fields, device=weight.device).index_add_(0, field_of_id, shares)
    means = sums / totals.clamp(min=1e-9).unsqueeze(1)
    return means[torch.tensor(layout.field_of_slot, device=weight.device)]
