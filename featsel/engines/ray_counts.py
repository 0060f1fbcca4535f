"""How are the fields of a log counted on a Ray cluster?

Workers count shards of rows; their tables are merged in trees, wide fields range by range of their keys. The
counts are those of :mod:`featsel.engines.local`, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from featsel.core.counts import FieldCounts
from featsel.core.schema import Field, LogSchema
from featsel.engines.fields import FieldFacts, finish_field
from featsel.engines.local import LogCounts, Resources, column_groups, count_fields
from featsel.engines.ray_cluster import Ref, Tree, Workers
from featsel.engines.shards import (
    LabelReading,
    Look,
    Place,
    Shard,
    ShardFacts,
    count_shard,
    look_at,
    places_of,
    ranges_of,
)
from featsel.engines.sorted_counts import SortedCounts, merge
from featsel.engines.tallies import CountedValues

SHARDS_PER_WORKER = 4
"""Parts that a log is cut into for each worker, so that all end at about the same time."""

LEAST_SHARD_ROWS = 1 << 18
MOST_SHARD_ROWS = 1 << 23
"""Fewer rows would cost more to send than to count; more would be much to lose, and take much memory."""

SAMPLED_SHARDS = 4
"""Shards of which some rows are looked at before any is counted."""


class ShardedLog(Protocol):
    """A log that can be cut into shards."""

    @property
    def is_columnar(self) -> bool:
        """Whether reading some columns costs less than reading all."""
        ...

    @property
    def n_lost_times(self) -> dict[str, int]:
        """Of columns of times, how many values were none in the last reading; updated by counting."""
        ...

    def count_rows(self) -> int:
        """Its rows."""
        ...

    def shards(self, most_rows: int | None) -> Sequence[Shard]:
        """Parts with about as many rows, or one part."""
        ...


def count_on_ray(
    schema: LogSchema,
    *,
    log: ShardedLog,
    label: LabelReading,
    n_bins: int,
    workers: Workers,
    resources: Resources,
    advance: Callable[[int], None],
) -> LogCounts:
    """Count every field of a log against its label.

    Parameters
    ----------
    schema : LogSchema
        Fields, label and weight.
    log : ShardedLog
        The log; its files can be read by every worker.
    label : LabelReading
        Turns a label column into 0/1.
    n_bins : int
        Bins of a numeric field.
    workers : Workers
        Do the counting.
    resources : Resources
        Threads and memory of each worker.
    advance : callable
        Told the number of cells (rows times fields) after each shard.

    Returns
    -------
    LogCounts
        What :func:`featsel.engines.local.count_fields` gives.

    Raises
    ------
    DataError
        A label or weight is wrong, or a file cannot be read.
    """
    if schema.weight is not None:
        return _count_weighted(schema, log, label, n_bins, workers, resources, advance)
    shards = log.shards(shard_rows(log, workers))
    looks = look_at_all(shards, schema.fields, workers, resources)
    ranges = ranges_of(looks)
    first_rows = starts_of(looks)
    places = places_of(schema.fields, ranges, is_columnar=log.is_columnar)
    trees = [Tree(workers, merge if place.is_range else merge_bundles) for place in places]
    shared = [workers.keep(value) for value in (schema, ranges)]

    def submit(index: int) -> list[Ref]:
        arguments = (shards[index], shared[0], label.at(first_rows[index]), shared[1], resources)
        return list(workers.submit(count_shard, *arguments, n_results=len(places) + 1))

    facts: list[ShardFacts] = []
    for references in workers.in_order(submit, len(shards)):
        facts.append(workers.get(references[-1]))
        for tree, reference in zip(trees, references, strict=False):
            tree.add(reference)
        label.absorb(facts[-1].label)
        advance(facts[-1].n_rows * len(schema.fields))
    of_fields = {
        each.name: sum((shard.fields[each.name] for shard in facts), FieldFacts()) for each in schema.fields
    }
    log.n_lost_times.update(_added(shard.n_lost_times for shard in facts))
    n_rows, n_positive = (sum(getattr(shard, name) for shard in facts) for name in ("n_rows", "n_positive"))
    merged = [tree.result() for tree in trees]
    # a task that waited for others would keep a worker from them
    workers.wait_for(merged)
    finish = partial(_finish, n_bins=n_bins, total=float(n_rows))
    finished = [
        workers.submit(finish, fields, [of_fields[each.name] for each in fields], references)
        for fields, references in _by_fields(places, merged)
    ]
    counted = {counts.name: counts for reference in finished for counts in workers.get(reference)}
    return LogCounts(
        tuple(counted[each.name] for each in schema.fields),
        n_rows,
        n_positive,
        (float(n_rows - n_positive), float(n_positive)),
        {name: each.n_unreadable for name, each in of_fields.items() if each.n_unreadable},
    )


def shard_rows(log: ShardedLog, workers: Workers) -> int:
    """Rows that a shard should have; text tells its rows only when it is read, and is cut between files."""
    if not log.is_columnar:
        return MOST_SHARD_ROWS
    wanted = -(-log.count_rows() // (SHARDS_PER_WORKER * workers.n_workers))
    return max(LEAST_SHARD_ROWS, min(MOST_SHARD_ROWS, wanted))


def look_at_all(
    shards: Sequence[Shard], fields: Sequence[Field], workers: Workers, resources: Resources
) -> list[Look]:
    """Count the rows of all shards, and look at the values in some of them."""
    n_sampled = min(SAMPLED_SHARDS, len(shards))
    sampled = {index * len(shards) // n_sampled for index in range(n_sampled)}
    references = [
        workers.submit(look_at, shard, fields if index in sampled else (), resources)
        for index, shard in enumerate(shards)
    ]
    return [workers.get(reference) for reference in references]


def starts_of(looks: Sequence[Look]) -> list[int]:
    """Row of the log with which each shard begins."""
    starts = [0]
    for look in looks:
        starts.append(starts[-1] + look.n_rows)
    return starts


def merge_bundles(bundles: Sequence[Mapping[str, SortedCounts]]) -> dict[str, SortedCounts]:
    """Add up the tables of several fields."""
    return {name: merge([bundle[name] for bundle in bundles]) for name in bundles[0]}


def _by_fields(
    places: Sequence[Place], tables: Sequence[Ref]
) -> Iterator[tuple[tuple[Field, ...], list[Ref]]]:
    """Fields that are finished together, with what holds their counts."""
    ranges: dict[str, list[Ref]] = {}
    for place, table in zip(places, tables, strict=True):
        if place.is_range:
            ranges.setdefault(place.fields[0].name, []).append(table)
        else:
            yield place.fields, [table]
    of_name = {place.fields[0].name: place.fields for place in places if place.is_range}
    for name, references in ranges.items():
        yield of_name[name], references


def _finish(
    fields: Sequence[Field],
    facts: Sequence[FieldFacts],
    references: Sequence[Ref],
    *,
    n_bins: int,
    total: float,
) -> list[FieldCounts]:
    """Counts of fields whose tables are merged; one range of keys is in memory at a time."""

    def values(field: Field) -> Iterator[CountedValues]:
        for reference in references:
            found: SortedCounts | Mapping[str, SortedCounts] = _fetched(reference)
            table = found if isinstance(found, SortedCounts) else found[field.name]
            yield from table.parts()

    return [
        finish_field(field, each, values(field), n_bins=n_bins, total=total)
        for field, each in zip(fields, facts, strict=True)
    ]


def _fetched(reference: Ref) -> Ref:
    import ray  # noqa: PLC0415 - on a worker of Ray

    return ray.get(reference)


def _count_weighted(
    schema: LogSchema,
    log: ShardedLog,
    label: LabelReading,
    n_bins: int,
    workers: Workers,
    resources: Resources,
    advance: Callable[[int], None],
) -> LogCounts:
    """Count fields over all rows each: a sum of weights depends on its order in the last bit."""
    (whole,) = log.shards(None)
    groups = column_groups(schema.fields, is_columnar=log.is_columnar)

    def submit(index: int) -> list[Ref]:
        part = replace(schema, fields=tuple(groups[index]))
        return [workers.submit(_count_group, whole, part, label.at(0), n_bins, resources)]

    found: list[LogCounts] = []
    for references in workers.in_order(submit, len(groups)):
        counts, reader, n_lost = workers.get(references[0])
        found.append(counts)
        log.n_lost_times.update(n_lost)
        if len(found) == 1:
            label.absorb(reader)
        advance(counts.n_rows * len(counts.fields))
    unreadable = {name: n_rows for counts in found for name, n_rows in counts.unreadable.items()}
    return replace(
        found[0], fields=tuple(each for counts in found for each in counts.fields), unreadable=unreadable
    )


def _count_group(
    whole: Shard, schema: LogSchema, label: LabelReading, n_bins: int, resources: Resources
) -> tuple[LogCounts, LabelReading, Mapping[str, int]]:
    counts = count_fields(
        schema,
        read=whole.batches,
        read_label=label.read,
        is_columnar=whole.is_columnar,
        n_bins=n_bins,
        resources=resources,
        advance=_say_nothing,
    )
    return counts, label, whole.n_lost_times


def _say_nothing(_: int) -> None:
    pass


def _added(parts: Iterator[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for name, n_values in part.items():
            total[name] = total.get(name, 0) + n_values
    return total
