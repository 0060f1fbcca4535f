"""A policy decides which rules run, from where on they fail, and which failures count."""

from datetime import date
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.quality.findings import Finding, Severity, Status, Waiver
from featsel.quality.policy import OFF, FailOn, FieldLimits, Policy, covers, matches_field
from featsel.quality.rule import Family, Rule

ERROR, WARNING, INFO = Severity
RULE = Rule(
    code="FS101",
    name="null-share",
    family=Family.VALUES,
    what="",
    why="",
    hint="",
    limits={"share": {WARNING: 0.5, ERROR: 1.0}, "rise": {ERROR: 0.1}},
    measure=lambda _: (),
)


def finding(status, severity, waived=None):
    return Finding("FS101", "x", "", severity, None, status, 1.0, 1.0, None, None, "", waived=waived)


@pytest.mark.parametrize(
    ("select", "ignore", "selected"),
    [
        (("ALL",), (), True),
        ((), (), False),
        (("FS1",), (), True),
        (("FS2",), (), False),
        (("ALL",), ("FS1",), False),
        (("ALL", "FS101"), ("FS1",), True),
        (("FS101",), ("FS101",), False),
        (("FS1",), ("ALL",), True),
        (("ALL",), ("ALL",), False),
        (("fs1",), (), False),
    ],
)
def test_the_longest_entry_decides_whether_a_rule_runs(select, ignore, selected):
    assert Policy(select=select, ignore=ignore).selects("FS101") is selected


@given(st.sets(st.sampled_from(["ALL", "FS1", "FS10", "FS101", "FS2"])))
def test_whatever_is_selected_is_not_ignored_as_well(prefixes):
    names = tuple(prefixes)
    assert not Policy(select=names, ignore=names).selects("FS101")


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("user_*", "user_id", True),
        ("user_*", "User_id", False),
        ("*", None, True),
        ("", None, True),
        ("?*", None, False),
        ("", "user_id", False),
        ("c[[]1]", "c[1]", True),
    ],
)
def test_patterns_are_those_of_a_shell(pattern, name, matches):
    assert matches_field(pattern, name) is matches


def test_a_policy_of_nothing_leaves_the_thresholds_of_the_rule():
    assert Policy().levels(RULE, "share", "x") == {WARNING: 0.5, ERROR: 1.0}


def test_thresholds_of_a_rule_are_replaced_one_by_one():
    policy = Policy(limits={"FS101": {"share": {ERROR: 0.9}}})
    assert policy.levels(RULE, "share", "x") == {WARNING: 0.5, ERROR: 0.9}
    assert policy.levels(RULE, "rise", "x") == {ERROR: 0.1}


def test_thresholds_of_a_field_win_and_the_last_of_them_most():
    policy = Policy(
        limits={"FS101": {"share": {WARNING: 0.6, ERROR: 0.9}}},
        field_limits=(
            FieldLimits("user_*", {"FS101": {"share": {WARNING: 0.7}}}),
            FieldLimits("user_id", {"FS101": {"share": {WARNING: 0.8}}, "FS999": {"": {ERROR: 1.0}}}),
        ),
    )
    assert policy.levels(RULE, "share", "ad") == {WARNING: 0.6, ERROR: 0.9}
    assert policy.levels(RULE, "share", "user_name") == {WARNING: 0.7, ERROR: 0.9}
    assert policy.levels(RULE, "share", "user_id") == {WARNING: 0.8, ERROR: 0.9}
    assert policy.levels(RULE, "share", None) == {WARNING: 0.6, ERROR: 0.9}


def test_a_threshold_can_be_off():
    policy = Policy(limits={"FS101": {"share": {ERROR: OFF}}})
    assert policy.levels(RULE, "share", "x") == {WARNING: 0.5}


def test_a_threshold_can_be_reached_by_infinite_values_alone():
    policy = Policy(limits={"FS101": {"share": {ERROR: inf}}})
    assert policy.levels(RULE, "share", "x") == {WARNING: 0.5, ERROR: inf}


def test_fields_ignore_beginnings_of_codes():
    policy = Policy(field_ignores={"user_*": ("FS104", "FS2"), "session": ("ALL",)})
    assert policy.ignores("FS204", "user_id")
    assert not policy.ignores("FS101", "user_id")
    assert policy.ignores("FS101", "session")
    assert not policy.ignores("FS104", None)


@pytest.mark.parametrize(
    ("severity", "failing"),
    [(ERROR, {FailOn.ERROR, FailOn.WARNING}), (WARNING, {FailOn.WARNING}), (INFO, set())],
)
def test_the_check_fails_at_the_severity_that_was_asked_for(severity, failing):
    found = [finding(Status.FAIL, severity)]
    assert {level for level in FailOn if Policy(fail_on=level).fails(found)} == failing


@pytest.mark.parametrize("status", [Status.PASS, Status.SKIPPED])
def test_what_did_not_fail_fails_no_check(status):
    assert not Policy(fail_on=FailOn.WARNING).fails([finding(status, ERROR)])


def test_what_was_waived_fails_no_check():
    waiver = Waiver("FS1", "*", date(2026, 1, 1), "why not")
    assert not Policy().fails([finding(Status.FAIL, ERROR, waiver)])


def test_a_waiver_covers_a_prefix_and_a_pattern():
    waiver = Waiver("FS4", "exch*", date(2026, 1, 1), "partner")
    assert covers(waiver, "FS403", "exchange")
    assert not covers(waiver, "FS403", None)
    assert not covers(waiver, "FS101", "exchange")
