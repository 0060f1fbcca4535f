"""The same log gives the same numbers in every format, and real raw logs are read as they come."""

import gzip
import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import zstandard

from featsel.cli.app import run

RAW = Path(__file__).resolve().parents[3] / "shared" / "data" / "raw"
needs_raw = pytest.mark.skipif(not RAW.is_dir(), reason="the real logs are not beside this checkout")

N_ROWS = 3000


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(1)
    user = rng.integers(0, 200, N_ROWS)
    return pl.DataFrame(
        {
            "label": rng.random(N_ROWS) < 0.2 + 0.3 * (user % 2),
            "user_id": user,
            "price": rng.normal(5, 1, N_ROWS).round(3),
            "count": rng.poisson(4, N_ROWS),
            "flag": user % 3 == 0,
            "city": [["Paris", "Oslo, N", 'the "Hague"', None][code] for code in rng.integers(0, 4, N_ROWS)],
            "when": [
                datetime(2020, 1, 1) + timedelta(seconds=int(s)) for s in rng.integers(0, 10**7, N_ROWS)
            ],
            "day": [
                datetime(2020, 1, 1).date() + timedelta(days=int(d)) for d in rng.integers(0, 60, N_ROWS)
            ],
        }
    ).with_columns(pl.col("label").cast(pl.Int8))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, frame):
    folder = tmp_path_factory.mktemp("formats")
    frame.write_parquet(folder / "log.parquet")
    frame.write_ipc(folder / "log.arrow")
    frame.write_ndjson(folder / "log.ndjson")
    csv, tsv = frame.write_csv(), frame.write_csv(separator="\t")
    texts = {"log.csv": csv, "log.tsv": tsv, "semicolon.csv": frame.write_csv(separator=";")}
    texts["colons.dat"] = frame.with_columns(pl.col("city").str.replace_all('"', "")).write_csv(
        separator="\x1f", quote_style="never"
    )
    texts["colons.dat"] = texts["colons.dat"].replace("\x1f", "::")
    texts["headless.csv"] = csv.split("\n", 1)[1]
    for name, text in texts.items():
        (folder / name).write_text(text)
    for name, text in (("log.csv", csv), ("log.tsv", tsv)):
        (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
        (folder / f"{name}.zst").write_bytes(zstandard.compress(text.encode()))
    (folder / "parts").mkdir()
    for number in range(3):
        frame[number * 1000 : (number + 1) * 1000].write_csv(folder / "parts" / f"{number}.csv")
    return folder


def document(capsys, *arguments):
    assert run(["rank", *map(str, arguments), "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


def numbers(ranking):
    return {field["name"]: {**field, "rank": None} for field in ranking["fields"]}


COLUMNS = "label,user_id,price,count,flag,city,when,day"
INPUTS = [
    ["log.arrow"],
    ["log.ndjson"],
    ["log.csv"],
    ["log.tsv"],
    ["log.csv.gz"],
    ["log.csv.zst"],
    ["log.tsv.gz"],
    ["log.tsv.zst"],
    ["parts"],
    ["parts/*.csv"],
    ["parts/0.csv", "parts/1.csv", "parts/2.csv"],
    ["semicolon.csv", "--separator", ";"],
    ["colons.dat", "--separator", "::"],
    ["headless.csv", "--no-header", "--columns", COLUMNS],
]


@pytest.mark.parametrize(
    "selection",
    [[], ["--rows", "1200"], ["--sample", "700", "--seed", "5"]],
    ids=["all rows", "first rows", "a sample"],
)
@pytest.mark.parametrize("arguments", INPUTS, ids=lambda arguments: arguments[0])
def test_every_format_gives_the_same_numbers(folder, capsys, monkeypatch, arguments, selection):
    monkeypatch.chdir(folder)
    expected = document(capsys, "log.parquet", *selection)
    found = document(capsys, *arguments, *selection)
    assert numbers(found) == numbers(expected)
    assert found["input"]["rows"] == expected["input"]["rows"]
    kinds = {field["name"]: field["kind"] for field in found["fields"]}
    assert kinds == {
        "user_id": "categorical",
        "price": "numeric",
        "count": "numeric",
        "flag": "categorical",
        "city": "categorical",
        "when": "numeric",
        "day": "numeric",
    }


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("log.csv", []), ("log.csv", ["/dev/stdin"])],
)
def test_standard_input_is_read_like_a_file(folder, capsys, name, arguments):
    if "/dev/stdin" in arguments and not Path("/dev/stdin").exists():
        pytest.skip("there is no /dev/stdin here")
    command = [sys.executable, "-m", "featsel", "rank", "--json", "--quiet"]
    command += [*arguments, "--format", "csv"] if "/dev/stdin" in arguments else ["-", *arguments]
    with subprocess.Popen(["cat", folder / name], stdout=subprocess.PIPE) as cat:
        printed = subprocess.run(command, stdin=cat.stdout, capture_output=True, text=True, check=True).stdout
    found = json.loads(printed)
    assert numbers(found) == numbers(document(capsys, folder / name))
    assert found["input"]["fingerprint"] == document(capsys, folder / name)["input"]["fingerprint"]


def test_an_error_in_standard_input_says_so():
    command = [sys.executable, "-m", "featsel", "rank", "-"]
    done = subprocess.run(command, input="label,a\n0,1\n1\n", capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "featsel: error: standard input, line 3: 1 value, expected 2\n" in done.stderr


def test_a_config_file_gives_options_and_the_command_line_wins(folder, capsys, tmp_path):
    config = tmp_path / "options.toml"
    config.write_text('separator = ";"\nrows = 500\nexclude = ["when"]\n')
    found = document(capsys, folder / "semicolon.csv", "--config", config, "--rows", "100")
    assert found["input"]["rows"] == 100
    assert "when" not in numbers(found)


def test_text_is_split_where_asked(capsys, tmp_path):
    (tmp_path / "log.csv").write_text("label,genres\n" + "0,a|b\n1,b|c\n1,\n" * 20)
    (field,) = document(capsys, tmp_path / "log.csv", "--multivalued", "genres=|")["fields"]
    assert (field["kind"], field["coverage"]) == ("multivalued", pytest.approx(2 / 3))


def test_an_empty_text_is_no_null(capsys, tmp_path):
    (tmp_path / "log.csv").write_text("label,a\n" + '0,""\n1,\n0,x\n' * 20)
    (field,) = document(capsys, tmp_path / "log.csv")["fields"]
    assert (field["cardinality"], field["coverage"]) == (3, pytest.approx(2 / 3))


def test_weights_stand_for_rows(capsys, tmp_path):
    (tmp_path / "one.csv").write_text("label,a\n" + "0,x\n0,x\n0,x\n1,y\n1,x\n" * 20)
    (tmp_path / "weighted.csv").write_text("label,a,w\n" + "0,x,3\n1,y,1\n1,x,1\n" * 20)
    (plain,) = document(capsys, tmp_path / "one.csv")["fields"]
    (weighted,) = document(capsys, tmp_path / "weighted.csv", "--weight", "w")["fields"]
    assert weighted["mutual_information"] == pytest.approx(plain["mutual_information"], rel=1e-12)


ADULT = (
    "age,workclass,fnlwgt,education,education_num,marital,occupation,relationship,race,sex,gain,loss,hours,"
    "country,income"
)


@needs_raw
@pytest.mark.parametrize(
    ("arguments", "n_rows", "kinds"),
    [
        (
            f"adult.data --format csv --no-header --columns {ADULT} "
            "-l income --positive >50K --null-values ?",
            32_561,
            {"age": "numeric", "workclass": "categorical", "gain": "numeric", "sex": "categorical"},
        ),
        (
            "bank-additional-full.csv --separator ; -l y --positive yes",
            41_188,
            {"age": "numeric", "job": "categorical", "euribor3m": "numeric"},
        ),
        ("avazu_kaggle_10k.csv --exclude id", 9_999, {"C14": "categorical", "device_ip": "categorical"}),
        (
            "talkingdata_train_sample.csv -l is_attributed",
            100_000,
            {"ip": "categorical", "click_time": "numeric", "attributed_time": "numeric"},
        ),
        ("criteo_kaggle_10k_noheader.tsv --format criteo", 10_000, {"I1": "numeric", "C1": "categorical"}),
        ("frappe_test.libfm", 28_860, {"f1": "categorical"}),
        ("ipinyou_2997_t*.libsvm", 47_923, {"f1": "categorical"}),
        (
            "movielens_dat/users.dat --separator :: --no-header --columns user,sex,age,job,zip "
            "-l sex --positive M",
            6_040,
            {"user": "categorical", "age": "numeric", "zip": "categorical"},
        ),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) else "",
)
def test_raw_logs_are_read_as_they_come(capsys, monkeypatch, arguments, n_rows, kinds):
    monkeypatch.chdir(RAW)
    found = document(capsys, *arguments.split(" "))
    assert found["input"]["rows"] == n_rows
    assert {field["name"]: field["kind"] for field in found["fields"]}.items() >= kinds.items()


@needs_raw
def test_a_raw_log_without_header_keeps_user_agents_and_lists_of_tags(tmp_path):
    source, target = RAW / "ipinyou_imp_20130606_noheader.tsv", tmp_path / "log.parquet"
    options = ["--no-header", "--multivalued", "column_24=,", "--null-values", "null"]
    assert run(["convert", str(source), str(target), *options]) == 0
    lines = [line.split("\t") for line in source.read_text().splitlines()]
    found = pl.read_parquet(target)
    assert found["column_5"].to_list() == [None if line[4] == "null" else line[4] for line in lines]
    tags = [line[23].split(",") if line[23] not in {"", "null"} else None for line in lines]
    assert found["column_24"].to_list() == tags


@needs_raw
@pytest.mark.parametrize(
    ("raw", "typed"),
    [
        (["talkingdata_train_sample.csv", "-l", "is_attributed"], "talkingdata_100k.parquet"),
        (["criteo_kaggle_10k_noheader.tsv", "--format", "criteo"], "criteo_kaggle_10k.parquet"),
    ],
)
def test_a_raw_log_and_its_typed_copy_give_the_same_numbers(capsys, monkeypatch, raw, typed):
    monkeypatch.chdir(RAW)
    assert numbers(document(capsys, *raw)) == numbers(document(capsys, RAW.parent / typed))


@needs_raw
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            "movielens_dat/movies.dat --separator :: --no-header -l column_3",
            3,
            "movies.dat', line 73: the text is not UTF-8",
        ),
        ("bank-additional-full.csv", 2, "its first line holds ';'"),
        ("criteo_kaggle_10k_noheader.tsv", 3, "a row of 40 values"),
        ("kddcup.data_10_percent.csv.gz", 3, "names column '0' 16 times"),
        ("adult.data", 2, "not known from its extension '.data'"),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) else "",
)
def test_raw_logs_that_need_an_option_say_which(capsys, monkeypatch, arguments, code, message):
    monkeypatch.chdir(RAW)
    assert run(["rank", *arguments.split()]) == code
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("name", ["log.csv", "log.ndjson", "log.parquet"])
def test_a_url_is_read_as_the_file_behind_it(tmp_path, capsys, name):
    log = pl.DataFrame({"label": [0, 1, 0, 1] * 30, "city": ["x, y", 'z "q"', None, "x, y"] * 30})
    path = tmp_path / name
    {".csv": log.write_csv, ".ndjson": log.write_ndjson, ".parquet": log.write_parquet}[path.suffix](path)
    documents = []
    for source in (str(path), f"file://{path}"):
        assert run(["rank", source, "--json", "--quiet"]) == 0
        documents.append(json.loads(capsys.readouterr().out)["fields"])
    assert documents[0] == documents[1]


def test_a_url_that_does_not_answer_is_one_error(tmp_path, capsys):
    assert run(["rank", f"file://{tmp_path}/absent.csv"]) == 3
    captured = capsys.readouterr()
    assert "absent.csv' cannot be read as csv" in captured.err
    assert "Check the address" in captured.err


def test_unreadable_times_are_told_of_logs_with_several_groups_of_fields(tmp_path, capsys):
    times = ["2026-01-01 10:00"] * 20_000 + ["soon"]
    columns = {"label": [0, 1, 1] * 6667, "when": times, **{f"f{i}": [0, 1, 2] * 6667 for i in range(9)}}
    pl.DataFrame(columns).write_parquet(tmp_path / "log.parquet")
    assert run(["rank", str(tmp_path / "log.parquet")]) == 0
    assert "column 'when': 1 of its values are no points in time" in capsys.readouterr().err
