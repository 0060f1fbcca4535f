"""A ``DATA`` argument means files, or an error says why not."""

from pathlib import Path

import polars as pl
import pytest

from featsel.core.errors import ConfigError, DataError, EmptyLogError, MissingFileError, UnreadableFileError
from featsel.logs.formats import Format
from featsel.logs.log import open_log
from featsel.logs.sources import find_source


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = (
        "day.csv",
        "a [1].csv",
        "logs/b.tsv.gz",
        "logs/a.tsv",
        "logs/_SUCCESS",
        "logs/.hidden.tsv",
        "hive/day=2/x.csv",
        "hive/day=10/x.csv",
        "hive/day=__HIVE_DEFAULT_PARTITION__/x.csv",
        "partly/day=1/x.csv",
        "partly/y.csv",
        "none/readme.txt",
        "mixed/a.csv",
        "mixed/b.parquet",
        "odd.dat",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("label,a\n")
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "paths", "format"),
    [
        (["day.csv"], ["day.csv"], Format.CSV),
        (["a [1].csv"], ["a [1].csv"], Format.CSV),
        (["*.csv"], ["a [1].csv", "day.csv"], Format.CSV),
        (["logs"], ["logs/a.tsv", "logs/b.tsv.gz"], Format.TSV),
        (["logs/b.tsv.gz", "logs/a.tsv"], ["logs/b.tsv.gz", "logs/a.tsv"], Format.TSV),
        (["**/b.tsv.gz"], ["logs/b.tsv.gz"], Format.TSV),
        (["-"], ["-"], Format.CSV),
        (["s3://bucket/a.parquet"], ["s3://bucket/a.parquet"], Format.PARQUET),
    ],
)
@pytest.mark.usefixtures("folder")
def test_files_are_found_in_order(arguments, paths, format):  # noqa: A002 - the option's name
    source = find_source(arguments)
    assert list(source.paths) == paths
    assert source.format is format


@pytest.mark.parametrize("argument", ["hive", "hive/*/x.csv", "hive/day=*/*.csv"])
@pytest.mark.usefixtures("folder")
def test_folders_named_key_value_are_columns(argument):
    days = [partition["day"] for partition in find_source([argument]).partitions]
    assert days == ["10", "2", None]


@pytest.mark.usefixtures("folder")
def test_folders_above_the_given_one_are_no_columns():
    assert find_source(["hive/day=2"]).partitions == ({},)


@pytest.mark.parametrize(
    ("arguments", "error", "message", "hint"),
    [
        (["dy.csv"], MissingFileError, "file 'dy.csv' does not exist", "Did you mean 'day.csv'?"),
        (["nodir/x.csv"], MissingFileError, "does not exist", "There is no folder 'nodir'."),
        (["empty/x.csv"], MissingFileError, "does not exist", "The folder is empty."),
        (["x*.csv"], MissingFileError, "no file matches 'x*.csv'", "Check the pattern"),
        (["empty"], EmptyLogError, "holds no log; it is empty", "Name a folder"),
        (["none"], EmptyLogError, "holds 'readme.txt'", "Name a folder"),
        (["mixed"], ConfigError, "several formats: csv, parquet", "featsel convert"),
        (["odd.dat"], ConfigError, "not known from its extension '.dat'", "--format"),
        (["-", "day.csv"], ConfigError, "stands beside other inputs", "alone"),
        (["partly"], DataError, "in folders of no key", "same keys"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_means_no_log_is_an_error_that_says_what_to_do(arguments, error, message, hint):
    with pytest.raises(error) as caught:
        find_source(arguments)
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.fixture
def bucket(tmp_path):
    """A folder that is read by its URL, as a bucket is."""
    for day in (2, 1):
        (tmp_path / "log" / f"day={day}").mkdir(parents=True)
        pl.DataFrame({"label": [0, 1]}).write_parquet(tmp_path / "log" / f"day={day}" / "part.parquet")
        pl.DataFrame({"label": [0, 1]}).write_ipc(tmp_path / "log" / f"day={day}" / "part.arrow")
    return f"file://{tmp_path}"


@pytest.mark.parametrize("pattern", ["log/", "log/*/*.parquet", "l*/*/part.parquet"])
def test_patterns_and_folders_of_a_bucket_are_its_files_in_order(bucket, pattern):
    source = find_source([f"{bucket}/{pattern}"])
    assert [path.rpartition("/log/")[2] for path in source.paths] == [
        "day=1/part.parquet",
        "day=2/part.parquet",
    ]
    assert source.partitions == ({"day": "1"}, {"day": "2"})
    with open_log(source) as log:
        assert pl.concat(log.batches(["label", "day"])).rows() == [(0, 1), (1, 1), (0, 2), (1, 2)]


def test_arrow_files_of_a_bucket_are_listed_too(bucket):
    source = find_source([f"{bucket}/log/*/*.arrow"])
    assert len(source.paths) == 2
    with open_log(source) as log:
        assert log.count_rows() == 4


def test_what_a_bucket_cannot_give_is_told(bucket):
    with pytest.raises(MissingFileError, match=r"no file matches 'file://.*/none/\*\.parquet'"):
        find_source([f"{bucket}/none/*.parquet"])
    with pytest.raises(ConfigError, match="names several files of text in a bucket"):
        find_source([f"{bucket}/log/*.csv"])
    (Path(bucket.removeprefix("file://")) / "log" / "broken.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(UnreadableFileError, match=r"'file://.*/log/' cannot be listed"):
        find_source([f"{bucket}/log/"])


def test_a_star_in_a_web_address_is_part_of_it():
    url = "https://example.org/a*b.parquet?x=1"
    assert find_source([url], format=Format.PARQUET).paths == (url,)
