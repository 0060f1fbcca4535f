"""``featsel rank --stability`` says how sure the order is, and whether what stands first is any good."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import polars as pl
import pytest

from featsel.cli.app import run

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "schemas" / "ranking.schema.json").read_text()
)
ENTRIES = ("rank_low", "rank_high", "score_resampled_low", "score_resampled_high")


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("log") / "log.parquet"
    options = ["--rows", "20000", "--multivalued", "1", "--seed", "3", "--quiet"]
    assert run(["synth", str(path), *options]) == 0
    return path


def document(capsys, *arguments):
    assert run(["rank", *map(str, arguments), "--json", "--quiet", "--no-cache"]) == 0
    return json.loads(capsys.readouterr().out)


def without_time(document):
    return {key: value for key, value in document.items() if key != "elapsed_s"}


def test_the_document_fits_its_published_schema(log, capsys):
    ranking = document(capsys, log, "--stability", 9)
    jsonschema.validate(ranking, SCHEMA)
    assert ranking["stability"]["resamples"] == ranking["options"]["stability"] == 9


def test_the_best_fields_are_sure_and_good(log, capsys):
    ranking = document(capsys, log, "--stability", 40, "--exclude", "day")
    truth = json.loads(log.with_name("log.truth.json").read_text())
    informative = [field for field in ranking["fields"] if field["verdict"] == "informative"]
    (top,) = (top for top in ranking["stability"]["top"] if top["fields"] == len(informative))
    assert top["index"] > 0.8
    assert top["index_low"] <= top["index"] <= top["index_high"]
    assert top["significant_share"] > 0.9
    assert top["usable_information"] > 0
    # what was planted is told from noise in every half
    worst = max(field["rank_high"] for field in informative if field["name"] in truth["informative"])
    assert worst < len(ranking["fields"])


def test_intervals_hold_rank_and_score(log, capsys):
    for field in document(capsys, log, "--stability", 10)["fields"]:
        assert 1 <= field["rank_low"] <= field["rank"] <= field["rank_high"]
        assert field["score_resampled_low"] <= field["score"] <= field["score_resampled_high"]


@pytest.mark.parametrize("options", [("--score", "mi"), ("--score", "outrank"), ("--min-count", "20")])
def test_the_ranking_is_the_same_with_and_without(log, capsys, options):
    with_it = document(capsys, log, "--stability", 4, *options)["fields"]
    assert [
        {key: value for key, value in field.items() if key not in ENTRIES} for field in with_it
    ] == document(capsys, log, *options)["fields"]


def test_threads_change_nothing(log, capsys):
    one = document(capsys, log, "--stability", 6, "--threads", 1)
    assert without_time(document(capsys, log, "--stability", 6, "--threads", 3)) == without_time(one)


def test_another_seed_draws_other_halves(log, capsys):
    one = document(capsys, log, "--stability", 6)["fields"]
    other = document(capsys, log, "--stability", 6, "--seed", 1)["fields"]
    assert [field["score_resampled_low"] for field in one] != [
        field["score_resampled_low"] for field in other
    ]


def test_weights_are_resampled_too(log, tmp_path, capsys):
    weighted = tmp_path / "weighted.parquet"
    pl.read_parquet(log).with_columns(w=pl.lit(2.0)).write_parquet(weighted)
    once = document(capsys, log, "--stability", 4, "--score", "mi")["fields"]
    twice = document(capsys, weighted, "--stability", 4, "--score", "mi", "--weight", "w")["fields"]
    for key in ("score_resampled_low", "score_resampled_high", "rank_high"):
        assert [field[key] for field in twice] == pytest.approx([field[key] for field in once])


def test_plain_information_orders_noise_stably_and_that_is_told(tmp_path, capsys):
    rng = np.random.default_rng(0)
    noise = {f"n{n:05}": rng.integers(0, n, 8000) for n in (2, 5, 20, 100, 400, 1500, 5000)}
    path = tmp_path / "noise.parquet"
    pl.DataFrame({"label": rng.integers(0, 2, 8000), **noise}).cast(
        dict.fromkeys(noise, pl.String)
    ).write_parquet(path)
    ranking = document(capsys, path, "--stability", 20, "--score", "mi")
    (top,) = (top for top in ranking["stability"]["top"] if top["fields"] == 5)
    assert top["index"] == pytest.approx(1)
    assert top["significant_share"] < 0.1


def test_people_see_stability_beside_its_worth(log, tmp_path, capsys):
    page, markdown = tmp_path / "ranking.html", tmp_path / "ranking.md"
    options = ["--stability", "4", "--no-cache"]
    assert run(["rank", str(log), *options, "-o", str(markdown), "--html", str(page)]) == 0
    parts = capsys.readouterr().out.split("\n\n")
    assert parts[0].splitlines()[0].split("\t")[-4:] == list(ENTRIES)
    header = ["first", "stability", "from", "to", "usable", "significant"]
    assert parts[1].splitlines()[0].split("\t") == header
    for text in (markdown.read_text(), page.read_text()):
        assert "Stability of the first fields" in text
        assert "An order can be stable and worthless" in text


def test_with_a_time_halves_are_made_of_days(log, capsys):
    by_rows = document(capsys, log, "--stability", 20, "--exclude", "day")
    by_days = document(capsys, log, "--stability", 20, "--time", "day")
    jsonschema.validate(by_days, SCHEMA)
    assert (by_rows["stability"]["of"], by_days["stability"]["of"]) == ("rows", "periods")
    assert [field["score"] for field in by_rows["fields"]] == [field["score"] for field in by_days["fields"]]
    assert by_rows["fields"][0]["score_resampled_low"] != by_days["fields"][0]["score_resampled_low"]


def test_halves_of_a_few_days_are_halves_of_the_rows(log, tmp_path, capsys):
    pl.read_parquet(log).filter(pl.col("day") <= 4).write_parquet(tmp_path / "few.parquet")
    options = ["--time", "day", "--stability", "4", "--json", "--no-cache"]
    assert run(["rank", str(tmp_path / "few.parquet"), *options]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["stability"]["of"] == "rows"
    assert "the log has 4 periods in column 'day', and halves of them need 6" in captured.err


def test_an_order_in_time_has_no_halves(log, capsys):
    assert run(["rank", str(log), "--time", "day", "--score", "forward", "--stability", "4"]) == 2
    assert "--stability ranks halves of the log, and --score forward needs all" in capsys.readouterr().err


def test_one_resample_is_refused(log, capsys):
    assert run(["rank", str(log), "--stability", "1"]) == 2
    assert "--stability" in capsys.readouterr().err
