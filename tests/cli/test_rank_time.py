"""``featsel rank --time`` says what lasts."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import polars as pl
import pytest

from featsel.cli.app import run

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs/schemas/ranking.schema.json").read_text())


def document(capsys, *arguments):
    assert run(["rank", *map(str, arguments), "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    return found


@pytest.fixture(scope="module", params=[0, 1])
def planted(request, tmp_path_factory):
    """A log of which three fields drift, and its truth."""
    path = tmp_path_factory.mktemp("drift") / "log.parquet"
    options = ["--rows", "30000", "--drift", "3", "--seed", str(request.param), "--quiet"]
    assert run(["synth", str(path), *options]) == 0
    return path, json.loads(path.with_name("log.truth.json").read_text())


def test_drifting_fields_are_named_and_stand_last(planted, capsys):
    log, truth = planted
    found = document(capsys, log, "--time", "day", "--score", "forward")
    drifting = {field["name"] for field in found["fields"] if field["outlook"] == "drifts"}
    assert drifting == set(truth["drift"])
    ranks = {field["name"]: field["rank"] for field in found["fields"]}
    assert min(ranks[name] for name in drifting) > len(ranks) / 2
    assert run(["rank", str(log), "--time", "day"]) == 0
    told = capsys.readouterr()
    assert "forward information: 7 values of 'day', 6 of them predicted from earlier ones" in told.err
    assert "3 fields drift, what their values mean changes with time: " in told.err
    table = told.out.split("\n\n")[1].splitlines()
    assert table[0].startswith("field\toutlook\t")
    assert {line.split("\t")[0] for line in table[1:4]} == drifting


def test_fields_that_stay_keep_their_places_and_noise_does_not_enter(planted, capsys):
    log, truth = planted
    found = document(capsys, log, "--time", "day", "--score", "forward")["fields"]
    usable = document(capsys, log, "--exclude", "day")["fields"]
    telling = {field["name"] for field in usable if field["verdict"] == "informative"} - set(truth["drift"])
    ahead = {field["name"] for field in found[: len(telling)]}
    assert ahead == telling
    assert {field["outlook"] for field in found if field["name"] in truth["noise"]} == {None}
    # the most telling one carries the most
    assert found[0]["name"] == next(field["name"] for field in usable if field["name"] in telling)


def test_without_forward_the_order_is_that_of_the_counts(planted, capsys):
    log, _ = planted
    timed = document(capsys, log, "--time", "day")
    plain = document(capsys, log, "--exclude", "day")
    names = [[field["name"] for field in found["fields"]] for found in (timed, plain)]
    assert names[0] == names[1]
    assert "time" not in plain
    assert "outlook" not in plain["fields"][0]


def test_periods_stand_in_the_document(log, capsys):
    time = document(capsys, log, "--time", "hour")["time"]
    assert (time["name"], time["unit"]) == ("hour", "day")
    assert len(time["periods"]) == 10
    assert time["periods"][0]["start"].startswith("2024-01-01T")
    assert sum(period["rows"] for period in time["periods"]) == 800


def test_lists_weights_and_text_are_looked_at_too(log, text_log, capsys):
    whole = document(capsys, log, "--time", "hour", "--weight", "mass")["fields"]
    text = document(capsys, text_log, "--time", "hour", "--weight", "mass", "--multivalued", "tags")["fields"]
    forward = [{field["name"]: field["forward_information"] for field in each} for each in (whole, text)]
    assert forward[0] == pytest.approx(forward[1], abs=1e-12)
    assert forward[0]["user"] > 0


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_nothing(log, capsys, threads):
    options = ["--time", "hour", "--score", "forward", "--threads"]
    one, more = (document(capsys, log, *options, each) for each in (1, threads))
    assert one["fields"] == more["fields"]


def test_the_order_of_rows_changes_nothing(clicks, log, tmp_path, capsys):
    shuffled = tmp_path / "shuffled.parquet"
    clicks.sample(fraction=1.0, shuffle=True, seed=1).write_parquet(shuffled)
    found = [document(capsys, each, "--time", "hour")["fields"] for each in (log, shuffled)]
    forward = [{field["name"]: field["forward_information"] for field in each} for each in found]
    assert forward[0] == pytest.approx(forward[1], abs=1e-12)


def test_forward_order_needs_times(log, capsys):
    assert run(["rank", str(log), "--score", "forward"]) == 2
    told = capsys.readouterr().err
    assert "--score forward needs the times of the rows" in told
    assert "--time" in told


def test_rows_of_one_time_have_no_future(clicks, tmp_path, capsys):
    log = tmp_path / "log.parquet"
    clicks.with_columns(hour=pl.lit(3)).write_parquet(log)
    assert run(["rank", str(log), "--time", "hour"]) == 0
    told = capsys.readouterr()
    assert "all rows have one time in column 'hour': nothing says what lasts" in told.err
    assert "forward_information" not in told.out
    assert run(["rank", str(log), "--time", "hour", "--score", "forward"]) == 3
    assert "there is no later one to look forward to" in capsys.readouterr().err


def test_a_row_without_a_time_is_an_error(clicks, tmp_path, capsys):
    log = tmp_path / "log.parquet"
    clicks.with_columns(hour=pl.when(pl.int_range(pl.len()) != 5).then("hour")).write_parquet(log)
    assert run(["rank", str(log), "--time", "hour"]) == 3
    assert "time 'hour' holds None in row" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["csv", "parquet", "tsv", "json", "md"])
def test_files_have_the_further_columns(log, tmp_path, capsys, suffix):
    path = tmp_path / f"ranking.{suffix}"
    assert run(["rank", str(log), "--time", "hour", "--quiet", "-o", str(path)]) == 0
    capsys.readouterr()
    if suffix == "parquet":
        assert pl.read_parquet(path).columns[-4:] == [
            "forward_information",
            "carried",
            "drift_q_value",
            "outlook",
        ]
    else:
        assert ("forward" if suffix == "md" else "forward_information") in path.read_text()


def test_many_fields_without_an_outlook_are_written(tmp_path, capsys):
    rng = np.random.default_rng(0)
    columns = {f"noise{index:03}": rng.integers(0, 3, 600) for index in range(120)}
    log = tmp_path / "log.parquet"
    columns |= {"label": rng.integers(0, 2, 600), "day": np.repeat([0, 1, 2], 200)}
    pl.DataFrame(columns).write_parquet(log)
    options = ["--time", "day", "--quiet", "-o", str(tmp_path / "ranking.parquet")]
    assert run(["rank", str(log), *options]) == 0
    capsys.readouterr()
    assert pl.read_parquet(tmp_path / "ranking.parquet").height == 120
