"""Tables of shards add up to the table of all rows, however the rows and the keys are cut."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.engines.sorted_counts import SortedCounts, cut, merge, sorted_counts


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


KEYS = st.integers(0, (1 << 64) - 1) | st.integers(0, 20)
ROWS = st.lists(st.tuples(KEYS, st.integers(0, 1), st.integers(0, 3)), max_size=80)


def table(rows: list[tuple[int, int]]) -> SortedCounts:
    keys = sorted({key for key, _ in rows})
    counts = Counter(rows)
    sums = np.array([[counts[key, 0], counts[key, 1]] for key in keys], np.int64).reshape(-1, 2)
    return sorted_counts([(np.array(keys, np.uint64), sums)])


def entries(counts: SortedCounts) -> list[tuple[int, list[int]]]:
    return list(zip(counts.keys.tolist(), counts.sums.tolist(), strict=True))


@given(ROWS, st.integers(1, 9))
def test_merged_tables_of_shards_are_the_table_of_all_rows(monkeypatch_module, rows, n_at_once):
    monkeypatch_module.setattr("featsel.engines.sorted_counts.PART_VALUES", n_at_once)
    shards = [table([(key, label) for key, label, shard in rows if shard == index]) for index in range(4)]
    assert entries(merge(shards)) == entries(table([(key, label) for key, label, _ in rows]))


@given(ROWS, st.lists(KEYS, max_size=5, unique=True), st.integers(1, 9))
def test_ranges_of_keys_put_together_are_all_values(rows, bounds, n_together):
    whole = table([(key, label) for key, label, _ in rows])
    values = [
        (whole.keys[start : start + n_together], whole.sums[start : start + n_together].astype(np.int64))
        for start in range(0, whole.keys.size, n_together)
    ]
    ordered = np.array(sorted(bounds), np.uint64)
    ranges = list(cut(values, ordered))
    assert len(ranges) == len(bounds) + 1
    assert [entry for part in ranges for entry in entries(part)] == entries(whole)
    for part, low, high in zip(ranges, [0, *ordered.tolist()], [*ordered.tolist(), 1 << 64], strict=True):
        assert all(low <= key < high for key in part.keys.tolist())


def test_counts_are_as_small_as_they_fit():
    keys = np.array([1, 2], np.uint64)
    assert sorted_counts([(keys, np.array([[1, 255], [0, 3]]))]).n_bytes == 2 * (8 + 2)
    large = sorted_counts([(keys, np.array([[1, 70_000], [0, 3]]))])
    assert large.sums.dtype == np.uint32
    assert entries(merge([large] * 70_000))[0] == (1, [70_000, 4_900_000_000])


def test_parts_may_be_changed_without_changing_the_table():
    counts = table([(3, 1), (3, 1)])
    for _, sums in counts.parts():
        sums[:] = 0
    assert entries(counts) == [(3, [0, 2])]
