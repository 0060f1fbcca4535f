from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.engines import kernels, merging, spill, value_counts
from featsel.engines.spill import RunStore
from featsel.engines.value_counts import ValueCounts
from featsel.engines.weights import NO_WEIGHTS
from featsel.stats import group

LAST_KEY = int(merging.LAST_KEY)


@pytest.fixture
def store() -> Iterator[RunStore]:
    with RunStore() as store:
        yield store


def filled(
    store: RunStore,
    keys: NDArray[np.uint64],
    labels: NDArray[np.uint8],
    weights: NDArray[Any] = NO_WEIGHTS,
    *,
    table_values: int = 1 << 15,
    spill_keys: int = 1 << 20,
    batch_rows: int = 1 << 20,
) -> ValueCounts:
    values = ValueCounts(
        table_values=table_values, spill_keys=spill_keys, store=store, is_weighted=weights.size > 0
    )
    for start in range(0, keys.size, batch_rows):
        part = slice(start, start + batch_rows)
        values.add(keys[part], labels[part], weights[part])
    return values


def pair_counts(table: ContingencyTable) -> Counter[tuple[float, ...]]:
    rows = Counter[tuple[float, ...]]()
    for counts, multiplicity in zip(table.counts.tolist(), table.multiplicity.tolist(), strict=True):
        rows[tuple(counts)] += multiplicity
    return rows


def test_key_zero_is_counted(store: RunStore) -> None:
    values = filled(store, np.array([0, 0, 3], np.uint64), np.array([0, 1, 1], np.uint8))

    n_values, table = values.tally()

    assert n_values == 2
    assert pair_counts(table) == {(1, 1): 1, (0, 1): 1}


@pytest.mark.parametrize("key", [0, int(kernels.ZERO_KEY), LAST_KEY, LAST_KEY - 1, 1])
@pytest.mark.parametrize("spill_keys", [4, 1 << 20])
def test_extreme_keys_are_counted_when_they_are_set_aside(store: RunStore, key: int, spill_keys: int) -> None:
    """The key is in the table, which batches of new keys close, so that its last rows pass the table by."""
    others = np.arange(10, 30, dtype=np.uint64)
    keys = np.concatenate([np.full(1, key, np.uint64), others, np.full(2, key, np.uint64)])
    labels = np.array([0, *[0] * 20, 1, 1], np.uint8)

    n_values, table = filled(
        store, keys, labels, table_values=2, spill_keys=spill_keys, batch_rows=10
    ).tally()

    assert n_values == 21
    assert pair_counts(table) == {(1, 0): 20, (1, 2): 1}


def test_hash_zero_and_its_stand_in_are_one_value(store: RunStore) -> None:
    """By design: a chance of 2^-63 for a column, not worth a branch."""
    keys = np.array([0, int(kernels.ZERO_KEY)], np.uint64)

    assert filled(store, keys, np.zeros(2, np.uint8)).tally()[0] == 1


@pytest.mark.parametrize("spill_keys", [64, 1000, 1 << 20])
@pytest.mark.parametrize("table_values", [1, 100, 1 << 15])
@pytest.mark.parametrize("batch_rows", [17, 1 << 20])
def test_limits_of_memory_do_not_change_counts(
    store: RunStore,
    monkeypatch: pytest.MonkeyPatch,
    rng: np.random.Generator,
    spill_keys: int,
    table_values: int,
    batch_rows: int,
) -> None:
    monkeypatch.setattr(value_counts, "MERGE_KEYS", 300)
    keys = rng.zipf(1.3, 5000).astype(np.uint64) * kernels.SPREAD
    labels = (rng.random(5000) < 0.2).astype(np.uint8)
    _, places = np.unique(keys, return_inverse=True)
    expected = Counter(
        zip(np.bincount(places, labels == 0).tolist(), np.bincount(places, labels == 1).tolist(), strict=True)
    )

    n_values, table = filled(
        store,
        keys,
        labels,
        table_values=table_values,
        spill_keys=spill_keys,
        batch_rows=batch_rows,
    ).tally()

    assert n_values == sum(expected.values())
    assert pair_counts(table) == expected


