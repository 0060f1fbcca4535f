"""Which table of a scheme has room in a number of bytes?

Bytes are those of the table in the file of a trained model: embeddings, first-order weights where the model
has any, and the scales of ``int8``. Schemes that share rows serve all features with fewer rows; the others
keep the first features of an order, and the row of each of their fields for whatever was not kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from featsel.core.errors import ConfigError
from featsel.core.feature_config import Dims, EmbeddingScheme, EmbeddingTable, FeatureConfig, TableDtype
from featsel.core.table_size import NUMBER_BYTES, SCALE_BYTES
from featsel.models.embedding import modulus_for, rows_of_fields
from featsel.selection.candidates import Candidates
from featsel.selection.subsets import Subset, subset_of


class TableScheme(StrEnum):
    """Ways to make a table smaller."""

    FULL = "full"
    HASH = "hash"
    QR = "qr"
    UNIFIED = "unified"
    INT8 = "int8"
    PCA = "pca"
    OPTEMBED = "optembed"


WIDTHS_OF = {TableScheme.PCA: Dims.PCA, TableScheme.OPTEMBED: Dims.OPTEMBED}
"""Schemes that first choose how wide the embeddings of each field are."""

SHARED = {
    TableScheme.HASH: EmbeddingScheme.HASH,
    TableScheme.QR: EmbeddingScheme.QR,
    TableScheme.UNIFIED: EmbeddingScheme.UNIFIED,
}
"""Schemes in which features share rows."""


@dataclass(frozen=True)
class FittedTable:
    """A table that fits.

    Parameters
    ----------
    subset : Subset
        Features that have a row of their own, or share one.
    config : FeatureConfig
        That of the subset, with the table.
    n_rows : int
        Rows of the table.
    """

    subset: Subset
    config: FeatureConfig
    n_rows: int


def whole_bytes(candidates: Candidates, *, has_linear: bool) -> int:
    """Bytes of the full table of all features, in ``float32``.

    Parameters
    ----------
    candidates : Candidates
        The features.
    has_linear : bool
        Whether rows end with a first-order weight.

    Returns
    -------
    int
        What budgets are shares of.
    """
    layout = candidates.layout
    columns = np.array(layout.dims, np.int64) + int(has_linear)
    return int(np.array(layout.sizes) @ columns) * NUMBER_BYTES[TableDtype.FLOAT32]


def fit_table(
    scheme: TableScheme,
    candidates: Candidates,
    ids: NDArray[np.int64],
    *,
    n_bytes: int,
    has_linear: bool,
    n_lookups: int,
    salt: int,
) -> FittedTable:
    """Make the largest table of a scheme that fits.

    Parameters
    ----------
    scheme : TableScheme
        How it is made smaller.
    candidates : Candidates
        All features; their fields have the widths that the scheme chose.
    ids : ndarray of int64
        Features, best first.
    n_bytes : int
        Bytes that the table may take.
    has_linear : bool
        Whether rows end with a first-order weight.
    n_lookups : int
        Of ``unified``: rows that make one embedding.
    salt : int
        Of the hashes.

    Returns
    -------
    FittedTable
        Never larger.

    Raises
    ------
    ConfigError
        No table of the scheme is so small.
    """
    dim = candidates.config.embedding.dim
    if scheme in SHARED:
        lookups = n_lookups if scheme is TableScheme.UNIFIED else 1
        row_bytes = (dim // lookups + int(has_linear)) * NUMBER_BYTES[TableDtype.FLOAT32]
        table = EmbeddingTable(
            SHARED[scheme],
            dim,
            rows=n_bytes // row_bytes,
            lookups=lookups if scheme is TableScheme.UNIFIED else None,
            salt=None if scheme is TableScheme.QR else salt,
        )
        _check_rows(table, candidates)
        subset = subset_of(candidates, ids)
        return FittedTable(subset, replace(subset.config, embedding=table), table.rows or 0)
    dtype = TableDtype.INT8 if scheme is TableScheme.INT8 else TableDtype.FLOAT32
    sizes = _sizes(candidates, ids, dtype, has_linear=has_linear)
    n_kept = int(np.searchsorted(sizes, n_bytes, side="right"))
    if n_kept == 0:
        raise ConfigError(
            f"{n_bytes:,} bytes have room for no feature: the first one takes {int(sizes[0]):,}",
            "Give a larger budget.",
        )
    subset = subset_of(candidates, ids[:n_kept])
    config = replace(subset.config, embedding=EmbeddingTable(EmbeddingScheme.FULL, dim, dtype))
    return FittedTable(subset, config, n_kept + len(config.fields))


def _check_rows(table: EmbeddingTable, candidates: Candidates) -> None:
    """Refuse tables that cannot be built."""
    n_rows = table.rows or 0
    if table.scheme is EmbeddingScheme.QR:
        modulus_for(candidates.layout.n_ids, n_rows)
    elif table.scheme is EmbeddingScheme.HASH:
        rows_of_fields(candidates.layout.sizes, n_rows)
    elif n_rows == 0:
        raise ConfigError("the bytes have room for no row", "Give a larger budget.")


def _sizes(
    candidates: Candidates, ids: NDArray[np.int64], dtype: TableDtype, *, has_linear: bool
) -> NDArray[np.int64]:
    """Bytes of a full table with the first feature, the first two, and so on."""
    fields = candidates.field_of_id[ids]
    columns = np.array(candidates.layout.dims, np.int64)[fields] + int(has_linear)
    opens_field = np.zeros(ids.size, np.int64)
    opens_field[np.unique(fields, return_index=True)[1]] = 1
    # with its first feature a field gets the row of what is unknown, and its scales
    return np.cumsum(columns * ((1 + opens_field) * NUMBER_BYTES[dtype] + opens_field * SCALE_BYTES[dtype]))
