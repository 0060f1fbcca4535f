"""A log that is ranked on a cluster has the ranking that it has here, to the last bit."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from ray import cloudpickle

from featsel.core.errors import DataError, LabelError
from featsel.engines import ray_counts, ray_pass
from featsel.engines.local import Resources
from featsel.ranking.scores import Score
from featsel.workflows.rank import RankOptions, rank
from featsel.workflows.request import LogRequest

from .conftest import DATA, Notes

cloudpickle.register_pickle_by_value(sys.modules[__name__])


def both(cluster, *paths, score=Score.USABLE, **options):
    """Documents of the same request, here and on the cluster, and what was told of each."""
    request = LogRequest(tuple(map(str, paths)), **options)
    told = []
    for where in (None, cluster):
        notes = Notes()
        result = rank(request, RankOptions(score, 32, 1), Resources(2, 256 << 20, where), notes)
        document = {name: value for name, value in result.document.items() if name != "elapsed_s"}
        told.append((document, notes.warnings))
    return told


@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize(
    "options",
    [
        {"exclude": ("weight",)},
        {"weight": "weight"},
        {"rows": 5000, "sample": 2000, "seed": 3},
        {"positive": "1", "numeric": ("id",)},
    ],
)
def test_rankings_are_the_same_for_every_reading(cluster, frame, tmp_path, options):
    for index, (start, stop) in enumerate([(0, 100), (100, 5500), (5500, 6000)]):
        frame[start:stop].write_parquet(tmp_path / f"{index}.parquet", row_group_size=500)
    here, there = both(cluster, tmp_path, **options)
    assert here == there


@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize("suffix", ["csv", "ndjson", "arrow"])
def test_rankings_are_the_same_for_every_format(cluster, frame, tmp_path, suffix):
    flat = frame.drop("tags")
    flat = flat.with_columns(
        pl.when(pl.int_range(pl.len()) % 100 < 99)
        .then(pl.lit("2024-01-02"))
        .otherwise(pl.lit("no day"))
        .alias("day")
    )
    writers = {"csv": "write_csv", "ndjson": "write_ndjson", "arrow": "write_ipc"}
    for index in range(3):
        getattr(flat[2000 * index : 2000 * (index + 1)], writers[suffix])(tmp_path / f"{index}.{suffix}")
    here, there = both(cluster, tmp_path)
    assert here == there


@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("criteo_kaggle_10k", {}),
        ("frappe_87k", {"exclude": ("split",)}),
        ("kuairand_pure_92k", {"exclude": ("post_*", "stat_*"), "time": "ts"}),
        ("movielens1m_ratings_100k", {"time": "ts"}),
    ],
)
def test_rankings_of_real_logs_are_the_same(cluster, name, options):
    path = DATA / f"{name}.parquet"
    if not path.exists():
        pytest.skip("the real logs are not here")
    here, there = both(cluster, path, **options)
    assert here == there


@pytest.mark.usefixtures("workers")
def test_errors_are_the_same(cluster, frame, tmp_path, capfd):
    bad = frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 4321).then(None).otherwise(pl.col("click")).alias("click")
    )
    bad.write_parquet(tmp_path / "log.parquet")
    for where in (None, cluster):
        with pytest.raises(LabelError, match="label 'click' is null in row 4,322"):
            rank(
                LogRequest((str(tmp_path / "log.parquet"),)),
                RankOptions(Score.USABLE, 32, 1),
                Resources(1, 256 << 20, where),
                Notes(),
            )
    words = frame.with_columns(pl.Series("click", ["a"] * 3000 + ["b"] * 2900 + ["c"] * 100))
    words.write_parquet(tmp_path / "words.parquet")
    for where in (None, cluster):
        with pytest.raises(LabelError, match="'click' has more than two values: 'a', 'b', 'c'"):
            rank(
                LogRequest((str(tmp_path / "words.parquet"),), positive="a"),
                RankOptions(Score.USABLE, 32, 1),
                Resources(1, 256 << 20, where),
                Notes(),
            )
    assert capfd.readouterr() == ("", "")


@dataclass(frozen=True)
class DeadlyShard:
    """Kills the worker that reads it, the first time."""

    shard: object
    marker: str
    is_columnar: bool = True
    n_lost_times: dict[str, int] = field(default_factory=dict)

    def count_rows(self) -> int:
        return self.shard.count_rows()

    def batches(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        slices = (part for batch in self.shard.batches(columns) for part in batch.iter_slices(500))
        for index, batch in enumerate(slices):
            if index == 2 and not Path(self.marker).exists():
                Path(self.marker).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            yield batch


@dataclass(frozen=True)
class DeadlyLog:
    log: object
    folder: Path
    is_columnar: bool = True
    n_lost_times: dict[str, int] = field(default_factory=dict)

    def count_rows(self) -> int:
        return self.log.count_rows()

    def cut(self, n_shards):
        found = [
            DeadlyShard(shard, str(self.folder / str(index)))
            for index, shard in enumerate(self.log.cut(n_shards))
        ]
        assert len(found) > 3
        return found


def test_workers_that_are_killed_while_they_count_change_nothing(workers, frame, tmp_path, monkeypatch):
    from featsel.logs.label import LabelReader
    from featsel.workflows.request import open_request, read_schema

    frame.drop("weight").write_parquet(tmp_path / "log.parquet")
    (tmp_path / "dead").mkdir()
    request = LogRequest((str(tmp_path / "log.parquet"),))
    with open_request(request, Notes()) as log:
        schema = read_schema(log, request, Notes())

        def count(counted):
            return ray_counts.count_on_ray(
                schema,
                log=counted,
                label=LabelReader("click", None),
                n_bins=32,
                workers=workers,
                resources=Resources(1, 64 << 20),
                advance=lambda _: None,
            )

        monkeypatch.setattr(ray_pass, "SHARDS_PER_WORKER", 2)
        expected, found = count(log), count(DeadlyLog(log, tmp_path / "dead"))
    assert len(list((tmp_path / "dead").iterdir())) == 4
    assert replace(expected, fields=()) == replace(found, fields=())
    for one, other in zip(expected.fields, found.fields, strict=True):
        np.testing.assert_array_equal(one.table.counts, other.table.counts)
        np.testing.assert_array_equal(one.table.multiplicity, other.table.multiplicity)


def test_a_broken_file_is_named(cluster, workers, frame, tmp_path):  # noqa: ARG001 - the cluster runs
    frame[:3000].write_parquet(tmp_path / "a.parquet")
    frame[3000:].write_parquet(tmp_path / "b.parquet")
    content = bytearray((tmp_path / "b.parquet").read_bytes())
    content[4:20_000] = bytes(20_000 - 4)
    (tmp_path / "b.parquet").write_bytes(content)
    with pytest.raises(DataError, match=r"b\.parquet"):
        rank(
            LogRequest((str(tmp_path),)),
            RankOptions(Score.USABLE, 32, 1),
            Resources(1, 256 << 20, cluster),
            Notes(),
        )
