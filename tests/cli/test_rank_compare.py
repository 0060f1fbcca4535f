"""``featsel rank --compare`` reports what moved by more than its noise, and nothing else."""

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
N_SPLITS = 2


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Rows of a log with fields of all kinds, up to 20,000 values."""
    path = tmp_path_factory.mktemp("log") / "log.parquet"
    assert run(["synth", str(path), "--rows", "24000", "--fields", "20", "--seed", "5", "--quiet"]) == 0
    return pl.read_parquet(path)


@pytest.fixture(scope="module")
def halves(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("halves")
    return split(rows, folder, share=0.5, seed=0)


def split(rows, folder, *, share, seed):
    is_then = np.random.default_rng(seed).random(rows.height) < share
    then, now = folder / f"then_{seed}.parquet", folder / f"now_{seed}.parquet"
    rows.filter(pl.Series(is_then)).write_parquet(then)
    rows.filter(pl.Series(~is_then)).write_parquet(now)
    return then, now


def save(log, target, *options):
    assert run(["rank", str(log), "-q", "-o", str(target), *map(str, options)]) == 0
    return target


def compared(log, before, target, *options):
    """Document of a ranking that is compared."""
    return json.loads(save(log, target, "--compare", before, *options).read_text())


def statuses(document):
    return {field["name"]: field["status"] for field in document["compare"]["fields"]}


@pytest.fixture(scope="module")
def before(halves, tmp_path_factory):
    return save(halves[0], tmp_path_factory.mktemp("before") / "before.json")


def refused(capsys, log, before, *options, status=3):
    """What a refusal says."""
    capsys.readouterr()
    assert run(["rank", str(log), "-q", "--compare", str(before), *options]) == status
    return capsys.readouterr().err


@pytest.mark.parametrize("score", ["usable", "corrected", "mi", "ami", "z"])
@pytest.mark.parametrize("share", [0.5, 0.4])
def test_parts_of_one_log_have_not_moved(rows, tmp_path, score, share):
    for seed in range(N_SPLITS):
        then, now = split(rows, tmp_path, share=share, seed=seed)
        before = save(then, tmp_path / "before.json", "--score", score)
        found = statuses(compared(now, before, tmp_path / "now.json", "--score", score))
        # these are two of many splits; a comparison finds something in one of a hundred at most
        assert set(found.values()) == {"steady"}


def test_a_field_that_loses_its_information_is_reported_and_no_other(halves, before, tmp_path, capsys):
    best = json.loads(before.read_text())["fields"][2]["name"]
    changed = pl.read_parquet(halves[1]).with_columns(pl.col(best).shuffle(seed=1))
    changed.write_parquet(tmp_path / "changed.parquet")
    capsys.readouterr()
    document = compared(tmp_path / "changed.parquet", before, tmp_path / "now.json")
    jsonschema.validate(document, SCHEMA)
    found = statuses(document)
    assert [name for name, status in found.items() if status != "steady"] == [best]
    (field,) = (field for field in document["compare"]["fields"] if field["name"] == best)
    assert field["z"] < -5
    assert field["q_value"] < 0.01
    assert (field["verdict_before"], field["verdict"]) == ("informative", "noise")
    assert field["rank_before"] == 3 < field["rank"]
    assert field["difference"] == pytest.approx(field["score"] - field["score_before"], abs=1e-3)
    table = capsys.readouterr().out.split("\n\n")[1]
    assert table.splitlines()[1].split("\t")[:3] == [best, "moved", "3"]
    assert "noise, was informative" in table


def test_new_and_lost_fields_are_named(halves, before, tmp_path):
    renamed = pl.read_parquet(halves[1])
    first = json.loads(before.read_text())["fields"][0]["name"]
    renamed.rename({first: "renamed"}).write_parquet(tmp_path / "renamed.parquet")
    document = compared(tmp_path / "renamed.parquet", before, tmp_path / "now.json")
    jsonschema.validate(document, SCHEMA)
    found = statuses(document)
    assert (found["renamed"], found[first]) == ("new", "gone")


def test_nothing_moved_is_said_in_one_line(halves, before, capsys):
    capsys.readouterr()
    assert run(["rank", str(halves[0]), "--compare", str(before)]) == 0
    captured = capsys.readouterr()
    assert "note: nothing moved by more than its noise since before.json" in captured.err
    assert "is of the same files: no row can have moved anything" in captured.err


def test_the_document_says_with_what_it_was_compared(halves, before, tmp_path):
    document = compared(halves[1], before, tmp_path / "now.json")
    was = json.loads(before.read_text())
    assert document["compare"]["path"] == document["options"]["compare"] == str(before)
    assert document["compare"]["fingerprint"] == was["input"]["fingerprint"]
    assert document["compare"]["rows"] == was["input"]["rows"]


def test_many_more_rows_are_warned_of_and_are_no_movement(rows, tmp_path, capsys):
    then, now = split(rows, tmp_path, share=0.25, seed=9)
    before = save(then, tmp_path / "before.json")
    assert "moved" not in statuses(compared(now, before, tmp_path / "now.json")).values()
    assert "scores of fields with many values grow with rows" in capsys.readouterr().err
    after = save(now, tmp_path / "after.json")
    assert "moved" not in statuses(compared(then, after, tmp_path / "then.json")).values()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--bins", "8"), "was made with bins 32, this one with 8"),
        (("--min-count", "5"), "was made with min_count 1, this one with 5"),
        (("--categorical", "c*"), "was made with categorical [], this one with ('c*',)"),
    ],
)
def test_other_options_are_warned_of(halves, before, capsys, options, said):
    capsys.readouterr()
    assert run(["rank", str(halves[1]), "--compare", str(before), *options]) == 0
    assert said in capsys.readouterr().err


def test_weights_are_warned_of(halves, tmp_path, capsys):
    weighted = tmp_path / "weighted.parquet"
    pl.read_parquet(halves[1]).with_columns(w=pl.lit(1.0)).write_parquet(weighted)
    before = save(weighted, tmp_path / "before.json", "--weight", "w")
    capsys.readouterr()
    assert run(["rank", str(weighted), "-q", "--weight", "w", "--compare", str(before)]) == 0
    assert "standard errors take weights as alike" in capsys.readouterr().err


def test_another_score_is_refused(halves, before, capsys):
    said = refused(capsys, halves[1], before, "--score", "z")
    assert "has score 'usable', this one 'z'" in said
    assert "hint: Compare rankings of one score" in said


def test_another_label_is_refused(halves, before, tmp_path, capsys):
    pl.read_parquet(halves[1]).rename({"label": "click"}).write_parquet(tmp_path / "other.parquet")
    assert "has label 'label', this one 'click'" in refused(capsys, tmp_path / "other.parquet", before)


def test_other_fields_are_refused(before, tmp_path, capsys):
    pl.DataFrame({"label": [0, 1] * 50, "other": ["a", "b"] * 50}).write_parquet(tmp_path / "other.parquet")
    assert "has no field of this log" in refused(capsys, tmp_path / "other.parquet", before)


def test_a_ranking_without_standard_errors_is_refused(halves, before, tmp_path, capsys):
    ranking = json.loads(before.read_text())
    for field in ranking["fields"]:
        del field["corrected_mutual_information_se"]
    (tmp_path / "old.json").write_text(json.dumps(ranking))
    said = refused(capsys, halves[1], tmp_path / "old.json")
    assert "has no standard errors: an older featsel wrote it" in said
    assert "Rank that log again" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "does not exist"),
        ("{", "is no JSON document"),
        ('{"schema": "featsel.check/1"}', "has schema 'featsel.check/1'"),
        ('{"schema": "featsel.ranking/1", "fields": [1]}', "is broken"),
        ('{"schema": "featsel.ranking/1", "fields": []}', "is broken"),
    ],
)
def test_what_is_no_ranking_is_refused_before_anything_is_counted(halves, tmp_path, capsys, text, said):
    path = tmp_path / "before.json"
    if text is not None:
        path.write_text(text)
    error = refused(capsys, halves[1], path)
    assert said in error
    assert "label:" not in error
