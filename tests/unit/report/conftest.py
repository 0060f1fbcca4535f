from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import pytest

from featsel.core.schema import FieldKind
from featsel.quality.findings import CheckReport, Finding, Severity, Status, Waiver
from featsel.quality.rule import Family, Rule
from featsel.ranking.scores import FieldScore, Ranking, Score, Verdict

FieldMaker = Callable[..., FieldScore]
RankingMaker = Callable[..., Ranking]
FindingMaker = Callable[..., Finding]
ReportMaker = Callable[..., CheckReport]

INFORMATIVE = FieldScore(
    name="site",
    kind=FieldKind.CATEGORICAL,
    rank=1,
    score=0.0125,
    score_se=0.0004,
    cardinality=1234,
    coverage=0.75,
    mutual_information=0.0145,
    expected_mutual_information=0.002,
    corrected_mutual_information=0.0125,
    corrected_mutual_information_se=0.0004,
    relative_information=0.024,
    z=98.7,
    p_value=1.5e-120,
    q_value=3e-120,
    usable_information=0.0117,
    usable_information_se=0.0004,
    verdict=Verdict.INFORMATIVE,
    reason="more than chance",
)


@pytest.fixture(scope="session")
def make_field() -> FieldMaker:
    def make(name: str = "site", **changes: object) -> FieldScore:
        return replace(INFORMATIVE, name=name, **changes)

    return make


@pytest.fixture(scope="session")
def make_ranking() -> RankingMaker:
    """Ranking of fields in order; plain names become informative fields of falling score."""

    def make(fields: Sequence[FieldScore | str], score: Score = Score.CORRECTED) -> Ranking:
        full = [
            replace(INFORMATIVE, name=one, score=0.0125 / place, corrected_mutual_information=0.0125 / place)
            if isinstance(one, str)
            else one
            for place, one in enumerate(fields, start=1)
        ]
        ranked = tuple(replace(one, rank=place) for place, one in enumerate(full, start=1))
        return Ranking(ranked, score, n_rows=10_000, positive_rate=0.218, label_entropy=0.5244)

    return make


@pytest.fixture(scope="session")
def mixed_ranking(make_field: FieldMaker, make_ranking: RankingMaker) -> Ranking:
    """Ranking with a field of every verdict, and with nulls, zeros and infinities where they can be."""
    return make_ranking(
        [
            make_field("dwell", verdict=Verdict.LEAK, score=0.39, corrected_mutual_information=0.39),
            make_field("site"),
            make_field("tags", kind=FieldKind.MULTIVALUED, score=0.004),
            make_field("full", kind=FieldKind.NUMERIC, coverage=1.0, score=0.001),
            make_field("row_id", verdict=Verdict.IDENTIFIER, score=0.0, z=0.0, cardinality=10_000),
            make_field(
                "one",
                verdict=Verdict.CONSTANT,
                score=0.0,
                cardinality=1,
                mutual_information=0.0,
                expected_mutual_information=0.0,
                corrected_mutual_information=0.0,
                z=float("nan"),
            ),
            make_field("dice", verdict=Verdict.NOISE, score=-0.0001, corrected_mutual_information=-0.0001),
        ]
    )


DRIFTED = Finding(
    code="FS401",
    name="drift",
    measure="psi",
    severity=Severity.ERROR,
    field="site",
    status=Status.FAIL,
    measured=0.4125,
    threshold=0.25,
    floor=0.002,
    reference=None,
    message="the distribution of its values moved, PSI 0.4125",
    hint="Look for a change of the pipeline on that day.",
    evidence={"values": ["ios", "tv"], "share": 0.25},
)
WAIVER = Waiver("FS403", "exchange", date(2026, 12, 31), "partner migration")


@pytest.fixture(scope="session")
def make_finding() -> FindingMaker:
    def make(field: str | None = "site", **changes: object) -> Finding:
        changes = {name: Status(value) if name == "status" else value for name, value in changes.items()}
        if "severity" in changes:
            changes["severity"] = Severity(changes["severity"])
        found = replace(DRIFTED, field=field, **changes)
        if found.status is Status.FAIL:
            return found
        return replace(found, hint="", evidence={}, measured=changes.get("measured", 0.01))

    return make


