from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.quality.findings import CheckReport, Finding, Severity, Status, Waiver
from featsel.report.check_summary import (
    check_counts,
    check_outcome,
    check_summary,
    failed_rules,
    listed,
    passes,
    skipped_checks,
    waived_text,
)

findings = st.builds(
    Finding,
    code=st.sampled_from(["FS101", "FS401", "FS402"]),
    name=st.just("rule"),
    measure=st.sampled_from(["", "psi", "shift"]),
    severity=st.sampled_from(Severity),
    field=st.none() | st.text(max_size=5),
    status=st.sampled_from(Status),
    measured=st.none() | st.floats(),
    threshold=st.none() | st.floats(),
    floor=st.none() | st.floats(),
    reference=st.none() | st.floats(),
    message=st.text(max_size=5),
)
reports = st.builds(
    CheckReport,
    title=st.text(max_size=5),
    rows=st.integers(0, 10**9),
    fields=st.integers(0, 10**4),
    reference=st.none() | st.text(max_size=5),
    findings=st.lists(findings, max_size=12),
)


@given(reports)
def test_every_finding_is_counted_once(report):
    assert sum(check_counts(report).values()) == len(report.findings)


@given(reports)
def test_every_failure_is_in_one_rule_and_keeps_its_place(report):
    rules = failed_rules(report)
    assert sorted(map(id, report.failures())) == sorted(id(one) for rule in rules for one in rule.findings)
    assert len({(rule.severity, rule.code) for rule in rules}) == len(rules)
    order = {id(one): place for place, one in enumerate(report.findings)}
    places = [[order[id(one)] for one in rule.findings] for rule in rules]
    assert all(each == sorted(each) for each in places)
    severities = [list(Severity).index(rule.severity) for rule in rules]
    assert severities == sorted(severities)


@given(reports)
def test_every_skipped_check_has_its_reason(report):
    skipped = skipped_checks(report)
    assert sum(each.n_checks for each in skipped) == len(report.skipped)
    assert {each.reason for each in skipped} == {finding.message for finding in report.skipped}


def test_a_summary_names_what_there_is(mixed_report):
    assert check_summary(mixed_report) == (
        "2 errors, 1 warning, 1 info, 2 passed, 1 skipped, 1 waived: 91,805 rows of 47 fields, "
        "compared with good-day.json"
    )


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["pass", "pass"], "Nothing to mend, 2 passed"),
        (["pass", "skipped"], "Nothing to mend, 1 passed, 1 skipped"),
        (["skipped"], "Nothing was checked, 1 skipped"),
        ([], "Nothing was checked"),
        (["fail", "pass"], "1 error, 1 passed"),
    ],
)
def test_an_outcome_is_never_better_than_what_was_checked(make_finding, make_report, statuses, expected):
    assert check_outcome(make_report([make_finding(status=status) for status in statuses])) == expected


def test_waived_failures_alone_leave_nothing_to_mend(mixed_report, make_report):
    assert check_outcome(make_report(mixed_report.waived)) == "Nothing to mend, 1 waived"


def test_a_summary_says_that_there_was_no_reference(make_report):
    summary = check_summary(make_report([], rows=1, fields=1, reference=None))
    assert summary == "Nothing was checked: 1 row of 1 field, without a reference"


def test_few_failures_of_a_rule_are_all_shown_and_of_many_the_worst(make_finding, make_report):
    few, many = (failed_rules(make_report([make_finding(f"f{i}") for i in range(n)]))[0] for n in (8, 40))
    assert (len(few.shown), few.rest) == (8, "")
    assert [finding.field for finding in many.shown] == ["f0", "f1", "f2"]
    assert many.rest == "and 37 more: f3, f4, f5, f6, f7, f8, f9, f10, ..."


def test_hints_are_given_once_each(make_finding, make_report):
    found = [
        make_finding("a"),
        make_finding("b"),
        make_finding("c", hint="Or this."),
        make_finding("d", hint=""),
    ]
    (rule,) = failed_rules(make_report(found))
    assert rule.hints == (found[0].hint, "Or this.")


def test_a_rule_of_two_severities_is_two(make_finding, make_report):
    report = make_report([make_finding("a"), make_finding("b", severity="warning")])
    assert [(rule.title, rule.severity.value) for rule in failed_rules(report)] == [
        ("FS401 drift", "error"),
        ("FS401 drift", "warning"),
    ]


def test_skipped_checks_are_put_together_by_reason(make_finding, make_report):
    found = [make_finding(None, code=f"FS40{i}", status="skipped", message="no reference") for i in (1, 2, 2)]
    found.append(make_finding(None, code="FS406", status="skipped", message="no time"))
    first, second = skipped_checks(make_report(found))
    assert (first.what, first.reason) == ("3 checks (FS401, FS402)", "no reference")
    assert (second.what, second.reason) == ("1 check (FS406)", "no time")


def test_a_waived_failure_is_told_with_reason_and_last_day(mixed_report):
    (finding,) = mixed_report.waived
    assert isinstance(finding.waived, Waiver)
    assert waived_text(finding, finding.waived) == (
        "FS403 vanished-value, exchange: 'adx' fell from 31 % to 0 % of the rows; waived until 2026-12-31: "
        "partner migration"
    )


def test_passes_are_what_neither_failed_nor_was_skipped(mixed_report):
    assert [finding.field for finding in passes(mixed_report)] == ["hour", "day"]


def test_lists_of_names_are_short():
    assert listed([]) == ""
    assert listed(["a", "\x00"]) == "a, \\x00"
    assert len(listed(["x" * 1000] * 1000)) < 1100
