"""How is a feature config saved and loaded? As YAML or JSON, with its features in a Parquet file beside it.

What is loaded is right: everything wrong with the files is told at once, each with its place.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from featsel.artifacts.atomic import check_target, replacing, write_text
from featsel.artifacts.feature_document import is_file_name, parse_config
from featsel.artifacts.feature_text import to_json_text, to_yaml
from featsel.artifacts.feature_values import (
    VALUES_SCHEMA,
    check_features,
    in_order,
    read_values,
    values_path,
    write_values,
)
from featsel.artifacts.json_nodes import parse_json
from featsel.artifacts.nodes import MEND, Node, Problem, node_at
from featsel.artifacts.problems import told
from featsel.artifacts.texts import read_text
from featsel.artifacts.yaml_nodes import parse_yaml
from featsel.core.errors import ConfigError
from featsel.core.feature_config import FeatureConfig, ValuesFile

FORMATS = {
    ".yaml": (parse_yaml, to_yaml),
    ".yml": (parse_yaml, to_yaml),
    ".json": (parse_json, to_json_text),
}
"""How files are read and written, by extension."""

LARGEST_BYTES = 64 << 20
"""Of a config, which has no values inside: tens of thousands of fields."""


def read_features(path: Path) -> tuple[FeatureConfig, pl.DataFrame]:
    """Load a feature config with its features.

    Parameters
    ----------
    path : Path
        YAML or JSON, by its extension.

    Returns
    -------
    config : FeatureConfig
        Checked, so that nobody has to again.
    values : polars.DataFrame
        One row a feature, in the order of the fields and by code: ``field`` (name as in the field's
        ``values``), ``value`` (null for the null feature), ``code`` (uint32, from 1), ``count`` (int64),
        ``score`` (float64 or null). Empty where no field has values.

    Raises
    ------
    MissingFileError
        There is no such config.
    ConfigError
        Something is wrong with it or with its values file; the message names all of it.
    """
    problems: list[Problem] = []
    config, root = _parse(path, problems)
    values = _load_values(path, config, root, problems)
    if problems:
        raise ConfigError(told(_title(path), problems), MEND)
    return config, values


def read_config(path: Path) -> FeatureConfig:
    """Load a feature config without its features, which need not be there.

    Parameters
    ----------
    path : Path
        YAML or JSON, by its extension.

    Returns
    -------
    FeatureConfig
        Checked as far as it tells by itself.

    Raises
    ------
    MissingFileError
        There is no such config.
    ConfigError
        Something is wrong with it; the message names all of it.
    """
    problems: list[Problem] = []
    config, _ = _parse(path, problems)
    if problems:
        raise ConfigError(told(_title(path), problems), MEND)
    return config


def write_features(path: Path, config: FeatureConfig, values: pl.DataFrame) -> FeatureConfig:
    """Save a feature config with its features.

    The features are in place before the config that needs them. Whoever is interrupted between the two leaves
    an older config with a checksum that does not fit, which no reader takes for a whole one.

    Parameters
    ----------
    path : Path
        YAML or JSON, by its extension; the features go to ``STEM.values.parquet`` beside it.
    config : FeatureConfig
        What ``config.values`` says is replaced.
    values : polars.DataFrame
        One row a feature, columns as :func:`read_features` returns them; in any order.

    Returns
    -------
    FeatureConfig
        As it was written: with the name and checksum of its values file.

    Raises
    ------
    ConfigError
        The extension is none of a config, or the folder cannot be written.
    ValueError
        The config is wrong, or the features are not its own: it could not be read again.
    """
    check_features_target(path)
    suffix, name = _suffix(path), values_path(path).name
    has_values = any(field.values is not None for field in config.fields)
    ordered = in_order(values.select(VALUES_SCHEMA.names()).cast(VALUES_SCHEMA), config)
    written = replace(config, values=ValuesFile(name, "0" * 64) if has_values else None)
    _check(written, suffix, ordered)
    if has_values:
        with replacing(values_path(path)) as temporary:
            sha256 = write_values(ordered, temporary)
        written = replace(config, values=ValuesFile(name, sha256))
    write_text(path, FORMATS[suffix][1](written))
    return written


def check_features_target(path: Path) -> None:
    """Refuse an output that could not hold a feature config, before any work is done.

    Parameters
    ----------
    path : Path
        The config to be written.

    Raises
    ------
    ConfigError
        The extension is none of a config, or the folder cannot be written.
    """
    _suffix(path)
    if not is_file_name(values_path(path).name):
        raise ConfigError(
            f"output {str(path)!r} has a name that not every system takes for one",
            "Leave out backslashes, colons and bytes that are no text.",
        )
    check_target(path)


def _parse(path: Path, problems: list[Problem]) -> tuple[FeatureConfig, Node]:
    title = _title(path)
    parse, _ = FORMATS[_suffix(path)]
    root = parse(read_text(path, title=title, most_bytes=LARGEST_BYTES), title=title, problems=problems)
    return parse_config(root, problems, title=title), root


def _title(path: Path) -> str:
    return f"feature config {str(path)!r}"


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise ConfigError(
            f"{str(path)!r} has no extension that a feature config has", f"Use one of {', '.join(FORMATS)}."
        )
    return suffix


def _load_values(path: Path, config: FeatureConfig, root: Node, problems: list[Problem]) -> pl.DataFrame:
    file = config.values
    if file is not None and file.path and file.sha256:
        node = node_at(root, "values")
        values = read_values(path.with_name(file.path), sha256=file.sha256, node=node, problems=problems)
        if values is not None:
            ordered = in_order(values, config)
            check_features(config, ordered, root, problems)
            return ordered
    return pl.DataFrame(schema=VALUES_SCHEMA)


def _check(config: FeatureConfig, suffix: str, values: pl.DataFrame) -> None:
    """Refuse to write what could not be read as the same again."""
    parse, write = FORMATS[suffix]
    title = "feature config"
    problems: list[Problem] = []
    root = parse(write(config), title=title, problems=problems)
    read = parse_config(root, problems, title=title)
    check_features(config, values, root, problems)
    if problems:
        raise ValueError(told(title, problems))
    if read != config:
        raise ValueError(f"{title}: it would be read as another one")
