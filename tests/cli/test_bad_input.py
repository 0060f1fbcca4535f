"""Bad input ends in one clear error, with the exit code of the contract, and nothing written."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from featsel.cli.app import run

HEADER = "label,a,b\n"
ROWS = "".join(f"{row % 2},{row % 5},x{row % 3}\n" for row in range(60))
REQUEST, DATA = 2, 3


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Folder of the run; temporary files have a place of their own, which must be empty afterwards."""
    (tmp_path / "temporary").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    yield tmp_path / "work"
    assert list((tmp_path / "temporary").iterdir()) == []


def write(name, content):
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def error_of(capsys, *arguments, code):
    """Message and hint, which standard error and the JSON document must both tell."""
    before = sorted(Path().rglob("*"))
    assert run(["rank", *arguments, "--json", "-o", "out.json"]) == code
    assert sorted(Path().rglob("*")) == before
    out, err = capsys.readouterr()
    error = json.loads(out)["error"]
    assert set(error) == {"code", "message", "hint"}
    lines = [line for line in err.splitlines() if not line.startswith("featsel: note: ")]
    lines = [line for line in lines if not line.startswith("featsel: warning: ")]
    assert lines == [f"featsel: error: {error['message']}", f"featsel: hint: {error['hint']}"]
    return error["message"], error["hint"]


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ("", "file 'log.csv' is empty", "writer"),
        ("\n" + HEADER + ROWS, "starts with an empty line", "Remove it"),
        (HEADER, "'log.csv' holds no rows", "with rows"),
        (HEADER.strip(), "'log.csv' holds no rows", "with rows"),
        ("label,a,a\n" + ROWS, "names column 'a' 2 times", "Rename"),
        (HEADER + ROWS + "1,2\n", "line 62: 2 values, expected 3", "Mend or remove"),
        (HEADER + ROWS + "1,2,3,4\n" + ROWS, "line 62: 4 values, expected 3", "must be quoted"),
        (HEADER + ROWS + '1,"2\n' + ROWS, "line 62: a quote is opened and never closed", "Close"),
        (HEADER + ROWS + "1,\0,x\n", "line 62: a NUL byte", "damaged"),
        ((HEADER + ROWS + "1,é,x\n").encode("latin-1"), "line 62: the text is not UTF-8", "iconv"),
        ((HEADER + ROWS).encode("utf-16"), "line 1: the text is not UTF-8", "iconv"),
        ((HEADER + ROWS).replace("\n", "\r"), "carriage return alone", "tr "),
        ("a,b\n1,2\n", "no label was named", "The log has: a, b."),
        ("39,State-gov\n40,Private\n", "no label was named", "--no-header"),
        (HEADER + "1,1,x\n", "all 1 rows are 1", "complete"),
        (HEADER + ROWS + "2,1,x\n", "found: '0', '1', '2'", "--label"),
        (HEADER + ROWS + ",1,x\n", "label 'label' is null in row 61", "Drop or fill"),
        (HEADER + "yes,1,x\nno,1,x\n", "found: 'yes', 'no'", "--positive 'yes'"),
        ("label\n0\n1\n", "the log has no field", "Its columns are: label."),
        ("PAR1", "is a Parquet file, not csv", "extension"),
    ],
)
def test_a_wrong_csv_file_is_named_with_what_is_wrong(capsys, content, message, hint):
    write("log.csv", content)
    found = error_of(capsys, "log.csv", code=DATA)
    assert message in found[0]
    assert hint in found[1]


def parquet(**columns):
    def make(name):
        pl.DataFrame({"label": [0, 1] * 30, **columns}).write_parquet(name)

    return make


def cut_short(name):
    parquet(a=list(range(60)))(name)
    write(name, Path(name).read_bytes()[:-30])


