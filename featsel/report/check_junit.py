"""How do test reports show the checks of a log? Each check is a test case, in JUnit's XML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from featsel.quality.findings import CheckReport, Finding, Status
from featsel.quality.policy import FailOn, Policy
from featsel.report.check_text import LOG, evidence_text, numbers_text, place
from featsel.report.table import visible

_NO_CHARACTERS = re.compile("[\ufffe\uffff]")


def junit(report: CheckReport, *, fail_on: FailOn = FailOn.ERROR) -> str:
    """Test report that CI servers read.

    Parameters
    ----------
    report : CheckReport
        What to show.
    fail_on : FailOn
        Which failures are failures of test cases; less grave ones, waived ones and checks that could not be
        made are skipped cases, which say why.

    Returns
    -------
    str
        XML 1.0, one test suite with one case per finding. Names are unique, and those of a check are the same
        from run to run.
    """
    policy = Policy(fail_on=fail_on)
    suite = ET.Element("testsuite", name=_legal(report.title) or LOG)
    for finding, name in zip(report.findings, _names(report.findings), strict=True):
        case = ET.SubElement(suite, "testcase", classname=_legal(f"featsel.{finding.code}"), name=name)
        if policy.fails((finding,)):
            failure = ET.SubElement(
                case, "failure", type=_legal(finding.code), message=_legal(finding.message)
            )
            failure.text = "\n".join(map(_legal, _lines(finding)))
        elif finding.status is not Status.PASS:
            ET.SubElement(case, "skipped", message=_legal(_why_skipped(finding)))
    n_cases = {
        "tests": len(suite),
        "failures": len(suite.findall("*/failure")),
        "errors": 0,
        "skipped": len(suite.findall("*/skipped")),
    }
    root = ET.Element("testsuites", {name: str(n) for name, n in n_cases.items() if name != "skipped"})
    suite.attrib.update({name: str(n) for name, n in n_cases.items()})
    root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _names(findings: Sequence[Finding]) -> list[str]:
    measures = Counter(code for code, _ in {(finding.code, finding.measure) for finding in findings})
    names = [""] * len(findings)
    taken: set[tuple[str, str]] = set()
    # Names that would be alike are told apart by an order that does not depend on what was measured.
    for i in sorted(range(len(findings)), key=lambda i: _identity(findings[i])):
        finding = findings[i]
        name = _legal(place(finding))
        if measures[finding.code] > 1 and finding.measure:
            name = f"{name} {_legal(finding.measure)}"
        unique, n_alike = name, 1
        while (finding.code, unique) in taken:
            n_alike += 1
            unique = f"{name} ({n_alike})"
        taken.add((finding.code, unique))
        names[i] = unique
    return names


def _identity(finding: Finding) -> tuple[str, bool, str, str]:
    return finding.code, finding.field is not None, finding.field or "", finding.measure


def _lines(finding: Finding) -> list[str]:
    lines = (finding.message, numbers_text(finding), evidence_text(finding.evidence), finding.hint)
    return [line for line in lines if line]


def _why_skipped(finding: Finding) -> str:
    if finding.waived is not None:
        return f"waived until {finding.waived.until}: {finding.waived.reason} ({finding.message})"
    if finding.status is Status.FAIL:
        return f"{finding.severity.value}: {finding.message}"
    return finding.message


def _legal(text: str) -> str:
    """Text without the characters that XML 1.0 cannot hold; ``visible`` escapes all but two of them."""
    return _NO_CHARACTERS.sub(lambda found: f"\\u{ord(found[0]):04x}", visible(text))
