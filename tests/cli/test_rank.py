"""``featsel rank`` prints, writes and repeats what the contract with its users says."""

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import polars as pl
import pytest

from featsel.cli.app import run

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "ranking.schema.json"
COLUMNS = [
    *("name", "kind", "rank", "score", "cardinality", "coverage"),
    *(
        "mutual_information",
        "expected_mutual_information",
        "corrected_mutual_information",
        "relative_information",
    ),
    *("z", "p_value", "q_value", "usable_information", "verdict", "reason"),
    *("score_se", "corrected_mutual_information_se", "usable_information_se"),
]


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("log") / "log.parquet"
    assert run(["synth", str(path), "--rows", "20000", "--leak", "--seed", "3", "--quiet"]) == 0
    return path


def document(capsys, *arguments):
    assert run(["rank", *map(str, arguments), "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


def names_in(path):
    """Names of the fields in a file of any kind."""
    match path.suffix:
        case ".json":
            return [field["name"] for field in json.loads(path.read_text())["fields"]]
        case ".md":
            return [
                line.split("|")[2].strip() for line in path.read_text().splitlines() if line.startswith("|")
            ][2:]
        case ".parquet":
            return pl.read_parquet(path)["name"].to_list()
        case suffix:
            return pl.read_csv(path, separator="," if suffix == ".csv" else "\t")["name"].to_list()


def without_time(document):
    return {key: value for key, value in document.items() if key != "elapsed_s"}


def test_the_document_fits_its_published_schema(log, capsys):
    jsonschema.validate(document(capsys, log), json.loads(SCHEMA.read_text()))


def test_verdicts_are_the_planted_truth(log, capsys):
    truth = json.loads(log.with_name("log.truth.json").read_text())
    verdicts = {
        field["name"]: field["verdict"] for field in document(capsys, log, "--exclude", "day")["fields"]
    }
    assert {name for name, verdict in verdicts.items() if verdict == "leak"} == set(truth["leaks"])
    assert {name for name, verdict in verdicts.items() if verdict == "identifier"} == set(
        truth["identifiers"]
    )
    assert {verdicts[name] for name in truth["informative"]} == {"informative"}


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_nothing(log, capsys, threads):
    one = document(capsys, log, "--threads", 1)
    assert without_time(document(capsys, log, "--threads", threads)) == without_time(one)


def test_little_memory_changes_nothing(log, capsys):
    assert document(capsys, log, "--memory-limit", "16MB")["fields"] == document(capsys, log)["fields"]


def test_a_pipe_gets_whole_lines_of_tabs(log, capsys):
    assert run(["rank", str(log)]) == 0
    captured = capsys.readouterr()
    rows = list(csv.reader(io.StringIO(captured.out), delimiter="\t"))
    assert rows[0] == COLUMNS
    assert len(rows) == 1 + 25
    assert "\x1b" not in captured.out
    assert "label: 'label'" in captured.err


def test_a_terminal_gets_a_table(log):
    main, other = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm"}
    command = [sys.executable, "-m", "featsel", "rank", str(log), "--top", "3"]
    done = subprocess.run(command, stdout=other, stderr=subprocess.PIPE, env=environment, check=True)
    os.close(other)
    shown = os.read(main, 1 << 16).decode()
    assert "\t" not in shown
    assert "leak" in shown
    assert b"Traceback" not in done.stderr


def test_top_limits_what_is_printed(log, capsys):
    assert run(["rank", str(log), "--top", "2", "-q"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_top_limits_the_printed_document_too(log, capsys):
    assert [field["rank"] for field in document(capsys, log, "--top", 2)["fields"]] == [1, 2]


@pytest.mark.parametrize("suffix", ["json", "csv", "tsv", "md", "parquet"])
def test_an_output_file_has_all_fields(log, tmp_path, capsys, suffix):
    path = tmp_path / f"ranking.{suffix}"
    assert run(["rank", str(log), "-o", str(path), "--top", "1", "-q"]) == 0
    assert len(names_in(path)) == 25
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_files_and_pipes_agree(log, tmp_path, capsys):
    path = tmp_path / "ranking.parquet"
    assert run(["rank", str(log), "-o", str(path), "-q"]) == 0
    printed = pl.read_csv(io.StringIO(capsys.readouterr().out), separator="\t")
    written = pl.read_parquet(path)
    assert written.columns == COLUMNS
    assert printed.select(COLUMNS[3:14]).equals(written.select(COLUMNS[3:14]))


def test_a_page_is_written(log, tmp_path, capsys):
    path = tmp_path / "ranking.html"
    assert run(["rank", str(log), "--html", str(path), "-q"]) == 0
    assert path.read_text().lower().startswith("<!doctype html>")
    capsys.readouterr()


def test_verbose_says_why_each_kind_was_chosen(log, capsys):
    assert run(["rank", str(log), "--verbose"]) == 0
    reasons = capsys.readouterr().err
    assert re.search(r"price\d+: numeric, fractional numbers", reasons)
    assert "day: categorical, 'day' in its name speaks of a category" in reasons


def test_quiet_says_nothing_beside_the_result(log, capsys):
    assert run(["rank", str(log), "--quiet"]) == 0
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("topp = 3", "has the unknown key 'topp'"),
        ("[rank]\nbin = 3", "has the unknown key 'rank.bin'"),
        ("[ranks]\ntop = 3", "has the unknown key [ranks]"),
        ("top = ", "is no TOML"),
        ("rank = 3", "'rank' is a command, not an option"),
        ("input_format = 'csv'", "has the unknown key 'input_format'"),
    ],
)
def test_a_wrong_config_file_is_an_error(log, tmp_path, capsys, text, message):
    path = tmp_path / "featsel.toml"
    path.write_text(text)
    assert run(["rank", str(log), "--config", str(path)]) == 2
    assert message in capsys.readouterr().err


def test_a_config_file_gives_options_and_the_command_line_wins(log, tmp_path, capsys):
    path = tmp_path / "featsel.toml"
    path.write_text('exclude = ["c*"]\nbins = 8\n[rank]\nmin-count = 3\n[synth]\nrows = 5\n')
    options = document(capsys, log, "--config", path, "--bins", 16)["options"]
    assert (options["exclude"], options["bins"], options["min_count"]) == (["c*"], 16, 3)


def test_a_project_file_is_found_in_the_working_folder(log, tmp_path, capsys, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("[tool.featsel.rank]\ntop = 4\n")
    monkeypatch.chdir(tmp_path)
    assert run(["rank", str(log)]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 5
    assert "options from pyproject.toml" in captured.err


@pytest.mark.parametrize("size", ["4", "lots", "-3GB", "1MB"])
def test_a_memory_limit_that_is_no_size_is_an_error(log, capsys, size):
    assert run(["rank", str(log), "--memory-limit", size]) == 2
    assert f"--memory-limit {size!r}" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["ranking.xlsx", "ranking"])
def test_an_output_of_no_known_kind_is_an_error_before_any_work(log, tmp_path, capsys, name):
    assert run(["rank", str(log), "-o", str(tmp_path / name)]) == 2
    assert "no extension that a ranking can have" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_page_must_end_in_html(log, tmp_path, capsys):
    assert run(["rank", str(log), "--html", str(tmp_path / "page.pdf")]) == 2
    assert "does not end in .html" in capsys.readouterr().err


def test_a_bug_is_reported_as_one(log, capsys, monkeypatch):
    monkeypatch.setattr("featsel.workflows.rank.rank_fields", lambda *_, **__: 1 / 0)
    assert run(["rank", str(log), "--json"]) == 70
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"]["code"] == "bug"
    assert "Traceback" not in captured.err


def test_verbose_shows_the_traceback_of_a_bug(log, capsys, monkeypatch):
    monkeypatch.setattr("featsel.workflows.rank.rank_fields", lambda *_, **__: 1 / 0)
    assert run(["rank", str(log), "--verbose"]) == 70
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_one_pattern_in_a_config_file_needs_no_brackets(log, tmp_path, capsys):
    path = tmp_path / "featsel.toml"
    path.write_text('exclude = "c*"\nformat = "parquet"\n')
    options = document(capsys, log, "--config", path)["options"]
    assert (options["exclude"], options["format"]) == (["c*"], "parquet")


def test_a_project_file_whose_table_is_none_is_an_error(log, tmp_path, capsys):
    path = tmp_path / "pyproject.toml"
    path.write_text("[tool]\nfeatsel = 3\n")
    assert run(["rank", str(log), "--config", str(path)]) == 2
    assert "tool.featsel is no table" in capsys.readouterr().err


def test_a_missing_config_file_is_named(log, capsys):
    assert run(["rank", str(log), "--config", "absent.toml"]) == 2
    assert "config file 'absent.toml' cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("separator", ["", '"'])
def test_a_separator_that_cannot_separate_is_an_error(log, capsys, separator):
    assert run(["rank", str(log), "--separator", separator]) == 2
    assert "cannot separate values" in capsys.readouterr().err


@pytest.mark.parametrize("names", ["a,a", "a,,b"])
def test_columns_need_one_name_each(log, capsys, names):
    assert run(["rank", str(log), "--columns", names]) == 2
    assert f"--columns {names!r}" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_no_bug(log):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "featsel", "rank", str(log), "-q"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert "bug" not in done.stderr


def test_short_options_that_stand_together_show_the_traceback_too(log, capsys, monkeypatch):
    monkeypatch.setattr("featsel.workflows.rank.rank_fields", lambda *_, **__: 1 / 0)
    assert run(["rank", str(log), "-qv"]) == 70
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_an_output_may_not_be_the_log_itself(log, tmp_path, capsys):
    path = tmp_path / "own.parquet"
    path.write_bytes(log.read_bytes())
    assert run(["rank", str(path), "-o", str(path)]) == 2
    assert "is the log itself" in capsys.readouterr().err
    assert path.read_bytes() == log.read_bytes()


def test_a_file_named_twice_counts_once(log, capsys):
    assert document(capsys, log, log)["fields"] == document(capsys, log)["fields"]


@pytest.mark.parametrize(("weights", "message"), [((0, 1), "adds up to"), ((1e308, 1e308), "holds 1e+308")])
def test_weights_that_cannot_be_ranked_with_are_an_error(tmp_path, capsys, weights, message):
    path = tmp_path / "log.parquet"
    pl.DataFrame(
        {"label": [0, 1] * 50, "f": list(range(100)), "w": [float(w) for w in weights] * 50}
    ).write_parquet(path)
    assert run(["rank", str(path), "--weight", "w"]) == 3
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("weights", "is_warned"), [((10.0, 1.0), True), ((0.01, 0.01), True), ((1.0, 1.2), False)]
)
def test_weights_that_are_no_repetitions_bring_a_warning(tmp_path, capsys, weights, is_warned):
    path = tmp_path / "log.parquet"
    pl.DataFrame({"label": [0, 1] * 50, "f": [1, 2, 3, 4] * 25, "w": list(weights) * 50}).write_parquet(path)
    assert run(["rank", str(path), "--weight", "w", "--categorical", "f"]) == 0
    assert ("noise can look significant" in capsys.readouterr().err) == is_warned


def test_text_options_for_a_log_that_is_no_text_bring_a_warning(log, capsys):
    assert run(["rank", str(log), "--no-header"]) == 0
    assert "do nothing for parquet" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["top = [1]", "weight = {a = 1}", '[rank]\nconfig = "x"'])
def test_a_config_value_of_the_wrong_shape_is_an_error(log, tmp_path, capsys, text):
    path = tmp_path / "featsel.toml"
    path.write_text(text)
    assert run(["rank", str(log), "--config", str(path)]) == 2
    assert f"config file {str(path)!r}" in capsys.readouterr().err
