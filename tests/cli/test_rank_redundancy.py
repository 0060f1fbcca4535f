"""``featsel rank --redundancy`` tells which fields go together."""

import csv
import io
import json
from pathlib import Path

import jsonschema
import numpy as np
import polars as pl
import pytest

from featsel.cli.app import run
from featsel.ranking import exact_pairs
from featsel.workflows import rank_redundancy

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "ranking.schema.json"


@pytest.fixture(scope="module")
def travel(tmp_path_factory):
    """Cities lie in countries, codes rename cities, prices are binned, and clicks depend on the city."""
    rng = np.random.default_rng(0)
    n_rows = 4000
    city = rng.integers(0, 40, n_rows)
    price = rng.integers(100, 1000, n_rows)
    effects = rng.normal(0, 1.5, 40)
    log = pl.DataFrame(
        {
            "click": (rng.random(n_rows) < 1 / (1 + np.exp(1 - effects[city]))).astype(np.int64),
            "city": [f"city{c}" for c in city],
            "code": [f"{97 * c % 101:03}" for c in city],
            "country": [f"land{c // 5}" for c in city],
            "price": price,
            "price_band": [f"{p // 100}00" for p in price],
            "device": [("phone", "tablet", "desktop")[d] for d in rng.integers(0, 3, n_rows)],
            "visit": [f"v{row:05}" for row in range(n_rows)],
            "fixed": ["x"] * n_rows,
        }
    )
    path = tmp_path_factory.mktemp("travel") / "log.parquet"
    log.write_parquet(path)
    return path


@pytest.fixture(scope="module")
def document(travel, tmp_path_factory):
    path = tmp_path_factory.mktemp("ranking") / "ranking.json"
    assert run(["rank", str(travel), "--redundancy", "--numeric", "price", "-o", str(path), "-q"]) == 0
    return json.loads(path.read_text())


def pairs(document):
    return {frozenset(pair["fields"]): pair for pair in document["redundancy"]["pairs"]}


def test_the_document_fits_its_published_schema(document):
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))


def test_pairs_say_what_determines_what(document):
    found = {
        tuple(sorted(pair["fields"])): (pair["relation"], pair["determines"])
        for pair in document["redundancy"]["pairs"]
    }
    assert found == {
        ("city", "code"): ("one_to_one", None),
        ("city", "country"): ("nested", "city"),
        ("code", "country"): ("nested", "code"),
        ("price", "price_band"): ("nested", "price"),
    }


def test_numbers_are_compared_by_value_and_counted_in_bins(document):
    pair = pairs(document)[frozenset({"price", "price_band"})]
    assert 0.5 < pair["redundancy"] < 1  # bins of the price straddle its bands
    assert pair["mutual_information"] > pair["expected_mutual_information"] > 0


def test_copies_share_everything_and_are_one_cluster(document):
    fields = {field["name"]: field for field in document["fields"]}
    assert pairs(document)[frozenset({"city", "code"})]["redundancy"] == 1
    assert (fields["city"]["redundant_with"], fields["city"]["redundancy"]) == ("code", 1)
    (cluster,) = [cluster for cluster in document["redundancy"]["clusters"] if "city" in cluster["fields"]]
    assert set(cluster["fields"]) == {"city", "code", "country"}
    assert cluster["representative"] == min(cluster["fields"], key=lambda name: fields[name]["rank"])
    assert cluster["least_redundancy"] == 1


@pytest.mark.parametrize("name", ["visit", "fixed", "device"])
def test_identifiers_constants_and_independent_fields_share_nothing(document, name):
    field = next(field for field in document["fields"] if field["name"] == name)
    assert (field["redundant_with"], field["redundancy"]) == (None, 0)


@pytest.mark.parametrize("strategy", ["mrmr", "jmi", "3mr"])
def test_every_field_has_a_place_and_what_tells_nothing_the_last(travel, capsys, strategy):
    assert run(["rank", str(travel), "--redundancy", "--strategy", strategy, "--json", "-q"]) == 0
    document = json.loads(capsys.readouterr().out)
    fields = sorted(document["fields"], key=lambda field: field["mrmr_rank"])
    assert [field["mrmr_rank"] for field in fields] == list(range(1, len(fields) + 1))
    is_informative = [field["verdict"] == "informative" for field in fields]
    assert is_informative == sorted(is_informative, reverse=True)
    assert fields[0]["rank"] == 1
    assert document["redundancy"]["strategy"] == strategy
    assert document["options"]["strategy"] == strategy


