"""How are the values of one field counted, exactly, in bounded memory?

The first values seen live in a hash table that fits the processor's cache and count every row of theirs: in a
log, that is most rows. Rows of later values are set aside as bare keys, sorted in runs, spilled where memory
ends, and counted at the end by merging them with the table range by range. Nothing is approximate.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.engines import kernels
from featsel.engines.spill import RunStore, SortedRun

FIRST_SLOTS = 256
"""A table starts small: most fields have few values, and a fresh megabyte costs its page faults."""

MERGE_KEYS = 1 << 21
"""Keys merged at once: 16 MB that are sorted in one go."""

SMALL_COUNTS = 64
"""Values with fewer rows of each label are tallied by their counts in a square table."""

USELESS_TABLE_MISSES = 0.6
"""Where more of a batch than this finds no place in the table, later batches pass it by: a look-up that misses
costs as much as half of sorting the key does."""

LAST_KEY = 2**64 - 1

WeightedKeys = tuple[NDArray[np.uint64], NDArray[Any]]
"""Keys and the weights beside them; no weights where all are 1."""

WEIGHT_UNIT = 1 << 20
"""Fixed-point unit in which the total weight is summed."""


class ValueCounts:
    """Counts of the values of one field by label.

    Parameters
    ----------
    table_values : int
        How many values the hash table may hold.
    run_keys : int
        Length of a run of keys that found no place in the table.
    loose_keys : int
        How many such keys may wait in memory; more go to disk in sorted runs.
    store : RunStore
        Keeps those runs.
    is_weighted : bool
        Whether rows carry weights.
    """

    def __init__(
        self, *, table_values: int, run_keys: int, loose_keys: int, store: RunStore, is_weighted: bool
    ) -> None:
        self._dtype: Any = np.float64 if is_weighted else np.int64
        self._table_values = table_values
        self._run_keys = run_keys
        self._loose_keys = loose_keys
        self._store = store
        self._is_weighted = is_weighted
        self._table_keys = np.zeros(FIRST_SLOTS, np.uint64)
        self._table_sums = np.zeros((FIRST_SLOTS, 2), self._dtype)
        self._n_used = 0
        self._is_closed = False
        self._spill_keys = np.empty((2, 0), np.uint64)
        self._spill_weights = np.empty((2, 0), self._dtype)
        self._n_spilled = np.zeros(2, np.int64)
        self._loose: tuple[list[WeightedKeys], list[WeightedKeys]] = ([], [])
        self._runs: tuple[list[SortedRun], list[SortedRun]] = ([], [])
        self._total = 0

    def add(self, keys: NDArray[np.uint64], labels: NDArray[np.uint8], weights: NDArray[Any]) -> None:
        """Count one batch.

        Parameters
        ----------
        keys : ndarray of uint64, shape (n_rows,)
            Values as 64-bit keys; equal keys are one value.
        labels : ndarray of uint8, shape (n_rows,)
            0 or 1.
        weights : ndarray, shape (n_rows,)
            float64 if weighted, else int64 ones (which may be one number broadcast).
        """
        # a sum of integers does not depend on how the rows are cut into batches
        self._total += (
            int(np.rint(weights * WEIGHT_UNIT).astype(np.int64).sum()) if self._is_weighted else keys.size
        )
        for start in range(0, keys.size, self._run_keys):
            part = slice(start, start + self._run_keys)
            self._add_part(keys[part], labels[part], weights[part])

    def tally(self) -> tuple[int, ContingencyTable]:
        """Finish: how many values have which counts.

        Returns
        -------
        int
            Distinct values.
        ContingencyTable
            One row per pair of counts; unsorted, equal pairs may stand in several rows.
        """
        ranges = self._ranges()
        table_keys, table_sums = self._sorted_table()
        if not ranges:
            return table_keys.size, ContingencyTable(table_sums, np.ones(table_keys.size, np.int64))
        side = 0 if self._is_weighted else SMALL_COUNTS
        small = np.zeros((side, side), np.int64)
        parts: list[NDArray[Any]] = []
        n_values = 0
        for low, high in ranges:
            table = _inside(table_keys, table_sums, low, high)
            negatives, positives = self._merge(0, low, high), self._merge(1, low, high)
            n_rows = negatives[0].size + positives[0].size
            # a value outside the small square is in the table or has at least SMALL_COUNTS rows
            n_large = table[0].size + (n_rows if self._is_weighted else n_rows // SMALL_COUNTS)
            large = np.empty((n_large, 2), self._dtype)
            n_distinct, n_large = kernels.tally_keys(*negatives, *positives, *table, small, large)
            n_values += n_distinct
            parts.append(large[:n_large].copy())
        pairs = np.argwhere(small)
        counts = np.concatenate([pairs.astype(self._dtype), *parts])
        multiplicity = np.ones(counts.shape[0], np.int64)
        multiplicity[: pairs.shape[0]] = small[small > 0]
        return n_values, ContingencyTable(counts, multiplicity)

    def bin(self, n_bins: int) -> tuple[int, ContingencyTable]:
        """Finish: counts of the values in bins of equal counts, in the order of the keys.

        Parameters
        ----------
        n_bins : int
            At most this many; fewer values than that keep one bin each.

        Returns
        -------
        int
            Distinct values.
        ContingencyTable
            One row per bin.
        """
        ranges = self._ranges()
        table_keys, table_sums = self._sorted_table()
        if not ranges and table_keys.size <= n_bins:
            return table_keys.size, ContingencyTable(table_sums, np.ones(table_keys.size, np.int64))
        bins = np.zeros((n_bins, 2), self._dtype)
        state = np.array([0.0, 0.0, self._total / WEIGHT_UNIT if self._is_weighted else self._total])
        n_values = 0
        for low, high in ranges or [(0, LAST_KEY)]:
            table = _inside(table_keys, table_sums, low, high)
            negatives, positives = self._merge(0, low, high), self._merge(1, low, high)
            n_values += kernels.fill_bins(*negatives, *positives, *table, bins, state)
        bins = bins[bins.sum(axis=1) > 0]
        return n_values, ContingencyTable(bins, np.ones(bins.shape[0], np.int64))

    def _add_part(self, keys: NDArray[np.uint64], labels: NDArray[np.uint8], weights: NDArray[Any]) -> None:
        if self._n_spilled.max() + keys.size > self._run_keys:
            self._flush()
        if self._is_closed:
            self._set_aside(keys, labels, weights)
            return
        n_spilled = int(self._n_spilled.sum())
        row = 0
        while row < keys.size:
            row, self._n_used = kernels.count_keys(
                keys,
                labels,
                weights,
                row,
                self._table_keys,
                self._table_sums,
                self._n_used,
                min(self._table_values, self._table_keys.size // 2),
                self._spill_keys.size > 0,
                self._spill_keys,
                self._spill_weights,
                self._n_spilled,
            )
            if row < keys.size:
                self._make_room()
        self._is_closed = self._n_spilled.sum() - n_spilled > USELESS_TABLE_MISSES * keys.size

    def _set_aside(self, keys: NDArray[np.uint64], labels: NDArray[np.uint8], weights: NDArray[Any]) -> None:
        """Let a batch pass the table by."""
        for label in (0, 1):
            is_label = labels == label
            chosen = keys[is_label]
            chosen[chosen == kernels.EMPTY] = kernels.ZERO_KEY
            start = int(self._n_spilled[label])
            self._spill_keys[label, start : start + chosen.size] = chosen
            if self._is_weighted:
                self._spill_weights[label, start : start + chosen.size] = weights[is_label]
            self._n_spilled[label] += chosen.size

    def _make_room(self) -> None:
        """Let the table grow, or where it may not, open the buffers for keys that are set aside."""
        if self._n_used >= self._table_values:
            self._spill_keys = np.empty((2, self._run_keys), np.uint64)
            self._spill_weights = np.empty((2, self._run_keys if self._is_weighted else 0), self._dtype)
            return
        n_slots = 4 * self._table_keys.size
        table_keys, table_sums = np.zeros(n_slots, np.uint64), np.zeros((n_slots, 2), self._dtype)
        kernels.grow_table(self._table_keys, self._table_sums, table_keys, table_sums)
        self._table_keys, self._table_sums = table_keys, table_sums

    def _sorted_table(self) -> tuple[NDArray[np.uint64], NDArray[Any]]:
        is_used = self._table_keys != kernels.EMPTY
        keys, sums = self._table_keys[is_used], self._table_sums[is_used]
        order = np.argsort(keys)
        return keys[order], sums[order]

    def _flush(self) -> None:
        """Empty the buffers of keys that were set aside."""
        for label in (0, 1):
            part = slice(int(self._n_spilled[label]))
            self._loose[label].append(
                (self._spill_keys[label, part].copy(), self._spill_weights[label, part].copy())
            )
        self._n_spilled[:] = 0
        if sum(keys.size for keys, _ in (*self._loose[0], *self._loose[1])) > self._loose_keys:
            self._spill()

    def _spill(self) -> None:
        """Move the keys that wait in memory to disk, in sorted runs."""
        for label in (0, 1):
            self._runs[label].extend(
                self._store.write(*_sorted(*part)) for part in self._loose[label] if part[0].size
            )
            self._loose[label].clear()

    def _ranges(self) -> list[tuple[int, int]]:
        """Cut the keys that were set aside into ascending ranges (bounds included) that fit into memory."""
        if not self._spill_keys.size:
            return []
        self._flush()
        if not (self._runs[0] or self._runs[1]):
            return [(0, LAST_KEY)]
        self._spill()
        runs = [*self._runs[0], *self._runs[1]]
        n_ranges = -(-sum(run.n_keys for run in runs) // MERGE_KEYS)
        sample = np.sort(np.concatenate([run.index for run in runs]))
        bounds = np.unique(sample[np.arange(1, n_ranges) * sample.size // n_ranges]).tolist()
        return list(zip([0, *bounds], [*(bound - 1 for bound in bounds), LAST_KEY], strict=True))

    def _merge(self, label: int, low: int, high: int) -> WeightedKeys:
        """Sorted keys of one label in a range, with their weights in the order of the rows."""
        parts = self._loose[label] or [self._store.between(run, low, high) for run in self._runs[label]]
        if not parts:
            return np.empty(0, np.uint64), np.empty(0, self._dtype)
        return _sorted(
            np.concatenate([keys for keys, _ in parts]), np.concatenate([weights for _, weights in parts])
        )


def _inside(
    keys: NDArray[np.uint64], sums: NDArray[Any], low: int, high: int
) -> tuple[NDArray[np.uint64], NDArray[Any]]:
    """Part of a sorted table with ``low <= key <= high``."""
    start = int(np.searchsorted(keys, np.uint64(low), side="left"))
    stop = int(np.searchsorted(keys, np.uint64(high), side="right"))
    return keys[start:stop], sums[start:stop]


def _sorted(keys: NDArray[np.uint64], weights: NDArray[Any]) -> WeightedKeys:
    """Sorted copy; weights of equal keys keep their order, so that their sum has one order of summation."""
    if not weights.size:
        return np.sort(keys), weights
    order = np.argsort(keys, kind="stable")
    return keys[order], weights[order]
