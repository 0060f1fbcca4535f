"""A log that is cut into shards is the same log."""

from __future__ import annotations

import itertools
import pickle

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.errors import DataError
from featsel.logs.log import Log, RowSelection, open_log
from featsel.logs.memory import open_frame
from featsel.logs.sources import find_source

N_ROWS = 1000


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return pl.DataFrame({"row": range(N_ROWS), "label": [row % 3 == 0 for row in range(N_ROWS)]})


@pytest.fixture(scope="module")
def files(frame, tmp_path_factory):
    folder = tmp_path_factory.mktemp("log")
    bounds = [0, 10, 30, 700, 990, N_ROWS]
    for index, (start, stop) in enumerate(itertools.pairwise(bounds)):
        frame[start:stop].write_parquet(folder / f"part{index}.parquet", row_group_size=64)
        frame[start:stop].write_csv(folder / f"part{index}.csv")
    return folder


def rows_of(logs: list[Log]) -> list[int]:
    batches = [batch for log in logs for batch in log.batches(["row"])]
    return [int(row) for batch in batches for row in batch["row"]]


@given(
    most_rows=st.integers(1, 1200),
    first=st.none() | st.integers(1, 1100),
    sample=st.none() | st.integers(1, 300),
)
def test_shards_hold_the_selected_rows_in_order(files, most_rows, first, sample):
    source = find_source([str(files / "*.parquet")])
    with open_log(source, selection=RowSelection(first, sample, seed=5)) as log:
        shards = log.shards(most_rows)
        assert rows_of(shards) == rows_of([log])
        assert sum(shard.count_rows() for shard in shards) == log.count_rows()
        assert all(shard.table.count_rows() <= most_rows for shard in shards)


def test_small_files_share_a_shard_and_large_ones_are_cut(files):
    with open_log(find_source([str(files / "*.parquet")])) as log:
        assert [shard.count_rows() for shard in log.shards(300)] == [30, 223, 223, 224, 300]


def test_text_is_cut_between_files(files, monkeypatch):
    monkeypatch.setattr("featsel.logs.tables.PART_BYTES", 1000)
    with open_log(find_source([str(files / "*.csv")]), selection=RowSelection(first=800)) as log:
        shards = log.shards(10)
        assert len(shards) > 2
        assert rows_of(shards) == list(range(800))


def test_shards_travel_to_other_processes(files):
    with open_log(find_source([str(files / "*.parquet")])) as log:
        shards = pickle.loads(pickle.dumps(log.shards(400)))
    assert rows_of(shards) == list(range(N_ROWS))


def test_frames_in_memory_are_cut_too(frame):
    with open_frame(frame) as log:
        assert [rows_of([shard]) for shard in log.shards(500)] == [list(range(500)), list(range(500, N_ROWS))]


def test_values_that_folders_give_keep_their_type_in_every_shard(frame, tmp_path):
    for day in ("1", "2", "x"):
        (tmp_path / f"day={day}").mkdir()
        frame.write_parquet(tmp_path / f"day={day}" / "log.parquet")
    with open_log(find_source([str(tmp_path)])) as log:
        shards = log.shards(1000)
        days = [set(batch["day"]) for shard in shards for batch in shard.batches(["day"])]
    assert days == [{"1"}, {"2"}, {"x"}]


def test_a_file_with_other_columns_is_refused_by_the_shard_that_holds_it(frame, tmp_path):
    frame.write_parquet(tmp_path / "a.parquet")
    frame.with_columns(pl.col("row").cast(pl.String)).write_parquet(tmp_path / "b.parquet")
    with open_log(find_source([str(tmp_path)])) as log:
        shards = log.shards(1000)
        assert rows_of(shards[:1]) == list(range(N_ROWS))
        with pytest.raises(
            DataError, match=r"column 'row' is String in some files and Int64 in others"
        ) as found:
            rows_of(shards[1:])
    assert "differ in their columns" in str(found.value.hint)
