"""How large are the heads?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ModelSettings:
    """Sizes of a model; every head reads its own part.

    Parameters
    ----------
    hidden : tuple of int
        Widths of the perceptron's hidden layers.
    dropout : float
        Share of hidden units that a training step leaves out.
    cross_layers : int
        Of ``dcn`` and ``dcnv2``.
    attention_layers, attention_heads, attention_dim : int
        Of ``autoint``; the heads share ``attention_dim`` evenly. As in the paper: three layers of two heads
        of 32.
    fusion_heads : int
        Of ``finalmlp``; the heads share the last hidden layer evenly.
    gate_hidden : tuple of int
        Of ``finalmlp``: hidden layers of the perceptrons that gate the features.
    embedding_sd : float, optional
        Standard deviation of a new embedding; :func:`usual_embedding_sd` where absent.
    """

    hidden: tuple[int, ...] = (400, 400, 400)
    dropout: float = 0.0
    cross_layers: int = 3
    attention_layers: int = 3
    attention_heads: int = 2
    attention_dim: int = 64
    fusion_heads: int = 2
    gate_hidden: tuple[int, ...] = (64,)
    embedding_sd: float | None = None


NEW_LOGIT_SD = 0.05
"""Of the pairwise products of new embeddings: with more, a model first has to forget what it never learnt;
with less, as at the 1e-4 of published recipes, the factors of small logs hardly leave zero."""


def usual_embedding_sd(widths: Sequence[int]) -> float:
    """Standard deviation of new embeddings that gives a new factorization machine small logits.

    Parameters
    ----------
    widths : sequence of int
        Of the embeddings of each field. A field meets every other one in the columns that both have.

    Returns
    -------
    float
        .021 for 39 fields and .043 for 10, of width 16.
    """
    narrowest_first = sorted(max(1, width) for width in widths)
    n_products = sum(
        width * rest for width, rest in zip(narrowest_first, range(len(widths) - 1, 0, -1), strict=False)
    )
    return math.sqrt(NEW_LOGIT_SD / math.sqrt(n_products or narrowest_first[0]))
