"""Which tables does TorchRec make of a feature config?"""

from __future__ import annotations

import polars as pl

from featsel.core.feature_config import EncodedField, EncodedKind, FeatureConfig, Rest
from featsel.exports.codes import is_weighted, n_embeddings, pooling
from featsel.exports.files import Export, json_text, scheme_notes

KERNEL_WIDTH = 4
"""FBGEMM, which TorchRec stands on, wants widths that are a multiple of this."""


def to_torchrec(config: FeatureConfig, _values: pl.DataFrame, _name: str) -> Export:
    """Arguments of an ``EmbeddingBagConfig`` per field.

    ``tables`` are for an ``EmbeddingBagCollection``; ``weighted_tables`` for one with ``is_weighted``, whose
    jagged tensor carries the standardised number as the weight of code 1.

    Parameters
    ----------
    config : FeatureConfig
        The config.

    Returns
    -------
    Export
        ``torchrec.json``.
    """
    document = {
        "label": config.label.name,
        "tables": [_table(field) for field in config.fields if not is_weighted(field)],
        "weighted_tables": [_table(field) for field in config.fields if is_weighted(field)],
        "standard": {
            field.name: {"mean": field.mean, "scale": field.scale}
            for field in config.fields
            if is_weighted(field)
        },
    }
    return Export({"torchrec.json": json_text(document)}, _notes(config))


def _table(field: EncodedField) -> dict[str, object]:
    is_list = field.kind is EncodedKind.MULTIVALUED
    return {
        "name": f"t_{field.name}",
        "num_embeddings": n_embeddings(field),
        "embedding_dim": field.dim,
        "feature_names": [field.name],
        "pooling": pooling(field).upper() if is_list else "SUM",
    }


def _notes(config: FeatureConfig) -> tuple[str, ...]:
    notes = list(scheme_notes(config, "TorchRec"))
    odd = sorted({field.dim for field in config.fields if field.dim % KERNEL_WIDTH})
    if odd:
        widths = ", ".join(map(str, odd))
        notes.append(f"embeddings of width {widths}: TorchRec's kernels want a multiple of {KERNEL_WIDTH}")
    if config.rest is Rest.ZERO:
        notes.append("out of vocabulary has no embedding (rest: zero): leave code 0 out of the data")
    return tuple(notes)
