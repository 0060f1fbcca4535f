from __future__ import annotations

import json
from urllib.parse import unquote, urlsplit

import pytest

from featsel import __version__
from featsel.report.check_sarif import sarif
from featsel.report.table import visible


def run_of(report, rules, paths=("logs/today.parquet",)):
    document = json.loads(sarif(report, rules, paths=paths))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    return run


def assert_is_sarif(run):
    """What SARIF 2.1.0 demands of the parts that are there."""
    driver = run["tool"]["driver"]
    assert driver["name"]
    assert len({rule["id"] for rule in driver["rules"]}) == len(driver["rules"])
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        assert all(isinstance(value, str) and value for value in result["partialFingerprints"].values())
        for location in result["locations"]:
            where = location.get("physicalLocation", {}).get("artifactLocation")
            assert where is None or run["artifacts"][where["index"]]["location"]["uri"] == where["uri"]
        for suppression in result["suppressions"]:
            assert suppression["kind"] in {"inSource", "external"}
            assert suppression["status"] in {"accepted", "underReview", "rejected"}
    for invocation in run["invocations"]:
        assert isinstance(invocation["executionSuccessful"], bool)
        for notification in invocation["toolExecutionNotifications"]:
            assert notification["message"]["text"]


def test_each_failure_is_a_result(mixed_report, rules):
    run = run_of(mixed_report, rules)
    assert_is_sarif(run)
    assert run["tool"]["driver"]["version"] == __version__
    assert [
        (result["ruleId"], result["level"], len(result["suppressions"])) for result in run["results"]
    ] == [
        ("FS401", "error", 0),
        ("FS401", "error", 0),
        ("FS403", "error", 1),
        ("FS006", "warning", 0),
        ("FS401", "note", 0),
    ]
    first = run["results"][0]
    assert first["message"]["text"] == "site: the distribution of its values moved, PSI 0.4125"
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "logs/today.parquet", "index": 0},
                "region": {"startLine": 1},
            },
            "logicalLocations": [{"name": "site", "kind": "column"}],
        }
    ]
    assert first["properties"]["evidence"] == {"values": ["ios", "tv"], "share": 0.25}
    assert run["results"][1]["properties"]["measured"] is None  # infinite
    assert run["results"][2]["suppressions"][0]["justification"] == "partner migration (until 2026-12-31)"
    assert "logicalLocations" not in run["results"][3]["locations"][0]


def test_rules_are_described(mixed_report, rules):
    first = run_of(mixed_report, rules)["tool"]["driver"]["rules"][0]
    assert first == {
        "id": "FS401",
        "name": "drift",
        "shortDescription": {"text": "What drift measures."},
        "fullDescription": {"text": "Why drift matters."},
        "help": {"text": "What to do about drift."},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["drift and time"]},
    }


def test_a_rule_that_nobody_describes_is_named_at_least(mixed_report):
    run = run_of(mixed_report, {})
    assert_is_sarif(run)
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["FS401", "FS403", "FS006"]


def test_what_was_skipped_and_notes_are_notifications(mixed_report, rules):
    (invocation,) = run_of(mixed_report, rules)["invocations"]
    assert [one["message"]["text"] for one in invocation["toolExecutionNotifications"]] == [
        "1 check (FS406) skipped: no column with times was named (--time)",
        *mixed_report.notes,
    ]


def test_fingerprints_tell_checks_apart_and_stay_tomorrow(make_finding, make_report, rules):
    today = [
        make_finding("site"),
        make_finding("device"),
        make_finding("site", measure="shift"),
        make_finding("site", code="FS403"),
        make_finding(None),
        make_finding(""),
    ]
    tomorrow = [make_finding("site", measured=0.9, message="worse", severity="warning")]
    prints = [
        [
            result["partialFingerprints"]["primaryLocationLineHash"]
            for result in run_of(report, rules)["results"]
        ]
        for report in (make_report(today), make_report(tomorrow))
    ]
    assert len(set(prints[0])) == len(today)
    assert prints[1] == prints[0][:1]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("logs/to day.parquet", "logs/to%20day.parquet"),
        ("/logs/a#b?c.csv", "file:///logs/a%23b%3Fc.csv"),
        ("s3://bucket/day=1/*.parquet", "s3://bucket/day=1/*.parquet"),
        ("50%.csv", "50%25.csv"),
        ("a:b.csv", "a%3Ab.csv"),
        ("-", "-"),
    ],
)
def test_paths_are_addresses(mixed_report, rules, path, uri):
    run = run_of(mixed_report, rules, [path, "other", path])
    assert [artifact["location"]["uri"] for artifact in run["artifacts"]] == [uri, "other"]
    assert urlsplit(uri).query == ""
    assert unquote(uri).endswith(path)


def test_without_paths_only_fields_are_located(mixed_report, rules):
    run = run_of(mixed_report, rules, ())
    assert_is_sarif(run)
    assert list(run["results"][0]["locations"][0]) == ["logicalLocations"]


def test_hostile_text_is_told_literally(hostile_report, hostile, rules):
    text = sarif(hostile_report, rules, paths=[hostile])
    (run,) = json.loads(text.encode("utf-8"))["runs"]
    assert_is_sarif(run)
    message = run["results"][0]["message"]["text"]
    assert "](" not in message.replace("\\](", "")
    assert message.replace("\\[", "[").replace("\\]", "]") == visible(f"{hostile}site: {hostile}")
    assert run["artifacts"][0]["location"]["uri"].isascii()


def test_sarif_tools_reads_it(mixed_report, rules, tmp_path):
    loader = pytest.importorskip("sarif.loader", reason="sarif-tools is not installed")
    path = tmp_path / "checks.sarif"
    path.write_text(sarif(mixed_report, rules, paths=["logs/today.parquet"]), encoding="utf-8")
    found = loader.load_sarif_file(str(path))
    assert found.get_distinct_tool_names() == ["featsel"]
    records = found.get_records()
    assert len(records) == 5
    assert (records[0]["Code"], records[0]["Severity"], records[0]["Location"]) == (
        "FS401",
        "error",
        "logs/today.parquet",
    )
    assert [record["Severity"] for record in records] == ["error", "error", "error", "warning", "note"]
