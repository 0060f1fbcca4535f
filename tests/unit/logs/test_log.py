"""A log is opened, looked at and read in batches, whatever its format."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import zstandard

from featsel.core.errors import EmptyLogError, UnreadableFileError
from featsel.logs.log import RowSelection, open_log
from featsel.logs.sources import find_source
from featsel.logs.text import TextOptions

N_ROWS = 5000

WRITERS: dict[str, Callable[[pl.DataFrame, Path], object]] = {
    "log.parquet": lambda frame, path: frame.write_parquet(path),
    "log.arrow": lambda frame, path: frame.write_ipc(path),
    "log.ndjson": lambda frame, path: frame.write_ndjson(path),
    "log.csv": lambda frame, path: frame.write_csv(path),
    "log.tsv": lambda frame, path: frame.write_csv(path, separator="\t"),
    "log.csv.gz": lambda frame, path: path.write_bytes(gzip.compress(frame.write_csv().encode())),
    "log.tsv.zst": lambda frame, path: path.write_bytes(
        zstandard.compress(frame.write_csv(separator="\t").encode())
    ),
}


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "label": rng.integers(0, 2, N_ROWS),
            "row": np.arange(N_ROWS),
            "city": [["Paris", 'a "b", c', "line\nfeed", None][code] for code in rng.integers(0, 4, N_ROWS)],
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory, frame):
    folder = tmp_path_factory.mktemp("logs")
    for name, write in WRITERS.items():
        write(frame, folder / name)
    return folder


def read(*paths, selection=None, columns=("row", "city"), text=None):
    with open_log(find_source(list(map(str, paths))), selection=selection, text=text) as log:
        rows = pl.concat(log.batches(columns))
        assert log.count_rows() == rows.height
    return rows


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_rows(folder, frame, name):
    rows = read(folder / name).cast({"row": pl.Int64})
    assert rows.equals(frame.select("row", "city"))


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    ("selection", "expected"), [(RowSelection(first=7), 7), (RowSelection(first=9999), N_ROWS)]
)
def test_first_rows_are_the_first(folder, name, selection, expected):
    rows = read(folder / name, selection=selection)["row"].cast(pl.Int64)
    assert rows.to_list() == list(range(expected))


@pytest.mark.parametrize("name", WRITERS)
def test_a_sample_is_the_same_in_every_format(folder, name):
    selection = RowSelection(sample=500, seed=3)
    rows = read(folder / name, selection=selection)["row"].cast(pl.Int64)
    expected = read(folder / "log.parquet", selection=selection)["row"]
    assert rows.to_list() == expected.to_list()
    assert rows.n_unique() == 500
    assert rows.is_sorted()


def test_a_sample_is_uniform(folder):
    # the mean rank of 500 of 5,000 rows has a standard deviation of 61; the seeds make 20 draws
    draws = [
        read(folder / "log.parquet", selection=RowSelection(sample=500, seed=seed))["row"].mean()
        for seed in range(20)
    ]
    assert abs(np.mean(draws) - (N_ROWS - 1) / 2) < 4 * 61 / np.sqrt(20)


def test_a_sample_of_the_first_rows_stays_among_them(folder):
    rows = read(folder / "log.csv", selection=RowSelection(first=100, sample=30))["row"].cast(pl.Int64)
    assert rows.len() == 30
    assert rows.max() < 100


def test_a_sample_larger_than_the_log_is_the_log(folder):
    assert read(folder / "log.csv", selection=RowSelection(sample=10**6)).height == N_ROWS


def test_several_files_are_one_log(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.csv").write_text(f"label,a\n{number % 2},{number}\n")
    assert read(tmp_path, columns=["a"])["a"].to_list() == ["0", "1", "2"]


@pytest.mark.parametrize("name", ["a [1].parquet", "a*b.arrow", "a{1}.csv", "é ü.ndjson"])
def test_names_with_odd_characters_mean_themselves(frame, tmp_path, name):
    WRITERS[f"log.{name.rsplit('.', 1)[1]}"](frame, tmp_path / name)
    assert read(tmp_path / name).height == N_ROWS


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "ndjson", "csv"])
def test_folders_of_key_and_value_are_columns(frame, tmp_path, suffix):
    days = ["1", "2", "__HIVE_DEFAULT_PARTITION__"]
    for day in days:
        folder = tmp_path / "above=7" / "log" / f"day={day}"
        folder.mkdir(parents=True)
        WRITERS[f"log.{suffix}"](frame.head(2), folder / f"x.{suffix}")
    with open_log(find_source([str(tmp_path / "above=7" / "log")])) as log:
        assert list(log.dtypes) == ["label", "row", "city", "day"]
        found = pl.concat(log.batches(["day", "row"]))
    assert found["day"].cast(pl.String).to_list() == ["1", "1", "2", "2", None, None]


def test_dictionaries_become_text(tmp_path):
    pl.DataFrame({"label": [0, 1], "c": pl.Series(["x", "y"], dtype=pl.Categorical)}).write_parquet(
        tmp_path / "log.parquet"
    )
    assert read(tmp_path / "log.parquet", columns=["c"]).schema == {"c": pl.String}


def test_options_of_text_reach_the_reader(tmp_path):
    (tmp_path / "log.csv").write_text("0;?\n1;x\n")
    text = TextOptions(columns=("label", "a"), has_header=False, separator=";", null_values=("?",))
    assert read(tmp_path / "log.csv", columns=["a"], text=text)["a"].to_list() == [None, "x"]


def test_text_columns_of_times_are_given_as_times(tmp_path):
    (tmp_path / "log.csv").write_text("label,t\n0,2020-01-01\n1,x\n")
    with open_log(find_source([str(tmp_path / "log.csv")])) as log:
        timed = log.with_times({"t": "%Y-%m-%d"})
        (batch,) = timed.batches(["t"])
        assert batch.schema == {"t": timed.dtypes["t"]} == {"t": pl.Datetime("us")}
        assert timed.n_lost_times == {"t": 1}


def test_nothing_stays_of_converted_logs(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (tmp_path / "log.libsvm").write_text("1 1:1\n0 2:1\n")
    assert read(tmp_path / "log.libsvm", columns=["f1"]).height == 2
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_broken_footer_is_an_error_that_names_the_file(frame, tmp_path):
    path = tmp_path / "log.parquet"
    frame.write_parquet(path)
    content = path.read_bytes()
    path.write_bytes(content[:-40] + b"\xff" * 36 + content[-4:])
    with pytest.raises(UnreadableFileError, match=r"log\.parquet' cannot be read as parquet: "):
        read(path)


def test_files_of_other_columns_are_an_error(frame, tmp_path):
    frame.write_parquet(tmp_path / "a.parquet")
    frame.with_columns(more=1).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(UnreadableFileError) as caught:
        read(tmp_path)
    assert "differ in their columns" in str(caught.value.hint)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "ndjson", "libsvm"])
def test_a_file_without_a_byte_is_empty(tmp_path, suffix):
    (tmp_path / f"log.{suffix}").touch()
    with pytest.raises(EmptyLogError, match="is empty"):
        read(tmp_path)
