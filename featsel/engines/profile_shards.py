"""How is one shard of a log profiled, so that all shards together give the profile of the log?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.core.schema import LogSchema
from featsel.engines.field_profiler import ProfileFacts
from featsel.engines.local import Resources, column_groups, value_counts
from featsel.engines.profile_roles import ProfileRoles, RolesOpening
from featsel.engines.profile_values import SeenRows
from featsel.engines.profiles import Gathered, read_groups, sample_rows
from featsel.engines.row_marks import RowKeys, RowSample
from featsel.engines.shards import Ranges, Shard
from featsel.engines.sorted_counts import SortedCounts, cut, sorted_counts
from featsel.engines.spill import RunStore

SPARE_SAMPLE = 2
"""A shard starts with a sample that many halvings too large, for it knows only how many rows to expect."""


@dataclass(frozen=True)
class ProfiledShard:
    """What profiling a shard leaves beside the counts of values.

    Parameters
    ----------
    n_rows : int
        Its rows.
    fields : mapping of str to ProfileFacts
        Of each field.
    roles : ProfileRoles
        What was read of label and time.
    names : tuple of str
        Columns that are part of the keys of whole rows.
    n_lost_times : mapping of str to int
        Of columns of times, how many values were none.
    """

    n_rows: int
    fields: Mapping[str, ProfileFacts]
    roles: ProfileRoles
    names: tuple[str, ...]
    n_lost_times: Mapping[str, int]


def find_opening(shard: Shard, schema: LogSchema) -> RolesOpening:
    """What the first rows of a log decide for the reading of all of it.

    Parameters
    ----------
    shard : Shard
        Begins with the first row.
    schema : LogSchema
        Fields and roles.

    Returns
    -------
    RolesOpening
        As the profile of the whole log has it.
    """
    roles = ProfileRoles(schema)
    if roles.tell_opening():
        return roles.opening
    # the columns of the first group too: the first batch has then as many rows as where all is read here
    first_group = column_groups(schema.fields, is_columnar=shard.is_columnar)[0]
    for batch in shard.batches([*roles.columns, *(field.name for field in first_group)]):
        roles.read(batch)
        if roles.tell_opening():
            break
    return roles.opening


def sample_sizes(schema: LogSchema, n_rows: int) -> tuple[int, int]:
    """How many rows of so many are looked at together, and from which hash on surely none of them."""
    n_sampled = sample_rows(schema)
    n_halvings = (max(1, n_rows) // n_sampled).bit_length() - SPARE_SAMPLE
    return n_sampled, (1 << 64) >> max(0, n_halvings)


def profile_shard(
    shard: Shard,
    schema: LogSchema,
    opening: RolesOpening,
    first_row: int,
    sizes: tuple[int, int],
    ranges: tuple[Ranges, NDArray[np.uint64]],
    resources: Resources,
) -> Iterator[dict[str, SortedCounts] | SortedCounts | RowSample | ProfiledShard]:
    """Profile a shard, group by group of fields.

    Parameters
    ----------
    shard : Shard
        The rows.
    schema : LogSchema
        Fields and roles.
    opening : RolesOpening
        What the first rows of the log told.
    first_row : int
        Row of the log with which the shard begins.
    sizes : tuple of int
        See :func:`sample_sizes`.
    ranges : tuple of Ranges and ndarray of uint64
        Where the keys of wide fields, and those of whole rows, are cut.
    resources : Resources
        Memory.

    Yields
    ------
    dict of str to SortedCounts, SortedCounts
        Counts of values; see :func:`featsel.engines.shards.places_of`.
    SortedCounts
        Then for each range of the keys of whole rows.
    RowSample
        Then a sample of rows: a column for each field, then the label.
    ProfiledShard
        At last.
    """
    of_fields, of_rows = ranges
    roles = ProfileRoles(schema, opening)
    facts: dict[str, ProfileFacts] = {}
    n_lost: dict[str, int] = {}
    columns: list[NDArray[np.uint64]] = []
    sample = RowSample(*sizes, first_row=first_row)
    with RowKeys() as row_keys, RunStore() as row_store, ThreadPoolExecutor(1) as pool:
        rows = value_counts(1, row_store, resources)
        groups = read_groups(
            schema,
            read=shard.batches,
            is_columnar=shard.is_columnar,
            gathered=Gathered(roles, row_keys, rows, sample, first_row),
            resources=resources,
            pool=pool,
            advance=_say_nothing,
        )
        for profilers, part in groups:
            n_lost.update(shard.n_lost_times)
            facts.update({each.field.name: each.facts for each in profilers})
            yield {
                each.field.name: sorted_counts(each.values.sorted_values())
                for each in profilers
                if each.field.name not in of_fields
            }
            for each in profilers:
                if each.field.name in of_fields:
                    yield from cut(each.values.sorted_values(), of_fields[each.field.name])
            sample = part
            columns.extend(sample.rows().T[:-1])
        yield from cut(rows.sorted_values(), of_rows)
        labels = sample.rows()[:, -1:]
        yield sample.with_columns(np.column_stack([*columns, labels]) if labels.size else labels)
        yield ProfiledShard(roles.n_rows, facts, roles.without_labels(), row_keys.names, n_lost)


def merge_samples(samples: Sequence[RowSample]) -> RowSample:
    """Sample of shards that follow each other."""
    whole = samples[0].with_columns(samples[0].rows())
    for sample in samples[1:]:
        whole.absorb(sample)
    return whole


def see_rows(counts: SortedCounts, n_sample: int) -> SeenRows:
    """What a range of the keys of whole rows says."""
    seen = SeenRows(n_sample)
    for keys, sums in counts.parts():
        seen.see(keys, sums)
    return seen


def _say_nothing(_: int) -> None:
    pass
