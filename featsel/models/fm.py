"""Which pairs of features go together?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from featsel.models.settings import ModelSettings


class FM(nn.Module):
    """Factorisation machine: first-order weights and the inner products of all pairs of embeddings.

    Rendle, Factorization Machines, ICDM 2010.

    Parameters
    ----------
    n_fields, dim : int
        Shape of a row's embeddings.
    settings : ModelSettings
        Sizes; it needs none.
    generator : torch.Generator
        Source of the new weights; it draws none.
    """

    has_fields = True
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
        fields : tensor of float32, shape (batch, fields, dim)
            Embeddings.
        linear : tensor of float32, shape (batch,)
            Sums of the first-order weights.

        Returns
        -------
        tensor of float32, shape (batch,)
            Logits.
        """
        return pairwise_products(fields) + linear + self.bias


def pairwise_products(fields: Tensor) -> Tensor:
    """Sum of the inner products of all pairs of fields, in time linear in the fields.

    Parameters
    ----------
    fields : tensor of float32, shape (batch, fields, dim)
        Embeddings.

    Returns
    -------
    tensor of float32, shape (batch,)
        Half of the squared sum less the sum of squares.
    """
    total = fields.sum(1)
    return 0.5 * ((total * total).sum(1) - (fields * fields).sum((1, 2)))
