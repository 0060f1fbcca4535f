"""Which pipeline config does EasyRec read of a feature config?

EasyRec reads the log itself: vocabularies, bins and lists are in its config, and values that were not kept
fall on the first entry of a vocabulary, as code 0 of featsel. What it cannot compute it reads as codes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from featsel.core.feature_config import EncodedField, EncodedKind, Encoding, FeatureConfig
from featsel.exports.codes import KeptValues, is_weighted, kept_values, n_embeddings, pooling
from featsel.exports.files import Export, scheme_notes
from featsel.exports.names import distinct_names, rename_notes, scope_name
from featsel.exports.prototext import Message, Scalar, prototext

LIST_SEPARATOR = "|"
"""Between the values of a list where the log had no separator, because it held lists."""


@dataclass(frozen=True)
class _Column:
    """How EasyRec reads one field: its input, its feature, its vocabulary file and what is lost."""

    input_type: bytes
    default: str
    feature: Message
    files: dict[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()


def to_easyrec(config: FeatureConfig, values: pl.DataFrame, name: str) -> Export:
    """Pipeline config of EasyRec with a DeepFM, and the vocabularies beside it.

    Parameters
    ----------
    config : FeatureConfig
        The config.
    values : polars.DataFrame
        Its values.
    name : str
        Name of the data set.

    Returns
    -------
    Export
        ``pipeline.config`` and ``vocabulary/FIELD.txt``, the line being the code.
    """
    names = distinct_names([item.name for item in config.fields], scope_name)
    kept = kept_values(config, values)
    columns = {item.name: _column(item, kept.get(item.name), names[item.name]) for item in config.fields}
    inputs: list[Message] = [{"input_name": config.label.name, "input_type": b"INT32"}]
    for item, column in columns.items():
        inputs.append({"input_name": item, "input_type": column.input_type, "default_val": column.default})
    if config.weight is not None:
        inputs.append({"input_name": config.weight, "input_type": b"DOUBLE", "default_val": "1"})
    weight: dict[str, Scalar] = {} if config.weight is None else {"sample_weight": config.weight}
    pipeline: Message = {
        "train_input_path": f"{name}.train.csv",
        "eval_input_path": f"{name}.test.csv",
        "model_dir": f"{name}.model",
        "train_config": {
            "optimizer_config": {
                "adam_optimizer": {"learning_rate": {"constant_learning_rate": {"learning_rate": 0.001}}}
            }
        },
        "data_config": {
            "batch_size": 4096,
            "num_epochs": 1,
            "input_type": b"CSVInput",
            "separator": ",",
            "with_header": True,
            "label_fields": config.label.name,
            **weight,
            "input_fields": inputs,
        },
        "feature_config": {"features": [column.feature for column in columns.values()]},
        "model_config": _model(list(names.values())),
    }
    files = {path: text for column in columns.values() for path, text in column.files.items()}
    widths = {item.dim for item in config.fields}
    notes = (
        *scheme_notes(config, "EasyRec"),
        *rename_notes(names, "EasyRec"),
        *(note for column in columns.values() for note in column.notes),
        *((_width_note(widths),) if len(widths) > 1 else ()),
    )
    return Export({"pipeline.config": prototext(pipeline), **files}, notes)


def _column(item: EncodedField, kept: KeptValues | None, name: str) -> _Column:
    common: dict[str, Scalar | list[float] | list[str]] = {
        "feature_name": name,
        "input_names": item.name,
        "embedding_dim": item.dim,
    }
    if item.kind is EncodedKind.CROSS or (
        item.encoding in {Encoding.LOG2, Encoding.QUANTILE} and not item.edges
    ):
        feature = {**common, "feature_type": b"IdFeature", "num_buckets": n_embeddings(item)}
        note = f"field {item.name!r} is read as a column of codes, which EasyRec cannot compute"
        return _Column(b"INT64", "0", feature, notes=(note,))
    if is_weighted(item):
        note = f"field {item.name!r} is read as a column of standardised numbers"
        return _Column(b"DOUBLE", "0", {**common, "feature_type": b"RawFeature"}, notes=(note,))
    if item.edges:
        feature = {**common, "feature_type": b"RawFeature", "boundaries": list(item.edges)}
        note = f"field {item.name!r}: in EasyRec every bin has an embedding, and a missing number is 0"
        return _Column(b"DOUBLE", "0", feature, notes=(note,))
    if item.kind is EncodedKind.MULTIVALUED:
        feature = {
            **common,
            "feature_type": b"TagFeature",
            "separator": item.separator or LIST_SEPARATOR,
            "combiner": pooling(item),
        }
    else:
        feature = {**common, "feature_type": b"IdFeature"}
    if kept is None:
        note = f"field {item.name!r}: EasyRec's hash is another one, with as many buckets"
        return _Column(b"STRING", "", {**feature, "hash_bucket_size": item.features}, notes=(note,))
    return _vocabulary_column(item, kept, feature, name)


def _vocabulary_column(
    item: EncodedField, kept: KeptValues, feature: dict[str, Scalar | list[float] | list[str]], name: str
) -> _Column:
    missing = _unused("<oov>", kept.codes)
    null = _unused("<null>", kept.codes)
    by_code = {code: value for value, code in kept.codes.items()}
    if kept.null:
        by_code[kept.null] = null
    # hashed values share a code, and then not every code has a value of its own
    lines = [missing, *(by_code[code] for code in range(1, n_embeddings(item)))]
    default = null if kept.null else missing
    notes: tuple[str, ...] = ()
    if "" in kept.codes:
        notes = (f"field {item.name!r}: EasyRec takes the empty text for a missing value",)
    if any("\n" in line for line in lines):
        return _Column(b"STRING", default, {**feature, "vocab_list": lines}, notes=notes)
    path = f"vocabulary/{name}.txt"
    text = "".join(f"{line}\n" for line in lines)
    return _Column(b"STRING", default, {**feature, "vocab_file": path}, {path: text}, notes)


def _unused(word: str, values: Iterable[str]) -> str:
    taken = set(values)
    while word in taken:
        word = f"<{word}>"
    return word


def _model(names: list[str]) -> Message:
    return {
        "model_class": "DeepFM",
        "feature_groups": [
            {"group_name": "deep", "feature_names": names, "wide_deep": b"DEEP"},
            {"group_name": "wide", "feature_names": names, "wide_deep": b"WIDE"},
        ],
        "deepfm": {
            "dnn": {"hidden_units": [400, 400, 400]},
            "wide_output_dim": 1,
            "l2_regularization": 0,
        },
        "embedding_regularization": 0.0,
        "loss_weight_strategy": b"Fixed",
    }


def _width_note(widths: set[int]) -> str:
    found = " and ".join(map(str, sorted(widths)))
    return f"embeddings of width {found}: EasyRec's DeepFM wants one width"
