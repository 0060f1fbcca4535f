"""Which fields does a model weigh most, row by row?

This is AdaFS with soft weights: a network of one hidden layer shares out the weight of a row among its
fields.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from featsel.models.perceptron import new_linear
from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.controlled_search import controlled_order
from featsel.selection.order import FeatureOrder

HIDDEN = 32
"""Hidden units of the network."""


def adafs_order(
    candidates: Candidates, backbone: Backbone, *, epochs: int | None = None, rate: float | None = None
) -> FeatureOrder:
    """Order fields by their mean weight in a row.

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
        Field scores have a mean of 1. With a warning where the controller could not move.

    References
    ----------
    Lin et al., "AdaFS: Adaptive Feature Selection in Deep Recommender System", KDD 2022. Weights sum to the
    number of fields, so that a model without them goes on as it was; the model reads embeddings as they are,
    and the controller normalised ones.
    """
    return controlled_order(candidates, backbone, new_controller=SoftController, epochs=epochs, rate=rate)


class SoftController(nn.Module):
    """A network that shares out the weight of a row.

    Parameters
    ----------
    n_fields, width : int
        Shape of a row's embeddings.
    generator : torch.Generator
        Source of the new weights; those of the last layer start at 0, and all fields alike.
    """

    def __init__(self, n_fields: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.first = new_linear(n_fields * width, HIDDEN, generator=generator)
        self.last = new_linear(HIDDEN, n_fields, generator=generator)
        nn.init.zeros_(self.last.weight)

    def forward(self, inputs: Tensor, done: float) -> Tensor:  # noqa: ARG002 - of all controllers
        """Weights of fields, (batch, fields), with a mean of 1 in each row."""
        logits: Tensor = self.last(torch.relu(self.first(inputs))).float()
        return logits.shape[1] * torch.softmax(logits, dim=1)
