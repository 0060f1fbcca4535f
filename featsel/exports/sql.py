"""Which query turns a log into the codes of a feature config?

The query is plain SQL, which SQLite and DuckDB run as it is, with two exceptions: the parts of a cross are
read as JSON, which PostgreSQL does in another way, and lists need functions of DuckDB.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import PurePath

import polars as pl

from featsel.core.errors import ConfigError
from featsel.core.feature_config import OUT_OF_VOCABULARY, EncodedField, EncodedKind, Encoding, FeatureConfig
from featsel.exports.codes import KeptValues, bin_codes, is_weighted, kept_values, list_length
from featsel.exports.files import Export

LOG_TABLE = "log"
"""Table, view or file that the query reads."""

LARGEST_NUMBER = sys.float_info.max
"""Beyond it there is only infinity, and NaN."""

LARGEST_INTEGER = 2.0**53
"""Up to here floats hold every integer."""

VALUES_TABLE = "features.values"
"""Table of kept values where the config does not name its file."""


def to_sql(config: FeatureConfig, values: pl.DataFrame, name: str) -> Export:
    """Query that selects the kept columns of a log, each as codes.

    Parameters
    ----------
    config : FeatureConfig
        The config.
    values : polars.DataFrame
        Its values.
    name : str
        Name of the file, without extension.

    Returns
    -------
    Export
        ``NAME.sql``.

    Raises
    ------
    ConfigError
        A field is hashed, or its numbers are transformed in a way that SQL cannot follow.
    """
    kept = kept_values(config, values)
    table = VALUES_TABLE if config.values is None else PurePath(config.values.path).stem
    columns = [f"  {_label(config)} AS {identifier(config.label.name)}"]
    columns += [f"  l.{identifier(other)}" for other in (config.time, config.weight) if other is not None]
    joins: list[str] = []
    for index, field in enumerate(config.fields, start=1):
        expression, join = _field(field, kept.get(field.name), table, f"v{index}")
        columns.append(f"  {expression} AS {identifier(field.name)}")
        joins += [join] if join else []
    body = ",\n".join(columns)
    query = f"SELECT\n{body}\nFROM {identifier(LOG_TABLE)} AS l\n" + "".join(f"{join}\n" for join in joins)
    return Export({f"{name}.sql": f"{_header(config, table)}{query}"})


def identifier(name: str) -> str:
    """Name in double quotes, as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text in single quotes, as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def _header(config: FeatureConfig, table: str) -> str:
    lines = [
        f"-- Codes of the features that a feature config keeps, {len(config.fields)} fields.",
        "-- 0 is out of vocabulary; the order of the rows is not that of the log.",
        f"-- Tables: {LOG_TABLE} is the log, {table} its kept values. In DuckDB:",
        f"-- CREATE VIEW {identifier(LOG_TABLE)} AS SELECT * FROM 'log.parquet';",
    ]
    if config.values is not None:
        path = literal(config.values.path)
        lines.append(f"-- CREATE VIEW {identifier(table)} AS SELECT * FROM {path};")
    return "".join(f"{' '.join(line.splitlines())}\n" for line in lines)


def _label(config: FeatureConfig) -> str:
    column, positive = f"l.{identifier(config.label.name)}", config.label.positive
    if isinstance(positive, str):
        return f"CASE WHEN {_text(column)} = {literal(positive)} THEN 1 ELSE 0 END"
    return f"CASE WHEN CAST({column} AS INTEGER) = {positive} THEN 1 ELSE 0 END"


def _field(field: EncodedField, kept: KeptValues | None, table: str, alias: str) -> tuple[str, str]:
    """Expression of a field, and the join that it needs, if any."""
    column = f"l.{identifier(field.name)}"
    if is_weighted(field):
        scaled = f"({column} - ({field.mean!r})) / {field.scale!r}"
        finite = f"WHEN ABS({column}) <= {LARGEST_NUMBER!r} THEN {scaled}"
        return f"CASE WHEN {_is_missing(column)} THEN 0.0 {finite} ELSE 0.0 END", ""
    if field.encoding is Encoding.QUANTILE:
        return _bins(field, kept, column), ""
    if kept is None:
        raise ConfigError(
            f"field {field.name!r} is encoded as {field.encoding}, which SQL cannot compute",
            "Encode the log with featsel, or keep the field's values instead of hashing them.",
        )
    join = _join(table, alias, field)
    if field.encoding is Encoding.LOG2:
        return _or_null(
            _is_missing(column), kept, alias
        ), f'{join} AND {alias}."value" = {_log_square(column)}'
    if field.kind is EncodedKind.MULTIVALUED:
        return _list(field, kept, column, table), ""
    if field.kind is EncodedKind.CROSS:
        return _found(alias), join + _parts(field, kept, alias)
    text, is_null = _category(column, kept.codes)
    return _or_null(is_null, kept, alias), f'{join} AND {alias}."value" = {text}'


