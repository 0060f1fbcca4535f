"""``featsel rank --method quickselection`` ranks numeric fields of a log that need not have a label."""

import csv
import datetime
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import polars as pl
import pytest

import featsel.workflows.quickselect
from featsel.cli.app import run
from featsel.ranking.quickselection import Ensemble
from featsel.ranking.sparse_autoencoder import Training

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "ranking.schema.json"
COLUMNS = ["name", "kind", "rank", "score", "spread", "coverage"]
N_ROWS = 600
PLANTED = {f"price_{index}" for index in range(6)}
NOISE = {f"noise_{index}" for index in range(20)}


@pytest.fixture(scope="module")
def frame():
    """Six fields with one cause, twenty of noise; no label, but what other columns a log may have."""
    rng = np.random.default_rng(0)
    cause = rng.normal(size=N_ROWS)
    start = datetime.datetime(2024, 1, 1)
    planted = {name: np.exp(2 * cause + 0.6 * rng.normal(size=N_ROWS)) for name in sorted(PLANTED)}
    noise = {name: rng.normal(size=N_ROWS) for name in sorted(NOISE)}
    return pl.DataFrame({**planted, **noise}).with_columns(
        pl.when(pl.int_range(pl.len()) % 4 == 0).then(None).otherwise(pl.col("price_5")).alias("price_5"),
        pl.lit(3.5).alias("total_fee"),
        pl.Series("city", [f"c{index % 7}" for index in range(N_ROWS)]),
        pl.Series(
            "shown_at", [start + datetime.timedelta(minutes=int(each)) for each in rng.permutation(N_ROWS)]
        ),
    )


@pytest.fixture(scope="module")
def log(frame, tmp_path_factory):
    path = tmp_path_factory.mktemp("numbers") / "log.parquet"
    frame.write_parquet(path)
    return path


