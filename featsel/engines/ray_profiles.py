"""How is a log profiled on a Ray cluster?

As :mod:`featsel.engines.profiles` does it here, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from featsel.core.counts import FieldCounts
from featsel.core.profile import KEPT_ROWS, FieldProfile, SampledRows
from featsel.core.schema import Field, LogSchema
from featsel.engines.field_profiler import ProfileFacts, finish_profile
from featsel.engines.local import Resources
from featsel.engines.profile_roles import ProfileRoles
from featsel.engines.profile_shards import (
    ProfiledShard,
    find_opening,
    merge_samples,
    profile_shard,
    sample_sizes,
    see_rows,
)
from featsel.engines.profile_values import ProfileSizes, SeenRows, sizes_for
from featsel.engines.profiles import ProfiledLog
from featsel.engines.ray_cluster import Ref, Workers
from featsel.engines.ray_pass import (
    Merge,
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
from featsel.engines.row_marks import RowSample, row_counts
from featsel.engines.shards import places_of, ranges_of, uniform_ranges
from featsel.engines.sorted_counts import merge


def profile_on_ray(
    schema: LogSchema,
    *,
    log: ShardedLog,
    workers: Workers,
    resources: Resources,
    advance: Callable[[int], None],
) -> ProfiledLog:
    """Profile a log.

    Parameters
    ----------
    schema : LogSchema
        Fields, label (empty where there is none) and time; weights are not looked at.
    log : ShardedLog
        The log; its files can be read by every worker.
    workers : Workers
        Do the work.
    resources : Resources
        Threads and memory of each worker.
    advance : callable
        Told the number of cells (rows times fields) after each shard.

    Returns
    -------
    ProfiledLog
        What :func:`featsel.engines.profiles.profile_log` gives.

    Raises
    ------
    DataError
        A file cannot be read.
    """
    shards = cut_for(log, workers)
    looks = look_at_all(shards, schema.fields, workers, resources)
    opening = workers.get(workers.submit(find_opening, shards[0], schema))
    first_rows = starts_of(looks)
    of_fields, of_rows = ranges_of(looks), uniform_ranges(first_rows[-1])
    places = places_of(schema.fields, of_fields, is_columnar=log.is_columnar)
    merges: list[Merge] = [*merges_of(places), *[merge] * (of_rows.size + 1), merge_samples]
    shared = [
        workers.keep(value)
        for value in (opening, sample_sizes(schema, first_rows[-1]), (of_fields, of_rows), resources)
    ]

    def submit(index: int) -> list[Ref]:
        arguments = (shards[index], schema, shared[0], first_rows[index], *shared[1:])
        return list(workers.submit(profile_shard, *arguments, n_results=len(merges) + 1))

    facts = {each.name: ProfileFacts() for each in schema.fields}
    roles = ProfileRoles(schema, opening)
    read: list[ProfiledShard] = []

    def take(shard: ProfiledShard) -> None:
        roles.absorb(shard.roles)
        for name, each in shard.fields.items():
            facts[name].absorb(each, sizes)
        read.append(shard)
        advance(shard.n_rows * len(schema.fields))

    sizes = sizes_for(len(schema.fields))
    merged = pass_over(len(shards), submit, merges, take, workers)
    log.n_lost_times.update(lost_times(shard.n_lost_times for shard in read))
    finish = partial(_finish, sizes=sizes)
    finished = [
        workers.submit(finish, fields, [facts[each.name] for each in fields], references)
        for fields, references in by_fields(places, merged[: len(places)])
    ]
    of_ranges = [workers.submit(see_rows, each, KEPT_ROWS) for each in merged[len(places) : -1]]
    profiled = {profile.name: (profile, counts) for each in finished for profile, counts in workers.get(each)}
    seen = SeenRows(KEPT_ROWS)
    for each in of_ranges:
        seen.absorb(workers.get(each))
    sample: RowSample = workers.get(merged[-1])
    *columns, labels = sample.rows().T
    label, time = roles.profiles()
    return ProfiledLog(
        fields=tuple(profiled[each.name][0] for each in schema.fields),
        counts=tuple(profiled[each.name][1] for each in schema.fields),
        label=label,
        time=time,
        rows=row_counts(seen, read[0].names),
        sample=SampledRows(
            tuple(each.name for each in schema.fields),
            tuple(np.ascontiguousarray(column) for column in columns),
            labels.astype(np.uint8),
        ),
        n_rows=first_rows[-1],
    )


def _finish(
    fields: Sequence[Field], facts: Sequence[ProfileFacts], references: Sequence[Ref], *, sizes: ProfileSizes
) -> list[tuple[FieldProfile, FieldCounts]]:
    """Profiles of fields whose tables are merged."""
    return [
        finish_profile(field, sizes, each, values_of(field, references))
        for field, each in zip(fields, facts, strict=True)
    ]
