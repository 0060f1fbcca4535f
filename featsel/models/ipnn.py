"""What does a perceptron make of embeddings when it also sees how similar each pair is?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from featsel.models.perceptron import Perceptron
from featsel.models.precision import in_autocast_dtype
from featsel.models.settings import ModelSettings


class IPNN(nn.Module):
    """Inner-product network: a perceptron over the embeddings and the inner products of all pairs.

    Qu et al., Product-based Neural Networks for User Response Prediction, ICDM 2016.

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
    pairs: Tensor

    def __init__(
        self, n_fields: int, dim: int, *, settings: ModelSettings, generator: torch.Generator
    ) -> None:
        super().__init__()
        first, second = torch.triu_indices(n_fields, n_fields, offset=1)
        self.register_buffer("pairs", first * n_fields + second, persistent=False)
        self.deep = Perceptron(
            n_fields * dim + self.pairs.numel(),
            settings.hidden,
            n_outputs=1,
            dropout=settings.dropout,
            generator=generator,
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
        fields = in_autocast_dtype(fields)
        products = torch.bmm(fields, fields.transpose(1, 2)).flatten(1)  # (batch, fields²)
        pairs = self.pairs.expand(fields.shape[0], -1)
        inputs = torch.cat([fields.flatten(1), products.gather(1, pairs)], dim=1)
        logits: Tensor = self.deep(inputs)
        return logits.squeeze(1).float()
