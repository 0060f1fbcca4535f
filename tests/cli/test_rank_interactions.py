"""``featsel rank --interactions`` and ``featsel select --crosses`` find what works only together."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import polars as pl
import pytest

from featsel.artifacts.feature_configs import read_features
from featsel.cli.app import run

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "ranking.schema.json"
REQUEST = 2


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """8,000 rows with one planted pair, a row identifier and a constant."""
    path = tmp_path_factory.mktemp("log") / "log.parquet"
    planted = ["--rows", "8000", "--fields", "10", "--noise", "5", "--interactions", "1", "--seed", "4"]
    assert run(["synth", str(path), *planted, "--quiet"]) == 0
    frame = pl.read_parquet(path)
    frame.with_columns(pl.lit("one").alias("constant"), mass=pl.lit(2.0)).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def pair(log):
    """Names of the planted pair."""
    return set(json.loads(log.with_suffix(".truth.json").read_text())["interactions"][0])


def ranked(capsys, *arguments):
    assert run(["rank", *map(str, arguments), "--exclude", "mass", "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_planted_pair_is_the_only_interaction(log, pair, capsys):
    document = ranked(capsys, log, "--time", "day", "--interactions", "5")

    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    first, *others = document["interactions"]
    assert document["options"]["interactions"] == 5
    assert set(first["fields"]) == pair
    assert first["q_value"] < 1e-6
    assert first["usable_synergy"] > 0.001
    assert len(others) == 4
    assert min(entry["q_value"] for entry in others) > 0.01


def test_identifiers_and_constants_take_no_part(log, capsys):
    document = ranked(capsys, log, "--time", "day", "--interactions", "1000")

    silent = {each["name"] for each in document["fields"] if each["verdict"] in {"identifier", "constant"}}
    n_others = len(document["fields"]) - len(silent)
    assert len(silent) == 2
    assert not silent & {name for entry in document["interactions"] for name in entry["fields"]}
    assert len(document["interactions"]) == n_others * (n_others - 1) // 2


def test_without_the_option_there_are_none(log, capsys):
    document = ranked(capsys, log)

    assert "interactions" not in document
    assert document["options"]["interactions"] is None


def test_rows_in_another_order_give_the_same_pairs(log, tmp_path, capsys):
    shuffled = tmp_path / "shuffled.parquet"
    pl.read_parquet(log).sample(fraction=1.0, shuffle=True, seed=1).write_parquet(shuffled)
    options = ["--time", "day", "--interactions", "3"]

    one = ranked(capsys, log, *options)["interactions"]
    other = ranked(capsys, shuffled, *options)["interactions"]

    assert [entry["fields"] for entry in other] == [entry["fields"] for entry in one]
    for left, right in zip(one, other, strict=True):
        assert right["usable_synergy"] == pytest.approx(left["usable_synergy"], rel=1e-6)
        assert right["z"] == pytest.approx(left["z"], rel=1e-6)


def test_threads_do_not_change_a_byte(log, capsys):
    options = ["--interactions", "4", "--no-cache"]

    one, two = (ranked(capsys, log, *options, "--threads", number)["interactions"] for number in (1, 2))

    assert one == two


def test_a_pipe_gets_a_second_table_and_a_note_of_weights(log, pair, capsys):
    arguments = ["--interactions", "2", "--weight", "mass"]
    assert run(["rank", str(log), *arguments]) == 0

    out, err = capsys.readouterr()

    table = out.split("\n\n")[1].splitlines()
    assert table[0].split("\t")[:3] == ["field", "with", "usable"]
    assert set(table[1].split("\t")[:2]) == pair
    assert "interactions count rows, not the weights in 'mass'" in err


def test_a_page_and_markdown_show_them(log, tmp_path):
    files = ["-o", str(tmp_path / "r.md"), "--html", str(tmp_path / "r.html")]
    assert run(["rank", str(log), "--interactions", "2", "-q", *files]) == 0

    assert "Interactions" in (tmp_path / "r.md").read_text()
    assert "Interactions" in (tmp_path / "r.html").read_text()


def test_noise_alone_is_told_to_be_nothing(tmp_path, capsys):
    rng = np.random.default_rng(0)
    path = tmp_path / "noise.parquet"
    columns = {name: rng.integers(0, 5, 500).astype(str) for name in "abc"}
    pl.DataFrame({"label": rng.integers(0, 2, 500), **columns}).write_parquet(path)

    assert run(["rank", str(path), "--interactions", "2", "--json"]) == 0

    assert "none of the 3 pairs of fields tells more together than chance does" in capsys.readouterr().err


def test_one_field_is_no_pair(log, told_error):
    fields = ["--include", "c*1", "--include", "constant"]
    assert run(["rank", str(log), *fields, "--interactions", "2"]) == REQUEST

    told = told_error()

    assert "--interactions needs two fields, and 1 of the log can take part" in told
    assert "include more columns" in told


def test_lists_take_part_as_a_whole(tmp_path, capsys):
    rng = np.random.default_rng(0)
    tags, left = rng.random((4000, 2)) < 0.5, rng.integers(0, 2, 4000)
    labels = rng.random(4000) < np.where(tags.all(axis=1) == (left == 1), 0.6, 0.3)
    path = tmp_path / "lists.parquet"
    pl.DataFrame(
        {
            "label": labels.astype(int),
            "tags": [[f"t{index}" for index in np.flatnonzero(row)] for row in tags],
            "left": left.astype(str),
            "noise": rng.integers(0, 9, 4000).astype(str),
        }
    ).write_parquet(path)

    assert run(["rank", str(path), "--interactions", "1", "--json", "-q"]) == 0

    (entry,) = json.loads(capsys.readouterr().out)["interactions"]
    assert set(entry["fields"]) == {"tags", "left"}
    assert entry["cells"] == 8


def selected(tmp_path, log, *arguments):
    path = tmp_path / "features.yaml"
    assert run(["select", str(log), "--method", "all", "-o", str(path), *map(str, arguments)]) == 0
    return read_features(path)[0]


def test_the_best_crosses_become_fields(log, pair, tmp_path, capsys):
    config = selected(tmp_path, log, "--time", "day", "--exclude", "mass", "--crosses", "3")

    crosses = [each for each in config.fields if each.of_fields]
    err = capsys.readouterr().err
    assert [set(each.of_fields) for each in crosses] == [pair]
    assert "numeric or multi-valued fields cannot be crossed" in err
    assert f"--crosses 3: {crosses[0].name} of" in err


def test_a_cross_that_was_asked_for_is_not_added_again(log, pair, tmp_path):
    asked = ",".join(sorted(pair, reverse=True))
    config = selected(tmp_path, log, "--exclude", "mass", "--cross", asked, "--crosses", "1", "-q")

    assert [each.of_fields for each in config.fields if each.of_fields] == [tuple(asked.split(","))]


def test_crosses_are_found_on_training_rows_alone(tmp_path):
    # in the last rows, which are held out, two fields tell all of the label together
    rng = np.random.default_rng(0)
    left, right = rng.integers(0, 2, 5000), rng.integers(0, 2, 5000)
    labels = np.where(np.arange(5000) < 4000, rng.integers(0, 2, 5000), left ^ right)
    path = tmp_path / "late.parquet"
    pl.DataFrame({"label": labels, "left": left.astype(str), "right": right.astype(str)}).write_parquet(path)

    late = selected(tmp_path, path, "--split", "ordered", "--crosses", "1", "-q")
    early = selected(tmp_path, path, "--split", "ordered", "--crosses", "1", "-q", "--valid", 0, "--test", 0)

    assert [each.name for each in late.fields] == ["left", "right"]
    assert [each.name for each in early.fields] == ["left", "right", "left*right"]
