"""What do ``featsel config validate``, ``show`` and ``diff`` do?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from featsel import __version__
from featsel.artifacts.documents import to_json
from featsel.artifacts.feature_configs import read_features
from featsel.core.feature_config import EmbeddingScheme, FeatureConfig
from featsel.core.feature_diff import FeatureDiff, diff_features
from featsel.core.table_size import field_bytes, table_bytes
from featsel.logs.fingerprint import fingerprint

VALIDATION_SCHEMA = "featsel.config-validation/1"
SUMMARY_SCHEMA = "featsel.config-summary/1"
DIFF_SCHEMA = "featsel.config-diff/1"


@dataclass(frozen=True)
class ConfigResult:
    """A feature config that was read, with the document that a command prints of it."""

    config: FeatureConfig
    document: Mapping[str, object]

    def to_json(self) -> str:
        """Text of the document."""
        return to_json(self.document)


@dataclass(frozen=True)
class DiffResult:
    """What differs between two feature configs, with the document that tells it."""

    diff: FeatureDiff
    document: Mapping[str, object]

    def to_json(self) -> str:
        """Text of the document."""
        return to_json(self.document)


def validate(path: Path) -> ConfigResult:
    """Check a feature config and its values file.

    Parameters
    ----------
    path : Path
        The config.

    Returns
    -------
    ConfigResult
        Of a config with which nothing is wrong.

    Raises
    ------
    ConfigError, DataError
        All that is wrong with it.
    """
    started = time.monotonic()
    config, _ = read_features(path)
    return ConfigResult(
        config, _document(VALIDATION_SCHEMA, [path], started, {"valid": True, "totals": _totals(config)})
    )


def show(path: Path) -> ConfigResult:
    """Sum a feature config up.

    Parameters
    ----------
    path : Path
        The config.

    Returns
    -------
    ConfigResult
        Totals, fields with their bytes, dropped fields.

    Raises
    ------
    ConfigError, DataError
        The config is wrong.
    """
    started = time.monotonic()
    config, _ = read_features(path)
    is_full = config.embedding.scheme is EmbeddingScheme.FULL
    fields = [
        {
            "name": field.name,
            "kind": field.kind,
            "encoding": field.encoding,
            "features": field.features,
            "of": field.of,
            "dim": field.dim,
            "bytes": field_bytes(field, config.rest, config.embedding.dtype) if is_full else None,
            "score": field.score,
        }
        for field in config.fields
    ]
    told = {
        "method": config.selection.method,
        "model": config.selection.model,
        "budget": config.selection.budget,
        "scheme": config.embedding.scheme,
        "totals": _totals(config),
        "fields": fields,
        "dropped": config.dropped,
    }
    return ConfigResult(config, _document(SUMMARY_SCHEMA, [path], started, told))


def diff(before: Path, after: Path) -> DiffResult:
    """Compare two feature configs.

    Parameters
    ----------
    before, after : Path
        The configs.

    Returns
    -------
    DiffResult
        Fields, features and other keys that differ.

    Raises
    ------
    ConfigError, DataError
        One of the configs is wrong.
    """
    started = time.monotonic()
    old, values_before = read_features(before)
    new, values_after = read_features(after)
    found = diff_features(old, new, values_before=values_before, values_after=values_after)
    told = {"differ": bool(found.fields or found.keys), "fields": found.fields, "keys": found.keys}
    return DiffResult(found, _document(DIFF_SCHEMA, [before, after], started, told))


def _totals(config: FeatureConfig) -> Mapping[str, int]:
    return {
        "fields": len(config.fields),
        "features": sum(field.features for field in config.fields),
        "of": sum(field.of for field in config.fields),
        "bytes": table_bytes(config),
        "dropped": len(config.dropped),
    }


def _document(
    schema: str, paths: Sequence[Path], started: float, told: Mapping[str, object]
) -> Mapping[str, object]:
    texts = [str(path) for path in paths]
    return {
        "schema": schema,
        "featsel": __version__,
        "input": {"paths": texts, "fingerprint": fingerprint(texts)},
        "options": {},
        **told,
        "elapsed_s": round(time.monotonic() - started, 3),
    }
