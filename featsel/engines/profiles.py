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
from featsel.engines.packed_labels import PackedLabels
from featsel.engines.profile_roles import SeenLabels, SeenTimes
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
    sizes = sizes_for(len(schema.fields))
    seen_labels = SeenLabels(schema.label, schema.positive) if schema.label else None
    labels = PackedLabels()
    times = SeenTimes(schema.time) if schema.time is not None else None
    n_kept = min(SAMPLE_ROWS, SAMPLE_CELLS // (len(schema.fields) + 1))
    profiled: list[tuple[FieldProfile, FieldCounts]] = []
    sampled: list[NDArray[np.uint64]] = []
    sampled_labels = np.empty(0, np.uint8)
    groups = column_groups(schema.fields, is_columnar=is_columnar)
    with ThreadPoolExecutor(resources.n_threads) as pool, RowKeys() as row_keys, RunStore() as row_store:
        rows = value_counts(1, row_store, resources)
        for index, group in enumerate(groups):
            is_first, is_last = index == 0, index == len(groups) - 1
            others = [name for name in (schema.label, schema.time) if name] if is_first else []
            sample = RowSample(n_kept)
            with RunStore() as store:
                profilers = [
                    FieldProfiler(field, value_counts(len(group), store, resources), sizes) for field in group
                ]
                start = 0
                for batch in read([*others, *(field.name for field in group)]):
                    if is_first:
                        labels.add(
                            seen_labels.read(batch[schema.label])
                            if seen_labels is not None
                            else np.zeros(batch.height, np.uint8)
                        )
                    part = labels.between(start, start + batch.height)
                    keys = _for_each(profilers, batch, part, pool)
                    if times is not None and is_first:
                        keys[times.name] = times.read(batch[times.name])
                    whole = row_keys.add(start, keys, is_first=is_first, is_last=is_last)
                    if whole is not None:
                        rows.add(whole, part, NO_WEIGHTS)
                    picks = sample.picks(start, batch.height)
                    columns = [keys[field.name][picks] for field in group]
                    sample.add(picks, np.column_stack([*columns, part[picks].astype(np.uint64)]))
                    start += batch.height
                    advance(batch.height * len(group))
                futures = [pool.submit(profiler.finish) for profiler in profilers]
                wait(futures)
                profiled.extend(future.result() for future in futures)
            kept = sample.rows()
            sampled.extend(np.ascontiguousarray(column) for column in kept.T[:-1])
            if kept.size:
                sampled_labels = kept.T[-1].astype(np.uint8)
        row_counts = row_keys.finish(rows)
    return ProfiledLog(
        fields=tuple(profile for profile, _ in profiled),
        counts=tuple(counts for _, counts in profiled),
        label=seen_labels.profile() if seen_labels is not None else None,
        time=times.profile() if times is not None else None,
        rows=row_counts,
        sample=SampledRows(tuple(field.name for field in schema.fields), tuple(sampled), sampled_labels),
        n_rows=labels.n_rows,
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
