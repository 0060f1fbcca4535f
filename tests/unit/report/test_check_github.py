from __future__ import annotations

import re

import pytest

from featsel.report.check_github import github_annotations

COMMAND = re.compile(r"::(error|warning) title=([^\r\n:,]*)::([^\r\n]*)")


def commands(text):
    """Annotations as the runner reads them: severity, title, message."""
    return [
        (kind, *(_unescaped(part) for part in parts))
        for kind, *parts in (COMMAND.fullmatch(line).groups() for line in text.splitlines())
    ]


def _unescaped(text):
    for code, character in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_each_rule_is_one_annotation_with_what_to_do(mixed_report):
    assert commands(github_annotations(mixed_report)) == [
        (
            "error",
            "FS401 drift",
            "site: the distribution of its values moved, PSI 0.4125\n"
            "device: its numbers moved beyond measure\n"
            "Hint: Look for a change of the pipeline on that day.",
        ),
        (
            "warning",
            "FS006 row-count",
            "log: 91,805 rows are 2.5 times those of the reference\n"
            "Hint: See whether a partition was read twice.",
        ),
    ]


def test_a_good_log_has_no_annotations(make_finding, make_report):
    assert github_annotations(make_report([make_finding(status="pass")])) == ""


def test_hostile_text_is_in_no_command_of_its_own(hostile_report):
    found = commands(github_annotations(hostile_report))
    assert [kind for kind, _, _ in found] == ["error", "warning"]
    assert max(len(message) for _, _, message in found) < 10_000


def test_the_title_is_escaped_as_a_property(make_finding, make_report):
    text = github_annotations(make_report([make_finding(name="a:b,c%\r\n::")]))
    assert text.startswith("::error title=FS401 a%3Ab%2Cc%25%0D%0A%3A%3A::site")


@pytest.mark.parametrize(("n_rules", "rest"), [(10, 0), (11, 1), (40, 30)])
def test_at_most_ten_of_each_and_the_last_tells_of_the_rest(make_finding, make_report, n_rules, rest):
    failures = [
        make_finding(code=f"FS{i:03}", severity=severity)
        for severity in ("error", "warning")
        for i in range(n_rules)
    ]
    found = commands(github_annotations(make_report(failures)))
    assert [kind for kind, _, _ in found] == ["error"] * 10 + ["warning"] * 10
    for last in (found[9], found[19]):
        told = re.findall(r"And (\d+) more rules? failed: FS010 drift", last[2])
        assert told == ([str(rest)] if rest else [])
    assert "more rule" not in found[8][2]


def test_many_fields_of_a_rule_are_counted(make_finding, make_report):
    ((_, _, message),) = commands(github_annotations(make_report([make_finding(f"f{i}") for i in range(40)])))
    assert message.splitlines()[3] == "and 37 more: f3, f4, f5, f6, f7, f8, f9, f10, ..."
