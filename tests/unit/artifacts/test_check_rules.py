"""A rules file is read whole or refused, with all that is wrong with it."""

from datetime import date
from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.artifacts.check_rules import (
    CheckRules,
    FieldThresholds,
    KnownRules,
    WaiverEntry,
    read_check_rules,
)
from featsel.artifacts.check_values import as_threshold
from featsel.artifacts.nodes import Node
from featsel.core.errors import ConfigError

KNOWN = KnownRules(
    measures={
        "FS101": ("share", "rise"),
        "FS104": ("",),
        "FS204": ("",),
        "FS403": ("",),
        "FS601": ("bytes",),
    },
    names={"null-share": "FS101", "id-like": "FS104", "vanished-value": "FS403"},
    severities=("error", "warning", "info"),
    fail_on=("error", "warning", "never"),
)
TEXT = """
select = ["ALL"]
ignore = "FS204"
fail-on = "warning"
[per-field-ignores]
"user_*" = ["FS104"]
[severity]
FS403 = "error"
FS104 = "warn"
[thresholds]
FS101 = { warn = 0.5, error = "90%" }
"FS101.rise" = { error = 0.1 }
FS601 = { error = "2GiB", warning = "off" }
[[field]]
pattern = "user_*"
thresholds = { FS101 = { error = 1 } }
[[waiver]]
code = "FS403"
column = "exchange"
until = 2026-12-31
reason = "partner migration"
[[waiver]]
code = "FS1"
until = "2026-01-31"
reason = "later"
"""
RULES = CheckRules(
    select=("ALL",),
    ignore=("FS204",),
    fail_on="warning",
    severities={"FS403": "error", "FS104": "warning"},
    thresholds={
        "FS101": {"share": {"warning": 0.5, "error": 0.9}, "rise": {"error": 0.1}},
        "FS601": {"bytes": {"error": 2.0**31, "warning": nan}},
    },
    fields=(FieldThresholds("user_*", {"FS101": {"share": {"error": 1.0}}}),),
    field_ignores={"user_*": ("FS104",)},
    waivers=(
        WaiverEntry("FS403", "exchange", date(2026, 12, 31), "partner migration"),
        WaiverEntry("FS1", "*", date(2026, 1, 31), "later"),
    ),
)


@pytest.fixture
def read(tmp_path):
    def read(text, name="checks.toml", **options):
        path = tmp_path / name
        path.write_text(text)
        return read_check_rules(path, KNOWN, **options)

    return read


def below(table, text):
    """The same tables under another."""
    lines = text.replace("[[", "[[" + table + ".").splitlines()
    moved = [f"[{table}.{line[1:]}" if line.startswith("[") and line[1] != "[" else line for line in lines]
    return f"[{table}]\n" + "\n".join(moved)


def test_every_key_is_read(read):
    assert read(TEXT) == RULES


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("pyproject.toml", "tool.featsel.check"),
        ("featsel.toml", "check"),
        ("any.toml", "check"),
        ("any.toml", "tool.featsel.check"),
    ],
)
def test_the_same_tables_may_stand_among_options(read, name, table):
    text = 'label = "click"\n' + below(table, TEXT).replace(
        "fail-on =", 'reference = "good.json"\nmin-rows = 3\nfail-on ='
    )
    assert read(text, name, options=("reference", "min_rows", "select", "fail_on")) == RULES


def test_an_empty_file_says_nothing(read):
    assert read("") == CheckRules()


def test_a_table_for_each_measure_is_the_same(read):
    text = "[thresholds.FS101]\nwarning = 0.5\nrise = { error = 0.1 }\n"
    assert read(text).thresholds == {"FS101": {"share": {"warning": 0.5}, "rise": {"error": 0.1}}}


def test_keys_may_be_spelled_otherwise(read):
    text = 'fail_on = "never"\n[per_column_ignores]\n"*" = "ALL"\n'
    assert read(text) == CheckRules(fail_on="never", field_ignores={"*": ("ALL",)})


@pytest.mark.parametrize("name", ["pyproject.toml", "featsel.toml"])
def test_a_file_of_options_without_rules_is_an_error_unless_it_is_the_config_file(read, name):
    with pytest.raises(ConfigError, match=r"has no table \[(tool.featsel.)?check\]"):
        read("[tool.other]\n", name)
    assert read("[tool.other]\n", name, is_config=True) == CheckRules()