@pytest.mark.parametrize(
    ("name", "make", "message", "hint"),
    [
        ("log.parquet", cut_short, "is cut short", "again"),
        ("log.parquet", HEADER + ROWS, "is some other file, not parquet", "--format"),
        ("log.parquet", parquet(s=[{"a": 1}] * 60), "no field", "label, s"),
        ("log.csv.gz", HEADER + ROWS, "cannot be decompressed", "suffix"),
        ("log.csv.gz", gzip.compress((HEADER + ROWS).encode(), mtime=0)[:-9], "is cut off", "again"),
        ("log.ndjson", '{"label": 0}\n{"label"\n', "line 2: no JSON object", "one object in braces"),
        ("log.libsvm", "1 1:1\n0 a:1\n", "line 2: expected index:value, found 'a:1'", "libffm"),
        ("log.vw", "1 |a x\n0 x\n", "line 2: expected a '|' behind the label", "namespace"),
        ("log.tsv", "\t".join("0" * 40) + "\n", "a row of 40 values", "--format criteo"),
    ],
)
def test_a_wrong_file_of_another_format_is_named(capsys, name, make, message, hint):
    if callable(make):
        make(name)
    else:
        write(name, make)
    found = error_of(capsys, name, code=DATA)
    assert name in found[0] or "no field" in found[0]
    assert message in found[0]
    assert hint in found[1]


@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        (["lag.csv"], DATA, "file 'lag.csv' does not exist", "Did you mean 'log.csv'?"),
        (["no*.csv"], DATA, "no file matches 'no*.csv'", "pattern"),
        (["empty"], DATA, "folder 'empty' holds no log", "Name a folder"),
        (["log.csv", "other.tsv"], REQUEST, "several formats: csv, tsv", "convert"),
        (["log.csv", "--label", "labl"], DATA, "column 'labl' is not in the log", "'label'"),
        (["log.csv", "--weight", "w"], DATA, "column 'w' is not in the log", "label, a, b"),
        (["log.csv", "--time", "w"], DATA, "column 'w' is not in the log", "label, a, b"),
        (["log.csv", "--weight", "label"], REQUEST, "is the label and cannot be", "another column"),
        (["log.csv", "--include", "z*"], REQUEST, "--include 'z*' matches no field", "a, b"),
        (["log.csv", "--exclude", "*"], DATA, "no field", "label, a, b"),
        (["log.csv", "--multivalued", "z=|"], DATA, "column 'z' is not in the log", "label, a, b"),
        (["log.csv", "--positive", "yes"], DATA, "never has the value 'yes'; found: '0', '1'", "--positive"),
        (["log.csv", "--columns", "a,b"], REQUEST, "names 2 columns, but 'log.csv' has 3", "every column"),
        (["log.csv", "--separator", ";"], DATA, "no label was named", "label,a,b"),
        (["semicolon.csv"], REQUEST, "its first line holds ';'", "--separator ';'"),
        (["log.csv", "--score", "zz"], REQUEST, "Invalid value for '--score'", "rank --help"),
        (["log.csv", "--rows", "0"], REQUEST, "Invalid value for '--rows'", "rank --help"),
        (["log.csv", "--format", "zz"], REQUEST, "--format 'zz' is no format", "Known are"),
        (["log.csv", "--html", "no/x.html"], REQUEST, "there is no folder 'no'", "Create it"),
        (["log.csv", "-o", "x.exe"], REQUEST, "'x.exe' has no extension", ".json"),
        (["log.csv", "-o", "empty"], REQUEST, "output 'empty' is a folder", "Name a file"),
    ],
)
def test_a_wrong_request_is_an_error_that_says_what_to_do(capsys, arguments, code, message, hint):
    write("log.csv", HEADER + ROWS)
    write("other.tsv", HEADER + ROWS)
    write("semicolon.csv", (HEADER + ROWS).replace(",", ";"))
    Path("empty").mkdir()
    before = sorted(Path().rglob("*"))
    assert run(["rank", *arguments, "--json"]) == code
    assert sorted(Path().rglob("*")) == before
    out, err = capsys.readouterr()
    error = json.loads(out)["error"]
    assert message in error["message"]
    assert hint in error["hint"]
    assert f"featsel: error: {error['message']}\nfeatsel: hint: {error['hint']}\n" in err
    assert "Traceback" not in err