def test_threads_change_nothing(travel, capsys):
    told = []
    for threads in ("1", "3"):
        assert run(["rank", str(travel), "--redundancy", "--json", "-q", "--threads", threads]) == 0
        told.append({**json.loads(capsys.readouterr().out), "elapsed_s": 0})
    assert told[0] == told[1]


def test_a_pipe_gets_the_fields_then_the_pairs_then_the_clusters(travel, capsys):
    assert run(["rank", str(travel), "--redundancy", "-q"]) == 0
    tables = capsys.readouterr().out.split("\n\n")
    fields, found, clusters = (list(csv.DictReader(io.StringIO(t), delimiter="\t")) for t in tables)
    assert {"redundant_with", "redundancy", "mrmr_rank"} <= set(fields[0])
    assert found[0]["relation"] == "one to one"
    assert any(cluster["keep"] == "city" and "country" in cluster["others"] for cluster in clusters)


def test_a_page_and_a_report_have_the_tables(travel, tmp_path):
    page, report = tmp_path / "page.html", tmp_path / "report.md"
    arguments = ["--redundancy", "-o", str(report), "--html", str(page), "-q"]
    assert run(["rank", str(travel), *arguments]) == 0
    for text in (page.read_text(), report.read_text()):
        assert "Fields that go together" in text
        assert "Groups of fields that say much the same" in text


def test_without_the_option_nothing_is_compared(travel, capsys):
    assert run(["rank", str(travel), "--no-redundancy", "--json", "-q"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert "redundancy" not in document
    assert "mrmr_rank" not in document["fields"][0]
    assert document["options"]["redundancy"] is False


def test_a_strategy_alone_is_an_error(travel, told_error):
    assert run(["rank", str(travel), "--strategy", "jmi"]) == 2
    assert told_error() == (
        "--strategy jmi orders fields by what --redundancy finds\nfeatsel: hint: Add --redundancy.\n"
    )


def test_lists_are_compared_as_a_whole_and_weights_change_no_pair(log, capsys):
    assert run(["rank", str(log), "--redundancy", "--json", "--weight", "mass"]) == 0
    told = capsys.readouterr()
    assert "Pairs count every row once, whatever its weight." in told.err
    assert json.loads(told.out)["redundancy"]["pairs"] == []


@pytest.mark.parametrize("seed", range(3))
def test_planted_copies_are_all_found_and_none_is_invented(seed, tmp_path, capsys):
    path = tmp_path / "log.parquet"
    plan = ["--rows", "8000", "--fields", "24", "--noise", "8", "--redundant", "6", "--seed", str(seed)]
    assert run(["synth", str(path), *plan, "-q"]) == 0
    truth = json.loads((tmp_path / "log.truth.json").read_text())
    capsys.readouterr()
    assert run(["rank", str(path), "--redundancy", "--json", "-q"]) == 0
    document = json.loads(capsys.readouterr().out)
    found = pairs(document)
    for name, copy in truth["copies"].items():
        pair = found[frozenset({name, copy["source"]})]
        assert pair["relation"] == copy["kind"]
        assert pair["determines"] == (copy["source"] if copy["kind"] == "nested" else None)
        assert pair["redundancy"] > 0.99
    sources = {name: copy["source"] for name, copy in truth["copies"].items()}
    # two copies of one field go together as well
    assert all(len({sources.get(name, name) for name in fields}) == 1 for fields in found)


def test_a_sample_of_rows_screens_where_all_would_take_too_long_and_what_it_finds_is_exact(
    travel, document, monkeypatch, capsys
):
    monkeypatch.setattr(rank_redundancy, "SCREEN_CELLS", 36 * 1500)
    monkeypatch.setattr(rank_redundancy, "LEAST_ROWS", 100)
    assert run(["rank", str(travel), "--redundancy", "--numeric", "price", "--json"]) == 0
    told = capsys.readouterr()
    sampled = json.loads(told.out)["redundancy"]
    assert sampled["screened_rows"] == 1500
    assert "All pairs were compared on 1,500 of 4,000 rows, drawn at random" in told.err
    assert sampled["pairs"] == document["redundancy"]["pairs"]


def test_pairs_that_there_was_no_time_for_are_told_of(travel, monkeypatch, capsys):
    monkeypatch.setattr(exact_pairs, "MOST_CELLS", 3 * 4000)
    assert run(["rank", str(travel), "--redundancy", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["redundancy"]["exact_pairs"] == 3
    assert "25 further pairs would have been counted exactly, but for time" in told.err
