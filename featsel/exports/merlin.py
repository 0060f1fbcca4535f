"""Which schema do NVTabular and Merlin read of a feature config?"""

from __future__ import annotations

import polars as pl

from featsel.core.feature_config import EncodedField, EncodedKind, FeatureConfig, Rest
from featsel.exports.codes import is_weighted, list_length, n_embeddings
from featsel.exports.files import Export, scheme_notes
from featsel.exports.prototext import Message, Scalar, prototext

STRUCT = "[type.googleapis.com/google.protobuf.Struct]"
"""Type of a column's properties."""


def to_merlin(config: FeatureConfig, _values: pl.DataFrame, _name: str) -> Export:
    """Schema of the columns of codes, as TensorFlow Metadata text.

    Parameters
    ----------
    config : FeatureConfig
        The config.

    Returns
    -------
    Export
        ``schema.pbtxt``.
    """
    features = [*map(_feature, config.fields), _label(config.label.name)]
    notes = list(scheme_notes(config, "Merlin"))
    if config.rest is Rest.ZERO:
        notes.append("out of vocabulary has no embedding (rest: zero), in Merlin it has one")
    return Export({"schema.pbtxt": prototext({"feature": features})}, tuple(notes))


def _feature(field: EncodedField) -> Message:
    if is_weighted(field):
        return {
            "name": field.name,
            "type": b"FLOAT",
            "annotation": {"tag": ["continuous"], "extra_metadata": _properties({"dtype_item_size": 32.0})},
        }
    is_list = field.kind is EncodedKind.MULTIVALUED
    message: dict[str, Scalar | Message] = {"name": field.name}
    if is_list:
        message["value_count"] = {"min": 1, "max": list_length(field)}
    message["type"] = b"INT"
    message["int_domain"] = {
        "name": field.name,
        "min": 0,
        "max": field.features,
        "is_categorical": True,
    }
    sizes = {"cardinality": float(n_embeddings(field)), "dimension": float(field.dim)}
    message["annotation"] = {
        "tag": ["categorical", *(["list"] if is_list else [])],
        "extra_metadata": _properties(
            {"dtype_item_size": 64.0, "is_list": is_list, "is_ragged": is_list, "embedding_sizes": sizes}
        ),
    }
    return message


def _label(name: str) -> Message:
    return {
        "name": name,
        "type": b"INT",
        "int_domain": {"name": name, "min": 0, "max": 1},
        "annotation": {
            "tag": ["target", "binary_classification"],
            "extra_metadata": _properties({"dtype_item_size": 64.0, "is_list": False, "is_ragged": False}),
        },
    }


def _properties(properties: dict[str, float | bool | dict[str, float]]) -> Message:
    return {STRUCT: _struct(properties)}


def _struct(values: dict[str, float | bool | dict[str, float]] | dict[str, float]) -> Message:
    fields: list[Message] = []
    for key, value in values.items():
        if isinstance(value, dict):
            fields.append({"key": key, "value": {"struct_value": _struct(value)}})
        elif isinstance(value, bool):
            fields.append({"key": key, "value": {"bool_value": value}})
        else:
            fields.append({"key": key, "value": {"number_value": value}})
    return {"fields": fields}
