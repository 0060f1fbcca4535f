"""``featsel check`` prints, writes and repeats what the contract with its users says."""

import csv
import datetime
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import numpy as np
import polars as pl
import pytest

from featsel.cli.app import run

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "check.schema.json").read_text())
N_ROWS = 2400
PASSED, FAILED, REQUEST, DATA = range(4)
KINDS = ("json", "xml", "sarif", "md", "html", "tsv")
COLUMNS = [
    *(
        "code",
        "name",
        "measure",
        "severity",
        "field",
        "status",
        "measured",
        "threshold",
        "floor",
        "reference",
    ),
    *("message", "hint", "waived_until", "waived_reason"),
]
PERSON = "person-"
"""How the values of a column with more than a thousand of them begin."""


def day(number):
    """Clicks of a day; days differ by chance alone."""
    rng = np.random.default_rng(number)
    site, device = rng.integers(0, 12, N_ROWS), rng.integers(0, 5, N_ROWS)
    price = rng.lognormal(0, 1, N_ROWS).round(3)
    effect = np.linspace(-1.5, 1.5, 12)[site] + 0.4 * np.log(price)
    seconds = np.sort(rng.integers(0, 86_400, N_ROWS)).tolist()
    midnight = datetime.datetime(2024, 1, number)
    return pl.DataFrame(
        {
            "click": (rng.random(N_ROWS) < 1 / (1 + np.exp(1 - effect))).astype(np.int64),
            "user": [f"{PERSON}{user}@example.org" for user in rng.integers(0, 4000, N_ROWS)],
            "site": [f"site{number}" for number in site],
            "device": [("phone", "tablet", "pc", "tv", "watch")[index] for index in device],
            "is_new": rng.random(N_ROWS) < 0.3,
            "item": rng.integers(0, 60, N_ROWS),
            "zip": [f"{number:05}" for number in rng.integers(0, 200, N_ROWS)],
            "since": pl.Series(rng.integers(18_000, 19_000, N_ROWS)).cast(pl.Date),
            "price": [None if value > 6 else value for value in price.tolist()],
            "tags": [[f"t{index}" for index in np.flatnonzero(row)] for row in rng.random((N_ROWS, 5)) < 0.3],
            "ts": [midnight + datetime.timedelta(seconds=second) for second in seconds],
        }
    )


