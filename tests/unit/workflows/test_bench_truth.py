"""The truth of a planted log, as the oracle reads it."""

import json

import pytest

from featsel.core.errors import ConfigError
from featsel.workflows.bench_truth import find_truth

TRUTH = {
    "schema": "featsel.truth/1",
    "fields": dict.fromkeys("abcdefgh"),
    "informative": ["c", "a"],
    "interactions": [["e", "f"]],
    "drift": ["h"],
    "copies": {"b": {"source": "c"}},
    "noise": ["d"],
    "leaks": {"g": "echo"},
}


def test_the_strongest_come_first_and_neither_noise_nor_leaks_at_all(tmp_path):
    (tmp_path / "log.truth.json").write_text(json.dumps(TRUTH))

    truth = find_truth(None, [str(tmp_path / "log.csv.gz")], list("abcdefgh"))

    assert truth is not None
    assert truth.fields == ("c", "a", "e", "f", "h", "b")


def test_fields_that_the_log_does_not_have_are_passed_over(tmp_path):
    (tmp_path / "log.truth.json").write_text(json.dumps(TRUTH))

    truth = find_truth(None, [str(tmp_path / "log.parquet")], ["a", "f", "x"])

    assert truth is not None
    assert truth.fields == ("a", "f")


@pytest.mark.parametrize("paths", [["log.parquet"], ["a.csv", "b.csv"], ["-"]])
def test_most_logs_have_no_truth(paths, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert find_truth(None, paths, ["a"]) is None


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"schema": "featsel.ranking/1"}'])
def test_a_file_that_is_no_truth_is_refused(text, tmp_path):
    path = tmp_path / "x.json"
    path.write_text(text)

    with pytest.raises(ConfigError, match=r"truth '.*x.json' (is no featsel.truth/1|cannot be read)"):
        find_truth(path, ["log.parquet"], ["a"])


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot be read: .*No such file"):
        find_truth(tmp_path / "x.json", ["log.parquet"], ["a"])


def test_the_truth_of_another_log_is_refused(tmp_path):
    (tmp_path / "log.truth.json").write_text(json.dumps(TRUTH))

    with pytest.raises(ConfigError, match="is of another log: it knows none of the fields"):
        find_truth(None, [str(tmp_path / "log.parquet")], ["x", "y"])
