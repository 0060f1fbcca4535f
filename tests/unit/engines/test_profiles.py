"""Profiles against what polars says of the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.profile import Categories, Numbers, Oddity
from featsel.core.schema import Field, FieldKind, LogSchema
from featsel.engines import profile_values, profiles
from featsel.engines.keys import number_keys
from featsel.engines.local import Resources
from featsel.engines.profile_values import number_of_key
from featsel.engines.profiles import ProfiledLog, profile_log
from featsel.engines.text_keys import text_keys, value_keys

Profile = Callable[..., ProfiledLog]


def profiled(
    frame: pl.DataFrame,
    *,
    numeric: Sequence[str] = (),
    time: str | None = None,
    positive: str | None = None,
    batch_rows: int = 1 << 20,
    n_threads: int = 1,
    memory_bytes: int = 1 << 30,
    is_columnar: bool = True,
) -> ProfiledLog:
    label = "label" if "label" in frame.columns else ""
    fields = []
    for name, dtype in frame.schema.items():
        if name in {label, time}:
            continue
        kind = FieldKind.NUMERIC if name in numeric else FieldKind.CATEGORICAL
        if isinstance(dtype, pl.List | pl.Array):
            kind = FieldKind.MULTIVALUED
        fields.append(Field(name, kind, "the test says so"))

    def read(columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        return frame.select(columns).iter_slices(batch_rows)

    return profile_log(
        LogSchema(tuple(fields), label, positive, None, time),
        read=read,
        is_columnar=is_columnar,
        resources=Resources(n_threads, memory_bytes),
        advance=lambda _: None,
    )


def a_log(n_rows: int = 5_000, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "label": rng.integers(0, 2, n_rows),
            "user": [f"u{value}" for value in rng.integers(0, 3_000, n_rows)],
            "few": [("a", "b", None)[place] for place in rng.integers(0, 3, n_rows)],
            "code": rng.integers(0, 40, n_rows),
            "price": np.where(rng.random(n_rows) < 0.1, np.nan, rng.lognormal(0, 1, n_rows)),
            "tags": [[int(tag) for tag in rng.integers(0, 5, 3)] for _ in range(n_rows)],
            "ts": np.arange(n_rows) * 60 + 1_700_000_000,
        }
    )


def as_text(log: ProfiledLog) -> str:
    """All of a profile, arrays included."""
    parts = []
    for field in log.fields:
        values = field.values
        arrays = (
            [values.head.marks, values.head.counts, values.sample.marks, values.sample.counts, values.buckets]
            if isinstance(values, Categories)
            else [values.edges, values.counts]
        )
        parts.append(repr(field) + repr([array.tolist() for array in arrays]))
    rows = log.rows
    sample = [keys.tolist() for keys in log.sample.keys]
    return repr(
        (
            parts,
            log.label,
            log.time and log.time.slots.tolist(),
            rows.n_distinct,
            rows.sample.marks.tolist(),
            sample,
        )
    )


@pytest.mark.parametrize(
    "how",
    [
        {"batch_rows": 37},
        {"n_threads": 3},
        {"memory_bytes": 1 << 20, "batch_rows": 999},
        {"is_columnar": False},
    ],
)
def test_a_profile_does_not_depend_on_how_the_log_is_read(how: dict[str, int]) -> None:
    log = a_log()

    assert as_text(profiled(log, numeric=["price"], time="ts", **how)) == as_text(
        profiled(log, numeric=["price"], time="ts")
    )


def test_categories_are_counted_as_polars_counts_them() -> None:
    log = a_log()
    (user,) = profiled(log.select("label", "user")).fields
    expected = log.group_by("user").agg(
        (pl.len() - pl.col("label").sum()).alias("negative"), pl.col("label").sum().alias("positive")
    )
    rows = expected["negative"] + expected["positive"]
    marks = dict(
        zip(
            (text_keys(expected["user"])[0] >> np.uint64(16)).tolist(),
            expected.select("negative", "positive").rows(),
            strict=True,
        )
    )
    values = user.values
    assert isinstance(values, Categories)

    assert values.n_distinct == expected.height
    assert values.n_once == (rows == 1).sum()
    assert values.n_rare_rows == rows.filter(rows < 10).sum()
    assert values.sample.marks.tolist() == sorted(marks)[:1024]
    assert [tuple(counts) for counts in values.sample.counts.tolist()] == [
        marks[mark] for mark in sorted(marks)[:1024]
    ]
    assert values.head.rows.tolist() == rows.sort(descending=True).head(256).to_list()
    assert all(
        tuple(counts) == marks[mark]
        for mark, counts in zip(values.head.marks.tolist(), values.head.counts.tolist(), strict=True)
    )
    assert values.buckets.sum(axis=0).tolist() == [expected["negative"].sum(), expected["positive"].sum()]


def test_null_is_no_value_but_is_counted() -> None:
    log = a_log()
    (few,) = profiled(log.select("label", "few")).fields

    assert few.n_null == log["few"].null_count()
    assert few.n_null_positive == log.filter(pl.col("few").is_null())["label"].sum()
    assert few.n_distinct == 2
    assert few.values.n_entries == log["few"].count()  # type: ignore[union-attr]
    assert few.top_rows == log["few"].value_counts()["count"].max()


def test_bins_of_numbers_end_at_numbers_of_the_log_and_hold_their_rows() -> None:
    log = a_log()
    price = log["price"].fill_nan(None)
    (field,) = profiled(log.select("label", "price"), numeric=["price"]).fields
    values = field.values
    assert isinstance(values, Numbers)

    upto = [(price <= edge).sum() for edge in values.edges.tolist()]
    assert np.cumsum(values.rows).tolist() == upto
    assert values.low == price.min()
    assert values.high == price.max()
    assert values.n_nan == field.n_null == log["price"].is_nan().sum()
    assert values.rows.max() <= 2 * price.count() / 256


def test_infinities_and_unreadable_text_are_counted() -> None:
    log = pl.DataFrame(
        {"label": [0, 1, 0, 1], "x": [1.0, np.inf, -np.inf, 2.0], "y": ["1", "2", "three", None]}
    )
    x, y = profiled(log, numeric=["x", "y"]).fields
    assert isinstance(x.values, Numbers)
    assert isinstance(y.values, Numbers)

    assert (x.values.n_infinite, x.n_null, x.values.high) == (2, 0, np.inf)
    assert (y.values.n_unreadable, y.n_null, y.n_null_positive) == (1, 2, 1)


@given(st.lists(st.floats(allow_nan=False), max_size=50))
def test_the_number_of_a_key_is_the_number(numbers: list[float]) -> None:
    array = np.array(numbers) + 0.0

    assert number_of_key(number_keys(array)).tolist() == array.tolist()


def test_a_row_counts_once_for_each_value_of_its_list() -> None:
    log = pl.DataFrame({"label": [1, 0, 0], "tags": [["a", "a", "b"], ["b"], []]})
    (tags,) = profiled(log).fields
    values = tags.values
    assert isinstance(values, Categories)

    assert sorted(values.sample.rows.tolist()) == [1, 2]
    assert (tags.n_null, values.n_entries) == (1, 3)


def test_rows_are_equal_whatever_the_order_of_their_columns() -> None:
    log = a_log().drop("tags")
    rows = profiled(log, time="ts").rows
    other = profiled(log.select(reversed(log.columns)), time="ts").rows

    assert rows.sample.marks.tolist() == other.sample.marks.tolist()
    assert rows.columns == other.columns


def test_repeated_and_conflicting_rows_are_counted() -> None:
    log = pl.DataFrame({"label": [0, 0, 1, 0, 1], "a": ["x", "x", "x", "y", "z"], "b": [1, 1, 1, 1, 1]})
    rows = profiled(log).rows

    assert (rows.n_distinct, rows.n_once, rows.n_repeated, rows.n_conflicting) == (3, 2, 1, 3)


def test_rows_that_differ_only_in_a_later_group_of_columns_differ() -> None:
    log = pl.DataFrame({"label": [0, 0], **{f"c{index}": [1, 1] for index in range(9)}, "last": [1, 2]})

    assert profiled(log).rows.n_distinct == 2


def test_the_sample_holds_whole_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "SAMPLE_ROWS", 500)
    n_rows = 4_000
    log = pl.DataFrame(
        {"label": np.arange(n_rows) % 2, **{f"c{index}": np.arange(n_rows) for index in range(6)}}
    )
    sample = profiled(log, batch_rows=333).sample

    assert 200 <= sample.labels.size <= 500
    assert all((keys == sample.keys[0]).all() for keys in sample.keys[1:])
    # rows are their own numbers, so that a key tells the label of its row
    label_of = {key: row % 2 for row, key in enumerate(value_keys(log["c0"]).tolist())}
    assert [label_of[key] for key in sample.keys[0].tolist()] == sample.labels.tolist()


def test_a_log_without_label_or_time_has_a_profile() -> None:
    log = profiled(a_log().drop("label", "ts"), numeric=["price"])

    assert log.label is None
    assert log.time is None
    assert log.n_rows == 5_000


def test_labels_survive_all_that_is_wrong_with_them() -> None:
    label = profiled(pl.DataFrame({"label": ["1", "0", None, "2", "true", " 0 "], "a": range(6)})).label

    assert label is not None
    assert (label.n_positive, label.n_null, label.n_foreign, label.foreign) == (2, 1, 1, ("2",))


def test_a_named_positive_value_has_one_other() -> None:
    labels = ["yes", "no", "no", "perhaps", None]
    label = profiled(pl.DataFrame({"label": labels, "a": range(5)}), positive="yes").label

    assert label is not None
    assert (label.n_positive, label.n_null, label.foreign) == (1, 1, ("perhaps",))


def test_runs_of_labels_do_not_depend_on_batches() -> None:
    log = pl.DataFrame({"label": [0, 0, 1, 1, 1, 0], "a": range(6)})

    for batch_rows in (1, 2, 6):
        label = profiled(log, batch_rows=batch_rows).label
        assert label is not None
        assert label.n_runs == 3


@pytest.mark.parametrize(
    ("times", "low"),
    [
        (pl.Series([1_700_000_000, 1_700_003_600]), 1.7e9),
        (pl.Series([1_700_000_000_000, 1_700_003_600_000]), 1.7e9),
        (pl.Series([1_700_000_000, 1_700_003_600]).cast(pl.Datetime("ms")), 1.7e6),
        (pl.Series([19_675, 19_676]).cast(pl.Int32).cast(pl.Date), 19_675 * 86_400),
    ],
)
def test_times_are_seconds_whatever_their_unit(times: pl.Series, low: float) -> None:
    time = profiled(pl.DataFrame({"label": [0, 1], "a": [1, 2], "ts": times}), time="ts").time

    assert time is not None
    assert time.low == low
    assert time.is_calendar


def test_slots_of_time_hold_all_rows_and_become_longer_where_they_are_many() -> None:
    hours = np.arange(3_000)
    time = profiled(
        pl.DataFrame({"label": hours % 2, "a": hours, "ts": hours * 3600 + 1_700_000_000}), time="ts"
    ).time

    assert time is not None
    assert time.slots.sum() == 3_000
    assert time.slots.size <= 1024
    assert time.width == 4 * 3600
    assert time.n_backward == 0


def test_rows_out_of_order_are_counted() -> None:
    log = pl.DataFrame({"label": [0, 1, 0, 1], "a": range(4), "ts": [5, 3, 4, 1]})

    for batch_rows in (1, 4):
        time = profiled(log, time="ts", batch_rows=batch_rows).time
        assert time is not None
        assert (time.n_backward, time.low, time.high, time.is_calendar) == (2, 1.0, 5.0, False)


def test_odd_text_comes_with_its_first_row() -> None:
    log = pl.DataFrame({"label": [0, 1, 0], "a": ["x", "y ", "z "]})
    (field,) = profiled(log, batch_rows=1).fields

    assert field.odd[Oddity.PADDED] == 2
    assert (field.examples[Oddity.PADDED].row, field.examples[Oddity.PADDED].text) == (2, "y ")


def test_the_text_of_frequent_values_is_known() -> None:
    log = pl.DataFrame(
        {"label": [0, 1] * 3_000, "a": ["often"] * 5_000 + [f"v{index}" for index in range(1_000)]}
    )
    (field,) = profiled(log).fields

    assert field.top_text == "often"
    assert len(field.texts) <= profile_values.ProfileSizes().texts


def test_fewer_values_are_kept_where_fields_are_many() -> None:
    assert profile_values.sizes_for(1_000).sample < profile_values.sizes_for(10).sample
    assert profiles.KEPT_ROWS == 4096