def test_one_wrong_file_among_many_is_the_one_named(capsys):
    write("logs/a.csv", HEADER + ROWS)
    write("logs/b.csv", HEADER + ROWS + "1\n" + ROWS)
    write("logs/c.csv", HEADER + ROWS)
    message, _ = error_of(capsys, "logs/*.csv", code=DATA)
    assert message == "file 'logs/b.csv', line 62: 1 value, expected 3"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_an_error(capsys, folder):
    write("log.csv", HEADER + ROWS)
    (folder / "locked").mkdir(mode=0o500)
    assert run(["rank", "log.csv", "-o", "locked/x.json"]) == REQUEST
    assert "is read-only" in capsys.readouterr().err


def fields_of(capsys, *arguments):
    assert run(["rank", *arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    return {field["name"]: field for field in json.loads(out)["fields"]}, err


@pytest.mark.parametrize(
    "content",
    [
        HEADER + ROWS + "\n\n",
        HEADER + ROWS[:70] + "\n" + ROWS[70:],
        (HEADER + ROWS + "\n").replace("\n", "\r\n"),
        "\ufeff" + HEADER + ROWS,
        " label , a,b \n" + ROWS,
        (HEADER + ROWS).replace("\n1,", '\n"1",'),
    ],
    ids=["blank last lines", "a blank line", "CRLF", "byte order mark", "spaces in the header", "quotes"],
)
def test_what_does_no_harm_changes_nothing(capsys, content):
    write("log.csv", content)
    write("plain.csv", HEADER + ROWS)
    assert fields_of(capsys, "log.csv")[0] == fields_of(capsys, "plain.csv")[0]


def test_a_column_without_values_is_constant(capsys):
    write("log.csv", "label,a,b\n" + "0,,x\n1,,y\n" * 30)
    fields, _ = fields_of(capsys, "log.csv", "--numeric", "a")
    assert (fields["a"]["verdict"], fields["a"]["coverage"]) == ("constant", 0)


@pytest.mark.parametrize(
    ("name", "values", "odd", "warning"),
    [
        ("price", "{}.5", "n/a", "1 of 20,001 values are no numbers and count as null"),
        ("when", "2020-01-01 00:00:{:02}", "soon", "1 of its values are no points in time and count as null"),
    ],
)
def test_text_far_down_a_column_is_null_with_a_warning(capsys, name, values, odd, warning):
    rows = "".join(f"{row % 2},{values.format(row % 60)}\n" for row in range(20_000))
    write("log.csv", f"label,{name}\n{rows}1,{odd}\n")
    fields, err = fields_of(capsys, "log.csv")
    assert fields[name]["kind"] == "numeric"
    assert fields[name]["coverage"] == pytest.approx(20_000 / 20_001)
    assert warning in err


def test_a_column_of_structs_is_left_out_with_a_warning(capsys):
    parquet(s=[{"a": 1}] * 60, b=list(range(60)))("log.parquet")
    fields, err = fields_of(capsys, "log.parquet")
    assert set(fields) == {"b"}
    assert "warning: column 's' is left out" in err


def start(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "featsel", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def wait_for(is_true, *, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < deadline, "the process did not come so far"
        time.sleep(0.02)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize(
    "arguments",
    [
        ["rank", "-", "-o", "out.json"],
        ["convert", "-", "out.parquet"],
        ["synth", "out.parquet", "--rows", "50000000"],
    ],
)
def test_an_interrupt_leaves_nothing(folder, arguments):
    temporary = folder.parent / "temporary"
    process = start(*arguments, env={**os.environ, "TMPDIR": str(temporary)})
    # a run that reads has its temporary folder by now, one that writes its unfinished output
    wait_for(lambda: any(temporary.iterdir()) or any(folder.iterdir()))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert b"Traceback" not in err
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_an_interrupt_while_counting_leaves_nothing(folder):
    log = folder.parent / "big.csv"
    log.write_text("label,a\n" + "0,1\n1,2\n" * 3_000_000)
    temporary = folder.parent / "temporary"
    process = start("rank", str(log), "-o", "out.json", env={**os.environ, "TMPDIR": str(temporary)})
    assert process.stderr is not None
    assert process.stderr.readline().startswith(b"featsel: note: label: 'label'")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    log.unlink()
    assert process.returncode == 130
    assert out == b""
    assert b"Traceback" not in err
    assert list(folder.iterdir()) == []
