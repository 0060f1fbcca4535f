"""Shards counted apart and merged are the log counted at once, to the last bit."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featsel.core.counts import FieldCounts
from featsel.core.schema import Field, FieldKind, LogSchema
from featsel.engines import shards
from featsel.engines.fields import FieldFacts, finish_field
from featsel.engines.local import LogCounts, Resources, count_fields
from featsel.engines.shards import Look, ShardFacts, count_shard, look_at, places_of, ranges_of
from featsel.engines.sorted_counts import SortedCounts, merge
from featsel.logs.label import LabelReader

RESOURCES = Resources(1, 1 << 26)
FIELDS = (
    Field("name", FieldKind.CATEGORICAL, ""),
    Field("id", FieldKind.CATEGORICAL, ""),
    Field("tags", FieldKind.MULTIVALUED, ""),
    Field("price", FieldKind.NUMERIC, ""),
    Field("text", FieldKind.NUMERIC, ""),
)
SCHEMA = LogSchema(FIELDS, "label")


@dataclass(frozen=True)
class FrameShard:
    frame: pl.DataFrame
    is_columnar: bool = True
    n_lost_times: dict[str, int] = field(default_factory=dict)

    def count_rows(self) -> int:
        return self.frame.height

    def batches(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        return self.frame.select(columns).iter_slices(100)


@pytest.fixture(scope="module")
def log() -> pl.DataFrame:
    rng = np.random.default_rng(5)
    n_rows = 2000
    return pl.DataFrame(
        {
            "label": rng.integers(0, 2, n_rows),
            "name": [None if value == 2 else f"v{value}" for value in rng.zipf(1.3, n_rows)],
            "id": rng.permutation(n_rows),
            "tags": [rng.zipf(1.5, size).tolist() for size in rng.integers(0, 4, n_rows)],
            "price": [None if value < 0.5 else value for value in rng.lognormal(size=n_rows)],
            "text": [f"{value:.2f}" if value < 3 else "many" for value in rng.lognormal(size=n_rows)],
        }
    )


def count_whole(log: pl.DataFrame) -> LogCounts:
    return count_fields(
        SCHEMA,
        read=FrameShard(log).batches,
        read_label=LabelReader("label", None).read,
        is_columnar=True,
        n_bins=16,
        resources=RESOURCES,
        advance=lambda _: None,
    )


def assert_same(found: FieldCounts, expected: FieldCounts) -> None:
    np.testing.assert_array_equal(found.table.counts, expected.table.counts)
    np.testing.assert_array_equal(found.table.multiplicity, expected.table.multiplicity)
    assert found.table.counts.dtype == expected.table.counts.dtype
    if expected.bin_ends is not None:
        np.testing.assert_array_equal(found.bin_ends, expected.bin_ends)
    of_found, of_expected = (
        (each.name, each.cardinality, each.n_rows, each.n_null, each.null_counts)
        for each in (found, expected)
    )
    assert of_found == of_expected


def count_in_shards(
    parts: list[FrameShard], ranges: shards.Ranges
) -> tuple[list[FieldCounts], list[ShardFacts]]:
    places = places_of(FIELDS, ranges, is_columnar=parts[0].is_columnar)
    found: list[list] = [[] for _ in places]
    facts = []
    for part in parts:
        yielded = list(count_shard(part, SCHEMA, LabelReader("label", None), ranges, RESOURCES))
        assert len(yielded) == len(places) + 1
        facts.append(yielded.pop())
        for column, each in zip(found, yielded, strict=True):
            column.append(each)
    tables: dict[str, list[SortedCounts]] = {each.name: [] for each in FIELDS}
    for place, each in zip(places, found, strict=True):
        for one in place.fields:
            tables[one.name].append(merge(each if place.is_range else [bundle[one.name] for bundle in each]))
    n_rows = sum(fact.n_rows for fact in facts)
    counts = [
        finish_field(
            one,
            sum((fact.fields[one.name] for fact in facts), FieldFacts()),
            (part for table in tables[one.name] for part in table.parts()),
            n_bins=16,
            total=n_rows,
        )
        for one in FIELDS
    ]
    return counts, facts


@settings(max_examples=25)
@given(
    bounds=st.lists(st.integers(0, 2000), max_size=5),
    ranges=st.dictionaries(
        st.sampled_from(["name", "id", "tags"]),
        st.lists(st.integers(1, (1 << 64) - 1), max_size=4, unique=True),
    ),
    is_columnar=st.booleans(),
)
def test_shards_and_ranges_change_nothing(log, bounds, ranges, is_columnar):
    expected = count_whole(log)
    edges = [0, *sorted(bounds), log.height]
    parts = [FrameShard(log[start:stop], is_columnar) for start, stop in itertools.pairwise(edges)]
    cuts = {name: np.array(sorted(keys), np.uint64) for name, keys in ranges.items()}
    counts, facts = count_in_shards(parts, cuts)
    for found, whole in zip(counts, expected.fields, strict=True):
        assert_same(found, whole)
    assert sum(fact.n_positive for fact in facts) == expected.n_positive
    assert sum(fact.fields["text"].n_unreadable for fact in facts) == expected.unreadable["text"]


def test_wide_fields_are_cut_where_their_values_are(log, monkeypatch):
    monkeypatch.setattr(shards, "WIDE_VALUES", 300)
    monkeypatch.setattr(shards, "RANGE_ROWS", 400)
    parts = [FrameShard(log[:700]), FrameShard(log[700:])]
    looks = [look_at(parts[0], FIELDS, RESOURCES), look_at(parts[1], (), RESOURCES)]
    ranges = ranges_of(looks)
    assert set(ranges) == {"id", "price"}
    assert ranges["id"].size == 4  # 2,000 rows of new values, 400 a range
    counts, _ = count_in_shards(parts, ranges)
    for found, whole in zip(counts, count_whole(log).fields, strict=True):
        assert_same(found, whole)


def test_ranges_of_a_wide_field_hold_about_as_many_values(log, monkeypatch):
    monkeypatch.setattr(shards, "WIDE_VALUES", 300)
    monkeypatch.setattr(shards, "RANGE_ROWS", 400)
    whole = FrameShard(log)
    ranges = ranges_of([look_at(whole, FIELDS, RESOURCES)])
    ranges = {"price": ranges["price"]}
    *tables, _ = count_shard(whole, SCHEMA, LabelReader("label", None), ranges, RESOURCES)
    sizes = [table.keys.size for table in tables if isinstance(table, SortedCounts)]
    assert min(sizes) > 0.8 * max(sizes)


def test_fields_with_few_values_stay_whole(log):
    assert ranges_of([look_at(FrameShard(log), FIELDS, RESOURCES)]) == {}
    assert ranges_of([Look(10), Look(20)]) == {}


def test_a_look_reads_the_first_rows_alone(log, monkeypatch):
    monkeypatch.setattr(shards, "SAMPLE_ROWS", 150)
    look = look_at(FrameShard(log), FIELDS, RESOURCES)
    assert (look.n_rows, look.n_sampled) == (2000, 150)
    assert look.keys["id"].size == 150