@pytest.fixture(autouse=True)
def no_workflow(monkeypatch):
    """The tests may run in a GitHub workflow themselves."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "FEATSEL_CI"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("days")


@pytest.fixture(scope="module")
def monday(folder):
    path = folder / "monday.parquet"
    day(1).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def tuesday(folder):
    path = folder / "tuesday.parquet"
    day(2).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def bad_day(folder):
    """No devices, every other site null, and users with blanks around them."""
    path = folder / "bad.parquet"
    site = pl.when(pl.int_range(pl.len()) % 2 > 0).then("site")
    day(2).drop("device").with_columns(site=site, user=pl.col("user") + " ").write_parquet(path)
    return path


@pytest.fixture(scope="module")
def profile(monday, folder):
    path = folder / "monday.json"
    assert run(["check", str(monday), "--time", "ts", "--save-profile", str(path), "-q"]) == PASSED
    return path


@pytest.fixture(scope="module")
def other_profile(folder):
    log, path = folder / "sunday.parquet", folder / "sunday.json"
    day(3).write_parquet(log)
    assert run(["check", str(log), "--time", "ts", "--save-profile", str(path), "-q"]) == PASSED
    return path


def check(*arguments):
    """Exit code of a check that knows the column of times."""
    return run(["check", *map(str, arguments), "--time", "ts"])


def document(capsys, *arguments, code=PASSED):
    """The one document that is printed; it fits its schema."""
    capsys.readouterr()
    assert check(*arguments, "--json", "-q") == code
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    return found


def error_of(capsys, *arguments, code):
    """Message of the error, which standard error and the document tell alike."""
    capsys.readouterr()
    assert run(["check", *map(str, arguments), "--json", "-q"]) == code
    out, err = capsys.readouterr()
    error = json.loads(out)["error"]
    assert f"featsel: error: {error['message']}\n" in err
    assert "Traceback" not in err
    return error["message"]


def failures(found, severity="error"):
    return {
        (each["code"], each["field"])
        for each in found["checks"]
        if each["status"] == "fail" and each["severity"] == severity and each["waived"] is None
    }


def without_time(found):
    return {key: value for key, value in found.items() if key != "elapsed_s"}


def test_a_good_day_passes(tuesday, profile, capsys):
    found = document(capsys, tuesday, "--reference", profile)
    assert (found["summary"]["errors"], found["summary"]["warnings"]) == (0, 0)


def test_a_bad_day_fails_and_what_is_wrong_is_named(bad_day, profile, capsys):
    found = document(capsys, bad_day, "--reference", profile, code=FAILED)
    assert failures(found) >= {("FS001", "device"), ("FS101", "site"), ("FS110", "user")}
    assert {field for _, field in failures(found)} == {"device", "site", "user"}


def test_failures_come_first_then_passes_then_what_was_skipped(bad_day, profile, capsys):
    found = document(capsys, bad_day, "--reference", profile, code=FAILED)
    order = [each["status"] for each in found["checks"]]
    assert order == sorted(order, key=["fail", "pass", "skipped"].index)
    assert found["checks"][0]["severity"] == "error"


@pytest.mark.parametrize(("fail_on", "code"), [("error", PASSED), ("warning", FAILED), ("never", PASSED)])
def test_fail_on_says_which_failures_count(tuesday, profile, tmp_path, capsys, fail_on, code):
    log = tmp_path / "more.parquet"
    pl.read_parquet(tuesday).with_columns(extra=pl.col("site")).write_parquet(log)
    found = document(capsys, log, "--reference", profile, "--fail-on", fail_on, code=code)
    assert found["summary"]["errors"] == 0
    assert ("FS002", "extra") in failures(found, "warning")


def test_fail_on_of_the_command_wins_over_the_rules_file(bad_day, tmp_path, capsys):
    rules = tmp_path / "checks.toml"
    rules.write_text('fail-on = "never"\n')
    assert check(bad_day, "--rules", rules, "-q") == PASSED
    assert check(bad_day, "--rules", rules, "--fail-on", "error", "-q") == FAILED
    capsys.readouterr()


def test_select_and_ignore_choose_rules(bad_day, profile, capsys):
    found = document(capsys, bad_day, "--reference", profile, "--select", "FS1", "--ignore", "FS11", code=1)
    codes = {each["code"] for each in found["checks"]}
    assert {"FS101", "FS102"} <= codes
    assert all(code < "FS110" for code in codes)


def test_a_pipe_gets_whole_lines_of_tabs(bad_day, profile, capsys):
    assert check(bad_day, "--reference", profile, "-v") == FAILED
    captured = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(captured.out), delimiter="\t"))
    found = document(capsys, bad_day, "--reference", profile, code=FAILED)
    assert list(rows[0]) == COLUMNS
    assert [row["message"] for row in rows] == [each["message"] for each in found["checks"]]
    assert "\x1b" not in captured.out + captured.err
    assert "label: 'click'" in captured.err


def test_a_pipe_gets_what_matters_unless_all_is_asked_for(bad_day, profile, capsys):
    assert check(bad_day, "--reference", profile) == FAILED
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out), delimiter="\t"))
    found = document(capsys, bad_day, "--reference", profile, code=FAILED)
    assert "pass" not in {row["status"] for row in rows}
    assert {(row["code"], row["field"]) for row in rows if row["severity"] == "error"} >= failures(found)


def test_a_terminal_gets_an_overview(bad_day, profile):
    main, other = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm"}
    command = [sys.executable, "-m", "featsel", "check", str(bad_day), "--reference", str(profile)]
    done = subprocess.run(command, stdout=other, stderr=subprocess.PIPE, env=environment, check=False)
    os.close(other)
    shown = os.read(main, 1 << 16).decode()
    assert done.returncode == FAILED
    assert "\t" not in shown
    assert "FS001" in shown
    assert b"Traceback" not in done.stderr


def test_quiet_says_nothing_beside_the_result(tuesday, profile, capsys):
    assert check(tuesday, "--reference", profile, "--quiet") == PASSED
    captured = capsys.readouterr()
    assert captured.out
    assert not captured.err


def number_of_checks(path):
    text = path.read_text()
    match path.suffix:
        case ".json":
            return len(json.loads(text)["checks"])
        case ".xml":
            return len(ET.fromstring(text).findall(".//testcase"))
        case ".tsv":
            return len(list(csv.reader(io.StringIO(text), delimiter="\t"))) - 1
    raise AssertionError(path)


def test_all_kinds_of_output_come_from_one_run(bad_day, profile, tmp_path, capsys):
    paths = {kind: tmp_path / f"out.{kind}" for kind in KINDS}
    outputs = [text for path in paths.values() for text in ("-o", path)]
    page = tmp_path / "page.html"
    found = document(capsys, bad_day, "--reference", profile, *outputs, "--html", page, code=FAILED)
    assert sorted(tmp_path.iterdir()) == sorted([*paths.values(), page])
    assert json.loads(paths["json"].read_text()) == found
    assert {number_of_checks(paths[kind]) for kind in ("json", "xml", "tsv")} == {len(found["checks"])}
    assert len(ET.parse(paths["xml"]).findall(".//failure")) == found["summary"]["errors"]
    (sarif,) = json.loads(paths["sarif"].read_text())["runs"]
    assert "FS001" in {each["ruleId"] for each in sarif["results"]}
    assert "FS001" in paths["md"].read_text()
    assert paths["html"].read_text() == page.read_text()
    assert page.read_text().lower().startswith("<!doctype html>")


def test_the_junit_report_has_failures_as_fail_on_says(bad_day, profile, tmp_path, capsys):
    path = tmp_path / "out.xml"
    assert check(bad_day, "--reference", profile, "-o", path, "--fail-on", "never", "-q") == PASSED
    assert not ET.parse(path).findall(".//failure")
    capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["absent.parquet"], DATA),
        (["LOG", "--label", "absent"], DATA),
        (["LOG", "--rules", "absent.toml"], REQUEST),
        (["LOG", "--reference", "absent.json"], DATA),
        (["LOG", "-o", "out.pdf"], REQUEST),
        (["LOG", "-o", "absent/out.md"], REQUEST),
        (["LOG", "-o", "out.html", "--html", "out.html"], REQUEST),
        (["LOG", "--save-profile", "profile.parquet"], REQUEST),
    ],
)
def test_an_error_leaves_no_output(tuesday, tmp_path, monkeypatch, capsys, arguments, code):
    monkeypatch.chdir(tmp_path)
    given = [str(tuesday) if each == "LOG" else each for each in arguments]
    assert run(["check", *given, "-o", "a.json", "--init", "a.toml", "-q"]) == code
    assert list(tmp_path.iterdir()) == []
    assert "featsel: error: " in capsys.readouterr().err


def test_an_output_may_not_replace_what_is_read(tuesday, tmp_path, capsys):
    rules = tmp_path / "checks.toml"
    rules.write_text('ignore = ["FS2"]\n')
    message = error_of(capsys, tuesday, "--rules", rules, "--init", rules, code=REQUEST)
    assert "checks.toml" in message
    assert rules.read_text() == 'ignore = ["FS2"]\n'


def test_a_rules_file_that_somebody_edited_is_not_replaced(tuesday, tmp_path, capsys):
    rules = tmp_path / "checks.toml"
    rules.write_text('ignore = ["FS2"]\n')
    message = error_of(capsys, tuesday, "--init", rules, code=REQUEST)
    assert "exists already" in message
    assert rules.read_text() == 'ignore = ["FS2"]\n'


def test_outputs_need_names_of_their_own(tuesday, tmp_path, capsys):
    path = tmp_path / "out.json"
    message = error_of(capsys, tuesday, "-o", path, "--save-profile", path, code=REQUEST)
    assert message == "several outputs are called 'out.json'"


def test_github_gets_annotations(bad_day, profile, capsys):
    assert check(bad_day, "--reference", profile, "--format", "github") == FAILED
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("::error title=FS001 missing-column::device: ") for line in lines)
    assert all(line.startswith(("::error title=", "::warning title=")) for line in lines)


def test_a_github_workflow_gets_annotations_and_a_summary(bad_day, profile, tmp_path, monkeypatch, capsys):
    summary = tmp_path / "summary.md"
    summary.write_text("of an earlier step\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert check(bad_day, "--reference", profile) == FAILED
    assert capsys.readouterr().out.startswith("::error title=")
    assert summary.read_text().startswith("of an earlier step\n")
    assert "FS001" in summary.read_text()


def test_json_in_a_github_workflow_stays_one_document(bad_day, profile, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert check(bad_day, "--reference", profile, "--json") == FAILED
    captured = capsys.readouterr()
    jsonschema.validate(json.loads(captured.out), SCHEMA)
    assert "::error title=FS001" in captured.err


@pytest.mark.parametrize("way", ["option", "environment", "other server"])
def test_annotations_can_be_turned_off(bad_day, tmp_path, monkeypatch, capsys, way):
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "false" if way == "other server" else "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    if way == "environment":
        monkeypatch.setenv("FEATSEL_CI", "0")
    assert check(bad_day, *(["--no-ci"] if way == "option" else [])) == FAILED
    assert capsys.readouterr().out.startswith("code\tname\t")
    if way != "other server":
        assert not summary.exists()


def test_a_summary_that_cannot_be_written_is_no_bug(tuesday, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "absent" / "summary.md"))
    assert check(tuesday) == REQUEST
    assert "GITHUB_STEP_SUMMARY names" in capsys.readouterr().err


def test_a_bad_day_is_kept_as_no_profile(bad_day, profile, tmp_path, capsys):
    path = tmp_path / "kept.json"
    assert check(bad_day, "--reference", profile, "--save-profile", path) == FAILED
    assert not path.exists()
    assert f"{str(path)!r} was not written" in capsys.readouterr().err
    assert check(bad_day, "--reference", profile, "--save-profile", path, "--fail-on", "never") == PASSED
    assert path.exists()
    capsys.readouterr()


def test_a_log_and_its_profile_say_the_same(tuesday, monday, profile, capsys):
    one, other = (document(capsys, tuesday, "--reference", path) for path in (monday, profile))
    assert one["checks"] == other["checks"]
    assert one["summary"] == other["summary"]


def test_a_log_and_its_profile_differ_in_values_that_are_hashed_alone(
    tuesday, monday, profile, tmp_path, capsys
):
    log = tmp_path / "log.parquet"
    pl.read_parquet(tuesday).with_columns(pl.col("device").replace("tv", "TV")).write_parquet(log)
    by_log, by_profile = (
        document(capsys, log, "--reference", path, code=FAILED) for path in (monday, profile)
    )
    for one, other in zip(by_log["checks"], by_profile["checks"], strict=True):
        assert {**one, "evidence": None} == {**other, "evidence": None}
    (vanished,) = (each for each in by_log["checks"] if each["code"] == "FS403" and each["status"] == "fail")
    assert vanished["evidence"] == {"values": ["tv"]}
    assert "'tv'" not in json.dumps(by_profile)
    assert '"tv"' not in json.dumps(by_profile)


def test_a_profile_that_keeps_values_says_all_that_its_log_says(tuesday, monday, tmp_path, capsys):
    log, kept = tmp_path / "log.parquet", tmp_path / "kept.json"
    pl.read_parquet(tuesday).with_columns(pl.col("device").replace("tv", "TV")).write_parquet(log)
    assert check(monday, "--save-profile", kept, "--keep-values", "-q") == PASSED
    by_log, by_profile = (document(capsys, log, "--reference", path, code=FAILED) for path in (monday, kept))
    assert by_log["checks"] == by_profile["checks"]


def test_profiles_are_taken_together(tuesday, profile, other_profile, capsys):
    found = document(capsys, tuesday, "--reference", profile, "--reference", other_profile)
    assert found["summary"]["errors"] == 0
    assert (found["reference"]["rows"], found["reference"]["days"]) == (2 * N_ROWS, 2)
    (rows,) = (each for each in found["checks"] if each["code"] == "FS006")
    assert (rows["measured"], rows["reference"]) == (1, N_ROWS)


@pytest.mark.parametrize("kind", ["logs", "mixed"])
def test_every_reference_is_a_day(tuesday, monday, folder, other_profile, capsys, kind):
    other = folder / "sunday.parquet" if kind == "logs" else other_profile
    found = document(capsys, tuesday, "--reference", monday, "--reference", other)
    assert (found["reference"]["rows"], found["reference"]["days"]) == (2 * N_ROWS, 2)
    (rows,) = (each for each in found["checks"] if each["code"] == "FS006")
    assert (rows["measured"], rows["reference"]) == (1, N_ROWS)


def test_new_rules_hold_on_their_log(bad_day, profile, tmp_path, capsys):
    rules = tmp_path / "checks.toml"
    document(capsys, bad_day, "--reference", profile, "--init", rules)
    found = document(capsys, bad_day, "--reference", profile, "--rules", rules, "--fail-on", "warning")
    assert [each for each in found["checks"] if each["status"] == "fail"] == []


def test_new_rules_hold_without_a_reference(bad_day, tmp_path, capsys):
    rules, kept = tmp_path / "checks.toml", tmp_path / "kept.json"
    document(capsys, bad_day, "--init", rules, "--save-profile", kept)
    assert kept.exists()
    found = document(capsys, bad_day, "--rules", rules, "--fail-on", "warning")
    assert [each for each in found["checks"] if each["status"] == "fail"] == []


WRONG_RULES = """
selct = ["ALL"]
ignore = ["FS999"]
fail-on = "errors"

