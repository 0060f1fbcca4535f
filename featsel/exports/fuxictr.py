"""What does FuxiCTR read of a feature config?"""

from __future__ import annotations

import json
import re

import polars as pl

from featsel.core.feature_config import OUT_OF_VOCABULARY, EncodedField, EncodedKind, FeatureConfig, Rest
from featsel.exports.codes import (
    KeptValues,
    is_weighted,
    kept_values,
    list_length,
    n_embeddings,
    padded_oov,
    pooling,
)
from featsel.exports.files import Export, json_text, scheme_notes
from featsel.exports.names import distinct_names, module_name, rename_notes

POOLING_LAYERS = {"mean": "layers.MaskedAveragePooling()", "sum": "layers.MaskedSumPooling()"}
"""FuxiCTR's names of the two poolings."""


def to_fuxictr(config: FeatureConfig, values: pl.DataFrame, name: str) -> Export:
    """Feature map, vocabulary and settings of FuxiCTR 2.

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
        ``NAME/feature_map.json``, ``NAME/feature_vocab.json``, ``dataset_config.yaml`` and
        ``model_config.yaml``.
    """
    dataset = re.sub(r"[^A-Za-z0-9_\-]", "_", name)
    names = distinct_names([field.name for field in config.fields], module_name)
    dim = max((field.dim for field in config.fields), default=config.embedding.dim)
    specs = {names[field.name]: _spec(config, field, dim) for field in config.fields}
    lengths = [list_length(field) if _is_list(field) else 1 for field in config.fields]
    feature_map = {
        "dataset_id": dataset,
        "num_fields": len(specs),
        "total_features": sum(_n_rows(config, field) for field in config.fields),
        "input_length": sum(lengths),
        "labels": [config.label.name],
        "features": [{name: spec} for name, spec in specs.items()],
    }
    kept = kept_values(config, values)
    vocabulary = {
        names[field.name]: _vocabulary(config, field, kept.get(field.name))
        for field in config.fields
        if not is_weighted(field)
    }
    return Export(
        {
            f"{dataset}/feature_map.json": json_text(feature_map),
            f"{dataset}/feature_vocab.json": json_text(vocabulary),
            "dataset_config.yaml": _dataset_config(config, dataset),
            "model_config.yaml": _model_config(dataset, dim),
        },
        (*scheme_notes(config, "FuxiCTR"), *rename_notes(names, "FuxiCTR"), *_notes(config, dim)),
    )


def _is_list(field: EncodedField) -> bool:
    return field.kind is EncodedKind.MULTIVALUED


def _n_rows(config: FeatureConfig, field: EncodedField) -> int:
    if is_weighted(field):
        return 1
    oov = padded_oov(config, field) if _is_list(field) else OUT_OF_VOCABULARY
    return max(n_embeddings(field), oov + 1)


def _spec(config: FeatureConfig, field: EncodedField, dim: int) -> dict[str, object]:
    if is_weighted(field):
        return {"source": "", "type": "numeric"}
    spec: dict[str, object] = {
        "source": "",
        "type": "sequence" if _is_list(field) else "categorical",
        "vocab_size": _n_rows(config, field),
    }
    encoder: list[str] = []
    if _is_list(field):
        spec["max_len"] = list_length(field)
        encoder.append(POOLING_LAYERS[pooling(field)])
    if _is_list(field) or config.rest is Rest.ZERO:
        spec["padding_idx"] = 0
    if field.dim < dim:
        # factorization machines and cross networks want one width
        spec |= {"embedding_dim": field.dim, "emb_output_dim": dim}
        encoder.append(f"nn.Linear({field.dim}, {dim}, bias=False)")
    if encoder:
        spec["feature_encoder"] = encoder[0] if len(encoder) == 1 else encoder
    return spec


def _vocabulary(config: FeatureConfig, field: EncodedField, kept: KeptValues | None) -> dict[str, int]:
    """Codes by value as FuxiCTR's tokenizer has them: null is the empty text."""
    codes = {"__PAD__": 0} if _is_list(field) else {}
    if kept is not None:
        codes |= kept.codes
        if kept.null != OUT_OF_VOCABULARY:
            codes.setdefault("", kept.null)
    codes["__OOV__"] = padded_oov(config, field) if _is_list(field) else OUT_OF_VOCABULARY
    return dict(sorted(codes.items(), key=lambda pair: pair[1]))


def _dataset_config(config: FeatureConfig, dataset: str) -> str:
    label = json.dumps({"name": config.label.name, "dtype": "float"}, ensure_ascii=False)
    return "".join(
        f"{line}\n"
        for line in (
            # quoted, because a name such as 2024 would be a number
            f'"{dataset}":',
            "  data_root: .",
            "  data_format: parquet",
            f"  train_data: ./{dataset}/train.parquet",
            f"  valid_data: ./{dataset}/valid.parquet",
            f"  test_data: ./{dataset}/test.parquet",
            "  rebuild_dataset: false",
            "  feature_cols: []",
            f"  label_col: {label}",
        )
    )


def _model_config(dataset: str, dim: int) -> str:
    return f"""\
DeepFM_{dataset}:
  model: DeepFM
  dataset_id: "{dataset}"
  model_root: ./checkpoints/
  task: binary_classification
  loss: binary_crossentropy
  metrics: [AUC, logloss]
  monitor: AUC
  monitor_mode: max
  optimizer: adam
  learning_rate: 1.0e-3
  embedding_dim: {dim}
  embedding_regularizer: 0
  net_regularizer: 0
  hidden_units: [400, 400, 400]
  hidden_activations: ReLU
  net_dropout: 0
  batch_norm: false
  batch_size: 4096
  epochs: 1
  shuffle: true
  seed: 0
  num_workers: 1
  verbose: 1
  early_stop_patience: 1
  save_best_only: true
  eval_steps: null
  use_features: null
  feature_specs: null
  group_id: null
  debug_mode: false
  pickle_feature_encoder: false
"""


def _notes(config: FeatureConfig, dim: int) -> tuple[str, ...]:
    narrow = [field.name for field in config.fields if field.dim < dim and not is_weighted(field)]
    notes: list[str] = []
    if narrow:
        notes.append(f"embeddings narrower than {dim} ({', '.join(narrow)}) are widened by a linear layer")
    if config.rest is Rest.ZERO and any(_is_list(field) for field in config.fields):
        notes.append("out-of-vocabulary values of a list are padding (rest: zero)")
    return tuple(notes)
