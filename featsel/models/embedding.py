"""Which rows of a table make the embedding of a feature?

A table is one matrix for all fields, or one for each width that fields of a full table have. Its rows hold an
embedding and, where the head has a linear part, the feature's first-order weight in the last column.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

import torch
from torch import Tensor, nn

from featsel.core.errors import ConfigError
from featsel.core.feature_config import EmbeddingScheme, EmbeddingTable
from featsel.models.full_table import FullTable, UnevenTable, new_rows
from featsel.models.layout import Layout

MASK = (1 << 63) - 1
"""Keeps 63 bits: torch shifts signed integers, and only those above 0 shift as unsigned ones do."""


class FieldHashedTable(nn.Module):
    """Features of a field share rows by chance: plain hashing, a part of the table for each field.

    The table is divided in proportion to the features of the fields, see :func:`rows_of_fields`.

    Parameters
    ----------
    layout : Layout
        Shape of a batch.
    n_rows : int
        Rows of the table, one for each field at least.
    dim : int
        Width of an embedding.
    has_linear : bool
        Whether a row ends with a first-order weight.
    salt : int
        Another salt, other collisions.
    sd : float
        Standard deviation of a new embedding.
    generator : torch.Generator
        Source of the new embeddings.

    References
    ----------
    Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009.
    """

    weight: nn.Parameter
    salt: Tensor
    start_of_slot: Tensor
    size_of_slot: Tensor

    def __init__(
        self,
        layout: Layout,
        n_rows: int,
        dim: int,
        *,
        has_linear: bool,
        salt: int,
        sd: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        sizes = rows_of_fields(layout.sizes, n_rows)
        starts = tuple(accumulate((0, *sizes[:-1])))
        self.blocks = (starts,)
        self.weight = nn.Parameter(new_rows(n_rows, dim, has_linear=has_linear, sd=sd, generator=generator))
        of_slot = torch.tensor(layout.field_of_slot)
        self.register_buffer("start_of_slot", torch.tensor(starts)[of_slot], persistent=False)
        self.register_buffer("size_of_slot", torch.tensor(sizes)[of_slot], persistent=False)
        self.register_buffer("salt", mix(mix(torch.tensor(salt), 0), 1), persistent=False)

    def rows(self, ids: Tensor) -> Tensor:
        """Rows that ids need.

        Parameters
        ----------
        ids : tensor of int32 or int64, shape (batch, slots)
            Global ids.

        Returns
        -------
        tensor of int64, shape (batch, slots, 1)
            Where the part of the field begins, and the hash modulo its rows.
        """
        found = mix(ids.long(), self.salt) % self.size_of_slot + self.start_of_slot
        return found.unsqueeze(-1)

    def combine(self, gathered: Tensor) -> Tensor:
        """One row for each slot; see :meth:`featsel.models.full_table.FullTable.combine`."""
        return gathered.squeeze(2)


class HashedTable(nn.Module):
    """Features of all fields share rows by chance: feature multiplexing.

    Row j of an id is a hash of salt, j and id; the embedding is the concatenation of its rows, the
    first-order weight their sum. A global id tells its field, so that equal values of two fields have
    different hashes. Feature multiplexing: Coleman et al., Unified Embedding, NeurIPS 2023.

    Parameters
    ----------
    n_rows : int
        Rows of the table.
    dim : int
        Width of an embedding, a multiple of ``n_lookups``.
    has_linear : bool
        Whether a row ends with a first-order weight.
    n_lookups : int
        Rows that make one embedding.
    salt : int
        Another salt, other collisions.
    sd : float
        Standard deviation of a new embedding.
    generator : torch.Generator
        Source of the new embeddings.
    """

    weight: nn.Parameter
    salts: Tensor

    def __init__(
        self,
        n_rows: int,
        dim: int,
        *,
        has_linear: bool,
        n_lookups: int,
        salt: int,
        sd: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.n_lookups = n_lookups
        self.row_dim = dim // n_lookups
        self.blocks = ((0,),)
        weight = new_rows(n_rows, self.row_dim, has_linear=has_linear, sd=sd, generator=generator)
        self.weight = nn.Parameter(weight)
        seeds = torch.arange(n_lookups) + n_lookups * salt
        self.register_buffer("salts", mix(mix(seeds, 0), 1), persistent=False)

    def rows(self, ids: Tensor) -> Tensor:
        """Rows that ids need.

        Parameters
        ----------
        ids : tensor of int32 or int64, shape (batch, slots)
            Global ids.

        Returns
        -------
        tensor of int64, shape (batch, slots, lookups)
            Their hashes modulo the number of rows.
        """
        return mix(ids.long().unsqueeze(-1), self.salts) % self.weight.shape[0]

    def combine(self, gathered: Tensor) -> Tensor:
        """One row for each slot.

        Parameters
        ----------
        gathered : tensor of float32, shape (batch, slots, lookups, row width)
            Rows of the table.

        Returns
        -------
        tensor of float32, shape (batch, slots, width)
            Embeddings side by side, then the sum of the first-order weights.
        """
        if self.n_lookups == 1:
            return gathered.squeeze(2)
        if gathered.shape[-1] == self.row_dim:
            return gathered.flatten(2)
        embeddings, linear = torch.split_with_sizes(gathered, [self.row_dim, 1], dim=-1)
        return torch.cat([embeddings.flatten(2), linear.sum(2)], dim=-1)


class QuotientRemainderTable(nn.Module):
    """Features share rows by arithmetic: no two share both.

    The embedding is the element-wise product of the rows of id // modulus and id % modulus, the first-order
    weight their sum. Shi et al., Compositional Embeddings Using Complementary Partitions, KDD 2020.

    Quotient rows stand before remainder rows in the one weight. Both start with standard deviation
    sqrt(``sd``), so that the product has ``sd``.

    Parameters
    ----------
    layout : Layout
        Shape of a batch.
    modulus : int
        Remainder rows, see :func:`modulus_for`.
    dim : int
        Width of an embedding.
    has_linear : bool
        Whether a row ends with a first-order weight.
    sd : float
        Standard deviation of a new embedding.
    generator : torch.Generator
        Source of the new embeddings.
    """

    weight: nn.Parameter
    n_lookups = 2

    def __init__(
        self,
        layout: Layout,
        modulus: int,
        dim: int,
        *,
        has_linear: bool,
        sd: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.modulus = modulus
        self.row_dim = dim
        self.n_quotients = -(-layout.n_ids // modulus)
        self.blocks = ((0, self.n_quotients),)
        n_rows = self.n_quotients + modulus
        weight = new_rows(n_rows, dim, has_linear=has_linear, sd=math.sqrt(sd), generator=generator)
        self.weight = nn.Parameter(weight)

    def rows(self, ids: Tensor) -> Tensor:
        """Rows that ids need.

        Parameters
        ----------
        ids : tensor of int32 or int64, shape (batch, slots)
            Global ids.

        Returns
        -------
        tensor of int64, shape (batch, slots, 2)
            Quotient row and remainder row.
        """
        ids = ids.long()
        quotients = torch.div(ids, self.modulus, rounding_mode="floor")
        remainders = ids - quotients * self.modulus + self.n_quotients
        return torch.stack([quotients, remainders], dim=-1)

    def combine(self, gathered: Tensor) -> Tensor:
        """One row for each slot.

        Parameters
        ----------
        gathered : tensor of float32, shape (batch, slots, 2, width)
            Rows of the table.

        Returns
        -------
        tensor of float32, shape (batch, slots, width)
            Product of the embeddings, then the sum of the first-order weights.
        """
        quotients, remainders = gathered.unbind(2)
        if gathered.shape[-1] == self.row_dim:
            return quotients * remainders
        sizes = [self.row_dim, 1]
        quotient_embeddings, quotient_linear = torch.split_with_sizes(quotients, sizes, dim=-1)
        remainder_embeddings, remainder_linear = torch.split_with_sizes(remainders, sizes, dim=-1)
        products = quotient_embeddings * remainder_embeddings
        return torch.cat([products, quotient_linear + remainder_linear], dim=-1)


Table = FullTable | UnevenTable | FieldHashedTable | HashedTable | QuotientRemainderTable


def build_table(
    layout: Layout,
    embedding: EmbeddingTable,
    *,
    dim: int,
    has_linear: bool,
    sd: float,
    generator: torch.Generator,
) -> Table:
    """Make the new table of a scheme.

    Parameters
    ----------
    layout : Layout
        Shape of a batch.
    embedding : EmbeddingTable
        The scheme: ``full``, in which fields may differ in width; ``hash``, each field into its part of
        ``rows``; ``qr`` in ``rows``; ``unified`` of ``lookups`` look-ups into ``rows`` rows, each as wide as
        its part of the embedding.
    dim : int
        Width of an embedding; 0 for a head that reads first-order weights alone.
    has_linear : bool
        Whether a row ends with a first-order weight.
    sd : float
        Standard deviation of a new embedding.
    generator : torch.Generator
        Source of the new embeddings.

    Returns
    -------
    Table
        On the CPU.

    Raises
    ------
    ConfigError
        If the scheme lacks its rows or look-ups, or they do not fit.
    """
    if embedding.scheme is EmbeddingScheme.FULL:
        if dim and len(set(layout.dims)) > 1:
            return UnevenTable(layout, has_linear=has_linear, sd=sd, generator=generator)
        return FullTable(layout, dim, has_linear=has_linear, sd=sd, generator=generator)
    if embedding.rows is None:
        raise ConfigError(f"embedding scheme '{embedding.scheme}' has no rows", "Give the table its rows.")
    if embedding.scheme is EmbeddingScheme.QR:
        modulus = modulus_for(layout.n_ids, embedding.rows)
        return QuotientRemainderTable(layout, modulus, dim, has_linear=has_linear, sd=sd, generator=generator)
    salt = embedding.salt or 0
    if embedding.scheme is EmbeddingScheme.HASH:
        return FieldHashedTable(
            layout, embedding.rows, dim, has_linear=has_linear, salt=salt, sd=sd, generator=generator
        )
    n_lookups = embedding.lookups or 1
    if dim % n_lookups:
        raise ConfigError(
            f"embeddings of width {dim} cannot be made of {n_lookups} look-ups",
            "Choose a width that is a multiple of the look-ups.",
        )
    return HashedTable(
        embedding.rows,
        dim,
        has_linear=has_linear,
        n_lookups=n_lookups,
        salt=salt,
        sd=sd,
        generator=generator,
    )


def rows_of_fields(sizes: Sequence[int], n_rows: int) -> tuple[int, ...]:
    """Divide the rows of a hashed table among fields, in proportion to their features.

    Parameters
    ----------
    sizes : sequence of int
        Ids of each field, at least 1.
    n_rows : int
        Rows to divide.

    Returns
    -------
    tuple of int
        One for each field, at least 1; their sum is ``n_rows``.

    Raises
    ------
    ConfigError
        If there are more fields than rows.

    Examples
    --------
    >>> rows_of_fields([3, 70, 30], 11)
    (1, 6, 4)
    """
    if n_rows < len(sizes):
        raise ConfigError(
            f"{n_rows} rows are too few for {len(sizes)} fields, which have rows of their own",
            f"Give the table {len(sizes)} rows or more, or let fields share rows: scheme 'unified'.",
        )
    spare, n_ids = n_rows - len(sizes), sum(sizes)
    # of the rows beyond one each, those up to a field are its share and that of all before it, in integers
    ends = [end * spare // n_ids for end in accumulate(sizes)]
    return tuple(1 + end - start for start, end in pairwise((0, *ends)))


def modulus_for(n_ids: int, n_rows: int) -> int:
    """Largest modulus whose quotient and remainder rows fit.

    m remainders need ceil(n_ids / m) quotients. Of the moduli that fill ``n_rows``, the largest shares each
    remainder row among the fewest features; the few quotient rows tell these apart.

    Parameters
    ----------
    n_ids : int
        Ids to tell apart, at least 1.
    n_rows : int
        Rows that quotients and remainders may take together.

    Returns
    -------
    int
        From 1 to ``n_ids``.

    Raises
    ------
    ConfigError
        If so few rows, fewer than about 2 sqrt(n_ids), cannot tell all ids apart.
    """
    spare = n_rows * n_rows - 4 * n_ids
    modulus = min((n_rows + math.isqrt(max(spare, 0))) // 2, n_ids)  # m + n_ids / m <= n_rows, solved for m
    if modulus < 1 or modulus + -(-n_ids // modulus) > n_rows:
        least = math.isqrt(n_ids - 1) + 1
        needed = least + -(-n_ids // least)
        raise ConfigError(
            f"{n_rows} rows are too few for quotients and remainders of {n_ids} features",
            f"Give the table {needed} rows or more.",
        )
    return modulus


def mix(keys: Tensor, salts: Tensor | int) -> Tensor:
    """63-bit hashes, the same on every device.

    The finaliser of splitmix64 (Steele, Lea & Flood, OOPSLA 2014), cut to 63 bits after each step.

    Parameters
    ----------
    keys : tensor of int64
        What to hash.
    salts : tensor of int64 or int
        Starts of the sequences that keys index; broadcast against them.

    Returns
    -------
    tensor of int64
        From 0 to 2^63 − 1.
    """
    state = (keys * _signed(0x9E3779B97F4A7C15) + salts) & MASK
    state = ((state ^ (state >> 30)) * _signed(0xBF58476D1CE4E5B9)) & MASK
    state = ((state ^ (state >> 27)) * _signed(0x94D049BB133111EB)) & MASK
    return state ^ (state >> 31)


def _signed(constant: int) -> int:
    """The int64 of the same bits, as products wrap around."""
    return constant - (1 << 64)