[severity]
FS101 = "grave"

[thresholds]
FS101 = { error = "many" }
"FS101.shape" = { error = 0.5 }

[[waiver]]
code = "FS101"
until = 2020-01-01
"""


def test_all_that_is_wrong_with_a_rules_file_is_told_at_once(tuesday, tmp_path, capsys):
    rules = tmp_path / "checks.toml"
    rules.write_text(WRONG_RULES)
    message = error_of(capsys, tuesday, "--rules", rules, code=REQUEST)
    assert "has 7 problems" in message
    for problem in (
        "selct: unknown key; did you mean 'select'?",
        "ignore[0]: 'FS999' is no rule",
        "fail-on: 'errors' is none of error, warning, never",
        "severity.FS101: 'grave' is none of error, warning, info",
        "'many' is no threshold",
        "FS101 has no measure 'shape'; did you mean 'share'?",
        "waiver[0]: 'reason' is missing",
    ):
        assert problem in message


def test_fields_of_a_rules_file_that_are_nowhere_are_told_at_once(tuesday, tmp_path, capsys):
    rules = tmp_path / "checks.toml"
    rules.write_text(
        '[per-field-ignores]\nsit = ["FS101"]\n"user*" = ["FS104"]\n'
        '[[waiver]]\ncode = "FS101"\nfield = "devise"\nuntil = 2030-01-01\nreason = "x"\n'
    )
    message = error_of(capsys, tuesday, "--rules", rules, code=REQUEST)
    assert f"rules file {str(rules)!r}: per-field-ignores 'sit', waiver 'devise' match no field" in message


@pytest.mark.parametrize("option", ["--select", "--ignore", "--explain"])
def test_an_unknown_rule_is_an_error(tuesday, capsys, option):
    assert run(["check", str(tuesday), option, "FS99"]) == REQUEST
    assert "'FS99' is no rule" in capsys.readouterr().err


def waiver(until):
    return f'[[waiver]]\ncode = "FS1"\nfield = "site"\nuntil = {until}\nreason = "moving"\n'


def test_a_waiver_is_honoured_and_shown(bad_day, profile, tmp_path, capsys):
    rules, page = tmp_path / "checks.toml", tmp_path / "out.md"
    rules.write_text(waiver("2999-12-31"))
    found = document(capsys, bad_day, "--reference", profile, "--rules", rules, "-o", page, code=FAILED)
    assert ("FS101", "site") not in failures(found)
    assert found["summary"]["waived"] > 0
    (share,) = (each for each in found["checks"] if each["waived"] and each["measure"] == "rise")
    assert (share["status"], share["waived"]["until"], share["waived"]["reason"]) == (
        "fail",
        "2999-12-31",
        "moving",
    )
    assert "moving" in page.read_text()


def test_a_waiver_that_has_expired_counts_no_more_and_is_noted(bad_day, profile, tmp_path, capsys):
    rules = tmp_path / "checks.toml"
    rules.write_text(waiver("2020-01-31"))
    found = document(capsys, bad_day, "--reference", profile, "--rules", rules, code=FAILED)
    assert ("FS101", "site") in failures(found)
    assert any("expired on 2020-01-31" in note for note in found["notes"])


def test_rules_may_stand_in_the_config_file(bad_day, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("featsel.toml").write_text('label = "click"\n[check]\nfail-on = "never"\n[check.severity]\n')
    assert check(bad_day, "-q") == PASSED
    Path("featsel.toml").write_text('[check]\nfail-on = "never"\n[check.severity]\nFS999 = "error"\n')
    assert check(bad_day, "-q") == REQUEST
    assert "'FS999' is no rule" in capsys.readouterr().err


def test_threads_change_nothing(bad_day, profile, capsys):
    one, two = (document(capsys, bad_day, "--reference", profile, "--threads", n, code=1) for n in (1, 2))
    assert without_time(one) == without_time(two)


def test_profiles_have_the_same_bytes_for_any_number_of_threads(monday, profile, tmp_path, capsys):
    for n_threads in (1, 3):
        path = tmp_path / "monday.json"
        assert check(monday, "--save-profile", path, "--threads", n_threads, "-q") == PASSED
        assert path.read_bytes() == profile.read_bytes()
    capsys.readouterr()


@pytest.fixture(scope="module")
def text_day(folder):
    """Tuesday as CSV, its lists joined by ``|``."""
    path = folder / "tuesday.csv"
    joined = day(2).with_columns(pl.col("tags").list.join("|").replace("", None))
    joined.write_csv(path, datetime_format="%Y-%m-%d %H:%M:%S")
    return path


def test_text_is_compared_with_a_profile_of_parquet(text_day, tuesday, profile, capsys):
    by_text = document(capsys, text_day, "--reference", profile, "--multivalued", "tags=|")
    by_value = document(capsys, tuesday, "--reference", profile)
    # text cannot say whether a number is whole, and rules about text look at it
    others = {"FS003", "FS108", "FS110"}
    one, other = (
        [each for each in found["checks"] if each["code"] not in others] for found in (by_text, by_value)
    )
    assert one == other
    assert failures(by_text, "warning") == failures(by_value, "warning")
    assert failures(by_text) == set()


@pytest.mark.parametrize("dtype", [pl.Categorical, pl.Binary])
def test_text_is_text_however_it_is_stored(monday, profile, tmp_path, capsys, dtype):
    log = tmp_path / "log.parquet"
    pl.read_parquet(monday).with_columns(pl.col("site", "zip").cast(dtype)).write_parquet(log)
    found = document(capsys, log, "--reference", profile, "--ignore", "FS202")
    assert failures(found, "warning") == {("FS407", "ts")}
    assert "could not be computed" not in json.dumps(found)


def test_bytes_that_are_no_text_are_values_too(tmp_path, capsys):
    log = tmp_path / "log.parquet"
    values = pl.Series([b"\xff\x00", b"plain", None, b"\xfe"] * 400)
    pl.DataFrame({"click": [0, 1] * 800, "bytes": values}).write_parquet(log)
    assert run(["check", str(log), "--json", "-q", "--select", "FS101", "--fail-on", "never"]) == PASSED
    (share,) = (each for each in json.loads(capsys.readouterr().out)["checks"] if each["field"] == "bytes")
    assert share["measured"] == 0.25


def test_units_of_time_are_no_drift(monday, profile, tmp_path, capsys):
    log = tmp_path / "log.parquet"
    frame = pl.read_parquet(monday)
    frame.with_columns(
        pl.col("since").cast(pl.Datetime("ms")), pl.col("ts").cast(pl.Datetime("ns"))
    ).write_parquet(log)
    # the rows are those of Monday, once more
    found = document(capsys, log, "--reference", profile, "--ignore", "FS202")
    assert failures(found, "warning") == {("FS407", "ts")}


def test_text_on_standard_input_says_the_same_as_a_file(text_day, profile, capsys):
    command = [sys.executable, "-m", "featsel", "check", "-", "--reference", str(profile), "--time", "ts"]
    with text_day.open("rb") as stream:
        done = subprocess.run(
            [*command, "--multivalued", "tags=|", "--json", "-q"],
            stdin=stream,
            capture_output=True,
            check=True,
        )
    by_file = document(capsys, text_day, "--reference", profile, "--multivalued", "tags=|")
    assert json.loads(done.stdout)["checks"] == by_file["checks"]


def test_columns_that_are_left_out_do_not_matter(text_day, tmp_path, profile, capsys):
    found = document(capsys, text_day, "--reference", profile, "--exclude", "tags")
    assert "tags" not in {each["field"] for each in found["checks"]}
    log = tmp_path / "less.parquet"
    day(2).drop("device").write_parquet(log)
    found = document(capsys, log, "--reference", profile, "--include", "[!d]*")
    assert "device" not in {each["field"] for each in found["checks"]}


def test_a_label_that_went_missing_is_a_failure(tuesday, profile, tmp_path, capsys):
    log = tmp_path / "log.parquet"
    pl.read_parquet(tuesday).drop("click").write_parquet(log)
    for options in ([], ["--label", "click"]):
        found = document(capsys, log, "--reference", profile, *options, code=FAILED)
        assert {("FS001", "click"), ("FS004", "click")} <= failures(found)


def test_a_time_that_went_missing_is_a_failure(tuesday, profile, tmp_path, capsys):
    log = tmp_path / "log.parquet"
    pl.read_parquet(tuesday).drop("ts").write_parquet(log)
    assert ("FS001", "ts") in failures(document(capsys, log, "--reference", profile, code=FAILED))


def test_a_log_without_a_label_is_checked_for_all_else(tuesday, tmp_path, capsys):
    log = tmp_path / "log.parquet"
    pl.read_parquet(tuesday).drop("click").write_parquet(log)
    found = document(capsys, log, "--ignore", "FS004")
    assert "the log has no label (--label)" in {each["message"] for each in found["checks"]}
    assert {"FS101", "FS201"} <= {each["code"] for each in found["checks"] if each["status"] == "pass"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--label", "clik"], "column 'clik' is not in the log"),
        (["--time", "tz"], "column 'tz' is not in the log"),
    ],
)
def test_a_column_that_never_was_is_an_error(tuesday, profile, capsys, arguments, message):
    found = error_of(capsys, tuesday, "--reference", profile, *arguments, code=DATA)
    assert found == message


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("log.csv", b"", "is empty"),
        ("log.csv", b"click,a\n", "holds no rows"),
        ("log.parquet", b"PAR1PAR1", "'log.parquet'"),
        ("log.csv", b"click,a\n1,\xff\n", "not UTF-8"),
    ],
)
def test_a_log_that_is_empty_or_unreadable_is_an_error(
    tmp_path, monkeypatch, capsys, profile, name, content, message
):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(content)
    assert message in error_of(capsys, name, "--reference", profile, code=DATA)


@pytest.mark.parametrize("content", ["", "{}", '{"schema": "featsel.profile/9"}', "[1, 2"])
def test_a_reference_that_is_no_profile_is_an_error(tuesday, tmp_path, capsys, content):
    path = tmp_path / "profile.json"
    path.write_text(content)
    assert str(path) in error_of(capsys, tuesday, "--reference", path, code=DATA)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--fail-on", "warning"],
        ["--reference", "LOG"],
        ["--reference", "PROFILE", "-o", "out.xml"],
        ["--reference", "PROFILE", "--save-profile", "new.json"],
        ["--reference", "PROFILE", "--init", "new.toml"],
        ["--reference", "PROFILE", "--html", "new.html"],
        ["--reference", "PROFILE", "--json"],
    ],
)
def test_a_gate_whose_list_of_logs_is_empty_does_not_pass(
    tuesday, profile, tmp_path, monkeypatch, capsys, arguments
):
    monkeypatch.chdir(tmp_path)
    places = {"LOG": str(tuesday), "PROFILE": str(profile)}
    assert run(["check", *(places.get(each, each) for each in arguments)]) == REQUEST
    assert "there is no log to check" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_rules_and_profiles_are_checked_without_a_log(profile, tmp_path, capsys):
    rules = tmp_path / "checks.toml"
    rules.write_text('[per-field-ignores]\nsite = ["FS101"]\n')
    assert run(["check", "--rules", str(rules), "--reference", str(profile)]) == PASSED
    said = capsys.readouterr().out
    assert str(rules) in said
    assert f"{profile}: profile of {N_ROWS:,} rows and 9 fields" in said
    rules.write_text('[per-field-ignores]\nsit = ["FS101"]\n')
    assert run(["check", "--rules", str(rules)]) == PASSED
    assert run(["check", "--rules", str(rules), "--reference", str(profile)]) == REQUEST
    assert "'sit' matches no field" in capsys.readouterr().err


def test_one_row_is_a_log(tuesday, profile, tmp_path, capsys):
    log = tmp_path / "log.parquet"
    pl.read_parquet(tuesday).head(1).write_parquet(log)
    found = document(capsys, log, "--reference", profile, code=FAILED)
    assert ("FS006", None) in failures(found)
    assert "could not be computed" not in json.dumps(found)


def test_many_columns_are_checked_and_told(tmp_path, capsys):
    rng = np.random.default_rng(0)
    good = pl.DataFrame({f"c{index}": rng.integers(0, 5, 1200) for index in range(300)})
    good.write_parquet(tmp_path / "good.parquet")
    good.with_columns(pl.lit(None, pl.Int64).alias(name) for name in good.columns).write_parquet(
        tmp_path / "bad.parquet"
    )
    kept, page, table = (tmp_path / name for name in ("good.json", "out.md", "out.tsv"))
    options = ["--ignore", "FS004", "-q"]
    assert run(["check", str(tmp_path / "good.parquet"), "--save-profile", str(kept), *options]) == PASSED
    capsys.readouterr()
    bad = ["check", str(tmp_path / "bad.parquet"), "--reference", str(kept), "--format", "github", *options]
    assert run([*bad, "-o", str(page), "-o", str(table)]) == FAILED
    annotations = capsys.readouterr().out
    assert len(annotations.splitlines()) <= 20
    assert "more: c" in annotations
    assert page.stat().st_size < 1 << 20
    rows = list(csv.DictReader(io.StringIO(table.read_text()), delimiter="\t"))
    failed = {row["field"] for row in rows if (row["code"], row["status"]) == ("FS101", "fail")}
    assert failed == set(good.columns)


HOSTILE = [
    "a|b",
    "new\nline",
    "<script>alert(1)</script>",
    "\x1b[31mred",
    "::error::x",
    "%0A",
    "*",
    "[a]",
    "$(x)",
]


@pytest.fixture(scope="module")
def hostile_day(folder):
    """Columns whose names and values would break a page, a table, a terminal or a shell."""
    rng = np.random.default_rng(0)
    values = np.array(["<script>alert(2)</script>", "x|y\n::error::z", "\x1b]0;t\x07"])
    path = folder / "hostile.parquet"
    pl.DataFrame(
        {
            "click": rng.integers(0, 2, 1500),
            **{name: values[rng.integers(0, 3, 1500)] for name in HOSTILE},
        }
    ).write_parquet(path)
    return path


def test_hostile_names_break_no_output(hostile_day, tmp_path, capsys):
    paths = {kind: tmp_path / f"out.{kind}" for kind in KINDS}
    outputs = [text for path in paths.values() for text in ("-o", str(path))]
    assert run(["check", str(hostile_day), "--format", "github", *outputs, "-q"]) == FAILED
    annotations = capsys.readouterr().out
    assert all(line.startswith(("::error title=", "::warning title=")) for line in annotations.splitlines())
    assert "\x1b" not in annotations
    found = json.loads(paths["json"].read_text())
    assert set(HOSTILE) <= {each["field"] for each in found["checks"]}
    assert {number_of_checks(paths[kind]) for kind in ("json", "xml", "tsv")} == {len(found["checks"])}
    for kind in ("html", "md"):
        assert "<script>alert(" not in paths[kind].read_text()
    for kind in ("tsv", "md", "xml"):
        assert "\x1b" not in paths[kind].read_text()
    json.loads(paths["sarif"].read_text())


def test_new_rules_hold_on_hostile_names(hostile_day, tmp_path, capsys):
    rules = tmp_path / "checks.toml"
    assert run(["check", str(hostile_day), "--init", str(rules), "-q"]) == PASSED
    assert run(["check", str(hostile_day), "--rules", str(rules), "--fail-on", "warning", "-q"]) == PASSED
    capsys.readouterr()


def test_values_of_columns_with_many_are_never_shown(bad_day, profile, monday, tmp_path, capsys):
    outputs = [text for kind in KINDS for text in ("-o", tmp_path / f"out.{kind}")]
    for number, reference in enumerate((profile, monday)):
        rules = tmp_path / f"checks{number}.toml"
        code = check(bad_day, "--reference", reference, *outputs, "--init", rules, "-v")
        assert code == PASSED
        captured = capsys.readouterr()
        assert "FS110" in captured.out
        assert PERSON not in captured.out + captured.err
        for path in tmp_path.iterdir():
            assert PERSON not in path.read_text()


def test_a_profile_has_no_values_unless_they_are_to_be_kept(bad_day, tmp_path, capsys):
    hashed, kept = tmp_path / "hashed.json", tmp_path / "kept.json"
    assert check(bad_day, "--save-profile", hashed, "--fail-on", "never", "-q") == PASSED
    assert not [word for word in (PERSON, "site1", "00042") if word in hashed.read_text()]
    assert check(bad_day, "--save-profile", kept, "--fail-on", "never", "--keep-values", "-q") == PASSED
    assert "site1" in kept.read_text()
    capsys.readouterr()


def test_rules_are_listed(capsys):
    assert run(["check", "--list"]) == PASSED
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out), delimiter="\t"))
    assert {"FS001", "FS101", "FS401"} <= {row["code"] for row in rows}


@pytest.mark.parametrize("name", ["FS401", "fs401", "drift"])
def test_a_rule_is_explained(capsys, name):
    assert run(["check", "--explain", name]) == PASSED
    assert capsys.readouterr().out.startswith("FS401 drift\n")


def test_a_bug_is_reported_as_one(tuesday, monkeypatch, capsys):
    monkeypatch.setattr("featsel.workflows.check.run_rules", lambda *_, **__: 1 / 0)
    assert check(tuesday, "--json") == 70
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"]["code"] == "bug"
    assert "Traceback" not in captured.err


def modules_after(*arguments):
    program = f"""
import sys
from featsel.cli.app import run
code = run({list(map(str, arguments))!r})
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


def test_a_check_loads_nothing_that_it_does_not_need(tuesday, profile):
    loaded = modules_after("check", tuesday, "--reference", profile, "-q")
    assert "polars" in loaded
    # numba asks for the version of scipy
    assert not {"torch", "sklearn", "scipy.special", "scipy.stats", "scipy.sparse", "pandas"} & loaded


@pytest.mark.parametrize("arguments", [["--help"], ["--list"], ["--explain", "FS401"]])
def test_help_loads_nothing_heavy(arguments):
    heavy = {"polars", "torch", "sklearn", "scipy", "numba", "pandas"}
    assert not (heavy | ({"numpy", "rich"} if arguments == ["--help"] else set())) & modules_after(
        "check", *arguments
    )
