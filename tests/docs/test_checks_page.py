"""The page on checks says what the rules say, and the rules file on it is right."""

import importlib.util
import re
from pathlib import Path

import pytest

from featsel.quality.findings import Severity
from featsel.quality.rule import Family, Rule
from featsel.quality.rules import RULES
from featsel.report.check_rules import explain, list_rules
from featsel.report.rules_file import init_rules
from featsel.workflows.check_policy import check_patterns, read_policy

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def page():
    spec = importlib.util.spec_from_file_location("write_checks", DOCS / "write_checks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.page


def test_the_page_is_what_the_rules_say(page):
    assert (DOCS / "checks.md").read_text(encoding="utf-8") == page(RULES), "run make docs"


def test_a_rule_is_on_the_page_with_all_it_says(page):
    limits = {"share": {Severity.WARNING: 0.5}, "rise": {}}
    rule = Rule("FS9", "a|b", Family.LABEL, "What.", "Why.", "Hint.", limits, lambda _: (), ("label",))
    text = page({"FS9": rule})
    assert "### Label\n" in text
    assert r"| FS9 | a\|b | share: warning from 0.5; rise: off until a threshold is set | a label |" in text
    assert "**FS9 a|b.** What. Why. *What to do:* Hint.\n" in text
    assert "### Values" not in text


def test_the_rules_file_on_the_page_is_right(page, tmp_path):
    (text,) = re.findall(r"```toml\n(.*?)```", page(RULES), re.DOTALL)
    path = tmp_path / "checks.toml"
    path.write_text(text)
    check_patterns(read_policy(path, RULES), ["user_id", "exchange"])


def test_the_rules_file_of_a_log_without_failures_is_right(tmp_path):
    path = tmp_path / "checks.toml"
    path.write_text(init_rules([], RULES, title="x"))
    policy = read_policy(path, RULES)
    assert (policy.limits, policy.field_limits) == ({}, ())
    assert all(policy.selects(code) for code in RULES)


def test_every_rule_can_be_listed_and_explained():
    assert len(list_rules(RULES).rows) == len(RULES)
    assert all(explain(rule).startswith(code) for code, rule in RULES.items())


def test_every_rule_has_a_severity_that_it_may_fail_at():
    assert {
        severity for rule in RULES.values() for level in rule.limits.values() for severity in level
    } == set(Severity)
