"""How does a table look in which every feature has a row of its own?"""

from __future__ import annotations

from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional

from featsel.models.layout import Layout


class FullTable(nn.Module):
    """A row for every feature, all of one width.

    Parameters
    ----------
    layout : Layout
        Shape of a batch.
    dim : int
        Width of an embedding.
    has_linear : bool
        Whether a row ends with a first-order weight.
    sd : float
        Standard deviation of a new embedding; that of an out-of-vocabulary feature starts at 0, as do all
        first-order weights.
    generator : torch.Generator
        Source of the new embeddings.
    """

    weight: nn.Parameter

    def __init__(
        self, layout: Layout, dim: int, *, has_linear: bool, sd: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.blocks = (layout.offsets,)
        weight = new_rows(layout.n_ids, dim, has_linear=has_linear, sd=sd, generator=generator)
        weight[list(layout.offsets)] = 0.0
        self.weight = nn.Parameter(weight)

    def rows(self, ids: Tensor) -> Tensor:
        """Rows that ids need.

        Parameters
        ----------
        ids : tensor of int32 or int64, shape (batch, slots)
            Global ids.

        Returns
        -------
        tensor of int64, shape (batch, slots, 1)
            The ids themselves.
        """
        return ids.long().unsqueeze(-1)

    def combine(self, gathered: Tensor) -> Tensor:
        """One row for each slot.

        Parameters
        ----------
        gathered : tensor of float32, shape (batch, slots, 1, width)
            Rows of the table.

        Returns
        -------
        tensor of float32, shape (batch, slots, width)
            A view of them.
        """
        return gathered.squeeze(2)


class UnevenTable(nn.Module):
    """A row for every feature, as wide as its field wants it.

    Fields of one width share a matrix, so that no byte is spent on padding; what a batch gathers is padded
    with zeros.

    Parameters
    ----------
    layout : Layout
        Shape of a batch, with the widths of its fields.
    has_linear : bool
        Whether a row ends with a first-order weight.
    sd : float
        Standard deviation of a new embedding; that of an out-of-vocabulary feature starts at 0, as do all
        first-order weights.
    generator : torch.Generator
        Source of the new embeddings.
    """

    slots: Tensor
    place_of_slot: Tensor
    shift_of_slot: Tensor

    def __init__(self, layout: Layout, *, has_linear: bool, sd: float, generator: torch.Generator) -> None:
        super().__init__()
        self.dim = layout.dim
        self.widths = tuple(sorted(set(layout.dims)))
        shifts = [0] * layout.n_fields
        slots_of_widths: list[list[int]] = []
        blocks: list[tuple[int, ...]] = []
        self.weights = nn.ParameterDict()
        for width in self.widths:
            fields = [field for field, dim in enumerate(layout.dims) if dim == width]
            starts = [0, *accumulate(layout.sizes[field] for field in fields)]
            rows = new_rows(starts[-1], width, has_linear=has_linear, sd=sd, generator=generator)
            rows[starts[:-1]] = 0.0
            blocks.append(tuple(starts[:-1]))
            self.weights[str(width)] = nn.Parameter(rows)
            for field, start in zip(fields, starts, strict=False):
                shifts[field] = start - layout.offsets[field]
            slots_of_widths.append(
                [slot for slot, of in enumerate(layout.field_of_slot) if of in set(fields)]
            )
        self.blocks = tuple(blocks)
        self.n_slots = [len(slots) for slots in slots_of_widths]
        slots = torch.tensor([slot for slots in slots_of_widths for slot in slots])
        self.register_buffer("slots", slots, persistent=False)
        self.register_buffer("place_of_slot", slots.argsort(), persistent=False)
        shift_of_slot = torch.tensor([shifts[field] for field in layout.field_of_slot])
        self.register_buffer("shift_of_slot", shift_of_slot, persistent=False)

    @property
    def matrices(self) -> tuple[Tensor, ...]:
        """The rows of each width, the narrowest first."""
        return tuple(self.weights[str(width)] for width in self.widths)

    def rows(self, ids: Tensor) -> Tensor:
        """Rows that ids need.

        Parameters
        ----------
        ids : tensor of int32 or int64, shape (batch, slots)
            Global ids.

        Returns
        -------
        tensor of int64, shape (batch, slots, 1)
            Rows of the matrix that the slot's field is in.
        """
        return (ids.long() + self.shift_of_slot).unsqueeze(-1)

    def gather(self, rows: Tensor) -> Tensor:
        """Numbers of some rows, padded.

        Parameters
        ----------
        rows : tensor of int64, shape (batch, slots, 1)
            See :meth:`rows`.

        Returns
        -------
        tensor of float32, shape (batch, slots, 1, width)
            As wide as the widest; zeros stand between an embedding and its first-order weight.
        """
        parts = torch.split_with_sizes(rows.index_select(1, self.slots), self.n_slots, dim=1)
        gathered: list[Tensor] = []
        for width, part, matrix in zip(self.widths, parts, self.matrices, strict=True):
            found = functional.embedding(part, matrix)
            padding = found.new_zeros(*found.shape[:-1], self.dim - width)
            gathered.append(torch.cat([found[..., :width], padding, found[..., width:]], dim=-1))
        return torch.cat(gathered, dim=1).index_select(1, self.place_of_slot)

    def scatter(self, rows: Tensor, gradient: Tensor) -> tuple[tuple[Tensor, Tensor], ...]:
        """Rows and their gradients for each of the matrices.

        Parameters
        ----------
        rows : tensor of int64, shape (batch, slots, 1)
            See :meth:`rows`.
        gradient : tensor of float32, shape (batch, slots, 1, width)
            Of what :meth:`gather` gave.

        Returns
        -------
        tuple of pairs of tensors
            Rows, (n,), and gradients, (n, width of the matrix); of a row that stands in the batch several
            times there are several.
        """
        pieces: list[tuple[Tensor, Tensor]] = []
        for width, slots in zip(self.widths, torch.split(self.slots, self.n_slots), strict=True):
            found = gradient.index_select(1, slots)
            if width < self.dim:
                found = torch.cat([found[..., :width], found[..., self.dim :]], dim=-1)
            pieces.append((rows.index_select(1, slots).view(-1), found.view(-1, found.shape[-1])))
        return tuple(pieces)

    def combine(self, gathered: Tensor) -> Tensor:
        """One row for each slot; see :meth:`FullTable.combine`."""
        return gathered.squeeze(2)


def new_rows(n_rows: int, dim: int, *, has_linear: bool, sd: float, generator: torch.Generator) -> Tensor:
    """Rows of a table that has learnt nothing yet.

    Parameters
    ----------
    n_rows, dim : int
        How many embeddings, and how wide.
    has_linear : bool
        Whether a row ends with a first-order weight, 0 at first.
    sd : float
        Standard deviation of the embeddings.
    generator : torch.Generator
        Source of the embeddings.

    Returns
    -------
    tensor of float32, shape (n_rows, dim + has_linear)
        On the CPU.
    """
    rows = torch.empty(n_rows, dim + has_linear)
    rows.normal_(0.0, sd, generator=generator)
    rows[:, dim:] = 0.0
    return rows
