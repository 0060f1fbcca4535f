"""What does each feature say by itself?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from featsel.models.settings import ModelSettings


class LR(nn.Module):
    """Logistic regression: the sum of the first-order weights.

    Richardson, Dominowska & Ragno, Predicting Clicks, WWW 2007.

    Parameters
    ----------
    n_fields, dim : int
        Shape of a row's embeddings; this head reads none.
    settings : ModelSettings
        Sizes; it needs none.
    generator : torch.Generator
        Source of the new weights; it draws none.
    """

    has_fields = False
    has_linear = True

    def __init__(
        self, n_fields: int, dim: int, *, settings: ModelSettings, generator: torch.Generator
    ) -> None:
        super().__init__()
        del n_fields, dim, settings, generator
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, fields: Tensor, linear: Tensor) -> Tensor:
        """Logits of rows.

        Parameters
        ----------
        fields : tensor of float32, shape (batch, fields, 0)
            Nothing.
        linear : tensor of float32, shape (batch,)
            Sums of the first-order weights.

        Returns
        -------
        tensor of float32, shape (batch,)
            Logits.
        """
        del fields
        return linear + self.bias
