"""How are the values of one field counted, exactly, in bounded memory?

The first values seen live in a hash table that fits the processor's cache and count every row of theirs: in
a log, that is most rows. Rows of later values are set aside as bare keys, spilled in sorted runs where memory
ends, and counted at the end by merging them with the table range by range. Nothing is approximate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.engines import kernels, merging
from featsel.engines.spill import RunStore, SortedRun
from featsel.engines.tallies import CountedValues, See, fill_bins, tally

FIRST_SLOTS = 256
"""A table starts small: most fields have few values, and a fresh megabyte costs its page faults."""

MERGE_KEYS = 1 << 19
"""Keys merged at once: 4 MB that are sorted in one go."""

USELESS_TABLE_MISSES = 0.6
"""Where more of a batch than this finds no place in the table, later batches pass it by: a look-up that
misses costs as much as half of sorting the key does."""

LAST_KEY = int(merging.LAST_KEY)

WeightedKeys = tuple[NDArray[np.uint64], NDArray[Any]]
"""Keys and the weights beside them; no weights where all are 1."""


class ValueCounts:
    """Counts of the values of one field by label.

    Parameters
    ----------
    table_values : int
        How many values the hash table may hold.
    spill_keys : int
        How many keys of one label that found no place in the table may wait in memory; more go to disk.
    store : RunStore
        Keeps those.
    is_weighted : bool
        Whether rows carry weights.
    """

    def __init__(self, *, table_values: int, spill_keys: int, store: RunStore, is_weighted: bool) -> None:
        self._dtype: Any = np.float64 if is_weighted else np.int64
        self._table_values = table_values
        self._capacity = spill_keys
        self._store = store
        self.is_weighted = is_weighted
        self._table_keys = np.zeros(FIRST_SLOTS, np.uint64)
        self._table_sums = np.zeros((FIRST_SLOTS, 2), self._dtype)
        self._n_used: int = 0
        self._is_closed = False
        self._spill_keys = np.empty((2, 0), np.uint64)
        self._spill_weights = np.empty((2, 0), self._dtype)
        self._n_spilled = np.zeros(2, np.int64)
        self._n_flushed = 0
        self._runs: tuple[list[SortedRun], list[SortedRun]] = ([], [])

    def add(self, keys: NDArray[np.uint64], labels: NDArray[np.uint8], weights: NDArray[Any]) -> None:
        """Count one batch.

        Parameters
        ----------
        keys : ndarray of uint64, shape (n_rows,)
            Values as 64-bit keys; equal keys are one value.
        labels : ndarray of uint8, shape (n_rows,)
            0 or 1.
        weights : ndarray, shape (n_rows,) or (0,)
            float64 if weighted, else an empty array of int64.
        """
        keys, labels, weights = kernels.read_only(keys), kernels.read_only(labels), kernels.read_only(weights)
        n_missed = -self._n_aside
        row: int = 0
        while row < keys.size:
            spill = (self._spill_keys, self._spill_weights, self._n_spilled)
            if self._is_closed:
                row = kernels.set_aside(keys, labels, weights, row, *spill)
            else:
                n_allowed = min(self._table_values, self._table_keys.size // 2)
                table = (self._table_keys, self._table_sums, self._n_used, n_allowed)
                row, self._n_used = kernels.count_keys(keys, labels, weights, row, *table, *spill)
            if row < keys.size:
                self._make_room()
        n_missed += self._n_aside
        self._is_closed = self._is_closed or n_missed > USELESS_TABLE_MISSES * keys.size

    def tally(self, see: See | None = None) -> tuple[int, ContingencyTable]:
        """Finish: how many values have which counts; see :func:`featsel.engines.tallies.tally`."""
        return tally(self.sorted_values(), is_weighted=self.is_weighted, see=see)

    def bin(
        self, n_bins: int, total: float, see: See | None = None
    ) -> tuple[int, ContingencyTable, NDArray[np.uint64]]:
        """Finish: counts of values in bins, no more than the hash table may hold values.

        See :func:`featsel.engines.tallies.fill_bins`.
        """
        return fill_bins(self.sorted_values(), n_bins, total, is_weighted=self.is_weighted, see=see)

    @property
    def _n_aside(self) -> int:
        return self._n_flushed + int(self._n_spilled.sum())

    def _make_room(self) -> None:
        """Let the table grow; or where it may not, open or empty the buffers of keys that are set aside."""
        if self._n_used < self._table_values:
            n_slots = 4 * self._table_keys.size
            table_keys, table_sums = np.zeros(n_slots, np.uint64), np.zeros((n_slots, 2), self._dtype)
            kernels.grow_table(self._table_keys, self._table_sums, table_keys, table_sums)
            self._table_keys, self._table_sums = table_keys, table_sums
        elif self._spill_keys.size:
            self._flush()
        else:
            # memory that is not written to takes no room, so that a short column stays small
            self._spill_keys = np.empty((2, self._capacity), np.uint64)
            self._spill_weights = np.empty((2, self._capacity if self.is_weighted else 0), self._dtype)

    def _flush(self) -> None:
        """Move the keys that were set aside to disk."""
        self._n_flushed = self._n_aside
        for label in (0, 1):
            keys, weights = self._sorted_spill(label)
            if keys.size:
                self._runs[label].append(self._store.write(keys, weights))
        self._n_spilled[:] = 0

    def _sorted_spill(self, label: int) -> WeightedKeys:
        """Sort the buffer of a label in place."""
        part = slice(int(self._n_spilled[label]))
        keys, weights = self._spill_keys[label, part], self._spill_weights[label, part]
        if self.is_weighted:
            return _sorted(keys, weights)
        keys.sort()
        return keys, weights

    def sorted_values(self) -> Iterator[CountedValues]:
        """Finish: all values in the order of their keys.

        Yields
        ------
        keys : ndarray of uint64, shape (n_values,)
            Ascending, also from one array to the next.
        sums : ndarray, shape (n_values, 2)
            Their sums by label, for the caller to change.
        """
        is_used = self._table_keys != kernels.EMPTY
        table_keys, table_sums = self._table_keys[is_used], self._table_sums[is_used]
        order = np.argsort(table_keys)
        table_keys, table_sums = table_keys[order], table_sums[order]
        if not self._n_aside:
            yield table_keys, table_sums
            return
        for low, high in self._ranges():
            if low == high:
                yield self._one_value(low, table_keys, table_sums)
                continue
            negatives, positives = self._read(0, low, high), self._read(1, low, high)
            start = int(np.searchsorted(table_keys, np.uint64(low), side="left"))
            stop = int(np.searchsorted(table_keys, np.uint64(high), side="right"))
            table = (table_keys[start:stop], table_sums[start:stop])
            n_most = stop - start + negatives[0].size + positives[0].size
            keys, sums = np.empty(n_most, np.uint64), np.empty((n_most, 2), self._dtype)
            n_keys = merging.merge_keys(*negatives, *positives, *table, keys, sums)
            yield keys[:n_keys], sums[:n_keys]

    def _ranges(self) -> list[tuple[int, int]]:
        """Cut the keys that were set aside into ascending ranges (bounds included) that fit into memory.

        A key of more rows than that has a range of its own, of which nothing needs to be in memory.
        """
        if not self._n_flushed:
            return [(0, LAST_KEY)]
        self._flush()
        runs = [*self._runs[0], *self._runs[1]]
        n_ranges = -(-self._n_flushed // MERGE_KEYS)
        sample = np.sort(np.concatenate([run.index for run in runs]))
        quantiles = sample[np.arange(1, n_ranges) * sample.size // n_ranges]
        repeated = quantiles[1:][quantiles[1:] == quantiles[:-1]]
        behind = repeated[repeated < merging.LAST_KEY] + np.uint64(1)
        bounds = np.unique(np.concatenate([quantiles[quantiles > 0], behind])).tolist()
        return list(zip([0, *bounds], [*(bound - 1 for bound in bounds), LAST_KEY], strict=True))

    def _one_value(
        self, key: int, table_keys: NDArray[np.uint64], table_sums: NDArray[Any]
    ) -> tuple[NDArray[np.uint64], NDArray[Any]]:
        """Sums by label of one key that was set aside, however many rows it has."""
        sums = np.zeros((1, 2), self._dtype)
        place = int(np.searchsorted(table_keys, np.uint64(key)))
        if place < table_keys.size and table_keys[place] == key:
            sums[0] = table_sums[place]
        for label in (0, 1):
            for run in self._runs[label]:
                keys, weights = self._store.between(run, key, key)
                # one after the other, as a merge adds them: rounding must not depend on where ranges end
                sums[0, label] = np.add.accumulate(np.append(sums[0, label], weights))[-1] + (
                    0 if self.is_weighted else keys.size
                )
        is_there = sums.any(axis=1)
        return np.array([key], np.uint64)[is_there], sums[is_there]

    def _read(self, label: int, low: int, high: int) -> WeightedKeys:
        """Sorted keys of one label in a range, with their weights in the order of the rows."""
        if not self._n_flushed:
            return self._sorted_spill(label)
        parts = [self._store.between(run, low, high) for run in self._runs[label]]
        parts.append((np.empty(0, np.uint64), np.empty(0, self._dtype)))
        return _sorted(
            np.concatenate([keys for keys, _ in parts]), np.concatenate([weights for _, weights in parts])
        )


def _sorted(keys: NDArray[np.uint64], weights: NDArray[Any]) -> WeightedKeys:
    """Sorted copy; weights of equal keys keep their order, so that their sum has one order of summation."""
    if not weights.size:
        return np.sort(keys), weights
    order = np.argsort(keys, kind="stable")
    return keys[order], weights[order]
