"""Which products of features matter, one power more with each layer?"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from featsel.models.perceptron import Perceptron, new_linear
from featsel.models.precision import in_autocast_dtype
from featsel.models.settings import ModelSettings


class DCN(nn.Module):
    """Deep & cross network, with a weight vector for each cross layer, beside a perceptron.

    Wang et al., Deep & Cross Network for Ad Click Predictions, ADKDD 2017.

    A layer is x' = x₀ (w·x) + b + x. So every x is c x₀ + d, with one scalar c for each row and the same
    vector d for all rows: c' = c + c (w·x₀) + w·d and d' = d + b. The whole cross network then needs the
    products of x₀ with its weight vectors, and nothing wider.

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
        n_inputs = n_fields * dim
        vectors = [new_linear(n_inputs, 1, generator=generator).weight for _ in range(settings.cross_layers)]
        self.cross_weight = nn.Parameter(torch.cat(vectors).detach())  # (layers, inputs)
        self.cross_bias = nn.Parameter(torch.zeros(settings.cross_layers, n_inputs))
        self.cross_output = new_linear(n_inputs, 1, bias=False, generator=generator)
        self.deep = Perceptron(
            n_inputs, settings.hidden, n_outputs=1, dropout=settings.dropout, generator=generator
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
        inputs = in_autocast_dtype(fields.flatten(1))  # (batch, inputs)
        vectors = torch.cat([self.cross_weight, self.cross_output.weight])  # (layers + 1, inputs)
        products = functional.linear(inputs, vectors).float().unbind(1)  # layers + 1 of (batch,)
        shifts = functional.pad(self.cross_bias.cumsum(0), (0, 0, 1, 0))  # d before and after each layer
        offsets = (vectors * shifts).sum(1).unbind(0)  # layers + 1 of ()
        scale = torch.ones_like(products[0])
        for product, offset in zip(products[:-1], offsets[:-1], strict=True):
            scale = torch.addcmul(scale + offset, scale, product)
        deep: Tensor = self.deep(inputs)
        return deep.squeeze(1).float() + torch.addcmul(offsets[-1], scale, products[-1])
