"""Which features does a feature config keep? They stand in a Parquet file beside it, and agree with it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import cast

import polars as pl

from featsel.artifacts.frames import ROW_GROUP_ROWS
from featsel.artifacts.nodes import Node, Problem, node_at, report, shown
from featsel.core.bins import bin_name
from featsel.core.feature_config import EncodedField, EncodedKind, Encoding, FeatureConfig

VALUES_SCHEMA = pl.Schema(
    {"field": pl.String, "value": pl.String, "code": pl.UInt32, "count": pl.Int64, "score": pl.Float64}
)
"""Columns of a values file; a null value is the null feature, a null score was not computed."""

SCALED = "x"
"""Value of the one feature of a standardised field whose embedding is multiplied."""


def values_path(config_path: Path) -> Path:
    """Values file that is written with a config.

    Parameters
    ----------
    config_path : Path
        The config.

    Returns
    -------
    Path
        Beside it.
    """
    return config_path.with_name(f"{config_path.stem}.values.parquet")


def write_values(values: pl.DataFrame, path: Path) -> str:
    """Write features as Parquet, the same bytes for the same features.

    Parameters
    ----------
    values : polars.DataFrame
        Of ``VALUES_SCHEMA``.
    path : Path
        The file.

    Returns
    -------
    str
        Its SHA-256, in hexadecimal digits.
    """
    values.rechunk().write_parquet(path, compression="zstd", row_group_size=ROW_GROUP_ROWS)
    return file_sha256(path)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_values(path: Path, *, sha256: str, node: Node, problems: list[Problem]) -> pl.DataFrame | None:
    """Features of a values file.

    Parameters
    ----------
    path : Path
        The file.
    sha256 : str
        Its checksum.
    node : Node
        What names the file in the config.
    problems : list of Problem
        Grows if the file is missing, another one, or no table of features.

    Returns
    -------
    polars.DataFrame or None
        Of ``VALUES_SCHEMA``; None if anything is wrong.
    """
    name = shown(path.name)
    try:
        found = file_sha256(path)
        if found != sha256:
            message = (
                f"values file {name} has the checksum {found[:12]}..., expected {sha256[:12]}...: it was not "
                "written with this config"
            )
            report(problems, node_at(node, "sha256"), message)
            return None
        values = pl.read_parquet(path, glob=False, hive_partitioning=False)
    except FileNotFoundError:
        report(problems, node_at(node, "path"), f"values file {name} is not beside the config")
        return None
    except OSError as error:
        report(
            problems, node_at(node, "path"), f"values file {name} cannot be read: {error.strerror or error}"
        )
        return None
    except pl.exceptions.PolarsError as error:
        report(problems, node_at(node, "path"), f"values file {name} is no Parquet file: {error}")
        return None
    if values.schema != VALUES_SCHEMA:
        columns = ", ".join(f"{column} ({dtype})" for column, dtype in values.schema.items())
        expected = ", ".join(f"{column} ({dtype})" for column, dtype in VALUES_SCHEMA.items())
        message = f"values file {name} has the columns {columns}, expected {expected}"
        report(problems, node_at(node, "path"), message)
        return None
    return values


def in_order(values: pl.DataFrame, config: FeatureConfig) -> pl.DataFrame:
    """Features by the order of the fields, then by code.

    Parameters
    ----------
    values : polars.DataFrame
        Of ``VALUES_SCHEMA``.
    config : FeatureConfig
        Whose fields they belong to.

    Returns
    -------
    polars.DataFrame
        The same rows.
    """
    order = {field.values: place for place, field in enumerate(config.fields) if field.values is not None}
    place = pl.col("field").replace_strict(order, default=len(order), return_dtype=pl.UInt32)
    return values.sort(place, "field", "code", maintain_order=True)


def check_features(config: FeatureConfig, values: pl.DataFrame, root: Node, problems: list[Problem]) -> None:
    """Note where a config and its features disagree.

    Parameters
    ----------
    config : FeatureConfig
        The config, as far as it could be read.
    values : polars.DataFrame
        Of ``VALUES_SCHEMA``.
    root : Node
        The document that the config was read from, for naming places.
    problems : list of Problem
        Grows.
    """
    wrong = values.filter(
        pl.col("field").is_null()
        | pl.col("code").is_null()
        | ~(pl.col("count") >= 0).fill_null(value=False)
        | ~pl.col("score").is_finite().fill_null(value=True)
    )
    if wrong.height:
        report(
            problems,
            node_at(root, "values"),
            f"the values file has {wrong.height:,} rows without a field, a code, a count of rows or a finite "
            f"score, such as {shown(wrong.row(0))}",
        )
    parts = values.partition_by("field", as_dict=True, maintain_order=True)
    known = {
        name.value: node
        for node in _items(node_at(root, "fields"))
        if isinstance((name := node_at(node, "values")).value, str)
    }
    for (name,) in parts:
        if name not in known and name is not None:
            message = f"the values file has features of {shown(name)}, which no field names"
            report(problems, node_at(root, "values"), message)
    for field in config.fields:
        if field.values is not None:
            _check_field(field, parts.get((field.values,)), known[field.values], problems)


def _items(node: Node) -> tuple[Node, ...]:
    return node.value if isinstance(node.value, tuple) else ()


def _check_field(
    field: EncodedField, values: pl.DataFrame | None, node: Node, problems: list[Problem]
) -> None:
    if values is None:
        message = f"the values file has no features of {shown(field.values)}"
        report(problems, node_at(node, "values"), message)
        return
    n = values.height
    if n != field.features:
        report(problems, node_at(node, "features"), f"{field.features:,}, but the values file has {n:,}")
    codes, texts = values["code"], values["value"]
    n_codes, first, last = codes.n_unique(), codes.min(), codes.max()
    if (first, last, n_codes) != (1, n, n):
        message = (
            f"{n:,} codes in the values file are {n_codes:,} different ones from {first!r} to {last!r}, "
            f"expected 1 to {n:,}"
        )
        report(problems, node_at(node, "values"), message)
    if texts.n_unique() != n:
        twice = texts.filter(texts.is_duplicated())[0]
        report(problems, node_at(node, "values"), f"value {_text(twice)} is in the values file twice")
    for wrong in _wrong_values(field, texts):
        report(problems, node_at(node, "values"), wrong)


def _wrong_values(field: EncodedField, values: pl.Series) -> list[str]:
    """Message on the first value that the field cannot have, if there is one."""
    match field.encoding, field.kind:
        case Encoding.QUANTILE, _:
            known = [bin_name(field.edges, index) for index in range(len(field.edges) + 1)]
            wrong = values.filter(values.is_not_null() & ~values.is_in(known))
            expected = f"one of the {len(known)} bins between its edges, such as {shown(known[0])}"
        case Encoding.STANDARD, _:
            wrong = values.filter(values.is_not_null() & (values != SCALED))
            expected = f"{SCALED!r} or null"
        case _, EncodedKind.CROSS:
            wrong = values.filter([not _is_pair(value, len(field.of_fields)) for value in values])
            expected = f"a JSON list of {len(field.of_fields)} texts or nulls"
        case _:
            return []
    return [f"value {_text(wrong[0])} in the values file is not {expected}"] if len(wrong) else []


def _is_pair(value: str | None, n_parts: int) -> bool:
    try:
        parts: object = json.loads(value) if value is not None else None
    except (ValueError, RecursionError):
        return False
    if not isinstance(parts, list):
        return False
    parts = cast("list[object]", parts)  # json's decoder makes no other lists
    return len(parts) == n_parts and all(part is None or isinstance(part, str) for part in parts)


def _text(value: str | None) -> str:
    return "null" if value is None else shown(value)
