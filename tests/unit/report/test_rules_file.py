"""The rules file that is written for a log holds on it."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.profile import LogProfile, MarkCounts, RowCounts
from featsel.quality.comparison import Comparison
from featsel.quality.findings import Severity, Status
from featsel.quality.policy import Policy
from featsel.quality.rule import Family, Measurement, Rule
from featsel.quality.run import run_rules
from featsel.report.rules_file import init_rules
from featsel.workflows.check_policy import check_patterns, read_policy

ERROR, WARNING, INFO = Severity
NOTHING = MarkCounts(np.empty(0, np.uint64), np.empty((0, 2), np.int64))
LOG = Comparison(LogProfile(0, (), (), None, None, RowCounts(0, 0, 0, 0, NOTHING, ())))
LIMITS = {
    "FS101": {"share": {WARNING: 0.5, ERROR: 1.0}, "rise": {ERROR: 0.05}},
    "FS102": {"": {ERROR: 1.0}},
    "FS105": {"times": {WARNING: 2.0, ERROR: 10.0}},
    "FS305": {"": {WARNING: 0.0, ERROR: float("inf")}},
    "FS601": {"bytes": {}},
}


def rules_of(*measurements):
    """A registry whose rules measure what is given by code."""

    def measuring(code):
        return lambda _: iter([each for rule, each in measurements if rule == code])

    return {
        code: Rule(code, f"rule-{code}", Family.VALUES, "What.\nMore.", "", "", limits, measuring(code))
        for code, limits in LIMITS.items()
    }


def run(rules, policy=None):
    return run_rules(LOG, rules, policy or Policy(), today=date(2026, 1, 1))


def at(value, field="x", measure="", message="m"):
    return Measurement(value, message, measure, field)


def written(tmp_path, *measurements):
    """The file for what is measured, and what the rules say under it."""
    rules = rules_of(*measurements)
    text = init_rules(run(rules), rules, title="day.parquet")
    path = tmp_path / "checks.toml"
    path.write_text(text, encoding="utf-8")
    policy = read_policy(path, rules)
    check_patterns(policy, [each.field for _, each in measurements if each.field is not None])
    return text, run(rules, policy)


def test_a_log_without_failures_gets_the_thresholds_as_comments(tmp_path):
    text, findings = written(tmp_path, ("FS101", at(0.1)))
    assert "# FS101 = { warning = 0.5, error = 1 }\n" in text
    assert '# "FS101.rise" = { error = 0.05 }\n' in text
    assert "# FS101 rule-FS101: What.\\nMore.\n" in text
    assert "# FS601 = { error = 1000000 }  # off until a threshold is set\n" in text
    assert [each.status for each in findings] == [Status.PASS] * len(LIMITS)


def test_the_comments_are_right_when_their_mark_is_taken_away(tmp_path):
    rules = rules_of()
    text = init_rules([], rules, title="x")
    start, stop = text.index("[thresholds]"), text.index("[per-field-ignores]")
    lines = text[start:stop].splitlines()
    path = tmp_path / "checks.toml"
    path.write_text("\n".join(line.removeprefix("# ") if " = {" in line else line for line in lines))
    limits = read_policy(path, rules).limits
    assert limits == {**LIMITS, "FS305": {"": {WARNING: 0.0}}, "FS601": {"bytes": {ERROR: 1e6}}}


@pytest.mark.parametrize(
    ("code", "measurement", "lines"),
    [
        ("FS101", at(0.6), ["FS101 = { warning = 0.75 }"]),
        ("FS101", at(0.98), ["FS101 = { warning = 1 }"]),
        ("FS101", at(0.0801, measure="rise"), ['"FS101.rise" = { error = 0.11 }']),
        ("FS105", at(20.0), ["FS105 = { warning = 25, error = 25 }"]),
        ("FS105", at(3.0, None), ['pattern = ""  # the log as a whole', "FS105 = { warning = 3.8 }"]),
        ("FS101", at(1.0), ['"x" = ["FS101"]']),
        ("FS102", at(1.0), ['"x" = ["FS102"]']),
        ("FS105", at(2.0), ['"x" = ["FS105"]']),
        ("FS105", at(float("inf")), ['"x" = ["FS105"]']),
        ("FS305", at(1e-6), ["FS305 = { warning = 1.3e-06 }"]),
        ("FS102", at(1.0, None), ['"" = ["FS102"]']),
        ("FS102", at(1.0, 'a"*\n\x7f['), [r'"a\"[*]\n\u007f[[]" = ["FS102"]']),
    ],
)
def test_a_failure_gets_an_exception_for_its_field(tmp_path, code, measurement, lines):
    other = ("FS105", at(0.5, "other"))
    text, findings = written(tmp_path, (code, measurement), other)
    assert [line for line in lines if line not in text.splitlines()] == []
    assert {each.status for each in findings} == {Status.PASS}


def test_an_exception_says_what_was_measured(tmp_path):
    text, _ = written(tmp_path, ("FS101", at(0.61234, message="61 %\nof the rows")))
    assert "# FS101 rule-FS101, measured 0.6123, warning from 0.5: 61 %\\nof the rows\n" in text


def test_other_fields_still_fail(tmp_path):
    rules = rules_of(("FS101", at(0.6)))
    path = tmp_path / "checks.toml"
    path.write_text(init_rules(run(rules), rules, title="x"))
    worse = rules_of(("FS101", at(0.76)), ("FS101", at(0.6, "y")))
    failures = [each for each in run(worse, read_policy(path, rules)) if each.status is Status.FAIL]
    assert sorted(each.field for each in failures) == ["x", "y"]


NAMES = st.none() | st.text(st.characters(codec="utf-8"), min_size=1, max_size=5)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["FS101", "FS102", "FS105", "FS305"]),
            st.builds(at, st.floats(0, allow_nan=False), NAMES, message=st.text(max_size=9)),
        ),
        max_size=9,
    )
)
def test_whatever_fails_does_not_fail_under_the_file(tmp_path_factory, measured):
    _, findings = written(tmp_path_factory.mktemp("rules"), *measured)
    assert [each for each in findings if each.status is Status.FAIL] == []
