"""Which columns stand in a log of Vowpal Wabbit text? One for each namespace.

The mechanics are those of :mod:`featsel.logs.entries` and :mod:`featsel.logs.layout`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

import polars as pl

from featsel.core.errors import LabelError
from featsel.logs.entries import SpooledLog, reject_lines, spool_log
from featsel.logs.layout import Conversion, describe_columns, plan_columns, summarise_keys, write_log

DEFAULT_NAMESPACE = "default"
"""Column of the features that stand behind a bar without a name."""

RESERVED_COLUMNS = frozenset({"label", "importance"})
"""Columns of the row; a namespace of that name gets the prefix ``ns_``."""

_HINT = 'A line is "label [importance [base]] [\'tag]|namespace[:scale] feature[:value] ... |namespace ...".'


def convert_vw(paths: Sequence[str], target: Path) -> Conversion:
    """Write a Vowpal Wabbit text file as Parquet, a column for each namespace.

    Cells are the name of the feature as String, null where a row has none; a list of String where a row has
    several. A namespace with one feature and values other than 1 is numeric: cells are its value as Float64,
    times the scale of the namespace. Any other namespace loses its values, which the sentence says if one of
    them is not 1. Tags and bases are dropped; a namespace that occurs twice in a line counts as one.

    Parameters
    ----------
    paths : sequence of str
        The files of one log, UTF-8 text of simple (one number) labels; plain, gzip or Zstandard.
    target : Path
        The Parquet file to write: ``label`` (Int8, 0 or 1); ``importance`` (Float64) if a line gives one,
        1 where it does not; then the namespaces in order of appearance, that without a name as ``default``.
        Folders for intermediate files are made beside it and removed.

    Returns
    -------
    Conversion
        What was written, with the kinds of the columns in a sentence.

    Raises
    ------
    UnreadableFileError
        If a line is not Vowpal Wabbit text, or there are more than 5000 namespaces.
    LabelError
        If a line has no label, or the labels are neither 0 and 1 nor -1 and 1.
    EmptyLogError
        If the file has no rows, or no features.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        log = spool_log(paths, Path(folder), _parse)
        keys = summarise_keys(log)
        namespaces = keys["key"].to_list()
        columns = plan_columns(keys, [_column_name(namespace, namespaces) for namespace in namespaces])
        sentence = f"A column for each namespace: {describe_columns(keys, columns)}"
        row_columns = ["importance"] if _has_importance(log) else []
        return write_log(log, target, columns, sentence=sentence, row_columns=row_columns)


def _column_name(namespace: str, namespaces: Collection[str]) -> str:
    name = namespace or DEFAULT_NAMESPACE
    while name in RESERVED_COLUMNS or (name in namespaces and name != namespace):
        name = f"ns_{name}"
    return name


def _has_importance(log: SpooledLog) -> bool:
    return any(bool(rows["has_importance"].any()) for rows in log.rows())


def _parse(lines: pl.DataFrame, path: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    half = pl.col("line").str.splitn("|", 2)
    halves = (
        lines.with_columns(pl.col("line").str.strip_chars_start(" "))
        .filter(pl.col("line") != "")
        .with_columns(head=half.struct[0], namespaces=half.struct[1])
    )
    no_bar = halves.filter(pl.col("namespaces").is_null()).select(
        "number", found="line", expected=pl.lit("a '|' behind the label")
    )
    rows, bad_heads = _parse_heads(halves)
    entries, bad_namespaces = _parse_namespaces(halves)
    reject_lines([no_bar, bad_heads, *bad_namespaces], path, hint=_HINT)
    unlabelled = rows.filter(pl.col("label").is_null())
    if not unlabelled.is_empty():
        number, line = unlabelled.select("number", "line").row(0)
        raise LabelError(
            f"file {path!r}, line {number:,} has no label: {line[:60]!r}",
            "Leave out rows without a label; a word that touches the first '|' is a tag, not a label.",
        )
    return rows.select("label", "importance", "has_importance"), entries


def _parse_heads(halves: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows from what stands before the first bar, and the bad ones among them."""
    # The last word is a tag if it starts with a quote or touches the bar, even where no other word is left.
    head, words, numbers = pl.col("head"), pl.col("words"), pl.col("numbers")
    is_tagged = words.list.last().str.starts_with("'") | ~head.str.ends_with(" ")
    parsed = (
        halves.with_columns(words=head.str.strip_chars_end(" ").str.split(" "))
        .with_columns(words=pl.when(is_tagged).then(words.list.head(words.list.len() - 1)).otherwise(words))
        .with_columns(numbers=words.cast(pl.List(pl.Float64), strict=False))
    )
    importance = numbers.list.get(1, null_on_oob=True)
    rows = parsed.select(
        "number",
        "line",
        label=numbers.list.first(),
        importance=importance.fill_null(1.0),
        has_importance=importance.is_not_null(),
    )
    bad = parsed.filter((words.list.len() > 3) | numbers.list.contains(None, nulls_equal=True))
    return rows, bad.select("number", found=head, expected=pl.lit("a label, an importance and a base"))


def _parse_namespaces(halves: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Entries from what stands behind the first bar, and the bad ones among them."""
    part, token = pl.col("namespaces").str.split("|"), pl.col("token")
    named = pl.col("part").str.splitn(" ", 2)
    name, feature = pl.col("name").str.splitn(":", 2), token.str.splitn(":", 2)
    entries = (
        halves.select("number", row=pl.int_range(pl.len(), dtype=pl.UInt32), part=part)
        .explode("part")
        .select(
            "number",
            "row",
            name=named.struct[0],
            token=named.struct[1].str.strip_chars_end(" ").str.split(" "),
        )
        .with_columns(key=name.struct[0], scale=_number_or_one(name.struct[1]))
        .explode("token")
        .filter(token != "")
        .with_columns(feature=feature.struct[0], value=_number_or_one(feature.struct[1]))
    )
    bad_scale = entries.filter(pl.col("scale").is_null())
    bad_token = entries.filter(pl.col("value").is_null() | (pl.col("feature") == ""))
    bad = [
        bad_scale.select("number", found="name", expected=pl.lit("namespace[:scale]")),
        bad_token.select("number", found="token", expected=pl.lit("feature[:value]")),
    ]
    return entries.select("row", "key", "feature", value=pl.col("value") * pl.col("scale")), bad


def _number_or_one(text: pl.Expr) -> pl.Expr:
    return pl.when(text.is_null()).then(1.0).otherwise(text.cast(pl.Float64, strict=False))
