"""How does a Ray cluster pass over the rows of a log?

The log is cut into shards; each is read by one task, whose tables are merged in trees as they come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from featsel.core.schema import Field
from featsel.engines.local import Resources
from featsel.engines.ray_cluster import Ref, Tree, Workers, fetch
from featsel.engines.shards import Look, Place, Shard, look_at
from featsel.engines.sorted_counts import SortedCounts, merge
from featsel.engines.tallies import CountedValues

SHARDS_PER_WORKER = 4
"""Parts that a log is cut into for each worker, so that all end at about the same time."""

LEAST_SHARD_ROWS = 1 << 18
MOST_SHARD_ROWS = 1 << 25
"""Fewer rows would cost more to send than to count; more would be much to lose, and take much memory."""

MANY = 1 << 30
"""More shards than a log has files."""

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

    def cut(self, n_shards: int) -> Sequence[Shard]:
        """So many parts, or fewer, of about as many rows."""
        ...


Merge = Callable[[Sequence[Any]], Any]
"""Adds up what many shards gave, in the order of the shards."""


def pass_over(
    n_shards: int,
    submit: Callable[[int], list[Ref]],
    merges: Sequence[Merge],
    take: Callable[[Any], None],
    workers: Workers,
) -> list[Ref]:
    """Read all shards, and merge what they give.

    Parameters
    ----------
    n_shards : int
        How many shards there are.
    submit : callable
        Has one of them read; gives references to its parts, and at last to its facts.
    merges : sequence of callable
        How each part is merged with that of other shards.
    take : callable
        Given the facts of the shards, in their order.
    workers : Workers
        Do the work.

    Returns
    -------
    list of Ref
        Merged parts, which are there.
    """
    trees = [Tree(workers, each) for each in merges]
    for references in workers.in_order(submit, n_shards):
        take(workers.get(references[-1]))
        for tree, reference in zip(trees, references, strict=False):
            tree.add(reference)
    merged = [tree.result() for tree in trees]
    # a task that waited for others would keep a worker from them
    workers.wait_for(merged)
    return merged


def merges_of(places: Sequence[Place]) -> list[Merge]:
    """How the counts of values of shards are merged."""
    return [merge if place.is_range else merge_bundles for place in places]


def cut_for(log: ShardedLog, workers: Workers, *, most_rows: int | None = None) -> Sequence[Shard]:
    """Cut a log into shards.

    Parameters
    ----------
    log : ShardedLog
        The log.
    workers : Workers
        Will read the shards.
    most_rows : int, optional
        About as many rows in each at most. Text tells its rows only when it is read: each of its files is
        then a shard.

    Returns
    -------
    sequence of Shard
        In the order of the rows.
    """
    wanted = SHARDS_PER_WORKER * workers.n_workers
    if not log.is_columnar:
        return log.cut(wanted if most_rows is None else MANY)
    n_rows = log.count_rows()
    most = MOST_SHARD_ROWS if most_rows is None else most_rows
    return log.cut(max(-(-n_rows // most), min(wanted, n_rows // LEAST_SHARD_ROWS), 1))


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


def by_fields(
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


def values_of(field: Field, references: Sequence[Ref]) -> Iterator[CountedValues]:
    """Values of a field, on a worker: one range of keys is in memory at a time."""
    for reference in references:
        found: SortedCounts | Mapping[str, SortedCounts] = fetch(reference)
        table = found if isinstance(found, SortedCounts) else found[field.name]
        yield from table.parts()


def lost_times(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """How many values of columns of times were none, in all shards."""
    total: dict[str, int] = {}
    for part in parts:
        for name, n_values in part.items():
            total[name] = total.get(name, 0) + n_values
    return total
