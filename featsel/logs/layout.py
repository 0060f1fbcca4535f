"""Which columns hold the entries of a sparse log, and how are they laid out?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from featsel.core.errors import UnreadableFileError
from featsel.core.schema import FieldKind
from featsel.logs.entries import SpooledLog

MAX_COLUMNS = 5000
"""Indices or fields that may become a column each; a wider Parquet file is slow to open."""

MAX_CELLS = 16_000_000
"""Numeric cells held at once while columns are written (128 MB), and the size of a row group."""

ROW_GROUP_ROWS = 250_000
"""Rows of a row group, where the columns are few."""

_DTYPES: dict[FieldKind, pl.DataType] = {
    FieldKind.CATEGORICAL: pl.String(),
    FieldKind.NUMERIC: pl.Float64(),
    FieldKind.MULTIVALUED: pl.List(pl.String()),
}


@dataclass(frozen=True)
class Conversion:
    """What a conversion wrote.

    Parameters
    ----------
    n_rows : int
        Rows written.
    columns : tuple of str
        Columns written, the label first.
    sentence : str
        How entries became columns, and what was dropped, for a person.
    """

    n_rows: int
    columns: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class ColumnPlan:
    """One column to lay out.

    Parameters
    ----------
    name : str
        Its name.
    key : int or str
        The key of its entries.
    kind : FieldKind
        Categorical cells hold the feature, multi-valued cells the list of features, numeric cells the value.
    """

    name: str
    key: int | str
    kind: FieldKind


def summarise_keys(log: SpooledLog) -> pl.DataFrame:
    """Summarise the entries of each key, over the whole log.

    Parameters
    ----------
    log : SpooledLog
        The log.

    Returns
    -------
    DataFrame
        A row for each ``key``, in order of appearance: ``several`` (some row has several entries),
        ``first`` and ``last`` (least and greatest feature), ``only_ones`` (no value other than 1).

    Raises
    ------
    UnreadableFileError
        If there are more than 5000 keys.
    """
    summary: pl.DataFrame | None = None
    for entries in log.entries():
        block = entries.group_by("key", maintain_order=True).agg(
            several=(pl.col("row").diff() == 0).any(),  # rows ascend
            first=pl.col("feature").min(),
            last=pl.col("feature").max(),
            only_ones=(pl.col("value") == 1).all(),
        )
        both = block if summary is None else pl.concat([summary, block])
        summary = both.group_by("key", maintain_order=True).agg(
            pl.col("several").any(), pl.col("first").min(), pl.col("last").max(), pl.col("only_ones").all()
        )
        if summary.height > MAX_COLUMNS:
            raise UnreadableFileError(
                f"file {log.path!r} has more than {MAX_COLUMNS} fields",
                "Check its format; a log with that many fields is read faster from Parquet.",
            )
    assert summary is not None, "a spooled log has entries"
    return summary


def plan_columns(keys: pl.DataFrame, names: Sequence[str]) -> list[ColumnPlan]:
    """Columns that hold the entries of some keys.

    Parameters
    ----------
    keys : DataFrame
        See :func:`summarise_keys`.
    names : sequence of str
        The name of each key's column.

    Returns
    -------
    list of ColumnPlan
        Multi-valued where a row has several entries; else numeric where one feature has values other than 1;
        else categorical.
    """
    is_numeric = (pl.col("first") == pl.col("last")) & ~pl.col("only_ones")
    kind = (
        pl.when("several")
        .then(pl.lit(FieldKind.MULTIVALUED.value))
        .when(is_numeric)
        .then(pl.lit(FieldKind.NUMERIC.value))
        .otherwise(pl.lit(FieldKind.CATEGORICAL.value))
    )
    return [
        ColumnPlan(name, key, FieldKind(kind))
        for name, (key, kind) in zip(names, keys.select("key", kind).iter_rows(), strict=True)
    ]


def describe_columns(keys: pl.DataFrame, columns: Sequence[ColumnPlan]) -> str:
    """Say how many columns there are of each kind, and which lost their values.

    Parameters
    ----------
    keys : DataFrame
        See :func:`summarise_keys`.
    columns : sequence of ColumnPlan
        The column of each key.

    Returns
    -------
    str
        End of a sentence, with its full stop.
    """
    counts = [(kind, sum(column.kind == kind for column in columns)) for kind in FieldKind]
    text = ", ".join(f"{count} {kind}" for kind, count in counts if count)
    losing = [
        column.name
        for column, only_ones in zip(columns, keys["only_ones"], strict=True)
        if not only_ones and column.kind is not FieldKind.NUMERIC
    ]
    if losing:
        more = f" and {len(losing) - 5} more" if len(losing) > 5 else ""
        text += f"; values other than 1 are dropped in {', '.join(losing[:5])}{more}"
    return f"{text}."


def write_log(
    log: SpooledLog,
    target: Path,
    columns: Sequence[ColumnPlan],
    *,
    sentence: str,
    key: pl.Expr | None = None,
    row_columns: Sequence[str] = (),
) -> Conversion:
    """Write the label and the columns of a spooled log as Parquet.

    Parameters
    ----------
    log : SpooledLog
        The log.
    target : Path
        The file to write; it is removed again if writing fails.
    columns : sequence of ColumnPlan
        The columns.
    sentence : str
        How they were chosen.
    key : Expr, optional
        What of an entry tells columns apart; its ``key`` if not given.
    row_columns : sequence of str
        Columns of the rows to write behind the label.

    Returns
    -------
    Conversion
        What was written.
    """
    batch_size = max(1, MAX_CELLS // len(columns))
    schema: dict[str, pl.DataType] = {"label": pl.Int8()}
    schema |= dict.fromkeys(row_columns, pl.Float64())
    schema |= {column.name: _DTYPES[column.kind] for column in columns}

    def batches(*_: object) -> Iterator[pl.DataFrame]:
        label = (pl.col("label") == 1).cast(pl.Int8)
        for rows, entries in zip(log.rows(), log.entries(), strict=True):
            keyed = entries.select("row", "value", "feature", key=pl.col("key") if key is None else key)
            for start in range(0, rows.height, batch_size):
                batch = rows.slice(start, batch_size).select(label, *row_columns)
                yield batch.hstack(_lay_out(_slice_rows(keyed, start, batch.height), columns, batch.height))

    try:
        register_io_source(batches, schema=pl.Schema(schema)).sink_parquet(
            target, row_group_size=min(batch_size, ROW_GROUP_ROWS)
        )
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return Conversion(log.n_rows, tuple(schema), sentence)


def _slice_rows(entries: pl.DataFrame, start: int, n_rows: int) -> pl.DataFrame:
    begin, end = np.searchsorted(entries["row"].to_numpy(), [start, start + n_rows]).tolist()
    return entries.slice(begin, end - begin).with_columns(pl.col("row") - start)


def _lay_out(entries: pl.DataFrame, columns: Sequence[ColumnPlan], n_rows: int) -> list[pl.Series]:
    """Cells of rows 0 to n_rows - 1, a series for each column."""
    numeric = [column for column in columns if column.kind is FieldKind.NUMERIC]
    cells = dict(_numeric_cells(entries, numeric, n_rows)) if numeric else {}
    if len(numeric) < len(columns):
        groups = entries.with_columns(pl.col("feature").cast(pl.String)).partition_by("key", as_dict=True)
        rows = pl.select(row=pl.int_range(n_rows, dtype=pl.UInt32))
        for column in columns:
            if column.kind is not FieldKind.NUMERIC:
                cells[column.name] = _feature_cells(groups.get((column.key,)), column, rows)
    return [cells[column.name] for column in columns]


def _numeric_cells(
    entries: pl.DataFrame, columns: Sequence[ColumnPlan], n_rows: int
) -> Iterator[tuple[str, pl.Series]]:
    keys = pl.Series("key", [column.key for column in columns], dtype=entries.schema["key"])
    codes = pl.DataFrame([keys]).with_row_index("code")
    found = entries.join(codes, on="key")
    at = found["code"].to_numpy(), found["row"].to_numpy()
    values = np.full((len(columns), n_rows), np.nan)
    values[at] = 0.0
    np.add.at(values, at, found["value"].to_numpy())  # a plain assignment would keep one of repeated entries
    for column, cells in zip(columns, values, strict=True):
        yield column.name, pl.Series(column.name, cells, nan_to_null=True)


def _feature_cells(group: pl.DataFrame | None, column: ColumnPlan, rows: pl.DataFrame) -> pl.Series:
    if group is None:
        return pl.Series(column.name, [None], dtype=_DTYPES[column.kind]).new_from_index(0, rows.height)
    if column.kind is FieldKind.MULTIVALUED:
        group = group.group_by("row", maintain_order=True).agg("feature")
    if group.height < rows.height:
        group = rows.join(group, on="row", how="left", maintain_order="left")
    return group["feature"].rename(column.name)
