r"""How long would a ranking of billions of rows take on a cluster, and what would travel?

Costs are measured here, with the functions that workers run, on columns of each kind; then the tasks of
``featsel rank --engine ray`` are played through, event by event, with these costs, transfers, stragglers and
workers that die. Nothing of a cluster is needed::

    python benchmarks/scale_simulation.py
    python benchmarks/scale_simulation.py --rows 1e9 --fields 300 --workers 8 16 32 64
"""

from __future__ import annotations

import argparse
import heapq
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from measure import machine, markdown_table
from numpy.typing import NDArray

from featsel.core.schema import Field, FieldKind, LogSchema
from featsel.engines.fields import FieldFacts, finish_field
from featsel.engines.local import GROUP_FIELDS, WIDE_GROUP_FIELDS, WIDE_LOG_FIELDS, Resources
from featsel.engines.ray_cluster import FAN_IN, IN_FLIGHT
from featsel.engines.ray_pass import LEAST_SHARD_ROWS, MOST_SHARD_ROWS, SHARDS_PER_WORKER
from featsel.engines.shards import MOST_RANGES, RANGE_ROWS, WIDE_VALUES, ShardFacts, count_shard
from featsel.engines.sorted_counts import SortedCounts, merge
from featsel.logs.label import LabelReader
from featsel.logs.log import Log, open_log
from featsel.logs.sources import find_source

TASK_S = 0.0005
"""CPU time of the driver for a task: what ``benchmarks/ray_scaling.py`` and a thousand empty tasks show."""

START_S = 0.02
"""From a task that is ready to one that runs."""

GIGA = 1e9
MINUTE_S = 60.0
PACKED_BYTES = 10
"""Of a value in a table that is sent: its key, and two counts that are mostly small."""


@dataclass(frozen=True)
class Kind:
    """Fields of one kind.

    Parameters
    ----------
    title : str
        What the table calls them.
    share : float
        Of all fields.
    n_values : float
        Values that there are; more than rows where every row has its own.
    """

    title: str
    share: float
    n_values: float

    def distinct(self, n_rows: float) -> float:
        """Values that so many rows have, where all are equally likely: an upper bound for others."""
        return self.n_values * -math.expm1(-n_rows / self.n_values)


MIX = (
    Kind("few values", 0.60, 100),
    Kind("thousands of values", 0.25, 30_000),
    Kind("millions of values", 0.13, 5e6),
    Kind("hundreds of millions", 0.019, 3e8),
    Kind("row ids", 0.001, 1e13),
)
"""Fields of the log that is played through."""


@dataclass(frozen=True)
class Costs:
    """CPU time, measured.

    Parameters
    ----------
    cell_s : dict of str to float
        Reading and counting a cell of a kind of fields.
    value_s : float
        Merging a value of one table into another.
    finish_s : float
        Making a value of a merged table part of the result.
    cell_bytes : float
        Of a cell in a Parquet file.
    """

    cell_s: dict[str, float]
    value_s: float
    finish_s: float
    cell_bytes: float


@dataclass(frozen=True)
class World:
    """A cluster.

    Parameters
    ----------
    n_workers : int
        Workers of one core each.
    bytes_per_s : float
        What a worker receives from storage and from others.
    straggling : float
        Standard deviation of the logarithm of how long tasks take.
    deaths : float
        Odds that a worker dies during a task.
    """

    n_workers: int
    bytes_per_s: float = 250e6
    straggling: float = 0.15
    deaths: float = 0.002


@dataclass(frozen=True)
class Outcome:
    """What was played through.

    Parameters
    ----------
    wall_s, count_s : float
        Until all is done, and until all shards are counted.
    work_s : float
        CPU time of all workers.
    driver_s : float
        CPU time of the driver.
    n_tasks, n_deaths : int
        Tasks, and how many were done again.
    sent_bytes : float
        Between workers.
    store_bytes : float
        Most that waited at one time on a worker, on average.
    """

    wall_s: float
    count_s: float
    work_s: float
    driver_s: float
    n_tasks: int
    n_deaths: int
    sent_bytes: float
    store_bytes: float


