"""A log that is cut into shards is the same log."""

from __future__ import annotations

import itertools
import pickle
from pathlib import Path

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


def test_shards_travel_to_other_processes(files, monkeypatch, tmp_path):
    monkeypatch.chdir(files)
    with open_log(find_source(["*.parquet"])) as log:
        shards = pickle.loads(pickle.dumps(log.cut(3)))
    monkeypatch.chdir(tmp_path)
    assert rows_of(shards) == list(range(N_ROWS))


def test_frames_in_memory_are_cut_too(frame):
    with open_frame(frame) as log:
        assert [rows_of([shard]) for shard in log.cut(2)] == [list(range(500)), list(range(500, N_ROWS))]


def test_values_that_folders_give_keep_their_type_in_every_shard(frame, tmp_path):
    for day in ("1", "2", "x"):
        (tmp_path / f"day={day}").mkdir()
        frame.write_parquet(tmp_path / f"day={day}" / "log.parquet")
    with open_log(find_source([str(tmp_path)])) as log:
        days = [set(batch["day"]) for shard in log.cut(3) for batch in shard.batches(["day"])]
        cut = [set(batch["day"]) for shard in log.cut(2) for batch in shard.batches(["day"])]
    assert days == [{"1"}, {"2"}, {"x"}]
    assert cut == [{"1", "2"}, {"2", "x"}]


def test_a_file_with_other_columns_is_refused_by_the_shard_that_holds_it(frame, tmp_path):
    frame.write_parquet(tmp_path / "a.parquet")
    frame.with_columns(pl.col("row").cast(pl.String)).write_parquet(tmp_path / "b.parquet")
    with open_log(find_source([str(tmp_path)])) as log:
        shards = log.cut(2)
        assert rows_of(shards[:1]) == list(range(N_ROWS))
        with pytest.raises(
            DataError, match=r"column 'row' is String in some files and Int64 in others"
        ) as found:
            rows_of(shards[1:])
    assert "differ in their columns" in str(found.value.hint)


@given(
    n_shards=st.integers(1, 12),
    first=st.none() | st.integers(1, 1100),
    sample=st.none() | st.integers(50, 300),
    is_text=st.booleans(),
)
def test_a_log_is_cut_into_shards_that_hold_its_rows_in_order(files, n_shards, first, sample, is_text):
    source = find_source([str(files / ("*.csv" if is_text else "*.parquet"))])
    with open_log(source, selection=RowSelection(first, sample, seed=5)) as log:
        shards = log.cut(n_shards)
        assert rows_of(shards) == rows_of([log])
        assert rows_of([part for shard in shards for part in shard.cut(2)]) == rows_of([log])
        if not is_text and (first is None or first >= n_shards):
            assert len(shards) == n_shards


def test_shards_are_as_large_as_each_other_and_end_with_a_file_where_one_ends_near(files):
    with open_log(find_source([str(files / "*.parquet")])) as log:
        shards = log.cut(10)
    # files end after 10, 30, 700, 990 rows; 2 % of a shard of 100 rows are 2 rows
    assert [shard.count_rows() for shard in shards] == [100] * 10
    assert [[Path(path).stem for path in shard.source.paths] for shard in shards] == [
        ["part0", "part1", "part2"],
        *[["part2"]] * 6,
        *[["part3"]] * 2,
        ["part3", "part4"],
    ]
    with open_log(find_source([str(files / "*.parquet")]), selection=RowSelection(first=999)) as log:
        n_rows = [shard.count_rows() for shard in log.cut(10)]
    assert (sum(n_rows[:6]), sum(n_rows[:7])) == (599, 700)  # not 699


def test_text_is_cut_into_no_more_shards_than_files(files):
    with open_log(find_source([str(files / "*.csv")])) as log:
        assert [len(shard.source.paths) for shard in log.cut(99)] == [1] * 5
        # 670 of 1,000 rows stand in one file
        assert [len(shard.source.paths) for shard in log.cut(3)] == [2, 1, 2]


def test_a_shard_names_and_reads_its_own_files_alone(frame, tmp_path):
    for name in ("a", "b"):
        frame.write_parquet(tmp_path / f"{name}.parquet")
    with open_log(find_source([str(tmp_path)])) as log:
        first, second = log.cut(2)
        whole = (tmp_path / "a.parquet").read_bytes()
        (tmp_path / "a.parquet").write_bytes(b"PAR1" + bytes(len(whole) - 4))
        assert len(rows_of([second])) == N_ROWS
        with pytest.raises(DataError, match=r"a\.parquet' cannot be read as parquet"):
            rows_of([first])


def test_shards_of_one_log_differ_in_what_tells_them_apart(files):
    with open_log(find_source([str(files / "part2.parquet")]), selection=RowSelection(sample=90)) as log:
        marks = [shard.shard for n_shards in (2, 3) for shard in log.cut(n_shards)]
    assert len(set(marks)) == 5
