"""Which fields do several views of a row agree on?

This is MvFS. Each view shares out the weight of a row as in AdaFS, by a network of its own; a gate says how
much each view counts; and what a field got in all is polarised, field by field, the more the longer it runs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from featsel.models.perceptron import new_linear
from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.controlled_search import controlled_order
from featsel.selection.order import FeatureOrder

N_VIEWS = 4
"""As published."""

FIRST_SLOPE, LAST_SLOPE = 0.1, 0.5
"""Of the polarisation. The published ones, 1 and 5, are of weights that sum to 1 and are about .1 where
open, as those of four half open views of 20 fields are; here these are 1 whatever the number of fields."""


def mvfs_order(
    candidates: Candidates, backbone: Backbone, *, epochs: int | None = None, rate: float | None = None
) -> FeatureOrder:
    """Order fields by their mean weight in a row, over several views.

    Parameters
    ----------
    candidates : Candidates
        The features, and the rows; validation rows train the controller.
    backbone : Backbone
        The model.
    epochs : int, optional
        Of the search; ten where absent.
    rate : float, optional
        Learning rate of the controller; one that can turn any field on or off where absent.

    Returns
    -------
    FeatureOrder
        Field scores between 0 and 1. With a warning where the controller could not move.

    References
    ----------
    Lee et al., "MvFS: Multi-view Feature Selection for Recommender System", CIKM 2023.
    """
    return controlled_order(candidates, backbone, new_controller=ViewsController, epochs=epochs, rate=rate)


class ViewsController(nn.Module):
    """Views that share out the weight of a row, and the gate that mixes them.

    Parameters
    ----------
    n_fields, width : int
        Shape of a row's embeddings.
    generator : torch.Generator
        Source of the new weights: views start apart, and count alike.
    """

    def __init__(self, n_fields: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.views = nn.ModuleList(
            new_linear(n_fields * width, n_fields, generator=generator) for _ in range(N_VIEWS)
        )
        self.gate = new_linear(N_VIEWS * n_fields, N_VIEWS, generator=generator)
        nn.init.zeros_(self.gate.weight)

    def forward(self, inputs: Tensor, done: float) -> Tensor:
        """Factors of fields, (batch, fields), between 0 and 1."""
        logits = torch.stack([view(inputs).float() for view in self.views], dim=1)
        shares = torch.softmax(logits, dim=2)  # (batch, views, fields)
        influence: Tensor = torch.sigmoid(self.gate(shares.flatten(1)).float())  # (batch, views)
        mixed = (shares * influence.unsqueeze(2)).sum(1) * shares.shape[2] * 2 / N_VIEWS  # 1 at first
        slope = FIRST_SLOPE + (LAST_SLOPE - FIRST_SLOPE) * done
        return 0.5 * (1 + torch.tanh(slope * (mixed - 1)))
