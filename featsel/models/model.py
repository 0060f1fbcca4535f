"""How does a batch become logits?"""

from __future__ import annotations

from itertools import groupby

import torch
from torch import Tensor, nn
from torch.nn import functional

from featsel.core.feature_config import Rest
from featsel.models.embedding import Table
from featsel.models.full_table import UnevenTable
from featsel.models.layout import Layout


class CTRModel(nn.Module):
    """A table of embeddings and the head that reads them.

    Parameters
    ----------
    layout : Layout
        Shape of a batch.
    table : Table
        Embeddings of all features.
    head : torch.nn.Module
        Makes logits (batch,) of embeddings (batch, fields, dim) and, if it ``has_linear``, of the sums of the
        first-order weights (batch,).
    dim : int
        Width of the embeddings that the head reads.
    has_linear : bool
        Whether the head has a linear part, whose weights stand in the last column of the table.
    """

    table: Table
    out_of_vocabulary: Tensor
    weight_of_slot: Tensor
    mask: Tensor

    def __init__(self, layout: Layout, table: Table, head: nn.Module, *, dim: int, has_linear: bool) -> None:
        super().__init__()
        self.table = table
        self.head = head
        self.layout = layout
        self.dim = dim
        self.has_linear = has_linear
        self.slots_of_runs = _slots_of_runs(layout)
        self.is_masked = min(layout.dims) < dim
        out_of_vocabulary = torch.tensor([layout.offsets[index] for index in layout.field_of_slot])
        self.register_buffer("out_of_vocabulary", out_of_vocabulary, persistent=False)
        weight_of_slot = torch.zeros(layout.n_slots, dtype=torch.int64)
        weight_of_slot[list(layout.weighted_slots)] = torch.arange(1, len(layout.weighted_slots) + 1)
        self.register_buffer("weight_of_slot", weight_of_slot, persistent=False)
        mask = (torch.arange(dim) < torch.tensor(layout.dims).unsqueeze(1)).float()
        self.register_buffer("mask", functional.pad(mask, (0, int(has_linear)), value=1.0), persistent=False)

    @property
    def n_parameters(self) -> int:
        """Numbers that training may change."""
        return sum(parameter.numel() for parameter in self.parameters())

    @property
    def table_bytes(self) -> int:
        """Size of the table in memory and in a file, first-order weights included."""
        return sum(matrix.numel() * matrix.element_size() for matrix in self.matrices)

    @property
    def matrices(self) -> tuple[Tensor, ...]:
        """What the table is stored in: one matrix, or one for each width."""
        return self.table.matrices if isinstance(self.table, UnevenTable) else (self.table.weight,)

    def rows(self, ids: Tensor) -> Tensor:
        """Rows of the table that ids need.

        Parameters
        ----------
        ids : tensor of int32 or int64, shape (batch, slots)
            Global ids.

        Returns
        -------
        tensor of int64, shape (batch, slots, lookups)
            Indexes into the table.
        """
        return self.table.rows(ids)

    def gather(self, rows: Tensor) -> Tensor:
        """Read rows of the table.

        Parameters
        ----------
        rows : tensor of int64, shape (batch, slots, lookups)
            See :meth:`rows`.

        Returns
        -------
        tensor of float32, shape (batch, slots, lookups, width)
            Their numbers; of a field narrower than others, with zeros behind its own.
        """
        if isinstance(self.table, UnevenTable):
            return self.table.gather(rows)
        return functional.embedding(rows, self.table.weight)

    def scatter(self, rows: Tensor, gradient: Tensor) -> tuple[tuple[Tensor, Tensor], ...]:
        """Tell which row of which matrix a gradient belongs to.

        Parameters
        ----------
        rows : tensor of int64, shape (batch, slots, lookups)
            As they were gathered.
        gradient : tensor of float32, shape (batch, slots, lookups, width)
            Of what :meth:`gather` gave.

        Returns
        -------
        tuple of pairs of tensors
            For each of ``matrices``: its rows, (n,), and their gradients, (n, width of the matrix). Rows that
            stand in the batch several times are there as often.
        """
        if isinstance(self.table, UnevenTable):
            return self.table.scatter(rows, gradient)
        return ((rows.view(-1), gradient.view(-1, gradient.shape[-1])),)

    def forward(self, ids: Tensor, weights: Tensor | None = None) -> Tensor:
        """Logits of rows.

        Parameters
        ----------
        ids : tensor of int32 or int64, shape (batch, slots)
            Global ids.
        weights : tensor of float32, shape (batch, weighted slots), optional
            None where no slot is weighted.

        Returns
        -------
        tensor of float32, shape (batch,)
            Logits.
        """
        return self.from_rows(self.gather(self.rows(ids)), ids, weights)

    def from_rows(self, gathered: Tensor, ids: Tensor, weights: Tensor | None = None) -> Tensor:
        """Logits of rows whose part of the table was gathered already.

        A trainer that makes ``gathered`` a leaf gets a gradient as small as the batch, not as large as the
        table. Autocast may surround the call: the sums over slots and those of first-order weights stay in
        float32.

        Parameters
        ----------
        gathered : tensor of float32, shape (batch, slots, lookups, width)
            ``gather(rows(ids))``.
        ids : tensor of int32 or int64, shape (batch, slots)
            Global ids.
        weights : tensor of float32, shape (batch, weighted slots), optional
            None where no slot is weighted.

        Returns
        -------
        tensor of float32, shape (batch,)
            Logits.

        Raises
        ------
        ValueError
            If weights lack, or there are weights of no slot.
        """
        return self.from_fields(self.fields(gathered, ids, weights))

    def fields(self, gathered: Tensor, ids: Tensor, weights: Tensor | None = None) -> Tensor:
        """What the head reads of each field, before the head.

        Parameters
        ----------
        gathered, ids, weights
            As of :meth:`from_rows`.

        Returns
        -------
        tensor of float32, shape (batch, fields, width)
            A field's embedding, of a list that of all its values, and behind it its first-order weight if the
            head has a linear part. A factor on it weighs the whole field.
        """
        rows = self._pool(self.table.combine(gathered), self._slot_weights(ids, weights))
        return rows * self.mask if self.is_masked else rows

    def from_fields(self, fields: Tensor) -> Tensor:
        """Logits of what :meth:`fields` gives, of whatever became of it.

        Parameters
        ----------
        fields : tensor of float32, shape (batch, fields, width)
            See :meth:`fields`.

        Returns
        -------
        tensor of float32, shape (batch,)
            Logits.
        """
        logits: Tensor
        if self.has_linear:
            embeddings, linear = torch.split_with_sizes(fields, [self.dim, 1], dim=-1)
            logits = self.head(embeddings, linear.sum((1, 2)))
        else:
            logits = self.head(fields)
        return logits

    def _slot_weights(self, ids: Tensor, weights: Tensor | None) -> Tensor | None:
        """Weights of all slots, (batch, slots); None where all are 1."""
        if (weights is None) != (not self.layout.weighted_slots):
            n_given = 0 if weights is None else weights.shape[1]
            raise ValueError(f"{n_given} weights for {len(self.layout.weighted_slots)} weighted slots")
        if weights is not None and len(self.layout.weighted_slots) < self.layout.n_slots:
            weights = functional.pad(weights, (1, 0), value=1.0).index_select(1, self.weight_of_slot)
        if self.layout.rest is Rest.ZERO:
            is_known = (ids != self.out_of_vocabulary).float()
            weights = is_known if weights is None else weights * is_known
        return weights

    def _pool(self, rows: Tensor, slot_weights: Tensor | None) -> Tensor:
        """Weighted sums of the rows of each field's slots, (batch, fields, width)."""
        if slot_weights is None:
            return rows
        rows = rows * slot_weights.unsqueeze(-1)
        if self.layout.n_slots == self.layout.n_fields:
            return rows
        sizes = [n_fields * n_slots for n_fields, n_slots in self.slots_of_runs]
        runs = torch.split_with_sizes(rows, sizes, dim=1)
        pooled = [
            run if n_slots == 1 else run.reshape(-1, n_fields, n_slots, run.shape[-1]).sum(2)
            for run, (n_fields, n_slots) in zip(runs, self.slots_of_runs, strict=True)
        ]
        return torch.cat(pooled, dim=1)


def _slots_of_runs(layout: Layout) -> tuple[tuple[int, int], ...]:
    """Neighbouring fields with as many slots each: how many fields, how many slots."""
    n_slots = [len(list(slots)) for _, slots in groupby(layout.field_of_slot)]
    return tuple((len(list(fields)), n) for n, fields in groupby(n_slots))
