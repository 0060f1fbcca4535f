"""``featsel rank --sample`` says how sure its scores are of those of the whole log."""

import json
from pathlib import Path

import jsonschema
import polars as pl
import pytest

from featsel.cli.app import run

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "schemas" / "ranking.schema.json").read_text()
)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("log") / "log.parquet"
    assert run(["synth", str(path), "--rows", "30000", "--fields", "24", "--seed", "3", "--quiet"]) == 0
    return path


def document(capsys, *arguments):
    assert run(["rank", *map(str, arguments), "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("score", ["usable", "corrected"])
def test_intervals_hold_the_scores_of_the_whole_log(log, capsys, score):
    whole = {field["name"]: field["score"] for field in document(capsys, log, "--score", score)["fields"]}
    held = total = 0
    for seed in range(5):
        ranking = document(capsys, log, "--score", score, "--sample", 6000, "--seed", seed)
        for field in ranking["fields"]:
            if field["score_low"] is not None:
                held += field["score_low"] <= whole[field["name"]] <= field["score_high"]
                total += 1
    assert total > 80
    # four standard errors of a share of intervals below 95 %, were they independent
    assert held / total >= 0.95 - 4 * (0.95 * 0.05 / total) ** 0.5


def test_the_document_fits_its_published_schema(log, capsys):
    ranking = document(capsys, log, "--sample", 3000)
    jsonschema.validate(ranking, SCHEMA)
    assert (ranking["sample"]["rows"], ranking["sample"]["of"]) == (3000, 30_000)
    ranks = ranking["sample"]["undecided_ranks"]
    assert ranks == sorted(ranks)
    assert 0 < len(ranks) <= ranking["sample"]["pairs"]


def test_a_larger_sample_is_surer(log, capsys):
    small, large = (
        {
            field["name"]: field["score_high"] - field["score_low"]
            for field in document(capsys, log, "--sample", rows)["fields"]
            if field["score_low"] is not None
        }
        for rows in (3000, 24_000)
    )
    assert all(large[name] < small[name] for name in small)


def test_an_undecided_order_is_told_in_one_line(log, capsys):
    assert run(["rank", str(log), "--sample", "3000", "-q"]) == 0
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "undecided" in line)
    assert line.startswith("featsel: warning: the order of '")
    assert line.endswith("neighbouring pairs is undecided at 3,000 rows; more rows decide it")


def test_a_sample_of_all_rows_needs_no_interval(log, capsys):
    ranking = document(capsys, log, "--sample", 30_000)
    assert "score_low" not in ranking["fields"][0]
    assert "sample" not in ranking


def test_the_first_rows_are_the_log_that_is_sampled(log, capsys):
    assert document(capsys, log, "--rows", 9000, "--sample", 3000)["sample"]["of"] == 9000


def test_identifiers_have_no_interval(log, capsys):
    truth = json.loads(log.with_name("log.truth.json").read_text())
    ranking = document(capsys, log, "--sample", 3000)
    intervals = {field["name"]: field["score_low"] for field in ranking["fields"]}
    assert truth["identifiers"]
    assert {intervals[name] for name in truth["identifiers"]} == {None}


def test_a_pipe_gets_the_intervals_too(log, capsys):
    assert run(["rank", str(log), "--sample", "3000", "-q"]) == 0
    header = capsys.readouterr().out.splitlines()[0].split("\t")
    assert header[-2:] == ["score_low", "score_high"]


def test_scores_without_intervals_are_told_of(log, tmp_path, capsys):
    assert run(["rank", str(log), "--sample", "3000", "--score", "z"]) == 0
    assert "scores of the sample have no intervals" in capsys.readouterr().err
    weighted = tmp_path / "weighted.parquet"
    pl.read_parquet(log).with_columns(w=pl.lit(1.0)).write_parquet(weighted)
    assert run(["rank", str(weighted), "--weight", "w", "--sample", "3000"]) == 0
    assert "scores of the sample have no intervals" in capsys.readouterr().err


def test_threads_change_nothing(log, capsys):
    one, three = (document(capsys, log, "--sample", 3000, "--threads", n)["fields"] for n in (1, 3))
    assert one == three
