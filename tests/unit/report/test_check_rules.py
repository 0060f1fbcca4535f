"""Rules are listed and explained with all that they say of themselves."""

import pytest

from featsel.quality.findings import Severity
from featsel.quality.rule import Family, Rule
from featsel.report.check_rules import NEEDS, explain, gravest, levels_text, list_rules
from featsel.report.table import to_tsv

ERROR, WARNING, INFO = Severity
NULLS = Rule(
    code="FS101",
    name="null-share",
    family=Family.VALUES,
    what="Share of the rows without a value.",
    why="A field that is mostly null tells little, and one that was not so yesterday tells of an outage. "
    * 2,
    hint="Ask who writes it.",
    limits={"share": {WARNING: 0.5, ERROR: 1.0}, "rise": {ERROR: 0.05}},
    measure=lambda _: (),
    needs=("reference", "label"),
)
SIZE = Rule("FS601", "table-size", Family.BUDGETS, "Bytes.", "It fits.", "Buy.", {"": {}}, lambda _: ())
RULES = {"FS101": NULLS, "FS601": SIZE}


def test_the_list_has_a_row_for_each_rule():
    lines = to_tsv(list_rules(RULES)).splitlines()
    assert [line.split("\t") for line in lines] == [
        ["code", "name", "family", "severity", "thresholds", "needs", "what"],
        [
            *("FS101", "null-share", "values", "error"),
            "share: warning from 0.5, error from 1; rise: error from 0.05",
            "reference, label",
            "Share of the rows without a value.",
        ],
        ["FS601", "table-size", "budgets", "", "off until a threshold is set", "", "Bytes."],
    ]


def test_an_explanation_says_it_all_in_narrow_lines():
    lines = explain(NULLS).splitlines()
    assert lines[:4] == [
        "FS101 null-share",
        "",
        "  family      values",
        "  measures    Share of the rows without a value.",
    ]
    assert lines[-4:] == [
        "  thresholds  share: warning from 0.5, error from 1",
        "              rise: error from 0.05",
        "  needs       a reference, a label",
        "  hint        Ask who writes it.",
    ]
    why = lines[4:-4]
    assert " ".join(" ".join(why).split()) == f"why {NULLS.why.strip()}"
    assert max(map(len, lines)) <= 100


def test_an_explanation_leaves_out_what_there_is_not():
    assert "needs" not in explain(SIZE)


@pytest.mark.parametrize(("rule", "severity"), [(NULLS, "error"), (SIZE, "")])
def test_the_gravest_severity_of_a_rule(rule, severity):
    assert gravest(rule) == severity


def test_numbers_have_all_their_digits():
    levels = {WARNING: 123456789.5, INFO: 1e-4}
    assert levels_text(levels) == "info from 0.0001, warning from 123456789.5"


def test_each_need_has_words():
    assert set(NEEDS) == {"reference", "label", "time", "features"}