@pytest.fixture(scope="session")
def make_report() -> ReportMaker:
    def make(findings: Sequence[Finding], **changes: object) -> CheckReport:
        report = CheckReport("today.parquet", 91_805, 47, "good-day.json", findings)
        return replace(report, **changes)

    return make


@pytest.fixture(scope="session")
def mixed_report(make_finding: FindingMaker, make_report: ReportMaker) -> CheckReport:
    """Report with every severity and status, a waiver, and notes."""
    return make_report(
        [
            make_finding("site"),
            make_finding(
                "device",
                measure="shift",
                measured=float("inf"),
                threshold=0.5,
                floor=None,
                message="its numbers moved beyond measure",
            ),
            make_finding(
                "exchange",
                code="FS403",
                name="vanished-value",
                measure="",
                reference=0.31,
                message="'adx' fell from 31 % to 0 % of the rows",
                waived=WAIVER,
            ),
            make_finding(
                None,
                code="FS006",
                name="row-count",
                measure="growth",
                severity="warning",
                measured=2.5,
                threshold=2.0,
                floor=None,
                reference=36_722.0,
                message="91,805 rows are 2.5 times those of the reference",
                hint="See whether a partition was read twice.",
                evidence={"rows": 91_805},
            ),
            make_finding("tags", severity="info", measured=0.12, threshold=0.1),
            make_finding("hour", status="pass", message="PSI 0.01"),
            make_finding("day", status="pass", message="PSI 0.05", measured=0.05),
            make_finding(
                None,
                code="FS406",
                name="time-order",
                measure="future",
                status="skipped",
                measured=None,
                threshold=None,
                floor=None,
                message="no column with times was named (--time)",
            ),
        ],
        notes=("The waiver of FS101 for 'x' (late feed) expired on 2026-01-01.",),
    )


@pytest.fixture(scope="session")
def rules() -> dict[str, Rule]:
    """A few rules by code."""
    named = {"FS401": "drift", "FS403": "vanished-value", "FS406": "time-order", "FS006": "row-count"}
    return {
        code: Rule(
            code,
            name,
            Family.DRIFT,
            f"What {name} measures.",
            f"Why {name} matters.",
            f"What to do about {name}.",
            {"psi": {Severity.WARNING: 0.1, Severity.ERROR: 0.25}},
            lambda _: (),
        )
        for code, name in named.items()
    }


HOSTILE = (
    "<script>alert(1)</script>",
    "</title></svg></script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "]]></failure><failure/>",
    "%0A::error::gotcha",
    "\n::error::gotcha\r::set-env name=A::b",
    "a | b ` c\n# d *e* [f](http://g) @octocat",
    "\x00\x08\x0b\x1b[31mred\x1b[0m\x7f\x85",
    "\ufffe\uffff\u2028\u202e",
    "\U0001f600 and half of it \ud83d",
    "[red]x[/red] :smile:",
    "x" * 100_000,
    "\\n is no line feed",
    " ",
    "",
)


@pytest.fixture(params=HOSTILE, ids=[ascii(text[:12]) for text in HOSTILE])
def hostile(request: pytest.FixtureRequest) -> str:
    """Text that somebody may have put into a log."""
    return request.param


@pytest.fixture
def hostile_report(
    hostile: str, make_finding: FindingMaker, make_report: ReportMaker, mixed_report: CheckReport
) -> CheckReport:
    """The mixed report with that text wherever a log, its path or a user can put it."""
    findings = [
        replace(
            finding,
            field=None if finding.field is None else hostile + finding.field,
            message=hostile,
            evidence={}
            if not finding.evidence
            else {"values": [hostile, {"value": hostile}], hostile: hostile},
            waived=None if finding.waived is None else replace(finding.waived, reason=hostile),
        )
        for finding in mixed_report.findings
    ]
    return make_report(
        [*findings, make_finding(hostile)], title=hostile, reference=hostile, notes=(hostile, hostile)
    )