def test_a_frequent_value_that_comes_late_is_counted(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fills more ranges than it can be cut into."""
    monkeypatch.setattr(value_counts, "MERGE_KEYS", 100)
    keys = np.append(np.arange(1, 1001), np.full(5000, 77_777)).astype(np.uint64)

    n_values, table = filled(
        store, keys, np.zeros(6000, np.uint8), table_values=10, spill_keys=64, batch_rows=500
    ).tally()

    assert n_values == 1001
    assert pair_counts(table) == {(1, 0): 1000, (5000, 0): 1}


@pytest.mark.parametrize("heavy", [1, 77_777, LAST_KEY])
@pytest.mark.parametrize("is_weighted", [False, True])
def test_rows_of_a_frequent_value_are_never_in_memory_together(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator, heavy: int, is_weighted: bool
) -> None:
    """Two rows of five hold it; the others are new, so that the table is passed by."""
    monkeypatch.setattr(value_counts, "MERGE_KEYS", 100)
    monkeypatch.setattr(spill, "INDEX_STEP", 8)
    merged: list[int] = []
    merge = merging.merge_keys

    def watched(*arrays: Any) -> int:
        merged.append(arrays[0].size + arrays[2].size)
        return merge(*arrays)

    monkeypatch.setattr(merging, "merge_keys", watched)
    keys: NDArray[np.uint64] = np.arange(2, 5002, dtype=np.uint64) * np.uint64(1000)
    keys[rng.permutation(5000)[:2000]] = heavy
    labels = (rng.random(5000) < 0.3).astype(np.uint8)
    weights: NDArray[Any] = rng.lognormal(sigma=3, size=5000) if is_weighted else NO_WEIGHTS

    n_values, table = filled(
        store, keys, labels, weights, table_values=10, spill_keys=200, batch_rows=100
    ).tally()

    whole = weights if is_weighted else np.ones(5000)
    sums = [float(np.add.accumulate(whole[(keys == heavy) & (labels == label)])[-1]) for label in (0, 1)]
    assert n_values == 3001
    assert pair_counts(table)[tuple(sums)] == 1
    assert max(merged) <= 400


@pytest.mark.parametrize("n_rows", [63, 64, 65])
def test_counts_beside_the_square_of_small_counts_are_kept(store: RunStore, n_rows: int) -> None:
    keys = np.append(np.arange(100, 1100), np.full(n_rows, 5)).astype(np.uint64)

    _, table = filled(store, keys, np.ones(keys.size, np.uint8), table_values=1).tally()

    assert pair_counts(table) == {(0, 1): 1000, (0, n_rows): 1}


def test_the_tally_of_a_long_column_is_short(store: RunStore) -> None:
    keys = np.arange(1, 100_001, dtype=np.uint64)

    _, table = filled(store, keys, np.zeros(keys.size, np.uint8), table_values=16).tally()

    assert table.multiplicity.size < 100


def test_weights_of_a_key_are_added_in_the_order_of_the_rows(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.setattr(value_counts, "MERGE_KEYS", 200)
    keys = rng.zipf(1.4, 3000).astype(np.uint64)
    labels = rng.integers(0, 2, 3000).astype(np.uint8)
    weights = rng.lognormal(sigma=3, size=3000)

    tallies = [
        group(filled(store, keys, labels, weights, table_values=t, spill_keys=s, batch_rows=b).tally()[1])
        for t, s, b in [(1 << 15, 1 << 20, 1 << 20), (10, 1 << 20, 1 << 20), (10, 50, 17), (1, 500, 999)]
    ]

    for other in tallies[1:]:
        np.testing.assert_array_equal(other.counts, tallies[0].counts)
        np.testing.assert_array_equal(other.multiplicity, tallies[0].multiplicity)


def binned(store: RunStore, values: NDArray[np.int64], n_bins: int, **limits: int) -> list[int]:
    """Rows of each bin; keys in the order of the values, labels that say nothing."""
    keys = (values + 1).astype(np.uint64)
    n_values, table, _ = filled(store, keys, np.zeros(keys.size, np.uint8), **limits).bin(n_bins, keys.size)
    assert n_values == np.unique(values).size
    return [int(rows) for rows in table.counts[:, 0]]


def test_as_few_values_as_bins_keep_one_bin_each(store: RunStore) -> None:
    assert binned(store, np.repeat(np.arange(5), [1, 2, 3, 4, 100]), 5) == [1, 2, 3, 4, 100]


def test_bins_of_many_values_hold_equally_many_rows(store: RunStore, rng: np.random.Generator) -> None:
    assert binned(store, rng.permutation(10_000), 32) == pytest.approx([312.5] * 32, abs=1)


def test_a_heavy_value_has_a_bin_of_its_own(store: RunStore) -> None:
    """Of 2,000 rows, 1,000 hold the value 500; three bins are left to the rest."""
    values = np.concatenate([np.arange(500), np.full(1000, 500), np.arange(501, 1001)])

    rows = binned(store, values, 4)

    assert 1000 in rows
    assert sum(rows) == 2000


@pytest.mark.parametrize(
    "limits", [{"table_values": 50}, {"table_values": 50, "spill_keys": 100}, {"batch_rows": 13}]
)
def test_bins_do_not_depend_on_memory(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator, limits: dict[str, int]
) -> None:
    monkeypatch.setattr(value_counts, "MERGE_KEYS", 300)
    values = rng.zipf(1.5, 4000) % 1000

    rows = binned(store, values, 32)

    assert binned(store, values, 32, **limits) == rows
    assert binned(store, rng.permutation(values), 32, **limits) == rows
    assert len(rows) <= 32