def train(monkeypatch, n_epochs, epoch_rows):
    ensemble = Ensemble(5, Training(n_hidden=300, n_epochs=n_epochs, epoch_rows=epoch_rows))
    monkeypatch.setattr(featsel.workflows.quickselect, "Ensemble", lambda: ensemble)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Hardly any training: most of what is tested here needs none."""
    train(monkeypatch, 3, 300)


def rank(*arguments):
    return run(["rank", *map(str, arguments), "--method", "quickselection", "--no-cache"])


def document(capsys, *arguments):
    assert rank(*arguments, "--json", "--quiet") == 0
    return json.loads(capsys.readouterr().out)


def test_a_document_has_the_published_schema_and_finds_what_was_planted(log, monkeypatch, capsys):
    train(monkeypatch, 100, 2000)

    found = document(capsys, log)

    jsonschema.validate(found, json.loads(SCHEMA.read_text()))
    assert found["options"]["method"] == "quickselection"
    assert found["options"]["label"] is None
    assert found["trained_rows"] == N_ROWS
    assert {field["name"] for field in found["fields"][:6]} == PLANTED
    assert {field["name"] for field in found["fields"]} == PLANTED | NOISE | {"total_fee", "shown_at"}


def test_a_ranking_by_information_has_the_published_schema_still(tmp_path, capsys):
    path = tmp_path / "clicks.csv"
    path.write_text("click,a\n" + "".join(f"{index % 2},{index % 3}\n" for index in range(30)))

    assert run(["rank", str(path), "--json", "--quiet"]) == 0

    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, json.loads(SCHEMA.read_text()))
    assert found["options"]["method"] == "information"


def test_null_counts_in_coverage_and_a_constant_scores_0(log, capsys):
    fields = {field["name"]: field for field in document(capsys, log)["fields"]}

    assert fields["price_5"]["coverage"] == 0.75
    assert fields["price_0"]["coverage"] == 1
    assert fields["total_fee"]["score"] == fields["total_fee"]["spread"] == 0
    assert fields["total_fee"]["rank"] == len(fields)


def test_other_fields_are_left_out_with_one_warning_that_names_them(log, capsys):
    assert rank(log, "--categorical", "noise_3") == 0

    err = capsys.readouterr().err
    assert err.count("left out, because") == 1
    assert "left out, because only numeric fields are ranked: noise_3, city (if" in err


def test_a_usual_label_is_left_out_and_said(frame, tmp_path, capsys):
    path = tmp_path / "log.parquet"
    frame.with_columns(pl.Series("click", np.arange(N_ROWS) * 1.5)).write_parquet(path)

    assert rank(path, "--json") == 0

    told = capsys.readouterr()
    found = json.loads(told.out)
    assert "note: label: 'click' is left out of the fields" in told.err
    assert found["options"]["label"] == "click"
    assert "click" not in {field["name"] for field in found["fields"]}


def test_a_named_label_weight_and_time_are_no_fields(log, capsys):
    assert rank(log, "--label", "price_0", "--weight", "noise_1", "--time", "shown_at", "--json") == 0

    told = capsys.readouterr()
    names = {field["name"] for field in json.loads(told.out)["fields"]}
    assert not names & {"price_0", "noise_1", "shown_at"}
    assert "--weight changes no strength" in told.err


def test_the_same_request_gives_the_same_bytes_whatever_the_threads(log, capsys):
    first, second, other = (
        document(capsys, log, *arguments)["fields"]
        for arguments in (["--threads", "1"], ["--threads", "3"], ["--seed", "1"])
    )

    assert first == second
    assert first != other


def test_a_pipe_gets_tab_separated_text(log, capsys):
    assert rank(log, "--quiet", "--top", "3") == 0

    lines = list(csv.reader(io.StringIO(capsys.readouterr().out), delimiter="\t"))
    assert lines[0] == COLUMNS
    assert [line[0] for line in lines[1:]] == [field["name"] for field in document(capsys, log)["fields"][:3]]


@pytest.mark.parametrize("suffix", [".json", ".csv", ".tsv", ".parquet", ".md"])
def test_the_extension_says_what_is_written(log, tmp_path, suffix, capsys):
    path = tmp_path / f"ranking{suffix}"

    names = [field["name"] for field in document(capsys, log, "-o", path)["fields"]]

    match suffix:
        case ".json":
            assert [field["name"] for field in json.loads(path.read_text())["fields"]] == names
        case ".md":
            cells = [line.split("|")[2].strip() for line in path.read_text().splitlines() if "|" in line]
            assert [cell.replace("\\", "") for cell in cells[2:]] == names
        case ".parquet":
            assert pl.read_parquet(path).columns == COLUMNS
            assert pl.read_parquet(path)["name"].to_list() == names
        case _:
            read = pl.read_csv(path, separator="," if suffix == ".csv" else "\t")
            assert read.columns == COLUMNS
            assert read["name"].to_list() == names


@pytest.mark.slow
def test_a_terminal_gets_a_table(tmp_path):
    path = tmp_path / "log.csv"
    pl.DataFrame(np.random.default_rng(0).normal(size=(150, 3)), schema=["a", "b", "c"]).write_csv(path)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "featsel", "rank", path, "--method", "quickselection", "--no-cache"]
    subprocess.run(
        list(map(str, command)),
        check=True,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)

    assert b"3 numeric fields, 150 rows: strength 1 is the mean field" in os.read(ours, 100_000)


def test_a_sample_is_drawn_where_rows_do_not_fit_and_said(log, monkeypatch, capsys):
    # 28 numeric fields of four bytes
    monkeypatch.setattr(featsel.workflows.quickselect, "LARGEST_SAMPLE_BYTES", 28 * 4 * 200)

    assert rank(log, "--json") == 0

    told = capsys.readouterr()
    found = json.loads(told.out)
    assert "networks learn from a sample of 200 of 600 rows" in told.err
    assert found["trained_rows"] == 200
    assert found["input"]["rows"] == 600
    # of all rows, not of the sample
    assert next(each for each in found["fields"] if each["name"] == "price_5")["coverage"] == 0.75


def test_columns_read_in_pieces_give_the_same(log, monkeypatch, capsys):
    monkeypatch.setattr(featsel.workflows.quickselect, "LARGEST_SAMPLE_BYTES", 28 * 4 * 200)
    whole = document(capsys, log)["fields"]
    monkeypatch.setattr(featsel.workflows.quickselect, "READ_NUMBERS", 77)

    assert document(capsys, log)["fields"] == whole


def test_an_infinite_number_counts_as_the_largest(frame, log, tmp_path, capsys):
    path = tmp_path / "log.parquet"
    largest = pl.col("price_0") == pl.col("price_0").max()
    frame.with_columns(
        pl.when(largest).then(float("inf")).otherwise("price_0").alias("price_0")
    ).write_parquet(path)

    fields = document(capsys, path)["fields"]

    # of a heavy tail only the ranks count
    assert fields == document(capsys, log)["fields"]


def test_an_order_by_luck_is_called_so(tmp_path, capsys):
    path = tmp_path / "log.parquet"
    pl.DataFrame(np.random.default_rng(0).normal(size=(300, 4)), schema=list("pqrs")).write_parquet(path)

    assert rank(path) == 0

    assert "this order is mostly luck" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--score", "mi"], "--score with"),
        (["--bins", "4", "--min-count", "2"], "--bins, --min-count with"),
        (["--html", "page.html"], "--html with"),
    ],
)
def test_options_of_information_are_refused(log, options, named, told_error):
    assert rank(log, *options) == 2

    assert f"{named} --method quickselection" in told_error()


def test_options_of_information_in_a_config_file_are_passed_over(log, tmp_path):
    config = tmp_path / "featsel.toml"
    config.write_text("[rank]\nbins = 4\n")

    assert rank(log, "--config", config, "--quiet") == 0


def test_a_log_without_numeric_fields_is_refused(tmp_path, told_error):
    path = tmp_path / "log.csv"
    path.write_text("city,device_id\n" + "x,1\ny,2\n" * 5)

    assert rank(path) == 2

    assert "ranks numeric fields, and the log has none: city, device_id" in told_error()


def test_constants_alone_are_refused(tmp_path, told_error):
    path = tmp_path / "log.csv"
    path.write_text("price,cost\n" + "1.5,\n" * 5)

    assert rank(path, "--numeric", "*") == 3

    assert "no numeric field varies: price, cost" in told_error()


def test_a_label_that_is_not_there_is_an_error(log, told_error):
    assert rank(log, "--label", "clik") == 3

    assert "column 'clik' is not in the log" in told_error()


def test_an_unknown_extension_is_refused(log, told_error):
    assert rank(log, "-o", "ranking.xlsx") == 2

    assert "'ranking.xlsx' has no extension that a ranking can have" in told_error()


def test_select_takes_no_ranking_without_verdicts(log, tmp_path, told_error):
    path = tmp_path / "ranking.json"
    assert rank(log, "-o", path, "--quiet") == 0
    clicks = tmp_path / "clicks.csv"
    clicks.write_text("click,a\n" + "".join(f"{index % 2},{index % 3}\n" for index in range(30)))

    arguments = ["--ranking", path, "--budget", "1fields", "-o", tmp_path / "features.yaml"]
    assert run(["select", str(clicks), *map(str, arguments), "--no-cache"]) == 3

    assert "is of --method quickselection, which gives no verdicts" in told_error()
