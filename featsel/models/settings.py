"""How large are the heads?"""

from __future__ import annotations

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
    embedding_sd : float
        Standard deviation of a new embedding. Chosen on validation rows of real logs, see docs/benchmarks.md:
        at the 1e-4 of published recipes, factors of small logs hardly leave zero.
    """

    hidden: tuple[int, ...] = (400, 400, 400)
    dropout: float = 0.0
    cross_layers: int = 3
    attention_layers: int = 3
    attention_heads: int = 2
    attention_dim: int = 64
    fusion_heads: int = 2
    gate_hidden: tuple[int, ...] = (64,)
    embedding_sd: float = 1e-2
