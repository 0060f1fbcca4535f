"""How does one pass over a log make its profile?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.counts import FieldCounts
from featsel.core.profile import FieldProfile, LabelProfile, RowCounts, SampledRows, TimeProfile
from featsel.core.schema import LogSchema
from featsel.engines.field_profiler import FieldProfiler
from featsel.engines.local import Resources, column_groups, value_counts
from featsel.engines.profile_roles import ProfileRoles
from featsel.engines.profile_values import sizes_for
from featsel.engines.row_marks import RowKeys, RowSample
from featsel.engines.spill import RunStore
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
    n_kept = min(SAMPLE_ROWS, SAMPLE_CELLS // (len(schema.fields) + 1))
    sample = RowSample(n_kept)
    groups = column_groups(schema.fields, is_columnar=is_columnar)
    profiled: list[tuple[FieldProfile, FieldCounts]] = []
    sampled: list[NDArray[np.uint64]] = []
    with ThreadPoolExecutor(resources.n_threads) as pool, RowKeys() as row_keys, RunStore() as row_store:
        rows = value_counts(1, row_store, resources)
        for index, group in enumerate(groups):
            is_first, is_last = index == 0, index == len(groups) - 1
            # what the sample of the first group ended with holds for all
            sample = RowSample(n_kept, sample.limit)
            with RunStore() as store:
                profilers = [
                    FieldProfiler(
                        field, value_counts(len(group), store, resources), sizes_for(len(schema.fields))
                    )
                    for field in group
                ]
                start = 0
                for batch in read([*(roles.columns if is_first else ()), *(field.name for field in group)]):
                    others = roles.read(batch) if is_first else {}
                    labels = roles.labels(start, start + batch.height)
                    keys = _for_each(profilers, batch, labels, pool)
                    whole = row_keys.add(start, keys | others, is_first=is_first, is_last=is_last)
                    if whole is not None:
                        rows.add(whole, labels, NO_WEIGHTS)
                    picks = sample.picks(start, batch.height)
                    columns = [column[picks] for column in keys.values()]
                    sample.add(picks, np.column_stack([*columns, labels[picks].astype(np.uint64)]))
                    start += batch.height
                    advance(batch.height * len(group))
                futures = [pool.submit(profiler.finish) for profiler in profilers]
                del profilers
                wait(futures)
                profiled.extend(future.result() for future in futures)
                del futures
            sampled.extend(np.ascontiguousarray(column) for column in sample.rows().T[:-1])
        row_counts = row_keys.finish(rows)
    label, time = roles.profiles()
    sampled_labels = sample.rows()[:, -1].astype(np.uint8) if sampled else np.empty(0, np.uint8)
    return ProfiledLog(
        fields=tuple(profile for profile, _ in profiled),
        counts=tuple(counts for _, counts in profiled),
        label=label,
        time=time,
        rows=row_counts,
        sample=SampledRows(tuple(field.name for field in schema.fields), tuple(sampled), sampled_labels),
        n_rows=roles.n_rows,
    )


def _for_each(
    profilers: Sequence[FieldProfiler],
    batch: pl.DataFrame,
    labels: NDArray[np.uint8],
    pool: ThreadPoolExecutor,
) -> dict[str, NDArray[np.uint64]]:
    futures = {each.field.name: pool.submit(each.add, batch[each.field.name], labels) for each in profilers}
    wait(futures.values())
    return {name: future.result() for name, future in futures.items()}
