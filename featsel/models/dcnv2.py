"""Which products of features matter, weighed by a matrix?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from featsel.models.perceptron import Perceptron, new_linear
from featsel.models.precision import in_autocast_dtype
from featsel.models.settings import ModelSettings


class DCNv2(nn.Module):
    """Deep & cross network with a full matrix for each cross layer, parallel to a perceptron.

    Wang et al., DCN V2, WWW 2021. A layer is x' = x₀ ∘ (W x + b) + x. The logit reads the last x beside the
    perceptron's last hidden layer.

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
        self.cross = nn.ModuleList(
            new_linear(n_inputs, n_inputs, generator=generator) for _ in range(settings.cross_layers)
        )
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
        crossed = inputs
        for layer in self.cross:
            crossed = torch.addcmul(crossed, inputs, layer(crossed))
        logits: Tensor = self.deep(inputs) + self.cross_output(crossed)
        return logits.squeeze(1).float()
