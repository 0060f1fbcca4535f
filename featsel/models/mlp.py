"""What does a perceptron make of all embeddings?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from featsel.models.perceptron import Perceptron
from featsel.models.settings import ModelSettings


class MLP(nn.Module):
    """A perceptron over the embeddings, known as DNN or FNN.

    Zhang, Du & Wang, Deep Learning over Multi-field Categorical Data, ECIR 2016, without its pre-training.

    Parameters
    ----------
    n_fields, dim : int
        Shape of a row's embeddings.
    settings : ModelSettings
        Sizes.
    generator : torch.Generator
        Source of the new weights.
    """

    has_fields = True
    has_linear = False

    def __init__(
        self, n_fields: int, dim: int, *, settings: ModelSettings, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.deep = Perceptron(
            n_fields * dim, settings.hidden, n_outputs=1, dropout=settings.dropout, generator=generator
        )

    def forward(self, fields: Tensor) -> Tensor:
        """Logits of rows.

        Parameters
        ----------
        fields : tensor of float32, shape (batch, fields, dim)
            Embeddings.

        Returns
        -------
        tensor of float32, shape (batch,)
            Logits.
        """
        logits: Tensor = self.deep(fields.flatten(1))
        return logits.squeeze(1).float()
