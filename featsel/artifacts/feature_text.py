"""How is a feature config written, so that it reads well in a diff? One line a field, in YAML and in JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from featsel.core.feature_config import (
    FEATURES_SCHEMA,
    ConfigSplit,
    DroppedField,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    Encoding,
    FeatureConfig,
    Selection,
)

Plain: TypeAlias = "str | int | float | Sequence[Plain] | Mapping[str, Plain]"
"""What both formats can say."""

# Texts that no reader, of YAML 1.1 or 1.2, takes for anything else; all others are quoted.
_BARE = re.compile(
    r"[A-Za-z_](?:[A-Za-z0-9_.*/:@%+-]*[A-Za-z0-9_.*/@%+-])?"  # words
    r"|[1-9][0-9]*(?:%|[A-Za-z]{2,})"  # 30%, 64MB
    r"|[0-9]+\.[0-9]+\.[0-9]+[a-z0-9.+-]*"  # versions
)
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})


def as_document(config: FeatureConfig) -> dict[str, Plain]:
    """Plain form of a config, in the order of its keys; what is not set is left out.

    Parameters
    ----------
    config : FeatureConfig
        The config.

    Returns
    -------
    dict
        Of texts, numbers, lists and mappings.
    """
    document: dict[str, Plain] = {
        "schema": FEATURES_SCHEMA,
        "featsel": config.featsel,
        "label": {"name": config.label.name, "positive": config.label.positive},
        **_given(time=config.time, weight=config.weight),
        "data": {
            "paths": list(config.data.paths),
            "rows": int(config.data.rows),
            "fingerprint": config.data.fingerprint,
            **({"split": _split(config.data.split)} if config.data.split is not None else {}),
        },
        "selection": _selection(config.selection),
        "embedding": _embedding(config.embedding),
        "rest": config.rest.value,
        "fields": [_field(field) for field in config.fields],
    }
    if config.dropped:
        document["dropped"] = [_dropped(field) for field in config.dropped]
    if config.values is not None:
        document["values"] = {"path": config.values.path, "sha256": config.values.sha256}
    return document


def to_yaml(config: FeatureConfig) -> str:
    """Text of a config as YAML.

    Parameters
    ----------
    config : FeatureConfig
        The config.

    Returns
    -------
    str
        The same for equal configs. One line per key, field and dropped field.

    Raises
    ------
    ValueError
        A number is not finite, or a text is not made of whole characters.
    """
    lines: list[str] = []
    for key, value in as_document(config).items():
        if isinstance(value, list) and value:
            lines += [f"{key}:", *(f"  - {_yaml(item)}" for item in value)]
        else:
            lines.append(f"{key}: {_yaml(value)}")
    return "\n".join(lines) + "\n"


def to_json_text(config: FeatureConfig) -> str:
    """Text of a config as JSON, with the lines of the YAML form.

    Parameters
    ----------
    config : FeatureConfig
        The config.

    Returns
    -------
    str
        The same for equal configs.

    Raises
    ------
    ValueError
        A number is not finite, or a text is not made of whole characters.
    """
    lines: list[str] = []
    for key, value in as_document(config).items():
        if isinstance(value, list) and value:
            items = ",\n".join(f"    {_json(item)}" for item in value)
            lines.append(f"  {_json(key)}: [\n{items}\n  ]")
        else:
            lines.append(f"  {_json(key)}: {_json(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _given(**values: str | float | None) -> dict[str, Plain]:
    return {key: value for key, value in values.items() if value is not None}


def _split(split: ConfigSplit) -> dict[str, Plain]:
    return {
        "order": split.order.value,
        "valid": float(split.valid),
        "test": float(split.test),
        "seed": int(split.seed),
    }


def _selection(selection: Selection) -> dict[str, Plain]:
    used = selection.used
    document: dict[str, Plain] = {
        "method": selection.method,
        **_given(model=selection.model),
        "seed": int(selection.seed),
        **_given(budget=selection.budget),
        "used": {"fields": int(used.fields), "features": int(used.features), "bytes": int(used.bytes)},
    }
    if selection.metrics:
        document["metrics"] = {
            name: {measure: float(value) for measure, value in measured.items()}
            for name, measured in selection.metrics.items()
        }
    return document


def _embedding(embedding: EmbeddingTable) -> dict[str, Plain]:
    return {
        "scheme": embedding.scheme.value,
        "dim": int(embedding.dim),
        "dtype": embedding.dtype.value,
        **_given(rows=embedding.rows, lookups=embedding.lookups, salt=embedding.salt),
    }


def _field(field: EncodedField) -> dict[str, Plain]:
    document: dict[str, Plain] = {"name": field.name, "kind": field.kind.value}
    if field.kind is EncodedKind.CROSS or field.of_fields:
        document["of_fields"] = list(field.of_fields)
    document["encoding"] = field.encoding.value
    document |= _given(values=field.values, separator=field.separator)
    if field.pooling is not None:
        document["pooling"] = field.pooling.value
    document |= _given(max_length=field.max_length)
    if field.encoding is Encoding.QUANTILE or field.edges:
        document["edges"] = [float(edge) for edge in field.edges]
    document |= {key: float(value) for key in ("mean", "scale") if (value := getattr(field, key)) is not None}
    document |= {"features": int(field.features), "of": int(field.of), "dim": int(field.dim)}
    return document | ({"score": float(field.score)} if field.score is not None else {})


def _dropped(field: DroppedField) -> dict[str, Plain]:
    document: dict[str, Plain] = {"name": field.name, "why": field.why}
    return document | ({"score": float(field.score)} if field.score is not None else {})


def _yaml(value: Plain) -> str:
    if isinstance(value, str):
        return _yaml_text(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_yaml_text(key)}: {_yaml(item)}' for key, item in value.items())}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_yaml, value))}]"
    return _number(value)


def _yaml_text(text: str) -> str:
    if _BARE.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return f'"{"".join(map(_yaml_character, text))}"'


def _yaml_character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    # control characters, line separators and marks that reorder the text around them
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError("a text holds half a character")
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _number(number: float) -> str:
    if isinstance(number, int):
        return int.__repr__(number)
    if not math.isfinite(number):
        raise ValueError(f"{number} has no place in a feature config")
    text = float.__repr__(number)
    # readers of YAML 1.1 take 1e-05 for text
    return text if "." in text else text.replace("e", ".0e")


def _json(value: Plain) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not text.isprintable():
        text = "".join(map(_json_character, text))
    return text


def _json_character(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError("a text holds half a character")
    return json.dumps(character)[1:-1]
