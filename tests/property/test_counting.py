"""Is what the engine counts what a plain group-by counts?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featsel.core.counts import ContingencyTable, FieldCounts
from featsel.core.schema import Field, FieldKind, LogSchema
from featsel.engines import local, value_counts
from featsel.engines.local import LogCounts, Resources, count_fields

law = settings(deadline=None, max_examples=40, derandomize=True)

COLUMNS: dict[str, tuple[pl.DataType, st.SearchStrategy[Any]]] = {
    "text": (
        pl.String(),
        st.none() | st.sampled_from(["", "a", "b", "null", "é", "0"]) | st.text(max_size=3),
    ),
    "integer": (pl.Int64(), st.none() | st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1)),
    "float": (
        pl.Float64(),
        st.none() | st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf]) | st.floats(),
    ),
    "boolean": (pl.Boolean(), st.none() | st.booleans()),
    "list": (pl.List(pl.Int64()), st.none() | st.lists(st.none() | st.integers(0, 5), max_size=4)),
    "floats": (
        pl.List(pl.Float64()),
        st.none() | st.lists(st.sampled_from([0.0, -0.0, math.nan]), max_size=3),
    ),
}


@st.composite
def logs(draw: st.DrawFn) -> pl.DataFrame:
    n_rows = draw(st.integers(1, 80))
    rows = {
        name: pl.Series(draw(st.lists(values, min_size=n_rows, max_size=n_rows)), dtype=dtype, strict=False)
        for name, (dtype, values) in COLUMNS.items()
    }
    labels = draw(st.lists(st.integers(0, 1), min_size=n_rows, max_size=n_rows))
    return pl.DataFrame({"label": pl.Series(labels, dtype=pl.Int8), **rows})


LIMITS = st.fixed_dictionaries(
    {
        "TABLE_VALUES": st.sampled_from([1, 2, 8, 1 << 15]),
        "SPILL_KEYS": st.sampled_from([1, 2, 16, 1 << 20]),
        "MERGE_KEYS": st.sampled_from([1, 5, 1 << 19]),
        "USELESS_TABLE_MISSES": st.sampled_from([0.0, 0.6, 1.0]),
        "batch_rows": st.sampled_from([1, 7, 1000]),
        "n_threads": st.sampled_from([1, 3]),
        "group_fields": st.sampled_from([1, 4]),
    }
)


def count(log: pl.DataFrame, limits: dict[str, Any], *, numeric: bool = False, n_bins: int = 8) -> LogCounts:
    fields = []
    for name, dtype in log.drop("label").schema.items():
        kind = FieldKind.MULTIVALUED if dtype.is_nested() else FieldKind.CATEGORICAL
        fields.append(Field(name, FieldKind.NUMERIC if numeric else kind, "the test says so"))

    def read(columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        return log.select(columns).iter_slices(limits["batch_rows"])

    table_values, spill_keys = limits["TABLE_VALUES"], limits["SPILL_KEYS"]
    with (
        patch.multiple(local, TABLE_VALUES=table_values, LEAST_TABLE_VALUES=table_values),
        patch.multiple(local, SPILL_KEYS=spill_keys, LEAST_SPILL_KEYS=spill_keys),
        patch.multiple(local, GROUP_FIELDS=limits["group_fields"]),
        patch.multiple(
            value_counts,
            MERGE_KEYS=limits["MERGE_KEYS"],
            USELESS_TABLE_MISSES=limits["USELESS_TABLE_MISSES"],
        ),
    ):
        return count_fields(
            LogSchema(tuple(fields), "label"),
            read=read,
            read_label=lambda labels: labels.cast(pl.UInt8).to_numpy(),
            is_columnar=True,
            n_bins=n_bins,
            resources=Resources(limits["n_threads"], 1 << 30),
            advance=lambda _: None,
        )


def pair_counts(table: ContingencyTable) -> Counter[tuple[int, ...]]:
    rows = Counter[tuple[int, ...]]()
    for counts, multiplicity in zip(table.counts.tolist(), table.multiplicity.tolist(), strict=True):
        rows[tuple(counts)] += multiplicity
    return rows


def grouped(log: pl.DataFrame, name: str) -> pl.DataFrame:
    """Oracle: rows of each label and value, in the order of the values; a list holds a value once."""
    rows = log.select("label", value=name).with_row_index()
    if log[name].dtype.is_nested():
        rows = rows.explode("value", empty_as_null=True, keep_nulls=True)
    if rows["value"].dtype.is_float():
        rows = rows.with_columns(pl.col("value").fill_nan(None) + 0.0)
    return (
        rows.unique()
        .group_by("value")
        .agg(negatives=(pl.col("label") == 0).sum(), positives=(pl.col("label") == 1).sum())
        .sort("value", nulls_last=True)
    )


def check_nulls(field: FieldCounts, oracle: pl.DataFrame) -> None:
    null = oracle.filter(pl.col("value").is_null()).select("negatives", "positives").rows()
    assert [field.null_counts] == (null or [(0, 0)])


@law
@given(logs(), LIMITS)
def test_counts_are_those_of_a_group_by(log: pl.DataFrame, limits: dict[str, Any]) -> None:
    counts = count(log, limits)

    assert counts.n_rows == log.height
    assert counts.n_positive == log["label"].sum()
    for field in counts.fields:
        oracle = grouped(log, field.name)
        assert pair_counts(field.table) == Counter(oracle.select("negatives", "positives").rows())
        assert field.cardinality == field.table.n_values == oracle.height
        check_nulls(field, oracle)


@law
@given(logs(), LIMITS)
def test_bins_are_runs_of_values(log: pl.DataFrame, limits: dict[str, Any]) -> None:
    log = log.select("label", "float", pl.col("integer").clip(-(2**52), 2**52), "boolean")
    # a table holds at least as many values as there are bins
    limits = limits | {"TABLE_VALUES": max(8, limits["TABLE_VALUES"])}

    for field in count(log, limits, numeric=True).fields:
        oracle = grouped(log, field.name)
        check_nulls(field, oracle)
        assert field.cardinality == oracle.height
        values = oracle.filter(pl.col("value").is_not_null()).select("negatives", "positives").to_numpy()
        bins = field.table.counts[: field.table.n_values - (values.shape[0] < oracle.height)]
        assert bins.shape[0] <= 8
        # every bin boundary is a boundary between values: no value is split, none is out of order
        ends = np.cumsum(values, axis=0).tolist()
        assert all(end in ends for end in np.cumsum(bins, axis=0).tolist())
        assert bins.sum() == values.sum()
        if values.shape[0] <= 8:
            np.testing.assert_array_equal(bins, values)


@law
@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=400, unique=True),
    st.integers(2, 40),
    LIMITS,
)
def test_bins_of_distinct_values_differ_by_one_row(
    values: list[int], n_bins: int, limits: dict[str, Any]
) -> None:
    log = pl.DataFrame({"label": np.zeros(len(values), np.int8), "number": values})

    limits = limits | {"TABLE_VALUES": max(64, limits["TABLE_VALUES"])}
    (field,) = count(log, limits, numeric=True, n_bins=n_bins).fields

    rows = field.table.counts[:, 0]
    assert rows.size == min(n_bins, len(values))
    assert rows.max() - rows.min() <= 1


@law
@given(logs(), LIMITS, LIMITS, st.integers(0, 999))
def test_rows_batches_and_threads_may_be_arranged_anyhow(
    log: pl.DataFrame, limits: dict[str, Any], other: dict[str, Any], seed: int
) -> None:
    shuffled = log.sample(fraction=1, shuffle=True, seed=seed)

    for one, two in zip(count(log, limits).fields, count(shuffled, other).fields, strict=True):
        assert pair_counts(one.table) == pair_counts(two.table)
        assert (one.cardinality, one.n_null, one.null_counts) == (
            two.cardinality,
            two.n_null,
            two.null_counts,
        )


@pytest.mark.slow
def test_a_million_rows_are_counted_exactly() -> None:
    rng = np.random.default_rng(0)
    n_rows = 1_000_000
    log = pl.DataFrame(
        {
            "label": rng.random(n_rows) < 0.1,
            "id": rng.permutation(n_rows),
            "user": rng.zipf(1.2, n_rows).clip(max=10**9),
            "text": pl.Series(rng.integers(0, 200_000, n_rows)).cast(pl.String),
        }
    ).with_columns(pl.col("label").cast(pl.Int8))
    limits = {"TABLE_VALUES": 1024, "SPILL_KEYS": 4096, "MERGE_KEYS": 1 << 15, "USELESS_TABLE_MISSES": 0.6}

    counts = count(log, limits | {"batch_rows": 1 << 16, "n_threads": 2, "group_fields": 4})

    for field in counts.fields:
        assert pair_counts(field.table) == Counter(
            grouped(log, field.name).select("negatives", "positives").rows()
        )
