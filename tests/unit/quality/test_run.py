"""What rules measure becomes findings; one that breaks takes no other along."""

from dataclasses import replace
from datetime import date
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.profile import LabelProfile, LogProfile, MarkCounts, RowCounts, TimeProfile
from featsel.quality.comparison import Chosen, Comparison
from featsel.quality.findings import Severity, Status, Waiver
from featsel.quality.policy import OFF, FieldLimits, Policy
from featsel.quality.rule import Family, Measurement, Rule
from featsel.quality.run import run_rules, waiver_notes

ERROR, WARNING, INFO = Severity
TODAY = date(2026, 7, 1)
NOTHING = MarkCounts(np.empty(0, np.uint64), np.empty((0, 2), np.int64))
LOG = LogProfile(0, (), (), None, None, RowCounts(0, 0, 0, 0, NOTHING, ()))
LEVELS = {WARNING: 0.5, ERROR: 0.9}


def rule(*measurements, code="FS101", limits=None, needs=()):
    return Rule(
        code=code,
        name="null-share",
        family=Family.VALUES,
        what="",
        why="",
        hint="Mend it.",
        limits={"share": LEVELS} if limits is None else limits,
        measure=lambda _: iter(measurements),
        needs=needs,
    )


def at(value, field="x", **others):
    return Measurement(value, f"{value} of {field}", field=field, **others)


def run(*rules, policy=None, comparison=None, today=TODAY):
    known = {each.code: each for each in rules}
    return run_rules(comparison or Comparison(LOG), known, policy or Policy(), today=today)


def judged(measurement, policy=None, **others):
    (finding,) = run(rule(measurement, **others), policy=policy)
    return finding


@pytest.mark.parametrize(
    ("value", "status", "severity", "threshold"),
    [
        (0.2, Status.PASS, WARNING, 0.5),
        (0.5, Status.FAIL, WARNING, 0.5),
        (0.89, Status.FAIL, WARNING, 0.5),
        (0.9, Status.FAIL, ERROR, 0.9),
        (inf, Status.FAIL, ERROR, 0.9),
        (-inf, Status.PASS, WARNING, 0.5),
    ],
)
def test_the_gravest_severity_that_is_reached_counts(value, status, severity, threshold):
    finding = judged(at(value))
    assert (finding.status, finding.severity, finding.threshold) == (status, severity, threshold)
    assert (finding.code, finding.name, finding.measure) == ("FS101", "null-share", "share")
    assert (finding.field, finding.measured, finding.message) == ("x", value, f"{value} of x")


def test_only_failures_have_a_hint():
    assert judged(at(1.0)).hint == "Mend it."
    assert judged(at(0.0)).hint == ""


@pytest.mark.parametrize(("floor", "status"), [(0.94, Status.FAIL), (0.95, Status.PASS), (2.0, Status.PASS)])
def test_what_chance_alone_would_bring_never_fails(floor, status):
    finding = judged(at(0.95, floor=floor))
    assert (finding.status, finding.floor) == (status, floor)
    assert finding.threshold == 0.9


def test_what_is_no_number_is_skipped():
    finding = judged(at(nan))
    assert (finding.status, finding.measured, finding.threshold) == (Status.SKIPPED, None, None)
    assert finding.message == "nan of x"


def test_a_threshold_of_zero_means_anything_at_all():
    limits = {"share": {ERROR: 0.0}}
    assert judged(at(0.0), limits=limits).status is Status.PASS
    assert judged(at(1e-9), limits=limits).status is Status.FAIL


@pytest.mark.parametrize(
    ("bounds", "severity"),
    [
        ({"least": ERROR}, ERROR),
        ({"least": INFO}, WARNING),
        ({"most": INFO}, INFO),
        ({"most": ERROR}, WARNING),
        ({"least": INFO, "most": INFO}, INFO),
    ],
)
def test_a_place_bounds_the_severity(bounds, severity):
    assert judged(at(0.6, **bounds)).severity is severity


def test_a_severity_of_the_policy_is_that_of_every_failure():
    policy = Policy(severities={"FS101": INFO})
    assert judged(at(1.0, least=ERROR), policy).severity is INFO


def test_measures_have_limits_of_their_own():
    limits = {"share": LEVELS, "rise": {INFO: 0.1}}
    finding = judged(at(0.2, measure="rise"), limits=limits)
    assert (finding.status, finding.severity, finding.measure) == (Status.FAIL, INFO, "rise")


def test_a_measure_that_is_off_everywhere_passes():
    policy = Policy(limits={"FS101": {"share": {WARNING: OFF, ERROR: OFF}}})
    finding = judged(at(inf), policy)
    assert (finding.status, finding.severity, finding.threshold) == (Status.PASS, INFO, None)


def test_thresholds_of_a_field_are_its_own():
    policy = Policy(field_limits=(FieldLimits("x", {"FS101": {"share": {WARNING: 0.7}}}),))
    findings = run(rule(at(0.6), at(0.6, "y")), policy=policy)
    assert [(each.field, each.status) for each in findings] == [("y", Status.FAIL), ("x", Status.PASS)]


def test_what_a_field_ignores_is_left_out():
    findings = run(rule(at(1.0), at(1.0, "y")), policy=Policy(field_ignores={"x": ("FS1",)}))
    assert [each.field for each in findings] == ["y"]


