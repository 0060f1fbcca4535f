from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from featsel.core.counts import FieldCounts
from featsel.core.errors import DataError
from featsel.engines import local, value_counts
from featsel.stats import group

from .conftest import Count


def table_rows(field: FieldCounts) -> list[tuple[list[float], int]]:
    table = group(field.table)
    return list(zip(table.counts.tolist(), table.multiplicity.tolist(), strict=True))


@pytest.fixture
def log(rng: np.random.Generator) -> pl.DataFrame:
    n_rows = 3000
    zipf = rng.zipf(1.3, n_rows)
    return pl.DataFrame(
        {
            "label": (rng.random(n_rows) < 0.2).astype(np.int8),
            "name": [None if value == 2 else f"v{value}" for value in zipf],
            "id": rng.permutation(n_rows),
            "price": rng.lognormal(size=n_rows).round(2),
            "flag": rng.random(n_rows) < 0.5,
            "tags": [rng.zipf(1.5, size).tolist() for size in rng.integers(0, 4, n_rows)],
            "weight": rng.lognormal(size=n_rows),
        }
    )


@pytest.fixture
def tiny_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "TABLE_VALUES", 32)
    monkeypatch.setattr(local, "LEAST_TABLE_VALUES", 32)
    monkeypatch.setattr(local, "SPILL_KEYS", 128)
    monkeypatch.setattr(local, "LEAST_SPILL_KEYS", 128)
    monkeypatch.setattr(value_counts, "MERGE_KEYS", 500)


@pytest.mark.parametrize("weight", [None, "weight"])
@pytest.mark.parametrize(
    "how",
    [
        {"n_threads": 3},
        {"batch_rows": 7},
        {"batch_rows": 1000, "n_threads": 2, "is_columnar": False},
        {"memory_bytes": 1},
    ],
)
def test_counts_do_not_depend_on_how_they_are_made(
    count: Count, log: pl.DataFrame, weight: str | None, how: dict[str, Any]
) -> None:
    log = log if weight else log.drop("weight")
    expected = count(log, numeric=["price"], weight=weight)

    counts = count(log, numeric=["price"], weight=weight, **how)

    assert counts.label_sums == expected.label_sums
    assert [table_rows(field) for field in counts.fields] == [table_rows(field) for field in expected.fields]
    assert [(f.n_null, f.null_counts) for f in counts.fields] == [
        (f.n_null, f.null_counts) for f in expected.fields
    ]