def test_a_config_file_of_any_name_holds_no_rules_at_its_top(read):
    assert read('label = "click"\n', "options.toml", is_config=True) == CheckRules()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("slect = []", "slect: unknown key; did you mean 'select'?"),
        ("label = 'y'", "label: unknown key; known are select"),
        ("select = 3", "select: 3, expected a list of codes"),
        ("select = [3]", r"select\[0\]: 3, expected text"),
        ("select = ['FS9']", r"select\[0\]: 'FS9' is no rule, nor the beginning of the code of one"),
        ("select = ['']", r"select\[0\]: '' is no rule"),
        ("ignore = ['fs101']", r"ignore\[0\]: 'fs101' is no rule, .*; did you mean 'FS101'\?"),
        ("ignore = ['null-shares']", "did you mean 'FS101'?"),
        ("fail-on = 'errors'", "fail-on: 'errors' is none of error, warning, never; did you mean 'error'?"),
        ("fail-on = 3", "fail-on: 3, expected text"),
        ("fail-on = 'error'\nfail_on = 'error'", "fail_on: fail-on says the same"),
        ("severity = 'error'", "severity: 'error', expected a table such as"),
        ("[severity]\nFS101 = 'fatal'", "severity.FS101: 'fatal' is none of error, warning, info"),
        ("[severity]\nFS101 = 1", "severity.FS101: 1, expected text"),
        ("[severity]\nFS1 = 'error'", "severity.FS1: 'FS1' is the beginning of a code; name one rule"),
        ("[severity]\nFS999 = 'error'", "severity.FS999: 'FS999' is no rule"),
        ("thresholds = 3", "thresholds: 3, expected a table such as"),
        ("[thresholds]\nFS101 = 0.5", "thresholds.FS101: 0.5, expected a table such as { warning = 0.5 }"),
        ("[thresholds]\nFS102 = {error = 1}", "'FS102' is no rule; did you mean 'FS1"),
        ("[thresholds]\n'FS101.rse' = {error = 1}", "FS101 has no measure 'rse'; did you mean 'rise'?"),
        ("[thresholds]\n'FS104.x' = {error = 1}", "FS104 has no measure 'x'; it has one"),
        ("[thresholds]\nFS101.xyz = {error = 1}", "FS101 has no measure 'xyz'; it has share, rise"),
        ("[thresholds]\nFS101 = {eror = 1}", "thresholds.FS101.eror: 'eror' is none of .* 'error'?"),
        ("[thresholds]\nFS101 = {error = true}", "thresholds.FS101.error: true, expected a number"),
        ("[thresholds]\nFS101 = {error = nan}", "nan is not finite"),
        ("[thresholds]\nFS101 = {error = inf}", "inf is not finite"),
        ("[thresholds]\nFS101 = {error = -1}", "-1 is below 0"),
        ("[thresholds]\nFS101 = {error = [1]}", "a list, expected a number"),
        ("[thresholds]\nFS101 = {error = '2 parsecs'}", "'2 parsecs' is no threshold"),
        ("[thresholds]\nFS101 = {warn = 1, warning = 1}", "the warning of FS101 is there twice"),
        ("[thresholds]\nFS101 = {error = 1}\n'FS101.share' = {error = 2}", "is there twice"),
        ("field = 3", "field: 3, expected tables, each headed"),
        ("[[field]]\npattern = 'x'", r"field\[0\]: 'thresholds' is missing"),
        ("[[field]]\nthresholds = {}\npatern = 'x'", r"patern: unknown key; did you mean 'pattern'\?"),
        ("[per-field-ignores]\nx = 3", "per-field-ignores.x: 3, expected a list of codes"),
        ("per-field-ignores = 3", "per-field-ignores: 3, expected a table such as"),
        ("waiver = 3", "waiver: 3, expected tables"),
        ("[[waiver]]\ncode = 'FS1'\nuntil = 2026-01-01", r"waiver\[0\]: 'reason' is missing"),
        ("[[waiver]]\ncode = 'FS1'\nuntil = 2026-01-01\nreason = ' '", r"waiver\[0\].reason: it is empty"),
        ("[[waiver]]\ncode = 'FS1'\nuntil = 'soon'\nreason = 'x'", r"until: 'soon' is no date"),
        ("[[waiver]]\ncode = 'FS1'\nuntil = 2026-01-01T00:00:00\nreason = 'x'", "is no date"),
        ("[[waiver]]\ncode = 'FS1'\nuntil = 7\nreason = 'x'", "7 is no date"),
        ("[[waiver]]\ncode = 'FS9'\nuntil = 2026-01-01\nreason = 'x'", r"code: 'FS9' is no rule"),
        (
            "[[waiver]]\ncode = 'FS1'\nuntil = 2026-01-01\nreason = 'x'\nfield = 'a'\ncolumn = 'b'",
            r"waiver\[0\].column: waiver\[0\].field says the same",
        ),
        ("check = 3", "check: 3, expected a mapping"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(read, text, message):
    with pytest.raises(ConfigError, match=rf"rules file '.*checks.toml', {message}|{message}") as caught:
        read(text)
    assert caught.value.hint.startswith("Mend what is named; docs/checks.md")


def test_everything_wrong_is_told_at_once(read):
    text = "slect = []\nfail-on = 'x'\n[thresholds]\nFS999 = {error = 1}\nFS101 = {error = nan}\n"
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert caught.value.message.splitlines()[0].endswith("has 4 problems:")
    assert [line.split(":")[0] for line in caught.value.message.splitlines()[1:]] == [
        "  slect",
        "  fail-on",
        "  thresholds.FS999",
        "  thresholds.FS101.error",
    ]


@pytest.mark.parametrize(
    ("value", "threshold"),
    [
        (3, 3.0),
        (0, 0.0),
        ("5%", 0.05),
        ("12.5 %", 0.125),
        ("64MB", 64e6),
        ("2 gib", 2.0**31),
        ("7B", 7.0),
    ],
)
def test_thresholds_may_be_shares_and_sizes(value, threshold):
    problems = []
    assert as_threshold(Node("x", value), problems) == threshold
    assert problems == []


def test_a_threshold_may_be_off():
    problems = []
    assert isnan(as_threshold(Node("x", "off"), problems))
    assert problems == []


@pytest.mark.parametrize("text", ["", "5", "-5%", "%", "1e3B", "5 %%", "Off", "0x1B", "٣%"])
def test_other_text_is_no_threshold(text):
    problems = []
    assert as_threshold(Node("x", text), problems) is None
    assert len(problems) == 1


@given(st.integers(0, 100))
def test_a_share_is_the_nearest_number_to_its_text(percent):
    assert as_threshold(Node("x", f"{percent}%"), []) == percent / 100
