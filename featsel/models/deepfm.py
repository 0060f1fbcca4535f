"""What do pairs of features and a perceptron say together?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from featsel.models.fm import pairwise_products
from featsel.models.perceptron import Perceptron
from featsel.models.settings import ModelSettings


class DeepFM(nn.Module):
    """A factorisation machine beside a perceptron over the same embeddings.

    Guo et al., DeepFM, IJCAI 2017.

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
    has_linear = True

    def __init__(
        self, n_fields: int, dim: int, *, settings: ModelSettings, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.deep = Perceptron(
            n_fields * dim, settings.hidden, n_outputs=1, dropout=settings.dropout, generator=generator
        )

    def forward(self, fields: Tensor, linear: Tensor) -> Tensor:
        """Logits of rows.

        Parameters
        ----------
        fields : tensor of float32, shape (batch, fields, dim)
            Embeddings.
        linear : tensor of float32, shape (batch,)
            Sums of the first-order weights.

        Returns
        -------
        tensor of float32, shape (batch,)
            Logits.
        """
        fields = fields.contiguous()  # one copy, where rows hold first-order weights too, for both parts
        deep: Tensor = self.deep(fields.flatten(1))
        return deep.squeeze(1).float() + pairwise_products(fields) + linear
