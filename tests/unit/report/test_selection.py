"""Sentences about a selection say what its numbers say, and no more."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.report.selection import (
    Outcome,
    change_text,
    evidence_sentences,
    evidence_table,
    greatest_gain,
    log_loss_outcome,
)
from featsel.report.table import to_tsv

EVIDENCE = {
    "full": {"auc": 0.75, "log_loss": 0.25, "fields": 20, "features": 40_000, "bytes": 2_560_000},
    "selected": {"auc": 0.7625, "log_loss": 0.245, "fields": 1, "features": 400, "bytes": 25_664},
    "log_loss_change": {"mean": -0.005, "low": -0.007, "high": -0.003},
    "widths": None,
    "eligible": 12_000,
    "evident": 435,
    "false_keep_rate": 0.025,
    "curve": [
        {"features": 40, "share": 0.001, "gain": 0.05},
        {"features": 400, "share": 0.01, "gain": 0.07},
        {"features": 12_000, "share": 0.3, "gain": 0.08},
    ],
    "rows": {"train": 8000, "valid": 1000},
    "cpu_s": {"full": 1.0, "search": 2.0, "selected": 3.0},
}

CHANGES = {
    Outcome.BETTER: (-0.005, -0.007, -0.003),
    Outcome.NO_WORSE: (0.001, -0.002, 0.004),
    Outcome.WORSE: (0.005, 0.003, 0.007),
}


@pytest.fixture
def evidence():
    return copy.deepcopy(EVIDENCE)


def of(evidence, budget="1%"):
    return {"options": {"budget": budget, "dim": 16, "dims": "pca"}, "evidence": evidence}


def change(outcome):
    return dict(zip(("mean", "low", "high"), CHANGES[outcome], strict=True))


def falling(evidence):
    evidence["curve"].append({"features": 20_000, "share": 0.5, "gain": 0.06})
    return evidence


def test_the_table_has_all_features_before_the_chosen_ones(evidence):
    table = evidence_table(of(evidence))
    assert to_tsv(table).splitlines() == [
        "set\tfields\tfeatures\tbytes\tauc\tlog_loss",
        "full\t20\t40000\t2560000\t0.75\t0.25",
        "selected\t1\t400\t25664\t0.7625\t0.245",
    ]
    assert table.title == "With all features and with the chosen ones, on 1,000 validation rows"
    assert all(column.explanation for column in table.columns)


def test_where_nothing_was_chosen_there_is_no_evidence():
    assert evidence_table(of(None)).rows == ()
    assert evidence_sentences(of(None)) == []


def test_the_sentences_tell_what_was_bought_and_whether_it_was_good(evidence):
    assert evidence_sentences(of(evidence)) == [
        "The budget 1% bought 1 of 20 fields, 400 of 40,000 features and 25,664 of 2,560,000 bytes of "
        "embeddings.",
        "The validation log loss is 0.25000 with all features and 0.24500 with the chosen ones, a change of "
        "-0.00500 nats a row (95 % interval -0.00700 to -0.00300): the chosen features predict better.",
        "An estimated 2.5 % of the kept features tell nothing by themselves or beside others.",
        "12,000 of 40,000 features were left to the budget; no budget buys others.",
        "435 features tell more than luck explains.",
    ]


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Outcome.BETTER, "-0.00300): the chosen features predict better."),
        (Outcome.NO_WORSE, "+0.00400): the chosen features predict no worse, as far as these rows can tell."),
        (Outcome.WORSE, "+0.00700): the chosen features predict worse."),
    ],
)
def test_the_verdict_is_that_of_the_whole_interval(evidence, outcome, verdict):
    evidence["log_loss_change"] = change(outcome)
    assert log_loss_outcome(evidence) is outcome
    assert evidence_sentences(of(evidence))[1].endswith(verdict)


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.0), (0.0, 0.1), (-0.1, 0.0)])
def test_an_interval_that_reaches_no_change_proves_none(low, high):
    assert log_loss_outcome({"log_loss_change": {"mean": 0.0, "low": low, "high": high}}) is Outcome.NO_WORSE


def test_small_changes_keep_their_digits():
    tiny = {"log_loss_change": {"mean": -3e-7, "low": -1.25e-6, "high": 0.0}}
    assert change_text(tiny) == "-3.00e-07 nats a row (95 % interval -1.25e-06 to +0.00)"


def test_a_selection_without_budget_was_made_by_gates(evidence):
    assert evidence_sentences(of(evidence, None))[0].startswith("The gates left 1 of 20 fields, ")


def test_widths_are_told_where_they_differ(evidence):
    evidence["widths"] = {"least": 2, "most": 7, "fixed_bytes": 76_992}
    assert evidence_sentences(of(evidence))[1] == (
        "Embeddings are 2 to 7 wide (--dims pca); all of width 16, they would take 76,992 bytes."
    )


def test_without_fields_of_chance_nothing_is_said_of_them(evidence):
    evidence["false_keep_rate"] = None
    assert not any("chance" in sentence for sentence in evidence_sentences(of(evidence)))


def test_where_no_feature_is_eligible_that_comes_first(evidence):
    evidence |= {"eligible": 0, "evident": None, "false_keep_rate": None, "curve": []}
    sentences = evidence_sentences(of(evidence))
    assert sentences[0].startswith("There is nothing to select: ")
    assert len(sentences) == 3
    assert not any("worth keeping" in sentence for sentence in sentences[1:])


def test_a_method_that_rules_out_no_feature_does_not_claim_that_all_have_worth(evidence):
    evidence |= {"eligible": 40_000, "evident": None}
    assert (
        evidence_sentences(of(evidence))[-1] == "None of the 40,000 features was ruled out before the budget."
    )


def test_a_curve_that_falls_tells_where_to_stop(evidence):
    assert greatest_gain(evidence) is None
    assert greatest_gain(falling(evidence)) == 12_000
    assert evidence_sentences(of(evidence))[-1] == (
        "The search expects the most of about 12,000 features; further ones do harm."
    )


def test_no_curve_has_no_greatest_gain(evidence):
    evidence["curve"] = []
    assert greatest_gain(evidence) is None
    assert len(evidence_sentences(of(evidence))) == 5


@given(st.tuples(*[st.floats(-10, 10)] * 3))
def test_better_and_worse_change_places_with_the_models(ends):
    low, mean, high = sorted(ends)
    there = log_loss_outcome({"log_loss_change": {"mean": mean, "low": low, "high": high}})
    back = log_loss_outcome({"log_loss_change": {"mean": -mean, "low": -high, "high": -low}})
    opposite = {Outcome.BETTER: Outcome.WORSE, Outcome.WORSE: Outcome.BETTER}
    assert back is opposite.get(there, there)
