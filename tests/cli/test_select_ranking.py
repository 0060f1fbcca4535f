"""``featsel select --ranking`` leaves out what a saved ranking calls worthless."""

import json
import math
from pathlib import Path

import polars as pl
import pytest

from featsel.artifacts.feature_configs import read_features
from featsel.cli.app import run

REQUEST, DATA = 2, 3
FAST = ["--dim", "4", "--epochs", "1", "--threads", "1", "-q"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def odd(clicks):
    """The log with a constant, a row identifier and a column that was written after the click."""
    rows = clicks.with_columns(
        same=pl.lit("x"),
        row=pl.int_range(pl.len()).map_elements(lambda index: f"r{index}", pl.String),
        bought=pl.when(pl.col("click") == 1).then(pl.lit("yes")).otherwise(pl.lit("no")),
    )
    rows.write_parquet("odd.parquet")
    assert run(["rank", "odd.parquet", "-o", "ranking.json", "-q"]) == 0
    return json.loads(Path("ranking.json").read_text())


def select(*arguments, log="odd.parquet"):
    command = ["select", str(log), "--ranking", "ranking.json", *FAST, *arguments, "-o", "f.yaml"]
    assert run(command) == 0
    config, _ = read_features(Path("f.yaml"))
    return config


def names(fields):
    return {field.name for field in fields}


def saved(ranking, **changes):
    Path("ranking.json").write_text(json.dumps({**ranking, **changes}))


@pytest.mark.parametrize("arguments", [["--method", "all"], ["--budget", "90%", "--method", "frequency"]])
def test_only_informative_fields_are_left(odd, arguments):
    verdicts = {field["name"]: field["verdict"] for field in odd["fields"]}
    scores = {field["name"]: field["score"] for field in odd["fields"]}
    assert {"noise", "constant", "identifier", "leak"} <= set(verdicts.values())

    config = select(*arguments)

    assert names(config.fields) == {name for name, verdict in verdicts.items() if verdict == "informative"}
    dropped = {field.name: field for field in config.dropped}
    assert {name: field.why for name, field in dropped.items()} == {
        name: f"{verdict} in ranking.json" for name, verdict in verdicts.items() if verdict != "informative"
    }
    assert dropped["bought"].score == scores["bought"]
    assert run(["config", "validate", "f.yaml"]) == 0


def test_noise_can_be_kept_but_nothing_worse(odd):
    verdicts = {field["name"]: field["verdict"] for field in odd["fields"]}

    config = select("--method", "all", "--keep-noise")

    kept = {name for name, verdict in verdicts.items() if verdict in {"informative", "noise"}}
    assert names(config.fields) == kept
    assert len(kept) > 3


@pytest.mark.usefixtures("odd")
def test_what_is_left_is_encoded_as_without_a_ranking():
    first = select("--method", "all")
    gone = [option for field in first.dropped for option in ("--exclude", field.name)]
    Path("f.values.parquet").rename("first.parquet")

    assert run(["select", "odd.parquet", "--method", "all", *FAST, *gone, "-o", "f.yaml"]) == 0

    second, _ = read_features(Path("f.yaml"))
    assert second.fields == first.fields
    assert Path("f.values.parquet").read_bytes() == Path("first.parquet").read_bytes()


@pytest.mark.usefixtures("odd")
def test_a_cross_may_be_of_a_field_that_is_left_out():
    config = select("--method", "all", "--cross", "user,same")

    assert "user*same" in names(config.fields)
    assert "same" in names(config.dropped)


def test_fields_that_the_request_excludes_need_no_verdict(odd):
    saved(odd, fields=[field for field in odd["fields"] if field["name"] != "item"])

    config = select("--method", "all", "--exclude", "item")

    assert "item" not in names(config.fields) | names(config.dropped)


@pytest.mark.usefixtures("odd")
def test_the_document_and_the_notes_tell(capsys):
    capsys.readouterr()
    command = [
        "select",
        "odd.parquet",
        "--ranking",
        "ranking.json",
        "--method",
        "all",
        "-o",
        "f.yaml",
        "--json",
    ]
    assert run(command) == 0

    told = capsys.readouterr()
    document = json.loads(told.out)
    assert document["options"]["ranking"] == "ranking.json"
    assert {field["name"] for field in document["dropped"]} >= {"same", "row", "bought"}
    assert "ranking.json rules out " in told.err
    assert "same (constant)" in told.err


def test_a_ranking_of_another_log_is_told_with_both_fingerprints(odd, capsys):
    mark = odd["input"]["fingerprint"]
    pl.read_parquet("odd.parquet").head(700).write_parquet("odd.parquet")

    select("--method", "all")

    warning = capsys.readouterr().err
    assert f"its fingerprint is {mark}, that of this log is sha256:" in " ".join(warning.split())


@pytest.mark.parametrize(
    ("change", "message", "code"),
    [
        (lambda _: {"schema": "featsel.features/1"}, "has schema 'featsel.features/1'", DATA),
        (lambda _: {"schema": "featsel.ranking/9"}, "not 'featsel.ranking/1'", DATA),
        (lambda _: {"fields": [{"name": "user"}]}, "is broken: KeyError('verdict')", DATA),
        (lambda _: {"input": None}, "is broken: TypeError", DATA),
        (
            lambda _: {"fields": [{"name": "user", "verdict": "noise", "score": math.inf}]},
            "Infinity is no number of JSON",
            DATA,
        ),
        (
            lambda ranking: {"fields": [*ranking["fields"], {"name": "usr", "verdict": "noise", "score": 0}]},
            "column 'usr' is not in the log",
            DATA,
        ),
        (lambda ranking: {"fields": ranking["fields"][:-2]}, "of the log", DATA),
        (
            lambda ranking: {"fields": [{**field, "verdict": "good"} for field in ranking["fields"]]},
            "'good', which is no verdict",
            DATA,
        ),
        (
            lambda ranking: {"fields": [{**field, "verdict": "noise"} for field in ranking["fields"]]},
            "leaves no field",
            REQUEST,
        ),
    ],
)
def test_a_wrong_ranking_is_refused_and_nothing_is_written(odd, told_error, change, message, code):
    saved(odd, **change(odd))

    found = run(["select", "odd.parquet", "--ranking", "ranking.json", "--method", "all", "-o", "f.yaml"])

    assert message in told_error()
    assert found == code
    assert not list(Path().glob("f*"))


@pytest.mark.parametrize(
    ("text", "message"), [(None, "does not exist"), ("a: 1", "is no JSON document"), ("[]", "schema is None")]
)
def test_a_file_that_is_no_ranking_is_refused(log, told_error, text, message):
    if text is not None:
        Path("ranking.json").write_text(text)

    code = run(["select", str(log), "--ranking", "ranking.json", "--method", "all", "-o", "f.yaml"])

    assert message in told_error()
    assert code == DATA


def test_the_ranking_is_not_overwritten(odd, told_error):
    code = run(
        ["select", "odd.parquet", "--ranking", "ranking.json", "--method", "all", "-o", "ranking.json"]
    )

    assert "output 'ranking.json' is the ranking itself" in told_error()
    assert code == REQUEST
    assert json.loads(Path("ranking.json").read_text()) == odd
