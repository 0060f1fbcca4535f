from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import jsonschema
import pytest

from featsel.report.check import check_document_parts, check_table, plain_json
from featsel.report.check_summary import check_counts
from featsel.report.table import to_markdown, to_tsv

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "schemas" / "check.schema.json"


def document(report):
    """What the command would print of a report."""
    return {
        "schema": "featsel.check/1",
        "featsel": "0.1.0",
        "input": {"paths": ["a"], "rows": 3, "columns": 2, "fingerprint": f"sha256:{'0' * 64}"},
        "options": {},
        "reference": None,
        **check_document_parts(report),
        "elapsed_s": 0.5,
    }


def test_a_table_has_every_check_with_every_digit(mixed_report):
    lines = list(csv.DictReader(io.StringIO(to_tsv(check_table(mixed_report))), delimiter="\t"))
    assert len(lines) == len(mixed_report.findings)
    for line, finding in zip(lines, mixed_report.findings, strict=True):
        texts = ("code", "name", "measure", "severity", "status", "message", "hint")
        assert [line[name] for name in texts] == [getattr(finding, name) for name in texts]
        assert line["field"] == (finding.field or "")
        for name in ("measured", "threshold", "floor", "reference"):
            number = getattr(finding, name)
            assert line[name] == ("" if number is None else repr(float(number)))
    assert [(line["waived_until"], line["waived_reason"]) for line in lines if line["waived_until"]] == [
        ("2026-12-31", "partner migration")
    ]


def test_a_short_table_has_what_somebody_may_have_to_act_on(mixed_report):
    whole, short = (check_table(mixed_report, is_whole=flag).rows for flag in (True, False))
    assert short == tuple(row for row in whole if "pass" not in row and "info" not in row)
    assert len(whole) - len(short) == 3


def test_a_table_of_hostile_text_keeps_its_lines(hostile_report):
    text = to_tsv(check_table(hostile_report))
    assert len(text.splitlines()) == 1 + len(hostile_report.findings)
    assert to_markdown(check_table(hostile_report)).count("<") == 0


def test_a_document_fits_its_schema(mixed_report):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document(mixed_report), schema)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "broken"},
        {"severity": "fatal"},
        {"measured": "much"},
        {"code": "E501"},
        {"extra": 1},
        {"waived": {"code": "FS4"}},
        {"status": "pass"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_schema_refuses_what_no_check_can_be(mixed_report, change):
    found = document(mixed_report)
    found["checks"][0] |= change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_hostile_text_and_endless_numbers_survive_as_json(hostile_report):
    text = json.dumps(document(hostile_report), ensure_ascii=False, allow_nan=False)
    read = json.loads(text.encode("utf-8"))
    jsonschema.validate(read, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert read["checks"][1]["measured"] is None


def test_a_document_counts_what_it_holds(mixed_report):
    parts = check_document_parts(mixed_report)
    assert parts["summary"] == check_counts(mixed_report)
    assert sum(parts["summary"].values()) == len(parts["checks"])
    assert parts["notes"] == list(mixed_report.notes)
    assert parts["checks"][2]["waived"] == {
        "code": "FS403",
        "field": "exchange",
        "until": "2026-12-31",
        "reason": "partner migration",
    }
    assert parts["checks"][0]["evidence"] == {"values": ["ios", "tv"], "share": 0.25}


def test_plain_values_have_no_numbers_that_json_lacks():
    value = {"a": (1, 2.5, math.nan, -math.inf, None, True), "\ud800": ["x\udfff"]}
    assert plain_json(value) == {"a": [1, 2.5, None, None, None, True], "\\ud800": ["x\\udfff"]}
