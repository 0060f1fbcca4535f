"""What is done to one shard of a log, so that all shards together give what one pass over the log gives?

Functions of a shard alone, which any process can run, and run again where one died.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.schema import Field, LogSchema
from featsel.engines.fields import FieldCounter, FieldFacts
from featsel.engines.local import Resources, column_groups, value_counts
from featsel.engines.roles import RoleReader
from featsel.engines.sorted_counts import SortedCounts, cut, sorted_counts
from featsel.engines.spill import RunStore

SAMPLE_ROWS = 1 << 16
"""First rows of a shard by which the width of its fields is judged."""

WIDE_VALUES = 1 << 15
"""Values in such samples from which on the table of a field is cut into ranges of keys: about 300 kB. More
than any number of bins, so that the values of a field with fewer of them stay together."""

RANGE_ROWS = 1 << 25
"""Rows of new values that a range of keys should have at most, in all shards together: 340 MB. Smaller ranges
are more to send and to merge for every shard, and the driver has to tell of each."""

MOST_RANGES = 1024


class LabelReading(Protocol):
    """Turns label columns into 0/1."""

    def read(self, labels: pl.Series) -> NDArray[np.uint8]:
        """0/1 of one batch."""
        ...

    def at(self, first_row: int) -> Self:
        """Reader for the part of the log that begins with a row."""
        ...

    def absorb(self, other: Self) -> None:
        """Take over what the reader of a later part saw."""
        ...


class Shard(Protocol):
    """Some neighbouring rows of a log."""

    @property
    def is_columnar(self) -> bool:
        """Whether reading some columns costs less than reading all."""
        ...

    @property
    def n_lost_times(self) -> Mapping[str, int]:
        """Of columns of times, how many values were none in the last reading."""
        ...

    def count_rows(self) -> int:
        """How many there are."""
        ...

    def batches(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """The rows of some columns, in order."""
        ...


@dataclass(frozen=True, eq=False)
class Look:
    """What a first look at a shard tells.

    Parameters
    ----------
    n_rows : int
        Its rows.
    keys : mapping of str to ndarray of uint64
        Of its first rows, the distinct values of each field, ascending; empty where nobody asked.
    n_sampled : int
        How many rows these are.
    """

    n_rows: int
    keys: Mapping[str, NDArray[np.uint64]] = field(default_factory=dict[str, NDArray[np.uint64]])
    n_sampled: int = 0


@dataclass(frozen=True)
class ShardFacts:
    """What counting a shard leaves beside the counts of values.

    Parameters
    ----------
    n_rows, n_positive : int
        Its rows.
    fields : mapping of str to FieldFacts
        Of each field.
    n_lost_times : mapping of str to int
        Of columns of times, how many values were none.
    label : LabelReading
        What read the labels.
    """

    n_rows: int
    n_positive: int
    fields: Mapping[str, FieldFacts]
    n_lost_times: Mapping[str, int]
    label: LabelReading


Ranges = Mapping[str, NDArray[np.uint64]]
"""Where the keys of each field are cut; a field that is not named stays whole."""


def look_at(shard: Shard, fields: Sequence[Field], resources: Resources) -> Look:
    """Count the rows of a shard, and look at the values of some fields in its first ones.

    Parameters
    ----------
    shard : Shard
        The shard.
    fields : sequence of Field
        Fields to look at; none to count rows alone.
    resources : Resources
        Memory.

    Returns
    -------
    Look
        What was seen.
    """
    n_rows = shard.count_rows()
    if not fields:
        return Look(n_rows)
    keys: dict[str, NDArray[np.uint64]] = {}
    n_sampled = 0
    for group in column_groups(fields, is_columnar=shard.is_columnar):
        with RunStore() as store:
            counters = [FieldCounter(each, value_counts(len(group), store, resources)) for each in group]
            n_sampled = 0
            for batch in shard.batches([each.name for each in group]):
                rows = batch.head(SAMPLE_ROWS - n_sampled)
                for counter in counters:
                    counter.add(
                        rows[counter.field.name], np.zeros(rows.height, np.uint8), np.empty(0, np.int64)
                    )
                n_sampled += rows.height
                if n_sampled >= SAMPLE_ROWS:
                    break
            for counter in counters:
                parts = [part.copy() for part, _ in counter.sorted_values()]
                keys[counter.field.name] = np.concatenate([np.empty(0, np.uint64), *parts])
    return Look(n_rows, keys, n_sampled)


def ranges_of(looks: Sequence[Look]) -> Ranges:
    """Where to cut the keys of fields with many values, so that no range is too large for a worker.

    Parameters
    ----------
    looks : sequence of Look
        At all shards; some of them with samples.

    Returns
    -------
    Ranges
        Of the wide fields. Quantiles of the values that were seen: where later values differ, ranges are of
        unequal size, and nothing else changes.
    """
    n_rows = sum(look.n_rows for look in looks)
    n_sampled = sum(look.n_sampled for look in looks)
    found: dict[str, NDArray[np.uint64]] = {}
    sampled = [look.keys for look in looks if look.keys]
    for name in sampled[0] if sampled else ():
        keys = np.unique(np.concatenate([look[name] for look in sampled]))
        if keys.size <= WIDE_VALUES:
            continue
        n_new = n_rows * (keys.size / n_sampled)
        n_ranges = max(2, min(MOST_RANGES, math.ceil(n_new / RANGE_ROWS)))
        found[name] = keys[np.arange(1, n_ranges) * keys.size // n_ranges]
    return found


def uniform_ranges(n_rows: int) -> NDArray[np.uint64]:
    """Where to cut keys that are spread evenly, of so many rows that may all differ."""
    n_ranges = min(MOST_RANGES, -(-n_rows // RANGE_ROWS) or 1)
    return np.array([(index << 64) // n_ranges for index in range(1, n_ranges)], np.uint64)


def count_shard(
    shard: Shard,
    schema: LogSchema,
    label: LabelReading,
    ranges: Ranges,
    resources: Resources,
) -> Iterator[dict[str, SortedCounts] | SortedCounts | ShardFacts]:
    """Count every field of a shard, group by group; see :func:`places_of` for what comes when.

    Parameters
    ----------
    shard : Shard
        The rows.
    schema : LogSchema
        Fields and label, without a weight: sums of weights have an order, and are not counted in shards.
    label : LabelReading
        Turns the label of this shard into 0/1.
    ranges : Ranges
        Where the keys of wide fields are cut.
    resources : Resources
        Memory.

    Yields
    ------
    dict of str to SortedCounts
        For each group of fields, those that are not cut.
    SortedCounts
        Then for each range of each field of the group that is.
    ShardFacts
        At last.
    """
    facts: dict[str, FieldFacts] = {}
    n_lost: dict[str, int] = {}
    roles = RoleReader(schema, label.read)
    for group in column_groups(schema.fields, is_columnar=shard.is_columnar):
        role_columns = roles.begin()
        with RunStore() as store:
            counters = [FieldCounter(each, value_counts(len(group), store, resources)) for each in group]
            for batch in shard.batches([*role_columns, *(each.name for each in group)]):
                labels, weights = roles.read(batch)
                for counter in counters:
                    counter.add(batch[counter.field.name], labels, weights)
            n_lost.update(shard.n_lost_times)
            facts.update({counter.field.name: counter.facts for counter in counters})
            yield {
                counter.field.name: sorted_counts(counter.sorted_values())
                for counter in counters
                if counter.field.name not in ranges
            }
            for counter in counters:
                if counter.field.name in ranges:
                    yield from cut(counter.sorted_values(), ranges[counter.field.name])
    yield ShardFacts(roles.n_rows, roles.n_positive, facts, n_lost, label)


@dataclass(frozen=True)
class Place:
    """What one of the things holds that :func:`count_shard` yields.

    Parameters
    ----------
    fields : tuple of Field
        Whose counts.
    is_range : bool
        Whether it is a range of the keys of the one field.
    """

    fields: tuple[Field, ...]
    is_range: bool


def places_of(fields: Sequence[Field], ranges: Ranges, *, is_columnar: bool) -> list[Place]:
    """What :func:`count_shard` yields before its facts.

    Parameters
    ----------
    fields : sequence of Field
        All of them.
    ranges : Ranges
        Where the keys of wide fields are cut.
    is_columnar : bool
        Whether reading some columns costs less than reading all.

    Returns
    -------
    list of Place
        In order.
    """
    places: list[Place] = []
    for group in column_groups(fields, is_columnar=is_columnar):
        places.append(Place(tuple(each for each in group if each.name not in ranges), is_range=False))
        for each in group:
            if each.name in ranges:
                places.extend([Place((each,), is_range=True)] * (ranges[each.name].size + 1))
    return places