def test_a_rule_that_is_not_selected_does_not_run():
    assert run(rule(at(1.0)), policy=Policy(ignore=("FS1",))) == []


@pytest.mark.parametrize(
    ("need", "reason"),
    [
        ("reference", "there is no reference to compare with (--reference)"),
        ("label", "the log has no label (--label)"),
        ("time", "no column with times was named (--time)"),
        ("features", "there is no feature config"),
    ],
)
def test_a_rule_is_skipped_where_it_lacks_something(need, reason):
    finding = judged(at(1.0), needs=(need,))
    assert (finding.status, finding.message, finding.field) == (Status.SKIPPED, reason, None)
    assert (finding.measured, finding.severity) == (None, WARNING)


def test_all_that_a_rule_lacks_is_said():
    message = judged(at(1.0), needs=("time", "label")).message
    assert message == "no column with times was named (--time); the log has no label (--label)"


def test_a_rule_runs_where_it_lacks_nothing():
    label = LabelProfile("click", 0, 0, 0, (), 0)
    time = TimeProfile("hour", 0.0, 0.0, 0, 0, 1.0, np.zeros(1, np.int64), is_calendar=True)
    whole = Comparison(replace(LOG, label=label, time=time), LOG, Chosen(frozenset(), 0, 0))
    needy = rule(at(1.0), needs=("reference", "label", "time", "features"))
    assert [each.status for each in run(needy, comparison=whole)] == [Status.FAIL]


def test_a_rule_without_a_measurement_passes():
    finding = run(rule())[0]
    assert (finding.status, finding.message) == (Status.PASS, "there was nothing to measure")


def test_a_rule_that_breaks_keeps_what_it_had_and_stops_no_other():
    def measure(_):
        yield at(1.0)
        raise ZeroDivisionError("by\nzero")

    broken = replace(rule(), measure=measure)
    findings = run(broken, rule(at(0.1), code="FS102"))
    assert [(each.code, each.status) for each in findings] == [
        ("FS101", Status.FAIL),
        ("FS102", Status.PASS),
        ("FS101", Status.SKIPPED),
    ]
    assert findings[-1].message == "could not be computed: ZeroDivisionError: by zero"


def test_a_rule_that_measures_what_it_has_no_limit_for_is_broken():
    (finding,) = run(rule(at(1.0, measure="else")))
    assert finding.message == "could not be computed: KeyError: 'else'"


def test_the_gravest_and_furthest_come_first():
    findings = run(
        rule(at(0.6, "w"), at(1.8, "e"), at(0.9, "b"), at(0.9, "a"), at(0.1, "p"), at(nan, "s")),
        rule(at(5.0, "i"), code="FS000", limits={"": {INFO: 0.1}}),
        rule(at(0.1, "p"), code="FS100"),
    )
    assert [(each.code, each.field) for each in findings] == [
        *(("FS101", "e"), ("FS101", "a"), ("FS101", "b"), ("FS101", "w"), ("FS000", "i")),
        *(("FS100", "p"), ("FS101", "p")),
        ("FS101", "s"),
    ]


@given(st.lists(st.floats(0, 2), max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_the_measurements_does_not_matter(values, random):
    measurements = [at(value, f"f{place}") for place, value in enumerate(values)]
    shuffled = random.sample(measurements, len(measurements))
    assert run(rule(*measurements)) == run(rule(*shuffled))


@given(st.floats(allow_nan=False), st.floats(0, 2), st.none() | st.floats(0, 2))
def test_a_higher_threshold_never_brings_a_failure(value, threshold, floor):
    def status(level):
        return judged(at(value, floor=floor), limits={"": {ERROR: level}}).status

    assert status(threshold) is Status.FAIL or status(threshold + 0.5) is Status.PASS


WAIVER = Waiver("FS4", "exch*", date(2026, 7, 1), "partner migration")


def test_a_waiver_holds_until_its_last_day():
    failing = rule(at(1.0, "exchange"), at(1.0, "device"), at(0.0, "exchange_id"), code="FS403")
    policy = Policy(waivers=(WAIVER,))
    findings = run(failing, policy=policy)
    assert {each.field: each.waived for each in findings} == {
        "exchange": WAIVER,
        "device": None,
        "exchange_id": None,
    }
    assert waiver_notes(policy, findings, today=TODAY) == ()


def test_a_waiver_that_expired_is_told():
    policy, today = Policy(waivers=(WAIVER,)), date(2026, 7, 2)
    findings = run(rule(at(1.0, "exchange"), code="FS403"), policy=policy, today=today)
    assert findings[0].waived is None
    assert waiver_notes(policy, findings, today=today) == (
        "The waiver of FS4 for 'exch*' (partner migration) expired on 2026-07-01.",
    )


@pytest.mark.parametrize("value", [0.0, nan])
def test_a_waiver_that_covers_no_failure_is_told(value):
    policy = Policy(waivers=(WAIVER,))
    findings = run(rule(at(value, "exchange"), code="FS403"), policy=policy)
    assert waiver_notes(policy, findings, today=TODAY) == (
        "The waiver of FS4 for 'exch*' (partner migration) covers no failure; it can go.",
    )
