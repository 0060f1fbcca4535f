"""Which columns stand in a libsvm or libffm log? Those that all of its entries show."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from featsel.core.schema import FieldKind
from featsel.logs import layout
from featsel.logs.entries import SpooledLog, reject_lines, spool_log
from featsel.logs.layout import (
    ColumnPlan,
    Conversion,
    describe_columns,
    plan_columns,
    summarise_keys,
    write_log,
)

_LIBSVM_HINT = "A libsvm line is 'label index:value index:value ...'; 'field:index:value' would be libffm."
_LIBFFM_HINT = "A libffm line is 'label field:index:value ...'; 'index:value' would be libsvm."


def convert_libsvm(paths: Sequence[str], target: Path) -> Conversion:
    """Write a libsvm (or libFM) file as Parquet.

    The format has no fields. Columns are, in this order of choice,

    - ``f1`` ... ``fk``, if every row has k entries and no index occurs at two positions, as one-hot encoded
      fields have, and no value is lost: cells are the index as String, or the value as Float64 where a
      position has one index and values other than 1;
    - ``x<index>``, if there are at most 5000 indices and values other than 1: the value as Float64. Absent
      entries, which stand for zero in a sparse matrix, are null;
    - ``f1`` ... ``fk`` again, if values must be lost;
    - ``features``, a list of the indices of the row as String.

    An entry without a value has the value 1; comments (``# ...``) and query ids (``qid:``) are dropped.
    An index that a row repeats counts with the sum of its values.

    Parameters
    ----------
    paths : sequence of str
        The files of one log, UTF-8 text; plain, gzip or Zstandard.
    target : Path
        The Parquet file to write: ``label`` (Int8, 0 or 1), then the columns. Folders for intermediate
        files are made beside it and removed.

    Returns
    -------
    Conversion
        What was written, with the choice in a sentence.

    Raises
    ------
    UnreadableFileError
        If a line is not libsvm.
    LabelError
        If the labels are neither 0 and 1 nor -1 and 1.
    EmptyLogError
        If the file has no rows, or no entries.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        log = spool_log(paths, Path(folder), _parse_libsvm)
        key, columns, sentence = _plan_libsvm(log)
        return write_log(log, target, columns, sentence=sentence, key=key)


def convert_libffm(paths: Sequence[str], target: Path) -> Conversion:
    """Write a libffm file as Parquet, a column ``field_<field>`` for each field.

    Cells are the index as String, null where a row has no entry of the field; a list of String where a row
    has several. A field with one index and values other than 1 is numeric: cells are its value as Float64.
    Any other field loses its values, which the sentence says if one of them is not 1.

    Parameters
    ----------
    paths : sequence of str
        The files of one log, UTF-8 text; plain, gzip or Zstandard.
    target : Path
        The Parquet file to write: ``label`` (Int8, 0 or 1), then the columns by number. Folders for
        intermediate files are made beside it and removed.

    Returns
    -------
    Conversion
        What was written, with the kinds of the columns in a sentence.

    Raises
    ------
    UnreadableFileError
        If a line is not libffm, or there are more than 5000 fields.
    LabelError
        If the labels are neither 0 and 1 nor -1 and 1.
    EmptyLogError
        If the file has no rows, or no entries.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        log = spool_log(paths, Path(folder), _parse_libffm)
        keys = summarise_keys(log).sort("key")
        columns = plan_columns(keys, [f"field_{field}" for field in keys["key"]])
        sentence = f"A column for each field: {describe_columns(keys, columns)}"
        return write_log(log, target, columns, sentence=sentence)


def _parse_libsvm(lines: pl.DataFrame, path: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    line = pl.col("line").str.replace("#.*", "").str.replace(r"^ ?([^ ]+) qid:[^ ]+", "${1}")
    rows, tokens = _split_words(lines.with_columns(line))
    index, value = (pl.col("token").str.splitn(":", 2).struct[part] for part in range(2))
    entries = tokens.select(
        "row",
        "token",
        key="position",
        feature=index.cast(pl.UInt64, strict=False),
        value=pl.when(value.is_null()).then(1.0).otherwise(value.cast(pl.Float64, strict=False)),
    )
    reject_lines(_bad_lines(rows, entries, expected="index:value"), path, hint=_LIBSVM_HINT)
    return rows.select("label", "n_entries"), entries.drop("token")


def _parse_libffm(lines: pl.DataFrame, path: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows, tokens = _split_words(lines)
    field, index, value = (pl.col("token").str.splitn(":", 3).struct[part] for part in range(3))
    entries = tokens.select(
        "row",
        "token",
        key=field.cast(pl.UInt64, strict=False),
        feature=index.cast(pl.UInt64, strict=False),
        value=value.cast(pl.Float64, strict=False),
    )
    reject_lines(_bad_lines(rows, entries, expected="field:index:value"), path, hint=_LIBFFM_HINT)
    return rows.select("label", "n_entries"), entries.drop("token")


def _split_words(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split lines, but blank ones, into rows (`number`, `found`, `label`, `n_entries`) and their tokens."""
    words = (
        lines.with_columns(pl.col("line").str.strip_chars(" "))
        .filter(pl.col("line") != "")
        .select("number", word=pl.col("line").str.split(" "))
    )
    word = pl.col("word")
    rows = words.select(
        "number",
        found=word.list.first(),
        label=word.list.first().cast(pl.Float64, strict=False),
        n_entries=word.list.len() - 1,
    )
    tokens = words.select(
        row=pl.int_range(pl.len(), dtype=pl.UInt32),
        position=pl.int_ranges(0, word.list.len() - 1, dtype=pl.UInt64),
        token=word.list.slice(1),
    ).explode("position", "token")
    return rows, tokens


def _bad_lines(rows: pl.DataFrame, entries: pl.DataFrame, *, expected: str) -> list[pl.DataFrame]:
    label = rows.filter(pl.col("label").is_null()).with_columns(expected=pl.lit("a label"))
    token = entries.filter(pl.any_horizontal(pl.col("key", "feature", "value").is_null()))
    numbers = rows["number"].gather(token["row"])
    return [label, token.select(number=numbers, found="token", expected=pl.lit(expected))]


def _plan_libsvm(log: SpooledLog) -> tuple[pl.Expr, list[ColumnPlan], str]:
    """Key of the entries, columns, and the choice in a sentence."""
    lengths = sorted({length for rows in log.rows() for length in rows["n_entries"].unique()})
    positions = summarise_keys(log) if lengths[0] == lengths[-1] <= layout.MAX_COLUMNS else None
    if positions is not None and not _are_disjoint(log, positions):
        positions = None
    keeps_values = positions is not None and _keeps_values(positions)
    indices = None if keeps_values else _numeric_indices(log)
    if indices is not None:
        numeric = [ColumnPlan(f"x{index}", index, FieldKind.NUMERIC) for index in indices]
        return (
            pl.col("feature"),
            numeric,
            f"{len(numeric)} indices with values other than 1: each is a numeric column x<index>, "
            "null where a row has no entry.",
        )
    if positions is not None:
        by_position = plan_columns(positions, [f"f{position + 1}" for position in positions["key"]])
        return (
            pl.col("key"),
            by_position,
            f"Every row has {lengths[0]} entries and no index occurs at two positions, so positions are "
            f"fields: {describe_columns(positions, by_position)}",
        )
    why = (
        f"rows have {lengths[0]} to {lengths[-1]} entries"
        if lengths[0] < lengths[-1]
        else "indices occur at several positions"
    )
    dropped = "" if all(_has_only_ones(entries) for entries in log.entries()) else "; values are dropped"
    return (
        pl.lit(0),
        [ColumnPlan("features", 0, FieldKind.MULTIVALUED)],
        f"The log has no fields ({why}): indices are one multi-valued column, features{dropped}.",
    )


def _are_disjoint(log: SpooledLog, positions: pl.DataFrame) -> bool:
    """Whether no index occurs at two positions."""
    spans = positions.sort("first")
    if (spans["first"].slice(1) > spans["last"].head(-1)).all():
        return True
    # Interleaved positions need the set of all indices in memory. Most logs without fields give themselves
    # away in the first block.
    paths = [entries for _, entries in log.blocks]
    return not any(_is_any_index_shared(some) for some in (paths[:1], paths))


def _is_any_index_shared(paths: list[Path]) -> bool:
    by_index = pl.scan_ipc(paths).group_by("feature").agg(shared=pl.col("key").min() != pl.col("key").max())
    shared = by_index.select(pl.col("shared").any()).collect(engine="streaming")
    return bool(shared.item())


def _keeps_values(positions: pl.DataFrame) -> bool:
    """Whether columns by position lose no value, and positions are more than the columns of a matrix."""
    is_single = positions["first"] == positions["last"]
    is_plain = positions["only_ones"]
    return bool((is_single | is_plain).all() and (is_plain.all() or not is_single.all()))


def _numeric_indices(log: SpooledLog) -> list[int] | None:
    """Sort the indices; None if they are too many for columns, or have no value other than 1."""
    indices: set[int] = set()
    only_ones = True
    for entries in log.entries():
        new = entries["feature"].unique()
        if new.len() > layout.MAX_COLUMNS or len(indices.union(new)) > layout.MAX_COLUMNS:
            return None
        indices.update(new)
        only_ones = only_ones and _has_only_ones(entries)
    return None if only_ones else sorted(indices)


def _has_only_ones(entries: pl.DataFrame) -> bool:
    return bool((entries["value"] == 1).all())
