"""How many bytes does an embedding table take?

Counted are the embeddings, four bytes a number; the first-order weights that some models have are not.
"""

from __future__ import annotations

from featsel.core.feature_config import EmbeddingScheme, EmbeddingTable, EncodedField, FeatureConfig, Rest

NUMBER_BYTES = 4
"""Of a ``float32``, the one type of embeddings."""


def field_bytes(field: EncodedField, rest: Rest) -> int:
    """Bytes of a field's rows in a table that is stored in full.

    Parameters
    ----------
    field : EncodedField
        The field.
    rest : Rest
        Whether its out-of-vocabulary feature has a row too.

    Returns
    -------
    int
        Rows times width times four.
    """
    n_rows = field.features + (1 if rest is Rest.OOV else 0)
    return n_rows * field.dim * NUMBER_BYTES


def table_bytes(config: FeatureConfig) -> int:
    """Bytes of the embedding table that a config asks for.

    Parameters
    ----------
    config : FeatureConfig
        What the model reads and how its table is stored.

    Returns
    -------
    int
        Of a full table the sum over its fields; of a shared one, its rows times their width times four.
    """
    if config.embedding.scheme is EmbeddingScheme.FULL:
        return sum(field_bytes(field, config.rest) for field in config.fields)
    return shared_bytes(config.embedding)


def shared_bytes(embedding: EmbeddingTable) -> int:
    """Bytes of a table whose rows are shared, whatever the fields.

    Parameters
    ----------
    embedding : EmbeddingTable
        Of a scheme other than full.

    Returns
    -------
    int
        Rows times their width times four; a row of ``unified`` is one of ``lookups`` parts of an embedding.
    """
    assert embedding.rows is not None, "a shared table has a number of rows"
    return embedding.rows * (embedding.dim // (embedding.lookups or 1)) * NUMBER_BYTES
