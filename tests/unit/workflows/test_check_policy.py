"""A rules file becomes a policy, and one that does not fit the log is refused."""

from datetime import date

import pytest

from featsel.core.errors import ConfigError
from featsel.quality.findings import Severity, Waiver
from featsel.quality.policy import OFF, FailOn, FieldLimits, Policy
from featsel.quality.rule import Family, Rule
from featsel.workflows.check_policy import check_codes, check_patterns, read_policy

ERROR, WARNING, INFO = Severity


def rule(code, name, limits):
    return Rule(code, name, Family.VALUES, "", "", "", limits, lambda _: ())


RULES = {
    "FS101": rule("FS101", "null-share", {"share": {WARNING: 0.5}, "rise": {ERROR: 0.1}}),
    "FS403": rule("FS403", "vanished-value", {"": {WARNING: 1.0}}),
    "FS601": rule("FS601", "table-size", {}),
}


@pytest.fixture
def read(tmp_path):
    def read(text, **options):
        path = tmp_path / "checks.toml"
        path.write_text(text)
        return read_policy(path, RULES, **options)

    return read


def test_an_empty_file_is_the_default_policy(read):
    assert read("") == Policy()


def test_a_file_becomes_a_policy(read):
    text = """
        select = ["FS1", "FS4"]
        ignore = ["FS403"]
        fail-on = "warning"
        severity = { FS403 = "info" }
        [thresholds]
        "FS101.rise" = { error = "5%", warning = "off" }
        FS601 = { error = "1KiB" }
        [per-field-ignores]
        "user_*" = ["FS1"]
        [[field]]
        pattern = "ad"
        thresholds = { FS101 = { warning = 0.75 } }
        [[waiver]]
        code = "FS4"
        field = "exch*"
        until = 2026-12-31
        reason = "why"
    """
    assert read(text) == Policy(
        select=("FS1", "FS4"),
        ignore=("FS403",),
        fail_on=FailOn.WARNING,
        severities={"FS403": INFO},
        limits={"FS101": {"rise": {ERROR: 0.05, WARNING: OFF}}, "FS601": {"": {ERROR: 1024.0}}},
        field_limits=(FieldLimits("ad", {"FS101": {"share": {WARNING: 0.75}}}),),
        field_ignores={"user_*": ("FS1",)},
        waivers=(Waiver("FS4", "exch*", date(2026, 12, 31), "why"),),
    )


def test_nothing_selected_is_nothing(read):
    assert read("select = []").select == ()


def test_a_wrong_file_is_refused(read):
    with pytest.raises(ConfigError, match=r"'FS102' is no rule; did you mean 'FS101'\?"):
        read("severity = { FS102 = 'error' }")


@pytest.mark.parametrize("codes", [["ALL"], ["FS"], ["FS101", "FS4"], []])
def test_codes_of_rules_are_let_through(codes):
    check_codes("--select", codes, RULES)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("null-share", "Did you mean 'FS101'?"),
        ("fs403", "Did you mean 'FS403'?"),
        ("", "See featsel check --list."),
    ],
)
def test_an_unknown_code_is_refused(code, hint):
    with pytest.raises(ConfigError, match=f"--select '{code}' is no rule") as caught:
        check_codes("--select", ["FS1", code], RULES)
    assert caught.value.hint == hint


def test_patterns_that_match_are_let_through():
    policy = Policy(
        field_ignores={"user_*": ("ALL",), "*": ("FS1",), "": ("FS2",)},
        field_limits=(FieldLimits("ad", {}),),
        waivers=(Waiver("FS1", "?d", date(2026, 1, 1), "x"),),
    )
    check_patterns(policy, ["user_id", "ad"])
    check_patterns(Policy(), [])


def test_patterns_that_match_no_field_are_all_told():
    policy = Policy(
        field_ignores={"users_*": ("ALL",)},
        field_limits=(FieldLimits("adv", {}),),
        waivers=(Waiver("FS1", "exchange", date(2026, 1, 1), "x"),),
    )
    with pytest.raises(ConfigError) as caught:
        check_patterns(policy, ["user_id", "ad"], title="rules file 'a.toml'")
    assert caught.value.message == (
        "rules file 'a.toml': per-field-ignores 'users_*', field 'adv', waiver 'exchange' match no field "
        "of the log or its reference"
    )
    assert caught.value.hint == "Did you mean 'user_id'?"