def main() -> None:
    """Measure costs, play through, print Markdown tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=float, default=1e10, help="of the log (%(default)g)")
    parser.add_argument("--fields", type=int, default=1000, help="of the log (%(default)s)")
    parser.add_argument("--workers", nargs="+", type=int, default=[16, 32, 64, 128])
    parser.add_argument(
        "--measured-rows", type=int, default=2_000_000, help="rows that costs are measured on"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    costs = measure_costs(options.measured_rows)
    print(f"{machine()}\n")
    rows = [[title, f"{seconds * GIGA:.0f}"] for title, seconds in costs.cell_s.items()]
    rows += [
        ["merging, a value", f"{costs.value_s * GIGA:.0f}"],
        ["finishing, a value", f"{costs.finish_s * GIGA:.0f}"],
    ]
    print(markdown_table(["measured", "CPU ns"], rows))
    print(f"\n{options.rows:g} rows × {options.fields:,} fields, {costs.cell_bytes:.1f} bytes a cell\n")
    table = []
    for n_workers in options.workers:
        found = play(costs, options.rows, options.fields, World(n_workers), seed=options.seed)
        table.append(
            [
                f"{n_workers}",
                f"{found.wall_s / MINUTE_S:.0f}",
                f"{found.count_s / found.wall_s:.0%}",
                f"{found.work_s / (found.wall_s * n_workers):.0%}",
                f"{found.driver_s / found.wall_s:.0%}",
                f"{found.n_tasks:,}",
                f"{found.n_deaths:,}",
                f"{found.sent_bytes / GIGA / n_workers:.0f}",
                f"{found.store_bytes / GIGA:.1f}",
            ]
        )
    columns = [
        "workers",
        "minutes",
        "of it counting",
        "workers busy",
        "driver busy",
        "tasks",
        "done again",
        "GB received each",
        "GB stored each",
    ]
    print(markdown_table(columns, table))


def measure_costs(n_rows: int) -> Costs:
    """Run what workers run on one column of each kind."""
    rng = np.random.default_rng(0)
    columns: dict[str, NDArray[np.int64] | pl.Series] = {"label": rng.integers(0, 2, n_rows)}
    for kind in MIX:
        drawn = (
            rng.permutation(n_rows) if kind.n_values > n_rows else rng.integers(0, int(kind.n_values), n_rows)
        )
        columns[kind.title] = pl.Series(drawn).cast(pl.String)
    with tempfile.TemporaryDirectory(prefix="featsel-benchmark-") as folder:
        path = Path(folder) / "log.parquet"
        pl.DataFrame(columns).write_parquet(path)
        n_bytes = path.stat().st_size
        cells: dict[str, float] = {}
        tables: list[SortedCounts] = []
        with open_log(find_source([str(path)])) as log:
            for turn in range(2):  # the first compiles
                base_s, _ = _timed(log, ())
                for kind in MIX:
                    seconds, tables = _timed(log, (Field(kind.title, FieldKind.CATEGORICAL, ""),))
                    cells[kind.title] = max(1e-9, (seconds - base_s) / n_rows) if turn else 0.0
    table = tables[0]
    half = [SortedCounts(table.keys[part::2], table.sums[part::2]) for part in (0, 1)]
    merge(half)
    begun = time.process_time()
    merge(half)
    value_s = (time.process_time() - begun) / table.keys.size
    begun = time.process_time()
    field = Field("ids", FieldKind.CATEGORICAL, "")
    finish_field(field, FieldFacts(n_rows), table.parts(), n_bins=32, total=float(n_rows))
    finish_s = (time.process_time() - begun) / table.keys.size
    return Costs(cells, value_s, finish_s, n_bytes / (n_rows * len(columns)))


def _timed(log: Log, fields: Sequence[Field]) -> tuple[float, list[SortedCounts]]:
    """CPU time of a shard, and the tables that it gives; without a field of reading a label alone."""
    schema = LogSchema(tuple(fields) or (Field("few values", FieldKind.CATEGORICAL, ""),), "label")
    begun = time.process_time()
    if not fields:
        for batch in log.batches(["label"]):
            batch["label"].sum()
        return time.process_time() - begun, []
    found: list[SortedCounts] = []
    for each in count_shard(log, schema, LabelReader("label", None), {}, Resources(1, 1 << 30)):
        if not isinstance(each, ShardFacts | SortedCounts):
            found.extend(each.values())
    return time.process_time() - begun, found


@dataclass(frozen=True)
class Part:
    """What shards give that is merged with the same of other shards.

    Parameters
    ----------
    kinds : tuple of tuple of Kind and float
        Kinds of fields, and how many fields, or which share of one, it holds of each.
    """

    kinds: tuple[tuple[Kind, float], ...]

    def values(self, n_rows: float) -> float:
        """Values that the tables of so many rows have."""
        return sum(kind.distinct(n_rows) * share for kind, share in self.kinds)


class Play:
    """A cluster on which tasks run one after the other, as soon as a worker is free.

    Parameters
    ----------
    world : World
        The cluster.
    seed : int
        Of stragglers and deaths.
    """

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._rng = np.random.default_rng(seed)
        self._free = [0.0] * world.n_workers
        self.work_s = self.driver_s = self.sent_bytes = 0.0
        self.n_tasks = self.n_deaths = 0

    @property
    def end_s(self) -> float:
        """When the last task is done."""
        return max(*self._free, self.driver_s)

    def run(self, seconds: float, *, ready_s: float = 0.0) -> float:
        """Run a task on the worker that is free first; returns when it is done."""
        begins = max(heapq.heappop(self._free), ready_s, self.driver_s) + START_S
        seconds *= float(np.exp(self._rng.normal(0.0, self._world.straggling)))
        while self._rng.random() < self._world.deaths:
            lost = seconds * float(self._rng.random())
            begins, self.work_s, self.n_deaths = begins + lost, self.work_s + lost, self.n_deaths + 1
        heapq.heappush(self._free, begins + seconds)
        self.work_s += seconds
        self.tell(1)
        return begins + seconds

    def run_alike(self, n_tasks: int, seconds: float, n_bytes: float, *, ready_s: float) -> None:
        """Run many small tasks, which take so much together, as one for each worker."""
        n_workers = self._world.n_workers
        moved = n_bytes * (1 - 1 / n_workers)
        self.sent_bytes += moved
        for _ in range(n_workers):
            self.run((seconds + moved / self._world.bytes_per_s) / n_workers, ready_s=ready_s)
        self.tell(max(0, n_tasks - n_workers))

    def tell(self, n_tasks: int) -> None:
        """Let the driver submit tasks."""
        self.n_tasks += n_tasks
        self.driver_s += n_tasks * TASK_S


def play(costs: Costs, n_rows: float, n_fields: int, world: World, *, seed: int) -> Outcome:
    """Play the tasks of a ranking through.

    Parameters
    ----------
    costs : Costs
        What they cost.
    n_rows, n_fields : float, int
        Of the log.
    world : World
        Where they run.
    seed : int
        Of stragglers and deaths.

    Returns
    -------
    Outcome
        What it took.
    """
    game = Play(world, seed)
    wanted = min(SHARDS_PER_WORKER * world.n_workers, n_rows // LEAST_SHARD_ROWS)
    n_shards = int(max(math.ceil(n_rows / MOST_SHARD_ROWS), wanted, 1))
    shard_rows = n_rows / n_shards
    parts, levels = _parts(n_rows, n_fields), _levels(n_shards)
    count_s = sum(kind.share * n_fields * shard_rows * costs.cell_s[kind.title] for kind in MIX)
    # reading goes on while a batch is counted
    shard_s = max(count_s, shard_rows * n_fields * costs.cell_bytes / world.bytes_per_s)
    n_done, counted_s, stored_bytes = 0, 0.0, 0.0
    while n_done < n_shards:
        n_before, n_done = n_done, min(n_shards, n_done + IN_FLIGHT * world.n_workers)
        counted_s = max(game.run(shard_s) for _ in range(n_done - n_before))
        waiting = 0.0
        for size in levels:
            of_part = sum(part.values(shard_rows * size / FAN_IN) for part in parts)
            waiting += of_part * ((n_done * FAN_IN // size) % FAN_IN or 1)
            n_merges = n_done // size - n_before // size
            if n_merges:
                values_in = of_part * FAN_IN * n_merges
                # of eight tables each value is looked at three times
                seconds = values_in * costs.value_s * math.log2(FAN_IN)
                n_bytes = values_in * PACKED_BYTES
                game.run_alike(n_merges * len(parts), seconds, n_bytes, ready_s=counted_s)
        stored_bytes = max(stored_bytes, waiting * PACKED_BYTES / world.n_workers)
    merged_s = game.end_s
    for kind in MIX:
        # every field is finished as a stream by one worker
        n_bytes = kind.distinct(n_rows) * PACKED_BYTES
        for _ in range(max(1, round(kind.share * n_fields))):
            game.run(kind.distinct(n_rows) * costs.finish_s + n_bytes / world.bytes_per_s, ready_s=merged_s)
            game.sent_bytes += n_bytes
    return Outcome(
        game.end_s,
        counted_s,
        game.work_s,
        game.driver_s,
        game.n_tasks,
        game.n_deaths,
        game.sent_bytes,
        stored_bytes,
    )


def _levels(n_shards: int) -> list[int]:
    """Shards in a table of each level of the tree of merges."""
    levels = []
    size = FAN_IN
    while size < n_shards * FAN_IN:
        levels.append(min(size, n_shards))
        size *= FAN_IN
    return sorted(set(levels))


def _parts(n_rows: float, n_fields: int) -> list[Part]:
    """Tables that every shard gives: one for each group of narrow fields, one for each range of wide ones."""
    group = GROUP_FIELDS if n_fields <= WIDE_LOG_FIELDS else WIDE_GROUP_FIELDS
    narrow = tuple(kind for kind in MIX if kind.n_values <= WIDE_VALUES)
    n_groups = math.ceil(n_fields / group)
    parts = [Part(tuple((kind, kind.share * n_fields / n_groups) for kind in narrow))] * n_groups
    for kind in MIX:
        if kind in narrow:
            continue
        # by the first rows of four shards, nearly all values are taken for new ones
        seen = kind.distinct(4 * 65_536) / (4 * 65_536)
        n_ranges = max(2, min(MOST_RANGES, math.ceil(n_rows * seen / RANGE_ROWS)))
        n_of_kind = max(1, round(kind.share * n_fields))
        parts += [Part(((kind, 1 / n_ranges),))] * (n_ranges * n_of_kind)
    return parts


if __name__ == "__main__":
    main()
