"""How are all fields of a log counted on one machine?

Fields of a columnar log are read a few at a time, over all rows, so that memory depends neither on the number
of rows nor on the number of fields; text is parsed once, for all fields. Threads count different fields of
the same batch: no table is ever shared, and results do not depend on how many threads there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.counts import FieldCounts
from featsel.core.engine import Cluster
from featsel.core.schema import Field, LogSchema
from featsel.engines.fields import FieldCounter
from featsel.engines.roles import RoleReader
from featsel.engines.spill import RunStore
from featsel.engines.value_counts import ValueCounts

GROUP_FIELDS = 4
WIDE_GROUP_FIELDS = 16
WIDE_LOG_FIELDS = 200
"""Fields read together from a columnar log: a few keep memory small, but each read parses the files' metadata
again, which is what dominates where a log has many fields."""

TABLE_VALUES = 1 << 15
SPILL_KEYS = 1 << 19
"""Upper limits of a field's hash table (1.5 MB, so that its keys fit the processor's cache), and of the keys
of each label that found no place in it and wait in memory (4 MB). More memory would not be faster."""

LEAST_TABLE_VALUES = 1 << 10
LEAST_SPILL_KEYS = 1 << 12

BYTES_PER_TABLE_VALUE = 48
BYTES_PER_SPILL_KEY = 16


Result = TypeVar("Result")


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
    cluster : Cluster, optional
        Where counting runs, if not in this process.
    """

    n_threads: int
    memory_bytes: int
    cluster: Cluster | None = None


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
    counted: list[FieldCounts] = []
    unreadable: dict[str, int] = {}
    roles = RoleReader(schema, read_label)
    with ThreadPoolExecutor(resources.n_threads) as pool:
        for group in column_groups(schema.fields, is_columnar=is_columnar):
            role_columns = roles.begin()
            with RunStore() as store:
                counters = [
                    FieldCounter(
                        field,
                        value_counts(len(group), store, resources, is_weighted=schema.weight is not None),
                    )
                    for field in group
                ]
                for batch in read([*role_columns, *(field.name for field in group)]):
                    labels, weights = roles.read(batch)
                    _for_each(counters, partial(_add, batch=batch, labels=labels, weights=weights), pool)
                    advance(batch.height * len(group))
                total = sum(roles.label_sums)
                finish = partial(FieldCounter.finish, n_bins=n_bins, total=total)
                counted.extend(_for_each(counters, finish, pool))
                unreadable.update({c.field.name: c.n_unreadable for c in counters if c.n_unreadable})
    return LogCounts(tuple(counted), roles.n_rows, roles.n_positive, roles.label_sums, unreadable)


def column_groups(fields: Sequence[Field], *, is_columnar: bool) -> list[Sequence[Field]]:
    """Fields that are read together.

    Parameters
    ----------
    fields : sequence of Field
        All of them.
    is_columnar : bool
        Whether reading some columns costs less than reading all.

    Returns
    -------
    list of sequence of Field
        In the same order.
    """
    size = len(fields)
    if is_columnar:
        size = GROUP_FIELDS if len(fields) <= WIDE_LOG_FIELDS else WIDE_GROUP_FIELDS
    return [fields[start : start + size] for start in range(0, len(fields), size)]


def value_counts(
    n_fields: int, store: RunStore, resources: Resources, *, is_weighted: bool = False
) -> ValueCounts:
    """Counts of one of some fields that are counted together, which share the memory that counting has.

    Parameters
    ----------
    n_fields : int
        How many they are.
    store : RunStore
        Takes what does not fit.
    resources : Resources
        Memory.
    is_weighted : bool
        Whether rows carry weights.

    Returns
    -------
    ValueCounts
        Empty.
    """
    share = resources.memory_bytes // 6 // n_fields
    return ValueCounts(
        table_values=_power_of_two(share // BYTES_PER_TABLE_VALUE, LEAST_TABLE_VALUES, TABLE_VALUES),
        spill_keys=_power_of_two(share // BYTES_PER_SPILL_KEY, LEAST_SPILL_KEYS, SPILL_KEYS),
        store=store,
        is_weighted=is_weighted,
    )


def _add(
    counter: FieldCounter, *, batch: pl.DataFrame, labels: NDArray[np.uint8], weights: NDArray[Any]
) -> None:
    counter.add(batch[counter.field.name], labels, weights)


def _for_each(
    counters: Sequence[FieldCounter], call: Callable[[FieldCounter], Result], pool: ThreadPoolExecutor
) -> list[Result]:
    """Results of a call for each counter. When one fails, the others end before the spill file is closed."""
    futures = [pool.submit(call, counter) for counter in counters]
    wait(futures)
    return [future.result() for future in futures]


def _power_of_two(number: int, low: int, high: int) -> int:
    return min(high, max(low, 1 << max(0, number.bit_length() - 1)))
