"""The truth of a planted log, as the oracle reads it."""

import json
from pathlib import Path

import jsonschema
import pytest

from featsel.core.errors import ConfigError, DataError
from featsel.synth.plan import plan_log
from featsel.synth.truth import truth
from featsel.workflows.bench_truth import find_truth

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "schemas" / "truth.schema.json"

FIELD = {"role": "noise", "kind": "categorical", "cardinality": 2, "null_share": 0.0, "information": 0.0}

TRUTH = {
    "schema": "featsel.truth/1",
    "rows": 10,
    "seed": 0,
    "positive_rate": 0.1,
    "label": "label",
    "time": "day",
    "days": 2,
    "fields": dict.fromkeys("abcdefgh", FIELD),
    "informative": ["c", "a"],
    "noise": ["d"],
    "identifiers": [],
    "copies": {"b": {"source": "c", "kind": "nested"}},
    "interactions": [["e", "f"]],
    "drift": ["h"],
    "leaks": {"g": "echo"},
    "listed_features": 1_000,
    "informative_features": {},
}


def test_the_strongest_come_first_and_neither_noise_nor_leaks_at_all(tmp_path):
    (tmp_path / "log.truth.json").write_text(json.dumps(TRUTH))

    found = find_truth(None, [str(tmp_path / "log.csv.gz")], list("abcdefgh"))

    assert found is not None
    assert found.fields == ("c", "a", "e", "f", "h", "b")


def test_fields_that_the_log_does_not_have_are_passed_over(tmp_path):
    (tmp_path / "log.truth.json").write_text(json.dumps(TRUTH))

    found = find_truth(None, [str(tmp_path / "log.parquet")], ["a", "f", "x"])

    assert found is not None
    assert found.fields == ("a", "f")


@pytest.mark.parametrize("paths", [["log.parquet"], ["a.csv", "b.csv"], ["-"]])
def test_most_logs_have_no_truth(paths, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert find_truth(None, paths, ["a"]) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON document"),
        ("[]", "is no truth of featsel"),
        ("{}", "is no truth of featsel"),
        ('{"schema": "featsel.ranking/1"}', "has schema 'featsel.ranking/1', not 'featsel.truth/1'"),
        (json.dumps({**TRUTH, "interactions": [3]}), r"interactions\[0\]: 3, expected a list"),
        (json.dumps({**TRUTH, "copies": 7}), "copies: 7, expected a mapping"),
        (json.dumps({**TRUTH, "interactions": [["a", "b", "c"]]}), "expected a list of 2 values"),
        (json.dumps({"schema": "featsel.truth/1"}), "'rows', .* are missing"),
    ],
)
def test_a_file_that_is_no_truth_is_refused(text, message, tmp_path):
    path = tmp_path / "x.json"
    path.write_text(text)

    with pytest.raises(DataError, match=rf"truth '.*x.json'.*{message}") as caught:
        find_truth(path, ["log.parquet"], ["a"])
    assert "featsel synth" in str(caught.value.hint)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"truth '.*x.json' .*exist"):
        find_truth(tmp_path / "x.json", ["log.parquet"], ["a"])


@pytest.mark.parametrize("n_fields", [2, 40])
def test_what_synth_plants_fits_the_published_schema(n_fields):
    """Oracle: jsonschema."""
    planted = plan_log(n_rows=1_000, n_fields=n_fields, n_noise=1, leak=n_fields > 2)
    jsonschema.validate(json.loads(json.dumps(truth(planted), default=int)), json.loads(SCHEMA.read_text()))


def test_the_truth_of_another_log_is_refused(tmp_path):
    (tmp_path / "log.truth.json").write_text(json.dumps(TRUTH))

    with pytest.raises(ConfigError, match="is of another log: it knows none of the fields"):
        find_truth(None, [str(tmp_path / "log.parquet")], ["x", "y"])
