"""What do two perceptrons make of differently weighed embeddings?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from featsel.core.errors import ConfigError
from featsel.models.perceptron import Perceptron, new_linear
from featsel.models.precision import in_autocast_dtype
from featsel.models.settings import ModelSettings


class FinalMLP(nn.Module):
    """Two perceptrons, each behind its own feature gate, fused by a multi-head bilinear product.

    Mao et al., FinalMLP: An Enhanced Two-Stream MLP Model for CTR Prediction, AAAI 2023.

    A gate is 2σ of a perceptron over a learned context vector, the paper's choice where no field is named as
    context. It is the same for all rows, so it is folded into the first layer's weights.

    Parameters
    ----------
    n_fields, dim : int
        Shape of a row's embeddings.
    settings : ModelSettings
        Sizes; both perceptrons have its hidden layers, at least one.
    generator : torch.Generator
        Source of the new weights.

    Raises
    ------
    ConfigError
        If the heads cannot share the last hidden layer evenly.
    """

    has_fields = True
    has_linear = False

    def __init__(
        self, n_fields: int, dim: int, *, settings: ModelSettings, generator: torch.Generator
    ) -> None:
        super().__init__()
        n_inputs, n_heads = n_fields * dim, settings.fusion_heads
        n_outputs = settings.hidden[-1] if settings.hidden else 0
        if not n_outputs or n_outputs % n_heads:
            raise ConfigError(
                f"{n_heads} fusion heads cannot share a last hidden layer of {n_outputs}",
                "Choose a width that is a multiple of the heads.",
            )
        self.first = GatedPerceptron(n_inputs, dim, settings=settings, generator=generator)
        self.second = GatedPerceptron(n_inputs, dim, settings=settings, generator=generator)
        self.first_output = new_linear(n_outputs, 1, generator=generator)
        self.second_output = nn.Parameter(new_linear(n_outputs, 1, generator=generator).weight.detach()[0])
        width = n_outputs // n_heads
        blocks = [new_linear(width, width, generator=generator).weight for _ in range(n_heads)]
        self.fusion = nn.Parameter(torch.stack(blocks).detach())  # (heads, width, width)

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
        inputs = in_autocast_dtype(fields.flatten(1))
        first: Tensor = self.first(inputs)  # (batch, heads · width)
        second: Tensor = self.second(inputs)
        n_heads, width, _ = self.fusion.shape
        by_head = first.view(-1, n_heads, width).transpose(0, 1)  # (heads, batch, width)
        weighed = torch.baddbmm(self.second_output.view(n_heads, 1, width), by_head, self.fusion)
        fused = (weighed.transpose(0, 1).flatten(1) * second).sum(1, dtype=torch.float32)
        linear: Tensor = self.first_output(first)
        return linear.squeeze(1).float() + fused


class GatedPerceptron(nn.Module):
    """A perceptron over embeddings, each element of which has its weight.

    Parameters
    ----------
    n_inputs : int
        Width of all embeddings together.
    dim : int
        Width of the context vector that the gate is computed from.
    settings : ModelSettings
        Sizes.
    generator : torch.Generator
        Source of the new weights.
    """

    def __init__(
        self, n_inputs: int, dim: int, *, settings: ModelSettings, generator: torch.Generator
    ) -> None:
        super().__init__()
        # not zero, which ReLU would hold at zero for ever
        self.context = nn.Parameter(torch.empty(dim).normal_(0.0, 0.1, generator=generator))
        self.gate = Perceptron(dim, settings.gate_hidden, n_outputs=n_inputs, generator=generator)
        self.deep = Perceptron(n_inputs, settings.hidden, dropout=settings.dropout, generator=generator)

    def forward(self, inputs: Tensor) -> Tensor:
        """Last hidden layer of rows.

        Parameters
        ----------
        inputs : tensor of float, shape (batch, inputs)
            Embeddings.

        Returns
        -------
        tensor of float, shape (batch, last hidden layer)
            In autocast's precision.
        """
        gate: Tensor = self.gate(self.context)
        hidden: Tensor = self.deep(inputs, 2.0 * gate.float().sigmoid())
        return hidden
