"""How do viewers of static analysis show the checks of a log? As results of rules, in SARIF 2.1.0."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from featsel import __version__
from featsel.quality.findings import CheckReport, Finding, Severity, Status
from featsel.quality.rule import Rule
from featsel.report.check import plain_json
from featsel.report.check_summary import skipped_checks
from featsel.report.check_text import place
from featsel.report.table import visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
"""Where the format is described."""

HOME = "https://github.com/featsel/featsel"
"""Where viewers send those who want to know more."""

LEVELS: Mapping[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
"""SARIF's words for the severities."""


def sarif(report: CheckReport, rules: Mapping[str, Rule], *, paths: Sequence[str]) -> str:
    """Results for viewers of static analysis: the failures, waived ones as suppressed.

    Parameters
    ----------
    report : CheckReport
        What to show.
    rules : mapping of str to Rule
        Rules by code.
    paths : sequence of str
        Files or addresses of the log; results point to the first.

    Returns
    -------
    str
        A SARIF 2.1.0 document with a line feed at the end, the same for the same arguments.
    """
    failed = [finding for finding in report.findings if finding.status is Status.FAIL]
    unknown = {finding.code: finding for finding in failed if finding.code not in rules}
    descriptors = [*map(_descriptor, rules.values()), *map(_bare_descriptor, unknown.values())]
    places = {descriptor["id"]: i for i, descriptor in enumerate(descriptors)}
    uris = list(dict.fromkeys(_uri(path) for path in paths))
    run = {
        "tool": {
            "driver": {
                "name": "featsel",
                "version": __version__,
                "informationUri": HOME,
                "rules": descriptors,
            }
        },
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": _notifications(report)}],
        "artifacts": [{"location": {"uri": uri}} for uri in uris],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, places[finding.code], uris) for finding in failed],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(plain_json(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _descriptor(rule: Rule) -> dict[str, object]:
    severities = {severity for levels in rule.limits.values() for severity in levels}
    gravest = next((severity for severity in Severity if severity in severities), Severity.INFO)
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": _literal(rule.what)},
        "fullDescription": {"text": _literal(rule.why or rule.what)},
        "help": {"text": _literal(rule.hint or rule.what)},
        "defaultConfiguration": {"level": LEVELS[gravest]},
        "properties": {"tags": [rule.family.value]},
    }


def _bare_descriptor(finding: Finding) -> dict[str, object]:
    return {
        "id": finding.code,
        "name": finding.name,
        "shortDescription": {"text": _literal(finding.name)},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
    }


def _result(finding: Finding, rule_index: int, uris: Sequence[str]) -> dict[str, object]:
    return {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": LEVELS[finding.severity],
        "message": {"text": _literal(f"{place(finding)}: {finding.message}")},
        "locations": [_location(finding, uris)],
        # the one name of a fingerprint that GitHub reads
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(finding)},
        "suppressions": _suppressions(finding),
        "properties": {
            "measure": finding.measure,
            "measured": finding.measured,
            "threshold": finding.threshold,
            "floor": finding.floor,
            "reference": finding.reference,
            "evidence": finding.evidence,
            "hint": finding.hint,
        },
    }


def _location(finding: Finding, uris: Sequence[str]) -> dict[str, object]:
    location: dict[str, object] = {}
    if uris:
        # GitHub shows no result without a line, and few formats of logs have lines
        location["physicalLocation"] = {
            "artifactLocation": {"uri": uris[0], "index": 0},
            "region": {"startLine": 1},
        }
    if finding.field is not None:
        location["logicalLocations"] = [{"name": visible(place(finding)), "kind": "column"}]
    return location


def _fingerprint(finding: Finding) -> str:
    # What was measured is no part of it: tomorrow's failure of the same check is the same one.
    identity = json.dumps([finding.code, finding.measure, finding.field])
    return hashlib.sha256(identity.encode()).hexdigest()


def _suppressions(finding: Finding) -> list[dict[str, str]]:
    if finding.waived is None:
        return []
    reason = f"{finding.waived.reason} (until {finding.waived.until})"
    return [{"kind": "external", "status": "accepted", "justification": visible(reason)}]


def _notifications(report: CheckReport) -> list[dict[str, object]]:
    texts = [f"{each.what} skipped: {each.reason}" for each in skipped_checks(report)]
    return [
        {"level": "note", "message": {"text": _literal(text)}} for text in [*texts, *report.notes] if text
    ]


def _literal(text: str) -> str:
    """Text of a message; brackets before a parenthesis would make a link of it."""
    shown = visible(text)
    return shown.replace("[", "\\[").replace("]", "\\]") if "](" in shown else shown


def _uri(path: str) -> str:
    if "://" in path:
        return quote(path, safe=":/?#@!$&'()*+,;=%", errors="surrogatepass")
    root = "file://" if path.startswith("/") else ""
    return root + quote(path, errors="surrogatepass")