@pytest.mark.usefixtures("tiny_limits")
def test_spilled_weights_have_the_same_sums_to_the_last_bit(
    count: Count, log: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    spilled = count(log, numeric=["price"], weight="weight", batch_rows=100)
    monkeypatch.undo()

    in_memory = count(log, numeric=["price"], weight="weight")

    assert [table_rows(f) for f in spilled.fields] == [table_rows(f) for f in in_memory.fields]


def test_shuffled_rows_have_the_same_counts(count: Count, log: pl.DataFrame) -> None:
    log = log.drop("weight")

    shuffled = count(log.sample(fraction=1, shuffle=True, seed=1), numeric=["price"])

    assert [table_rows(f) for f in shuffled.fields] == [
        table_rows(f) for f in count(log, numeric=["price"]).fields
    ]


def test_whole_weights_are_repeated_rows(count: Count, log: pl.DataFrame, rng: np.random.Generator) -> None:
    repeats = rng.integers(1, 4, log.height)
    weighted = count(log.with_columns(weight=pl.Series(repeats)), numeric=["price"], weight="weight")

    repeated = count(log.drop("weight")[np.repeat(np.arange(log.height), repeats)], numeric=["price"])

    assert [table_rows(f) for f in weighted.fields] == [table_rows(f) for f in repeated.fields]
    assert weighted.label_sums == repeated.label_sums
    assert weighted.n_rows == log.height


def test_a_row_of_weight_zero_counts_for_nothing(count: Count) -> None:
    log = pl.DataFrame({"label": [0, 1, 1], "name": ["a", "a", "b"], "weight": [1.0, 2.0, 0.0]})

    counts = count(log, weight="weight")

    assert table_rows(counts.fields[0]) == [([1.0, 2.0], 1)]
    assert counts.label_sums == (1.0, 2.0)
    assert (counts.n_rows, counts.fields[0].cardinality) == (3, 2)


@pytest.mark.parametrize(
    ("weights", "found"),
    [([1.0, -2.0], "-2.0"), ([1.0, float("nan")], "nan"), ([1.0, None], "None"), (["1", "x"], "'x'")],
)
def test_a_weight_that_is_none_is_refused(count: Count, weights: list[Any], found: str) -> None:
    log = pl.DataFrame({"label": [0, 1], "name": ["a", "b"], "importance": weights})

    with pytest.raises(DataError) as caught:
        count(log, weight="importance")

    assert caught.value.message == f"weight 'importance' holds {found}"
    assert caught.value.hint == "Weights are numbers from 0 to 1e+12; fill or drop the rows without one."


def test_nulls_are_a_value_and_lower_the_coverage(count: Count) -> None:
    log = pl.DataFrame({"label": [0, 1, 1, 0], "name": ["a", None, None, "b"]})

    (field,) = count(log).fields

    assert (field.cardinality, field.n_null, field.coverage) == (3, 2, 0.5)
    assert field.null_counts == (0.0, 2.0)
    assert table_rows(field) == [([0, 2], 1), ([1, 0], 2)]


def test_nan_is_null_and_negative_zero_is_zero(count: Count) -> None:
    values = [0.0, -0.0, float("nan"), None]
    log = pl.DataFrame({"label": [0, 1, 1, 1], "category": values, "number": values})

    for_category, for_number = count(log, numeric=["number"]).fields

    assert table_rows(for_category) == table_rows(for_number) == [([0, 2], 1), ([1, 1], 1)]
    assert for_category.n_null == for_number.n_null == 2


def test_a_column_of_nulls_is_one_value(count: Count) -> None:
    log = pl.DataFrame(
        {"label": [0, 1], "text": [None, None], "number": [None, None]},
        schema={"label": pl.Int8, "text": pl.String, "number": pl.Float64},
    )

    for field in count(log, numeric=["number"]).fields:
        assert table_rows(field) == [([1, 1], 1)]
        assert (field.cardinality, field.coverage) == (1, 0.0)


def test_text_in_a_numeric_field_is_null_and_reported(count: Count) -> None:
    log = pl.DataFrame({"label": [0, 1, 1, 0], "price": ["1", "cheap", None, "n/a"]})

    counts = count(log, numeric=["price"])

    assert counts.unreadable == {"price": 2}
    assert counts.fields[0].n_null == 3


def test_a_row_counts_once_for_each_value_of_its_list(count: Count) -> None:
    log = pl.DataFrame({"label": [1, 0, 0, 1], "tags": [["a", "b", "a"], ["a"], [], None]})

    (field,) = count(log).fields

    # a: one row of each label; b: one positive row; null: the empty list and the missing one
    assert table_rows(field) == [([0, 1], 1), ([1, 1], 2)]
    assert (field.n_rows, field.n_null, field.null_counts) == (4, 2, (1.0, 1.0))


def test_weights_of_lists_are_those_of_their_rows(count: Count) -> None:
    log = pl.DataFrame({"label": [1, 0], "tags": [["a", "b", "a"], ["a"]], "weight": [0.5, 2.0]})

    (field,) = count(log, weight="weight").fields

    assert table_rows(field) == [([0.0, 0.5], 1), ([2.0, 0.5], 1)]


def test_integers_near_each_other_fill_a_small_table_quickly(count: Count) -> None:
    """Keys of round numbers end in 42 zero bits, which once made every look-up a walk through the table."""
    log = pl.DataFrame({"label": np.zeros(20_000, np.int8), "number": np.arange(20_000) % 500})

    (field,) = count(log, numeric=["number"], n_bins=1000).fields

    assert table_rows(field) == [([40, 0], 500)]


def test_all_cells_are_reported(count: Count, log: pl.DataFrame) -> None:
    told: list[int] = []

    count(log.drop("weight"), batch_rows=1000, advance=told.append)

    assert sum(told) == log.height * 5


def test_a_log_without_rows_has_no_counts(count: Count) -> None:
    log = pl.DataFrame(
        schema={"label": pl.Int8, "name": pl.String, "price": pl.Float64, "tags": pl.List(pl.Int8)}
    )

    counts = count(log, numeric=["price"])

    assert (counts.n_rows, counts.n_positive, counts.label_sums) == (0, 0, (0.0, 0.0))
    assert [field.cardinality for field in counts.fields] == [0, 0, 0]


@pytest.mark.usefixtures("tiny_limits")
def test_a_full_disk_ends_the_count_and_leaves_no_file(
    count: Count, log: pl.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_room(*_: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", no_room)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with pytest.raises(DataError, match="cannot take more spilled counts: No space left"):
        count(log, n_threads=2, batch_rows=100)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("tiny_limits")
def test_spilled_columns_leave_no_file(
    count: Count, log: pl.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    count(log, batch_rows=100)

    assert list(tmp_path.iterdir()) == []


def test_fields_share_the_memory_that_counting_has(count: Count) -> None:
    """A hundred columns of unique ids in text, at once, in 8 MB, are still counted exactly."""
    n_rows = 5000
    ids = np.arange(n_rows)
    log = pl.DataFrame({"label": ids % 2, **{f"f{index}": ids * index for index in range(1, 101)}})

    counts = count(log, is_columnar=False, memory_bytes=8 << 20, batch_rows=1000)

    assert {field.cardinality for field in counts.fields} == {n_rows}
    assert all(table_rows(field) == [([0, 1], 2500), ([1, 0], 2500)] for field in counts.fields)
