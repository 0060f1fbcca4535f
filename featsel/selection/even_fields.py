"""How do the fields of a batch look when none is larger than another?

A factor on a field means little as long as the model can undo it with a larger embedding, or the field is so
small that no factor matters.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import torch
from torch import Tensor

MOST_FACTOR = 30.0
"""By which a field is enlarged to the usual size: with more, what rounding leaves of a constant one would
be."""


def even_fields(fields: Tensor, *, dim: int) -> tuple[Tensor, Tensor]:
    """Fields with mean 0 and variance 1 over the rows of a batch.

    Parameters
    ----------
    fields : tensor of float32, shape (batch, fields, width)
        What a head reads.
    dim : int
        Width of the embeddings; a first-order weight behind them has a variance of its own.

    Returns
    -------
    tensor of float32, shape (batch, fields, width)
        Each column has mean 0, and the columns of an embedding variance 1 together; 0 for a field that is
        constant. Mean and variance get no gradient.
    tensor of float32, shape (width,)
        Standard deviation of fields in the mean: times it, they are as large together as they were.
    """
    parts = [_even(part) for part in (fields[..., :dim], fields[..., dim:])]
    return torch.cat([part for part, _ in parts], dim=2), torch.cat([size for _, size in parts])


def _even(part: Tensor) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        mean = part.mean(0)
        size = (part - mean).square().mean((0, 2), keepdim=True).sqrt()  # (1, fields, 1)
        usual = size.mean()
        # new first-order weights are all 0
        least = (usual / MOST_FACTOR).clamp(min=torch.finfo(torch.float32).tiny)
    return (part - mean) / size.maximum(least), usual.expand(part.shape[2])
