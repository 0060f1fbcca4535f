"""``featsel config`` checks, shows and compares feature configs."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import jsonschema
import polars as pl
import pytest

from featsel.artifacts.feature_configs import read_features, write_features
from featsel.artifacts.feature_values import VALUES_SCHEMA
from featsel.cli.app import run
from featsel.core.feature_config import (
    ConfigData,
    ConfigLabel,
    DroppedField,
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    Encoding,
    FeatureConfig,
    Selection,
    Used,
)

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
DOCUMENTS = json.loads((SCHEMAS / "config.schema.json").read_text(encoding="utf-8"))


def write(path, *, texts=("a", "b", None), dim=8, method="optfs"):
    field = EncodedField(
        "C1", EncodedKind.CATEGORICAL, Encoding.VOCABULARY, len(texts), 5, dim, values="C1", score=0.5
    )
    config = FeatureConfig(
        ConfigLabel("click"),
        ConfigData(("log.csv",), 100, "sha256:" + "0" * 64),
        Selection(method, 0, Used(1, len(texts), (len(texts) + 1) * dim * 4), "fm", "30%"),
        EmbeddingTable(EmbeddingScheme.FULL, 8),
        (field,),
        "0.1.0",
        dropped=(DroppedField("C2", "noise"),),
    )
    rows = [("C1", text, code, 7, None) for code, text in enumerate(texts, start=1)]
    write_features(path, config, pl.DataFrame(rows, schema=VALUES_SCHEMA, orient="row"))
    return path


@pytest.fixture
def saved(tmp_path):
    return write(tmp_path / "features.yaml")


def printed(capsys, *arguments):
    assert run(["config", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def document(capsys, *arguments):
    found = json.loads(printed(capsys, *arguments, "--json"))
    jsonschema.Draft202012Validator.check_schema(DOCUMENTS)
    jsonschema.validate(found, DOCUMENTS)
    return found


def test_a_right_config_is_said_to_be_valid(saved, capsys):
    expected = "valid: 1 field, 3 of 5 features, 128 bytes (optfs, fm, budget 30%)\n"
    assert printed(capsys, "validate", saved) == expected
    assert printed(capsys, "validate", saved, "--quiet") == ""


def test_validation_has_a_document(saved, capsys):
    found = document(capsys, "validate", saved)
    assert found["totals"] == {"fields": 1, "features": 3, "of": 5, "bytes": 128, "dropped": 1}
    assert found["input"]["paths"] == [str(saved)]


def test_all_that_is_wrong_is_an_error_with_lines(saved, capsys):
    text = (
        saved.read_text().replace("kind: categorical", "kind: categorial").replace("rest: oov", "rset: oov")
    )
    saved.write_text(text)
    assert run(["config", "validate", str(saved), "--json"]) == 2
    out, err = capsys.readouterr()
    message = json.loads(out)["error"]["message"]
    assert message == (
        f"feature config {str(saved)!r} has 2 problems:\n"
        "  line 7, rset: unknown key; did you mean 'rest'?\n"
        "  line 9, fields[0].kind: 'categorial' is none of categorical, numeric, multivalued, cross; did you "
        "mean 'categorical'?"
    )
    assert err == (
        f"featsel: error: {message}\n"
        "featsel: hint: Mend what is named; docs/feature-config.md describes every key.\n"
    )


@pytest.mark.parametrize("command", [["validate"], ["show"], ["diff", "absent.yaml"]])
def test_a_missing_config_is_missing_data(tmp_path, capsys, command):
    assert run(["config", *command, str(tmp_path / "absent.yaml")]) == 3
    assert "does not exist" in capsys.readouterr().err


def test_fields_are_shown_line_by_line_in_a_pipe(saved, capsys):
    rows = list(csv.DictReader(io.StringIO(printed(capsys, "show", saved)), delimiter="\t"))
    assert [row["name"] for row in rows] == ["C1", "C2"]
    assert (rows[0]["features"], rows[0]["of"], rows[0]["bytes"]) == ("3", "5", "128")
    assert rows[1]["dropped"] == "noise"


def test_a_terminal_gets_the_totals_and_a_table(saved):
    main, other = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "featsel", "config", "show", str(saved)]
    subprocess.run(command, stdout=other, stderr=subprocess.PIPE, env=environment, check=True)
    os.close(other)
    shown = os.read(main, 1 << 16).decode()
    assert "1 field, 3 of 5 features, 128 bytes (optfs, fm, budget 30%)" in shown
    assert "vocabulary" in shown
    assert "\t" not in shown


def test_a_summary_has_a_document(saved, capsys):
    found = document(capsys, "show", saved)
    assert found["fields"][0] == {
        "name": "C1",
        "kind": "categorical",
        "encoding": "vocabulary",
        "features": 3,
        "of": 5,
        "dim": 8,
        "bytes": 128,
        "score": 0.5,
    }
    assert found["dropped"] == [{"name": "C2", "why": "noise", "score": None}]


def test_what_differs_is_told_and_is_no_error(saved, tmp_path, capsys):
    other = write(tmp_path / "other.json", texts=("a", "c"), dim=4, method="chi2")
    found = document(capsys, "diff", saved, other)
    assert found["differ"] is True
    (change,) = found["fields"]
    assert (change["features_added"], change["features_removed"]) == (1, 2)
    assert {"key": "dim", "before": 8, "after": 4} in change["keys"]
    assert {"key": "selection.method", "before": "optfs", "after": "chi2"} in found["keys"]
    lines = printed(capsys, "diff", saved, other).splitlines()
    assert lines[1] == "field\tC1\tchanged\t1\t2\tfeatures: 3 to 2; dim: 8 to 4"
    assert "key\tselection.method\tchanged\t\t\toptfs to chi2" in lines


def test_yaml_and_json_of_one_config_do_not_differ(saved, capsys):
    other = saved.with_suffix(".json")
    write_features(other, *read_features(saved))
    assert document(capsys, "diff", saved, other)["differ"] is False
    assert printed(capsys, "diff", saved, other).count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing command"),
        (["shw"], "No such command 'shw'"),
        (["show"], "Missing argument 'FILE'"),
        (["diff", "a.yaml"], "Missing argument 'B'"),
    ],
)
def test_a_wrong_request_is_an_error(capsys, arguments, message):
    assert run(["config", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_help_loads_nothing_heavy():
    program = """
import sys
from featsel.cli.app import run
run(["config", "validate", "--help"])
print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "featsel config validate" in done.stdout
    assert not {"polars", "numpy", "yaml", "rich"} & set(done.stderr.split())


def test_a_wrong_subcommand_is_told_where_help_is(capsys):
    code = run(["config", "nope"])

    assert "See 'featsel config --help'" in capsys.readouterr().err
    assert code == 2
