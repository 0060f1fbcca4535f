"""What is the deep part of a head?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional


class Perceptron(nn.Module):
    """Linear layers with ReLU between them.

    Parameters
    ----------
    n_inputs : int
        Width of the input.
    hidden : sequence of int
        Widths of the hidden layers.
    n_outputs : int, optional
        Width of a last layer without ReLU; without it the output is the last hidden layer.
    dropout : float
        Share of hidden units that a training step leaves out.
    generator : torch.Generator
        Source of the new weights.
    """

    def __init__(
        self,
        n_inputs: int,
        hidden: Sequence[int],
        *,
        n_outputs: int | None = None,
        dropout: float = 0.0,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        widths = [n_inputs, *hidden, *([] if n_outputs is None else [n_outputs])]
        self.layers = nn.ModuleList(
            new_linear(n_in, n_out, generator=generator) for n_in, n_out in pairwise(widths)
        )
        self.n_hidden = len(hidden)
        self.dropout = dropout

    def forward(self, inputs: Tensor, input_gate: Tensor | None = None) -> Tensor:
        """Outputs of the last layer.

        Parameters
        ----------
        inputs : tensor of float, shape (batch, inputs)
            What the first layer reads.
        input_gate : tensor of float32, shape (inputs,), optional
            Multiplies the inputs of every row. It is applied to the first layer's weights, which are fewer.

        Returns
        -------
        tensor of float, shape (batch, outputs)
            In autocast's precision.
        """
        values = inputs
        for index, module in enumerate(self.layers):
            layer = cast("nn.Linear", module)  # a ModuleList does not tell what it holds
            weight = layer.weight if index or input_gate is None else layer.weight * input_gate
            values = functional.linear(values, weight, layer.bias)
            if index < self.n_hidden:
                values = functional.dropout(values.relu_(), self.dropout, self.training)
        return values


def new_linear(n_inputs: int, n_outputs: int, *, bias: bool = True, generator: torch.Generator) -> nn.Linear:
    """A linear layer that starts with Xavier's normal weights and zero bias.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Widths.
    bias : bool
        Whether it has one.
    generator : torch.Generator
        Source of the weights.

    Returns
    -------
    torch.nn.Linear
        On the CPU.
    """
    layer = nn.Linear(n_inputs, n_outputs, bias=bias, device="meta").to_empty(device="cpu")
    nn.init.xavier_normal_(layer.weight, generator=generator)
    if bias:
        nn.init.zeros_(layer.bias)
    return layer
