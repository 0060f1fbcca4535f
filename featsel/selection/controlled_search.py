"""Which weight does a small network give to each field of a row?

The network reads the embeddings of a row and says how much of each field the model gets. The model learns
from training rows; the network from validation rows, once the model knows something.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from featsel.models.model import CTRModel
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
from featsel.selection.search_steps import ordered_batches
from featsel.training.batches import Rows
from featsel.training.optimizers import new_adam
from featsel.training.progress import Progress
from featsel.training.settings import TrainSettings

FREE_SHARE = 0.2
"""Share of the steps in which the model learns without weights: of embeddings that are still as they were
drawn there is nothing to see."""

WAY = 0.5
"""Of a weight of the network. Hundreds of them act together, so that half a unit turns any field on or
off."""


def controlled_order(
    candidates: Candidates,
    backbone: Backbone,
    *,
    new_controller: Callable[[int, int, torch.Generator], nn.Module],
    epochs: int | None,
    rate: float | None,
) -> FeatureOrder:
    """Order fields by the mean weight that a controller gives them.

    Parameters
    ----------
    candidates : Candidates
        The features, and the rows; validation rows train the controller.
    backbone : Backbone
        The model.
    new_controller : callable
        Makes one on the CPU: of how many fields, of which width, and with a source of new weights. It is
        called with what the head reads, normalised over the batch, (batch, fields * width), and the share of
        the search that is over, and gives the factors of the fields of each row, (batch, fields).
    epochs : int, optional
        Of the search; ten where absent.
    rate : float, optional
        Learning rate of the controller; one that can turn any field on or off where absent.

    Returns
    -------
    FeatureOrder
        Field scores are mean factors over the validation rows, by their weights. With a warning where the
        controller could not move.
    """
    settings = backbone.settings
    epochs = VALID_EPOCHS if epochs is None else epochs
    n_steps = count_steps(candidates.train, settings, epochs)
    n_gate_steps = max(1, round(n_steps * (1 - FREE_SHARE)) // GATE_STEPS)
    rate = usual_rate(WAY, n_gate_steps) if rate is None else rate
    built = backbone.build(candidates.config)
    width = built.dim + built.has_linear
    generator = torch.Generator().manual_seed(settings.seed)
    controller = new_controller(candidates.layout.n_fields, width, generator).to(settings.device)
    parameters = list(controller.parameters())
    starts = [value.detach().clone() for value in parameters]
    adam = new_adam(parameters, rate=rate, l2=0.0)
    batches = gate_batches(candidates.valid, settings)
    done = 0.0

    def factors(fields: Tensor) -> Tensor:
        # the controller looks at embeddings, and does not shape them
        inputs = fields.detach().flatten(1)
        factors: Tensor = controller(inputs, (done - FREE_SHARE) / (1 - FREE_SHARE))
        return factors

    def weigh(fields: Tensor) -> Tensor:
        alike, size = even_fields(fields, dim=built.dim)
        if done >= FREE_SHARE:
            alike = alike * factors(alike).unsqueeze(2)
        return alike * size

    def after_step(progress: Progress) -> None:
        nonlocal done
        if done >= FREE_SHARE and progress.step % GATE_STEPS == 0:
            step_mask(model, next(batches), settings, mask=parameters, adam=adam)
        adam.zero_grad()
        done = progress.step / n_steps

    model = MaskedModel(built, weigh)
    learn_masked(model, candidates, backbone, epochs=epochs, after_step=after_step)
    scores = _mean_factors(model, factors, candidates.valid, settings)
    came = max(
        float((now.detach() - start).abs().max()) for now, start in zip(parameters, starts, strict=True)
    )
    warnings = check_travel(came, WAY, rate=rate, n_steps=n_gate_steps)
    return replace(order_by_field(candidates, scores), warnings=warnings)


def _mean_factors(
    model: CTRModel, factors: Callable[[Tensor], Tensor], rows: Rows, settings: TrainSettings
) -> NDArray[np.float64]:
    total = torch.zeros(model.layout.n_fields, dtype=torch.float64, device=settings.device)
    weight = 0.0
    for batch in ordered_batches(rows, settings).epoch(0):
        with torch.no_grad():
            fields = model.fields(model.gather(model.rows(batch.ids)), batch.ids, batch.weights)
            found = factors(even_fields(fields, dim=model.dim)[0]).double()  # (batch, fields)
        weights = torch.ones_like(batch.labels) if batch.row_weights is None else batch.row_weights
        total += weights.double() @ found
        weight += float(weights.sum())
    return total.cpu().numpy() / weight
