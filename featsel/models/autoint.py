"""Which fields should a field attend to?"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from featsel.core.errors import ConfigError
from featsel.models.perceptron import Perceptron, new_linear
from featsel.models.precision import in_autocast_dtype
from featsel.models.settings import ModelSettings


class AutoInt(nn.Module):
    """Layers of multi-head self-attention over the fields, beside a perceptron: AutoInt+.

    Song et al., AutoInt, CIKM 2019. Without hidden layers it is AutoInt without the plus.

    Parameters
    ----------
    n_fields, dim : int
        Shape of a row's embeddings.
    settings : ModelSettings
        Sizes.
    generator : torch.Generator
        Source of the new weights.

    Raises
    ------
    ConfigError
        If the heads cannot share the attention's width evenly.
    """

    has_fields = True
    has_linear = False

    def __init__(
        self, n_fields: int, dim: int, *, settings: ModelSettings, generator: torch.Generator
    ) -> None:
        super().__init__()
        n_heads, width = settings.attention_heads, settings.attention_dim
        if width % n_heads:
            raise ConfigError(
                f"{n_heads} attention heads cannot share a width of {width}",
                "Choose a width that is a multiple of the heads.",
            )
        self.attention = nn.Sequential(
            *(
                SelfAttention(width if index else dim, width, n_heads=n_heads, generator=generator)
                for index in range(settings.attention_layers)
            )
        )
        n_outputs = n_fields * (width if settings.attention_layers else dim)
        self.attention_output = new_linear(n_outputs, 1, bias=not settings.hidden, generator=generator)
        self.deep = None
        if settings.hidden:
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
        fields = in_autocast_dtype(fields)
        attended: Tensor = self.attention(fields)
        logits: Tensor = self.attention_output(attended.flatten(1))
        if self.deep is not None:
            logits = logits + self.deep(fields.flatten(1))
        return logits.squeeze(1).float()


class SelfAttention(nn.Module):
    """One layer: ReLU of what the heads attend to, plus a projection of the field itself.

    The scores are plain inner products, as in the paper, without the usual scaling by the root of the width.

    Parameters
    ----------
    n_inputs : int
        Width of a field.
    n_outputs : int
        Width of all heads together.
    n_heads : int
        Heads.
    generator : torch.Generator
        Source of the new weights.
    """

    def __init__(self, n_inputs: int, n_outputs: int, *, n_heads: int, generator: torch.Generator) -> None:
        super().__init__()
        self.n_heads = n_heads
        projections = [new_linear(n_inputs, n_outputs, generator=generator).weight for _ in range(4)]
        self.weight = nn.Parameter(torch.cat(projections).detach())  # of query, key, value, residual

    def forward(self, fields: Tensor) -> Tensor:
        """Fields that have looked at each other.

        Parameters
        ----------
        fields : tensor of float, shape (batch, fields, inputs)
            Embeddings, or what the layer before made of them.

        Returns
        -------
        tensor of float, shape (batch, fields, outputs)
            In autocast's precision.
        """
        n_heads, width = self.n_heads, self.weight.shape[0] // 4
        sizes = [width // n_heads] * (3 * n_heads) + [width]
        *parts, residual = torch.split_with_sizes(functional.linear(fields, self.weight), sizes, dim=-1)
        queries, keys, values = parts[:n_heads], parts[n_heads : 2 * n_heads], parts[2 * n_heads :]
        # Head by head, as strided products need no copies. Made for long sequences, torch's fused attention
        # takes 20 times as long on a CPU, backwards.
        attended = [
            torch.bmm(torch.bmm(query, key.transpose(1, 2)).softmax(-1), value)
            for query, key, value in zip(queries, keys, values, strict=True)
        ]  # heads of (batch, fields, width of a head)
        return torch.relu_(torch.cat(attended, dim=-1) + residual)
