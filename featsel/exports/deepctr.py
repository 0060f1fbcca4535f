"""Which feature columns does DeepCTR-Torch make of a feature config?"""

from __future__ import annotations

import polars as pl

from featsel.core.errors import ConfigError
from featsel.core.feature_config import EncodedField, EncodedKind, FeatureConfig, Rest
from featsel.exports.codes import is_weighted, list_length, n_embeddings, padded_oov, pooling
from featsel.exports.files import Export, json_text, scheme_notes
from featsel.exports.names import distinct_names, module_name

LARGEST_ID = 2**24
"""DeepCTR-Torch carries ids as float32, in which the next integer is the same number as this one."""


def to_deepctr(config: FeatureConfig, _values: pl.DataFrame, _name: str) -> Export:
    """Arguments of a ``SparseFeat``, ``VarLenSparseFeat`` or ``DenseFeat`` per field.

    Parameters
    ----------
    config : FeatureConfig
        The config.

    Returns
    -------
    Export
        ``deepctr.json``.

    Raises
    ------
    ConfigError
        A field has so many features that DeepCTR-Torch would mix them up.
    """
    lists = [field for field in config.fields if field.kind is EncodedKind.MULTIVALUED]
    numbers = [field for field in config.fields if is_weighted(field)]
    codes = [field for field in config.fields if field not in lists and field not in numbers]
    sizes = {field.name: n_embeddings(field) for field in codes}
    sizes |= {field.name: max(n_embeddings(field), padded_oov(config, field) + 1) for field in lists}
    _check_ids(sizes)
    # embeddings live in a module dictionary under this name, columns of the data keep theirs
    names = distinct_names([field.name for field in config.fields], module_name)

    def sparse(field: EncodedField) -> dict[str, object]:
        return {
            "name": field.name,
            "vocabulary_size": sizes[field.name],
            "embedding_dim": field.dim,
            "embedding_name": names[field.name],
        }

    document = {
        "label": config.label.name,
        "fields": [field.name for field in config.fields],
        "sparse": [sparse(field) for field in codes],
        "varlen": [
            {"sparsefeat": sparse(field), "maxlen": list_length(field), "combiner": pooling(field)}
            for field in lists
        ],
        "dense": [{"name": field.name, "dimension": 1} for field in numbers],
        "standard": {field.name: {"mean": field.mean, "scale": field.scale} for field in numbers},
        "out_of_vocabulary": {
            **dict.fromkeys((field.name for field in codes), 0),
            **{field.name: padded_oov(config, field) for field in lists},
        },
    }
    return Export({"deepctr.json": json_text(document)}, _notes(config))


def _check_ids(sizes: dict[str, int]) -> None:
    large = {name: size for name, size in sizes.items() if size - 1 > LARGEST_ID}
    if large:
        found = ", ".join(f"{name!r} has ids up to {size - 1:,}" for name, size in large.items())
        raise ConfigError(
            f"{found}: DeepCTR-Torch mixes up ids above {LARGEST_ID:,}, which it carries as float32",
            "Select fewer features of the field, or hash it into fewer.",
        )


def _notes(config: FeatureConfig) -> tuple[str, ...]:
    notes = list(scheme_notes(config, "DeepCTR-Torch"))
    widths = sorted({field.dim for field in config.fields if not is_weighted(field)})
    if len(widths) > 1:
        found = " and ".join(map(str, widths))
        notes.append(f"embeddings of width {found}: only DeepCTR-Torch's models without FM take both")
    if config.rest is Rest.ZERO:
        notes.append(
            "out of vocabulary has no embedding (rest: zero), in DeepCTR-Torch it has one, but in lists, "
            "where it is padding"
        )
    if any(is_weighted(field) for field in config.fields):
        notes.append("standardised numbers go into DeepCTR-Torch's models as they are, without an embedding")
    return tuple(notes)