def _parts(field: EncodedField, kept: KeptValues, alias: str) -> str:
    """Conditions of the join on the parts of a cross."""
    lists: list[list[str | None]] = [json.loads(value) for value in kept.codes]
    conditions = ""
    for place, name in enumerate(field.of_fields):
        known = [each[place] for each in lists]
        text, is_null = _category(f"l.{identifier(name)}", [part for part in known if part is not None])
        part = f"({alias}.\"value\" ->> '$[{place}]')"
        conditions += f" AND {part} IS NOT DISTINCT FROM CASE WHEN {is_null} THEN NULL ELSE {text} END"
    return conditions


def _bins(field: EncodedField, kept: KeptValues | None, column: str) -> str:
    codes = bin_codes(field, kept)
    null = OUT_OF_VOCABULARY if kept is None else kept.null
    cases = "".join(
        f" WHEN {column} < {edge!r} THEN {code}" for edge, code in zip(field.edges, codes[:-1], strict=True)
    )
    return f"CASE WHEN {_is_missing(column)} THEN {null}{cases} ELSE {codes[-1]} END"


def _list(field: EncodedField, kept: KeptValues, column: str, table: str) -> str:
    values = column if field.separator is None else f"string_split({column}, {literal(field.separator)})"
    # a value counts once, where it first stands
    entries = (
        f"(SELECT entry, MIN(place) AS place FROM (SELECT UNNEST({values}) AS entry, "
        f"GENERATE_SUBSCRIPTS({values}, 1) AS place) AS entries GROUP BY entry)"
    )
    text, is_null = _category("e.entry", kept.codes)
    found = _or_null(is_null, kept, "v")
    join = f'{_join(table, "v", field)} AND v."value" = {text}'
    codes = f"(SELECT LIST({found} ORDER BY e.place) FROM {entries} AS e {join})"
    return f"COALESCE({codes}[1:{list_length(field)}], [{kept.null}])"


def _category(column: str, known: Iterable[str]) -> tuple[str, str]:
    """Text of a category as the values file has it, and whether it is missing.

    The type of the column is not known. A whole number in a column of floats is text without a point there; a
    column that holds whole numbers, and no text such as ``5.0``, may be one.
    """
    text, is_null = _text(column), f"{column} IS NULL"
    is_number = False
    for value in known:
        if value.endswith(".0"):
            return text, is_null
        is_number = is_number or re.fullmatch(r"-?\d+", value) is not None
    if not is_number:
        return text, is_null
    shortened = f"WHEN {text} LIKE '%.0' THEN SUBSTR({text}, 1, LENGTH({text}) - 2)"
    whole = f"CASE WHEN {text} = '-0.0' THEN '0' {shortened} ELSE {text} END"
    return whole, _is_missing(column)


def _or_null(is_null: str, kept: KeptValues, alias: str) -> str:
    return f"CASE WHEN {is_null} THEN {kept.null} ELSE {_found(alias)} END"


def _found(alias: str) -> str:
    return f'COALESCE({alias}."code", {OUT_OF_VOCABULARY})'


def _join(table: str, alias: str, field: EncodedField) -> str:
    name = literal(field.values or field.name)
    return f'LEFT JOIN {identifier(table)} AS {alias} ON {alias}."field" = {name}'


def _log_square(column: str) -> str:
    """Text of the whole number that ``log2`` makes of a number; null where it is none or too large."""
    square = f"WHEN {column} > 2 AND {column} <= {LARGEST_NUMBER!r} THEN FLOOR(LN({column}) * LN({column}))"
    small = f"WHEN {column} <= 2 AND {column} > -{LARGEST_INTEGER!r} THEN FLOOR({column})"
    return _text(f"CAST(CASE WHEN {_is_missing(column)} THEN NULL {square} {small} END AS BIGINT)")


def _is_missing(column: str) -> str:
    """Whether a number is null or NaN.

    As text, and before anything else: DuckDB drops comparisons that the statistics of a Parquet file answer,
    and those do not count NaN.
    """
    return f"{column} IS NULL OR LOWER({_text(column)}) = 'nan'"


def _text(column: str) -> str:
    return f"CAST({column} AS VARCHAR)"
