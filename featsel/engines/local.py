"""How are all fields of a log counted on one machine?

Fields of a columnar log are read a few at a time, over all rows, so that memory depends neither on the number of
rows nor on the number of fields; text is parsed once, for all fields. Threads count different fields of the same
batch: no table is ever shared, and results do not depend on how many threads there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable, FieldCounts
from featsel.core.errors import DataError
from featsel.core.schema import Field, FieldKind, LogSchema
from featsel.engines.keys import as_numbers, category_keys, number_keys
from featsel.engines.spill import RunStore
from featsel.engines.value_counts import ValueCounts

GROUP_FIELDS = 4
WIDE_GROUP_FIELDS = 16
WIDE_LOG_FIELDS = 200
"""Fields read together from a columnar log: a few keep memory small, but each read parses the files' metadata
again, which is what dominates where a log has many fields."""

TABLE_VALUES = 1 << 15
RUN_KEYS = 1 << 17
LOOSE_KEYS = 1 << 21
"""Upper limits of a field's hash table (1.5 MB, so that its keys fit the processor's cache), of a run of keys that
found no place in it (1 MB), and of such keys in memory (16 MB). More memory would not be faster."""

LEAST_TABLE_VALUES = 1 << 10
LEAST_RUN_KEYS = 1 << 12

BYTES_PER_TABLE_VALUE = 48
BYTES_PER_RUN_KEY = 16
BYTES_PER_KEY = 8


@dataclass(frozen=True)
class LogCounts:
    """What a pass over a log leaves behind.

    Parameters
    ----------
    fields : tuple of FieldCounts
        One per field, in the order asked for.
    n_rows : int
        Rows counted.
    n_positive : int
        Positive rows.
    label_sums : tuple of float
        Weight of the negative and of the positive rows; the numbers of rows where they carry no weights.
    unreadable : dict of str to int
        Numeric fields with text that is no number, and in how many rows; those count as null.
    """

    fields: tuple[FieldCounts, ...]
    n_rows: int
    n_positive: int
    label_sums: tuple[float, float]
    unreadable: dict[str, int]


@dataclass(frozen=True)
class Resources:
    """What counting may use.

    Parameters
    ----------
    n_threads : int
        Threads that count.
    memory_bytes : int
        Aim for the tables and runs of counting; reading needs memory beside it.
    """

    n_threads: int
    memory_bytes: int


def count_fields(
    schema: LogSchema,
    *,
    read: Callable[[Sequence[str]], Iterator[pl.DataFrame]],
    read_label: Callable[[pl.Series], NDArray[np.uint8]],
    is_columnar: bool,
    n_bins: int,
    resources: Resources,
    advance: Callable[[int], None],
) -> LogCounts:
    """Count every field of a log against its label.

    Parameters
    ----------
    schema : LogSchema
        Fields, label and weight.
    read : callable
        Gives the batches of some columns; called once per group of fields.
    read_label : callable
        Turns a label column into 0/1.
    is_columnar : bool
        Whether reading some columns costs less than reading all.
    n_bins : int
        Bins of a numeric field.
    resources : Resources
        Threads and memory.
    advance : callable
        Told the number of cells (rows times fields) after each batch.

    Returns
    -------
    LogCounts
        Exact counts of all rows that ``read`` gives.

    Raises
    ------
    DataError
        A weight is missing, negative or not finite.
    """
    fields = schema.fields
    group_size = len(fields)
    if is_columnar:
        group_size = GROUP_FIELDS if len(fields) <= WIDE_LOG_FIELDS else WIDE_GROUP_FIELDS
    counted: list[FieldCounts] = []
    unreadable: dict[str, int] = {}
    totals = _Totals(schema, read_label)
    with ThreadPoolExecutor(resources.n_threads) as pool:
        for start in range(0, len(fields), group_size):
            group = fields[start : start + group_size]
            totals = _Totals(schema, read_label)
            with RunStore() as store:
                counters = _counters(
                    group, store, resources, is_weighted=schema.weight is not None, n_bins=n_bins
                )
                extra = [name for name in (schema.label, schema.weight) if name is not None]
                for batch in read([*extra, *(field.name for field in group)]):
                    labels, weights = totals.add(batch)
                    list(
                        pool.map(
                            lambda c, b=batch, y=labels, w=weights: c.add(b[c.field.name], y, w), counters
                        )
                    )
                    advance(batch.height * len(group))
                counted.extend(pool.map(_FieldCounter.finish, counters))
                unreadable.update({c.field.name: c.n_unreadable for c in counters if c.n_unreadable})
    return LogCounts(tuple(counted), totals.n_rows, totals.n_positive, totals.label_sums, unreadable)


class _Totals:
    """Labels and weights of the batches, and their sums."""

    def __init__(self, schema: LogSchema, read_label: Callable[[pl.Series], NDArray[np.uint8]]) -> None:
        self._schema = schema
        self._read_label = read_label
        self.n_rows = 0
        self.n_positive = 0
        self.label_sums = (0.0, 0.0)

    def add(self, batch: pl.DataFrame) -> tuple[NDArray[np.uint8], NDArray[Any]]:
        labels = self._read_label(batch[self._schema.label])
        n_positive = int(labels.sum())
        self.n_rows += labels.size
        self.n_positive += n_positive
        if self._schema.weight is None:
            weights: NDArray[Any] = np.broadcast_to(np.int64(1), labels.size)
            positive_sum, total = n_positive, labels.size
        else:
            weights = _read_weights(batch[self._schema.weight])
            positive_sum, total = float(weights[labels == 1].sum()), float(weights.sum())
        self.label_sums = (self.label_sums[0] + total - positive_sum, self.label_sums[1] + positive_sum)
        return labels, weights


def _read_weights(column: pl.Series) -> NDArray[np.float64]:
    weights = column.cast(pl.Float64, strict=False)
    numbers = weights.to_numpy()
    is_bad = ~np.isfinite(numbers) | (numbers < 0)
    if weights.null_count() or is_bad.any():
        found = column[int(np.argmax(is_bad))]
        raise DataError(
            f"weight {column.name!r} holds {found!r}",
            "Weights are finite numbers, 0 or more; fill or drop the rows without one.",
        )
    return numbers


def _counters(
    fields: Sequence[Field], store: RunStore, resources: Resources, *, is_weighted: bool, n_bins: int
) -> list[_FieldCounter]:
    """One counter per field; what they may hold together stays below the memory that counting has."""
    share = resources.memory_bytes // 6 // len(fields)
    table_values = _power_of_two(share // BYTES_PER_TABLE_VALUE, LEAST_TABLE_VALUES, TABLE_VALUES)
    run_keys = _power_of_two(share // BYTES_PER_RUN_KEY, LEAST_RUN_KEYS, RUN_KEYS)
    loose_keys = min(LOOSE_KEYS, share // BYTES_PER_KEY)

    def values() -> ValueCounts:
        return ValueCounts(
            table_values=table_values,
            run_keys=run_keys,
            loose_keys=loose_keys,
            store=store,
            is_weighted=is_weighted,
        )

    return [_FieldCounter(field, values(), n_bins=n_bins) for field in fields]


def _power_of_two(number: int, low: int, high: int) -> int:
    return min(high, max(low, 1 << max(0, number.bit_length() - 1)))


class _FieldCounter:
    """Counts one field as its kind asks for."""

    def __init__(self, field: Field, values: ValueCounts, *, n_bins: int) -> None:
        self.field = field
        self.n_unreadable = 0
        self._values = values
        self._n_bins = n_bins
        self._n_rows = 0
        self._n_null = 0
        self._null_sums = np.zeros(2)

    def add(self, column: pl.Series, labels: NDArray[np.uint8], weights: NDArray[Any]) -> None:
        self._n_rows += column.len()
        if self.field.kind is FieldKind.NUMERIC:
            numbers = as_numbers(column)
            if column.dtype == pl.String:
                self.n_unreadable += numbers.null_count() - column.null_count()
            is_null = self._count_nulls(numbers, labels, weights)
            if is_null is not None:
                numbers, labels, weights = numbers.drop_nulls(), labels[~is_null], weights[~is_null]
            self._values.add(number_keys(numbers.to_numpy()), labels, weights)
            return
        if self.field.kind is FieldKind.MULTIVALUED:
            lengths = column.list.len().fill_null(0).clip(1).to_numpy()
            self._n_null += int((column.list.len().fill_null(0) == 0).sum())
            column = column.explode(empty_as_null=True, keep_nulls=True)
            labels, weights = np.repeat(labels, lengths), np.repeat(weights, lengths)
        elif column.dtype.is_float():
            column = column.fill_nan(None)
        self._count_nulls(column, labels, weights)
        self._values.add(category_keys(column), labels, weights)

    def finish(self) -> FieldCounts:
        if self.field.kind is FieldKind.NUMERIC:
            n_values, table = self._values.bin(self._n_bins)
            if self._n_null:
                nulls = self._null_sums.astype(table.counts.dtype).reshape(1, 2)
                table = ContingencyTable(
                    np.concatenate([table.counts, nulls]), np.append(table.multiplicity, 1)
                )
                n_values += 1
        else:
            n_values, table = self._values.tally()
        negatives, positives = map(float, self._null_sums)
        return FieldCounts(
            self.field.name, table, n_values, self._n_rows, self._n_null, (negatives, positives)
        )

    def _count_nulls(
        self, column: pl.Series, labels: NDArray[np.uint8], weights: NDArray[Any]
    ) -> NDArray[np.bool_] | None:
        if not column.null_count():
            return None
        is_null = column.is_null().to_numpy()
        if self.field.kind is not FieldKind.MULTIVALUED:
            self._n_null += column.null_count()
        for label in (0, 1):
            self._null_sums[label] += weights[is_null & (labels == label)].sum()
        return is_null
