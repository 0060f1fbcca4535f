"""How many bytes does an embedding table take?

Counted are the embeddings, as the file of a trained model holds them; the first-order weights that some
models have are not.
"""

from __future__ import annotations

from dataclasses import replace

from featsel.core.feature_config import (
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    FeatureConfig,
    Rest,
    TableDtype,
)

NUMBER_BYTES = {TableDtype.FLOAT32: 4, TableDtype.INT8: 1}
"""Of a number of an embedding."""

SCALE_BYTES = {TableDtype.FLOAT32: 0, TableDtype.INT8: 4}
"""Of the number that the codes of a block's column are multiplied with; see
:mod:`featsel.models.quantised`."""


def field_bytes(field: EncodedField, rest: Rest, dtype: TableDtype = TableDtype.FLOAT32) -> int:
    """Bytes of a field's rows in a table that is stored in full.

    Parameters
    ----------
    field : EncodedField
        The field.
    rest : Rest
        Whether its out-of-vocabulary feature has a row too.
    dtype : TableDtype
        How numbers are stored.

    Returns
    -------
    int
        Rows times width times the bytes of a number, and those of the field's scales.
    """
    n_rows = field.features + (1 if rest is Rest.OOV else 0)
    return field.dim * (n_rows * NUMBER_BYTES[dtype] + SCALE_BYTES[dtype])


def table_bytes(config: FeatureConfig) -> int:
    """Bytes of the embedding table that a config asks for.

    Parameters
    ----------
    config : FeatureConfig
        What the model reads and how its table is stored.

    Returns
    -------
    int
        Of a full table the sum over its fields; of a shared one, its rows times their width times the bytes
        of a number, and those of the scales of its blocks.
    """
    table = config.embedding
    if table.scheme is EmbeddingScheme.FULL:
        return sum(field_bytes(field, config.rest, table.dtype) for field in config.fields)
    return shared_bytes(table, len(config.fields))


def stored_as(config: FeatureConfig, dtype: TableDtype | None) -> FeatureConfig:
    """Same features with a table of another type of numbers.

    Parameters
    ----------
    config : FeatureConfig
        What the model reads.
    dtype : TableDtype or None
        How numbers are stored; as before where None.

    Returns
    -------
    FeatureConfig
        With the bytes that it then takes up.
    """
    if dtype is None or dtype is config.embedding.dtype:
        return config
    changed = replace(config, embedding=replace(config.embedding, dtype=dtype))
    used = replace(changed.selection.used, bytes=table_bytes(changed))
    return replace(changed, selection=replace(changed.selection, used=used))


def shared_bytes(embedding: EmbeddingTable, n_fields: int) -> int:
    """Bytes of a table whose rows are shared.

    Parameters
    ----------
    embedding : EmbeddingTable
        Of a scheme other than full.
    n_fields : int
        Fields that it serves; of ``hash`` each has a block of its own.

    Returns
    -------
    int
        Rows times their width times the bytes of a number, and those of the scales; a row of ``unified`` is
        one of ``lookups`` parts of an embedding.
    """
    assert embedding.rows is not None, "a shared table has a number of rows"
    n_blocks = {EmbeddingScheme.HASH: n_fields, EmbeddingScheme.QR: 2}.get(embedding.scheme, 1)
    numbers = embedding.rows * NUMBER_BYTES[embedding.dtype] + n_blocks * SCALE_BYTES[embedding.dtype]
    return embedding.dim // (embedding.lookups or 1) * numbers
