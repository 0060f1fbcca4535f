"""How does one pass over a log make its profile?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.counts import FieldCounts
from featsel.core.profile import KEPT_ROWS, FieldProfile, LabelProfile, RowCounts, SampledRows, TimeProfile
from featsel.core.schema import LogSchema
from featsel.engines.field_profiler import FieldProfiler
from featsel.engines.local import Resources, column_groups, value_counts
from featsel.engines.profile_roles import ProfileRoles
from featsel.engines.profile_values import SeenRows, sizes_for
from featsel.engines.row_marks import RowKeys, RowSample, row_counts
from featsel.engines.spill import RunStore
from featsel.engines.value_counts import ValueCounts
from featsel.engines.weights import NO_WEIGHTS

SAMPLE_ROWS = 1 << 16
SAMPLE_CELLS = 1 << 22
"""Of the rows that are looked at together: 32 MB of keys."""


@dataclass(frozen=True, eq=False)
class ProfiledLog:
    """What a pass over a log leaves behind for checks.

    Parameters
    ----------
    fields : tuple of FieldProfile
        Without scores.
    counts : tuple of FieldCounts
        Of the same fields.
    label, time : LabelProfile, TimeProfile or None
        None where there is no such column.
    rows : RowCounts
        How often rows repeat.
    sample : SampledRows
        For what fields say together.
    n_rows : int
        Rows.
    """

    fields: tuple[FieldProfile, ...]
    counts: tuple[FieldCounts, ...]
    label: LabelProfile | None
    time: TimeProfile | None
    rows: RowCounts
    sample: SampledRows
    n_rows: int


def profile_log(
    schema: LogSchema,
    *,
    read: Callable[[Sequence[str]], Iterator[pl.DataFrame]],
    is_columnar: bool,
    resources: Resources,
    advance: Callable[[int], None],
) -> ProfiledLog:
    """Profile a log in one pass.

    Parameters
    ----------
    schema : LogSchema
        Fields, label (empty where there is none) and time; weights are not looked at.
    read : callable
        Gives the batches of some columns; called once per group of fields.
    is_columnar : bool
        Whether reading some columns costs less than reading all.
    resources : Resources
        Threads and memory.
    advance : callable
        Told the number of cells (rows times fields) after each batch.

    Returns
    -------
    ProfiledLog
        The same for any number of threads.
    """
    roles = ProfileRoles(schema)
    profiled: list[tuple[FieldProfile, FieldCounts]] = []
    sampled: list[NDArray[np.uint64]] = []
    sample = RowSample(sample_rows(schema))
    seen = SeenRows(KEPT_ROWS)
    with ThreadPoolExecutor(resources.n_threads) as pool, RowKeys() as row_keys, RunStore() as row_store:
        rows = value_counts(1, row_store, resources)
        groups = read_groups(
            schema,
            read=read,
            is_columnar=is_columnar,
            gathered=Gathered(roles, row_keys, rows, sample),
            resources=resources,
            pool=pool,
            advance=advance,
        )
        for profilers, part in groups:
            futures = [pool.submit(profiler.finish) for profiler in profilers]
            profilers.clear()  # the memory of each ends with its future
            wait(futures)
            profiled.extend(future.result() for future in futures)
            del futures
            sample = part
            sampled.extend(np.ascontiguousarray(column) for column in sample.rows().T[:-1])
        rows.tally(seen.see)
    label, time = roles.profiles()
    sampled_labels = sample.rows()[:, -1].astype(np.uint8) if sampled else np.empty(0, np.uint8)
    return ProfiledLog(
        fields=tuple(profile for profile, _ in profiled),
        counts=tuple(counts for _, counts in profiled),
        label=label,
        time=time,
        rows=row_counts(seen, row_keys.names),
        sample=SampledRows(tuple(field.name for field in schema.fields), tuple(sampled), sampled_labels),
        n_rows=roles.n_rows,
    )


def sample_rows(schema: LogSchema) -> int:
    """Rows that are looked at together, of a log with such fields."""
    return min(SAMPLE_ROWS, SAMPLE_CELLS // (len(schema.fields) + 1))


@dataclass(frozen=True, eq=False)
class Gathered:
    """What is gathered of rows while their fields are read group by group.

    Parameters
    ----------
    roles : ProfileRoles
        Reads label and time with the first group.
    row_keys : RowKeys
        Gathers the keys of whole rows.
    rows : ValueCounts
        Counts them; complete after the last group.
    sample : RowSample
        Empty; takes rows of the first group.
    first_row : int
        Row of the log with which these begin.
    """

    roles: ProfileRoles
    row_keys: RowKeys
    rows: ValueCounts
    sample: RowSample
    first_row: int = 0


def read_groups(
    schema: LogSchema,
    *,
    read: Callable[[Sequence[str]], Iterator[pl.DataFrame]],
    is_columnar: bool,
    gathered: Gathered,
    resources: Resources,
    pool: Executor,
    advance: Callable[[int], None],
) -> Iterator[tuple[list[FieldProfiler], RowSample]]:
    """Read a log, or a part of it, one group of fields after the other.

    Parameters
    ----------
    schema, read, is_columnar, resources, advance
        See :func:`profile_log`.
    gathered : Gathered
        What is gathered of the rows.
    pool : Executor
        Threads.

    Yields
    ------
    list of FieldProfiler
        Of the fields of a group, which have seen all rows; to be finished before the next group is asked for.
    RowSample
        The same rows of every group: a column for each of its fields, then the label.
    """
    roles, sample = gathered.roles, gathered.sample
    groups = column_groups(schema.fields, is_columnar=is_columnar)
    sizes = sizes_for(len(schema.fields))
    for index, group in enumerate(groups):
        is_first, is_last = index == 0, index == len(groups) - 1
        with RunStore() as store:
            profilers = [
                FieldProfiler(
                    field, value_counts(len(group), store, resources), sizes, first_row=gathered.first_row
                )
                for field in group
            ]
            start = 0
            for batch in read([*(roles.columns if is_first else ()), *(field.name for field in group)]):
                others = roles.read(batch) if is_first else {}
                labels = roles.labels(start, start + batch.height)
                keys = _for_each(profilers, batch, labels, pool)
                key_of_row = gathered.row_keys.add(start, keys | others, is_first=is_first, is_last=is_last)
                if key_of_row is not None:
                    gathered.rows.add(key_of_row, labels, NO_WEIGHTS)
                picks = sample.picks(start, batch.height)
                columns = [column[picks] for column in keys.values()]
                sample.add(picks, np.column_stack([*columns, labels[picks].astype(np.uint64)]))
                start += batch.height
                advance(batch.height * len(group))
            yield profilers, sample
        # what the sample of the first group ended with holds for all
        sample = sample.again()


def _for_each(
    profilers: Sequence[FieldProfiler],
    batch: pl.DataFrame,
    labels: NDArray[np.uint8],
    pool: Executor,
) -> dict[str, NDArray[np.uint64]]:
    futures = {each.field.name: pool.submit(each.add, batch[each.field.name], labels) for each in profilers}
    wait(futures.values())
    return {name: future.result() for name, future in futures.items()}
