"""``featsel rank --by`` says for whom a field tells something."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import polars as pl
import pytest

from featsel.cli.app import run

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs/schemas/ranking.schema.json").read_text())

N_ROWS = 40_000

VERDICTS = {"user": "shared", "hour": "differs", "coupon": "domain-only", "noise": "noise"}


def document(capsys, *arguments):
    assert run(["rank", *map(str, arguments), "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    return found


@pytest.fixture(scope="module")
def planted():
    """An app and a site: coupons matter in the app alone, and hours of the one turn around in the other."""
    rng = np.random.default_rng(0)
    is_app = rng.random(N_ROWS) < 0.3
    user, hour, coupon = (rng.integers(0, size, N_ROWS) for size in (50, 6, 4))
    turned = np.array([-1.0, -0.6, -0.2, 0.2, 0.6, 1.0])[hour] * np.where(is_app, 1, -1)
    log_odds = -1.5 + rng.normal(0, 0.7, 50)[user] + turned
    log_odds += np.array([-1.0, 0.0, 0.4, 0.6])[coupon] * is_app + 0.5 * is_app
    return pl.DataFrame(
        {
            "label": (rng.random(N_ROWS) < 1 / (1 + np.exp(-log_odds))).astype(np.int64),
            "channel": np.where(is_app, "app", "site"),
            "user": user,
            "hour": hour,
            "coupon": coupon,
            "noise": rng.integers(0, 30, N_ROWS),
        }
    )


@pytest.fixture(scope="module")
def domains_log(planted, tmp_path_factory):
    path = tmp_path_factory.mktemp("domains") / "log.parquet"
    planted.write_parquet(path)
    return path


def test_each_field_is_known_for_what_it_is(domains_log, capsys):
    found = document(capsys, domains_log, "--by", "channel")
    by = found["by"]
    assert {field["name"]: field["verdict"] for field in by["fields"]} == VERDICTS
    hour = next(field for field in by["fields"] if field["name"] == "hour")
    assert hour["reversed_values"] >= 4
    assert hour["within_information"] > 3 * hour["pooled_information"]
    assert [(domain["value"], domain["rows"]) for domain in by["domains"]] == [
        ("site", int(N_ROWS - found_rows(domains_log))),
        ("app", int(found_rows(domains_log))),
    ]
    assert found["options"]["by"] == "channel"
    # it stays in the ranking, and is not compared with itself
    assert "channel" in {field["name"] for field in found["fields"]}
    assert "channel" not in {field["name"] for field in by["fields"]}


def found_rows(path):
    return pl.read_parquet(path)["channel"].eq("app").sum()


def test_within_a_domain_the_fields_are_those_of_a_ranking_of_its_rows(
    planted, domains_log, tmp_path, capsys
):
    part = tmp_path / "app.parquet"
    planted.filter(channel="app").drop("channel").write_parquet(part)
    own = {field["name"]: field for field in document(capsys, part)["fields"]}
    app = document(capsys, domains_log, "--by", "channel")["by"]["domains"][1]["fields"]
    assert [field["name"] for field in app] == list(own)
    for field in app:
        for key in ("usable_information", "corrected_mutual_information", "rank"):
            assert field[key] == pytest.approx(own[field["name"]][key])


def test_one_model_or_several_is_answered(domains_log, capsys):
    assert run(["rank", str(domains_log), "--by", "channel"]) == 0
    told = capsys.readouterr()
    assert "One model or several? Several: own tables for each domain tell" in told.err
    assert "differing: 'hour', 'coupon'" in told.err
    ranking, for_whom, of_domains = told.out.split("\n\n")
    assert len(ranking.splitlines()) == 6
    assert for_whom.splitlines()[0].startswith("field\tpooled_information\twithin_information\tratio\t")
    assert of_domains.splitlines()[1].split("\t")[:2] == ["site", str(N_ROWS - found_rows(domains_log))]


def test_a_page_and_a_document_have_the_tables(domains_log, tmp_path, capsys):
    page, text = tmp_path / "page.html", tmp_path / "ranking.md"
    options = ["--by", "channel", "--quiet", "--html", str(page), "-o", str(text)]
    assert run(["rank", str(domains_log), *options]) == 0
    capsys.readouterr()
    assert "For whom, by channel" in page.read_text()
    assert "### Domains of channel" in text.read_text()
    assert "One model or several?" in text.read_text()


def test_domains_of_numbers_are_their_bins(planted, tmp_path, capsys):
    log = tmp_path / "log.parquet"
    planted.with_columns(price=pl.int_range(pl.len()) % 400 / 4).write_parquet(log)
    by = document(capsys, log, "--by", "price", "--bins", "4")["by"]
    assert sorted(domain["value"] for domain in by["domains"]) == [
        "0..24.75",
        "25..49.75",
        "50..74.75",
        "75..99.75",
    ]


def test_small_values_share_a_domain_and_what_is_left_is_said(planted, tmp_path, capsys):
    log = tmp_path / "log.parquet"
    row = pl.int_range(pl.len())
    site = (
        pl.when(row < 20_000)
        .then(pl.lit("a"))
        .when(row < 39_000)
        .then(pl.lit("b"))
        .otherwise(pl.format("c{}", row % 50))
    )
    planted.with_columns(site=site).write_parquet(log)
    assert run(["rank", str(log), "--by", "site"]) == 0
    assert "2 domains; its 50 other values are one, 'other', of 1,000 rows" in capsys.readouterr().err
    assert document(capsys, log, "--by", "site")["by"]["domains"][-1]["value"] == "other"

    planted.head(39_050).with_columns(site=site).write_parquet(log)
    assert run(["rank", str(log), "--by", "site"]) == 0
    assert "50 rows of 50 small values are left out" in capsys.readouterr().err
    assert document(capsys, log, "--by", "site")["by"]["rows_left_out"] == 50


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_nothing(domains_log, capsys, threads):
    one, more = (document(capsys, domains_log, "--by", "channel", "--threads", each) for each in (1, threads))
    assert one["by"] == more["by"]


def test_weights_lists_and_times_go_with_it(clicks, tmp_path, capsys):
    log = tmp_path / "log.parquet"
    pl.concat([clicks] * 4).write_parquet(log)
    found = document(capsys, log, "--by", "item", "--weight", "mass", "--time", "hour", "--bins", "2")
    assert {field["name"] for field in found["by"]["fields"]} == {"user", "price", "tags"}
    assert "time" in found


@pytest.mark.parametrize(
    ("options", "exit_code", "message"),
    [
        (["--by", "chanel"], 3, "column 'chanel' is not in the log"),
        (["--by", "label"], 2, "column 'label' is no field of this ranking"),
        (["--by", "channel", "--exclude", "channel"], 2, "column 'channel' is no field of this ranking"),
        (["--by", "channel", "--rows", "300"], 3, "--by 'channel': 1 of its 2 values have 200 rows"),
        (["--by", "channel", "--include", "channel"], 3, "--by 'channel': it is the only field"),
    ],
)
def test_what_cannot_be_compared_is_an_error(domains_log, capsys, options, exit_code, message):
    assert run(["rank", str(domains_log), *options]) == exit_code
    assert message in capsys.readouterr().err


def test_a_row_of_several_values_is_of_no_domain(log, capsys):
    assert run(["rank", str(log), "--by", "tags"]) == 2
    assert "column 'tags' holds lists, and a row belongs to one domain" in capsys.readouterr().err
