"""Which rows does each of several processes train on, and which are held out?

Rows that shares hold out are those that a training without shards holds out: which ones they are depends on
the numbers that rows have in the whole log.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from featsel.core.errors import ConfigError
from featsel.core.feature_config import FeatureConfig, SplitOrder
from featsel.encoding.splits import Part, split_rows
from featsel.logs.fingerprint import fingerprint
from featsel.logs.sources import STANDARD_INPUT
from featsel.training.distributed import Team
from featsel.training.shards import Shards, totals
from featsel.workflows.config_rows import ConfigShards, open_config_shards
from featsel.workflows.encode import EncodeResources
from featsel.workflows.log_rows import LogRows, check_label_sums
from featsel.workflows.request import LogRequest
from featsel.workflows.train_rows import (
    NEEDS_BOTH,
    SEEN,
    Held,
    HeldOut,
    TrainRows,
    chosen_order,
    chosen_split,
    were_seen,
)


@contextmanager
def open_train_shards(
    request: LogRequest,
    config: FeatureConfig,
    values: pl.DataFrame,
    *,
    n_shards: int,
    team: Team,
    held_out: Mapping[str, HeldOut],
    order: SplitOrder | None,
    resources: EncodeResources,
) -> Generator[TrainRows]:
    """Open the shards of the logs of a training that this process has.

    A log that is held out is cut into as many shards, or as few as it can be.

    Parameters
    ----------
    request, config, values, held_out, order, resources
        As of :func:`featsel.workflows.train_rows.open_train_rows`.
    n_shards : int
        How many shards the training log is cut into.
    team : Team
        The processes, which divide the shards.

    Yields
    ------
    TrainRows
        Valid until the block ends.

    Raises
    ------
    ConfigError, DataError
        A log is wrong or cannot be cut so, or no row is left to train on; in all processes, if it is in one.
    """
    _check_shards(request, n_shards, team)
    order, time = chosen_order(request, config, order)
    with ExitStack() as stack:

        def open_log(request: LogRequest, *, is_exact: bool) -> ConfigShards:
            with team.together():
                return stack.enter_context(
                    open_config_shards(
                        request,
                        config,
                        values,
                        n_shards=n_shards,
                        part=team.part,
                        is_exact=is_exact,
                        resources=resources,
                        time=request.time,
                    )
                )

        opened = open_log(replace(request, time=time), is_exact=True)
        sizes = _sizes(opened, team)
        mark = team.from_first(fingerprint(opened.log.source.paths) if team.rank == 0 else "")
        split = chosen_split(request, config, held_out, order, mark=mark)
        times = _all_times(opened, totals(sizes, team), team) if time is not None else None
        parts = split_rows(sum(sizes), split, times=times)
        if mark == config.data.fingerprint and were_seen(parts, split, config.data, times=times):
            resources.reporter.warn(SEEN)
        by_shard = np.split(parts, np.cumsum(sizes)[:-1])
        held: dict[str, Held] = {}
        for name, part in (("valid", Part.VALID), ("test", Part.TEST)):
            path = held_out[name].path
            if path is not None:
                other = open_log(
                    replace(request, paths=(path,), time=None, rows=None, sample=None), is_exact=False
                )
                own = [LogRows(shard.codes, shard.reader) for shard in other.shards]
                held[name] = Held(Shards(own, _sizes(other, team), other.first), None)
            elif np.any(parts == part):
                held[name] = Held(_chosen(opened, by_shard, part), None)
        train = _chosen(opened, by_shard, Part.TRAIN)
        sums = [rows.label_sums() for rows in train.own if isinstance(rows, LogRows)]
        check_label_sums(np.sum(team.gathered(np.sum(sums, axis=0)), axis=0), "training", NEEDS_BOTH)
        yield TrainRows(train, sum(sizes), _row_bytes(train), held, split, mark)


def _check_shards(request: LogRequest, n_shards: int, team: Team) -> None:
    if STANDARD_INPUT in request.paths:
        raise ConfigError("--shards: standard input cannot be cut", "Write it to files, and name those.")
    if n_shards % team.size:
        raise ConfigError(
            f"--shards {n_shards}: {team.size} processes cannot have as many of them each",
            f"Ask for a multiple of {team.size}, or start another number of processes.",
        )


def _sizes(opened: ConfigShards, team: Team) -> tuple[int, ...]:
    """Rows of all shards; and the values that were no times in any, which the first process tells of."""
    own = [shard.codes.n_rows for shard in opened.shards]
    lost = [shard.log.n_lost_times for shard in opened.shards]
    found = team.gathered((own, lost))
    for name in {name for _, each in found for counts in each for name in counts}:
        opened.log.n_lost_times[name] = sum(counts.get(name, 0) for _, each in found for counts in each)
    return tuple(n_rows for sizes, _ in found for n_rows in sizes)


def _all_times(opened: ConfigShards, sizes: Sequence[int], team: Team) -> NDArray[np.float64]:
    own: list[NDArray[np.float64]] = []
    for shard in opened.shards:
        assert shard.codes.times is not None
        own.append(shard.codes.times.read())
    return team.join(torch.from_numpy(np.concatenate(own)), sizes).numpy()


def _chosen(opened: ConfigShards, by_shard: Sequence[NDArray[np.uint8]], part: Part) -> Shards:
    sizes = tuple(int(np.count_nonzero(parts == part)) for parts in by_shard)
    own: list[LogRows] = []
    for index, shard in enumerate(opened.shards, start=opened.first):
        rows = LogRows(shard.codes, shard.reader)
        own.append(rows if sizes[index] == rows.n_rows else rows.where(by_shard[index] == part))
    return Shards(own, sizes, opened.first)


def _row_bytes(shards: Shards) -> int:
    rows = shards.own[0]
    assert isinstance(rows, LogRows)
    return rows.row_bytes
