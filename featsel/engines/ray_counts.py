"""How are the fields of a log counted on a Ray cluster?

Workers count shards of rows; their tables are merged in trees, wide fields range by range of their keys. The
counts are those of :mod:`featsel.engines.local`, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from featsel.core.counts import FieldCounts
from featsel.core.schema import Field, LogSchema
from featsel.engines.fields import FieldFacts, finish_field
from featsel.engines.local import LogCounts, Resources, column_groups, count_fields
from featsel.engines.ray_cluster import Ref, Workers
from featsel.engines.ray_pass import (
    ShardedLog,
    by_fields,
    cut_for,
    look_at_all,
    lost_times,
    merges_of,
    pass_over,
    starts_of,
    values_of,
)
from featsel.engines.shards import LabelReading, Shard, ShardFacts, count_shard, places_of, ranges_of


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
    shards = cut_for(log, workers)
    looks = look_at_all(shards, schema.fields, workers, resources)
    ranges = ranges_of(looks)
    first_rows = starts_of(looks)
    places = places_of(schema.fields, ranges, is_columnar=log.is_columnar)
    shared = [workers.keep(value) for value in (schema, ranges)]

    def submit(index: int) -> list[Ref]:
        arguments = (shards[index], shared[0], label.at(first_rows[index]), shared[1], resources)
        return list(workers.submit(count_shard, *arguments, n_results=len(places) + 1))

    facts: list[ShardFacts] = []

    def take(shard: ShardFacts) -> None:
        facts.append(shard)
        label.absorb(shard.label)
        advance(shard.n_rows * len(schema.fields))

    merged = pass_over(len(shards), submit, merges_of(places), take, workers)
    of_fields = {
        each.name: sum((shard.fields[each.name] for shard in facts), FieldFacts()) for each in schema.fields
    }
    log.n_lost_times.update(lost_times(shard.n_lost_times for shard in facts))
    n_rows, n_positive = (sum(getattr(shard, name) for shard in facts) for name in ("n_rows", "n_positive"))
    finish = partial(_finish, n_bins=n_bins, total=float(n_rows))
    finished = [
        workers.submit(finish, fields, [of_fields[each.name] for each in fields], references)
        for fields, references in by_fields(places, merged)
    ]
    counted = {counts.name: counts for reference in finished for counts in workers.get(reference)}
    return LogCounts(
        tuple(counted[each.name] for each in schema.fields),
        n_rows,
        n_positive,
        (float(n_rows - n_positive), float(n_positive)),
        {name: each.n_unreadable for name, each in of_fields.items() if each.n_unreadable},
    )


def _finish(
    fields: Sequence[Field],
    facts: Sequence[FieldFacts],
    references: Sequence[Ref],
    *,
    n_bins: int,
    total: float,
) -> list[FieldCounts]:
    """Counts of fields whose tables are merged."""
    return [
        finish_field(field, each, values_of(field, references), n_bins=n_bins, total=total)
        for field, each in zip(fields, facts, strict=True)
    ]


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
    (whole,) = log.cut(1)
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
