"""Greedy orders take copies late, partners early and noise last."""

import numpy as np
import pytest

from featsel.core.schema import FieldKind
from featsel.ranking.greedy_orders import greedy_order, order_fields
from featsel.ranking.scores import FieldScore, Ranking, Score, Strategy, Verdict

NONE = np.zeros((4, 4))


def linked(first, second, value):
    matrix = np.zeros((4, 4))
    matrix[first, second] = matrix[second, first] = value
    return matrix


@pytest.mark.parametrize("strategy", list(Strategy))
def test_without_anything_in_common_fields_go_by_relevance(strategy):
    relevance = np.array([0.2, 0.4, 0.1, 0.3])
    assert greedy_order(relevance, NONE, NONE, strategy=strategy) == [1, 3, 0, 2]


@pytest.mark.parametrize(
    ("strategy", "order"),
    # of three chosen fields the copy resembles one: the mean knows it, the median does not
    [(Strategy.MRMR, [0, 2, 3, 1]), (Strategy.JMI, [0, 2, 1, 3]), (Strategy.THREE_MR, [0, 2, 1, 3])],
)
def test_a_copy_comes_after_what_adds_more(strategy, order):
    relevance = np.array([0.4, 0.39, 0.1, 0.05])
    redundancy, synergy = linked(0, 1, 1.0), linked(0, 1, -0.39)
    assert greedy_order(relevance, redundancy, synergy, strategy=strategy) == order


@pytest.mark.parametrize("strategy", [Strategy.JMI, Strategy.THREE_MR])
def test_a_partner_of_the_best_field_comes_next(strategy):
    relevance = np.array([0.4, 0.2, 0.01, 0.1])
    assert greedy_order(relevance, NONE, linked(0, 2, 0.5), strategy=strategy)[:2] == [0, 2]


def test_jmi_adds_up_to_what_two_fields_tell_together():
    # joint information of (first, f) is relevance + relevance + synergy: the order of the second place
    relevance, synergy = np.array([0.5, 0.1, 0.2, 0.3]), np.zeros((4, 4))
    synergy[0, 1:] = synergy[1:, 0] = [0.25, 0.0, -0.2]
    assert greedy_order(relevance, NONE, synergy, strategy=Strategy.JMI)[1] == 1


def test_of_equals_the_first_comes_first():
    assert greedy_order(np.full(4, 0.1), NONE, NONE, strategy=Strategy.MRMR) == [0, 1, 2, 3]


def scored(name, rank, verdict, usable, corrected):
    return FieldScore(
        name,
        FieldKind.CATEGORICAL,
        rank,
        usable,
        2,
        1.0,
        0,
        0,
        corrected,
        0,
        0,
        0,
        0,
        usable,
        verdict,
        "",
        None,
        0,
        0,
    )


@pytest.mark.parametrize(("score", "order"), [(Score.USABLE, [1, 3, 0, 2]), (Score.Z, [3, 1, 0, 2])])
def test_fields_that_tell_nothing_stand_last_as_they_are_ranked(score, order):
    fields = (
        scored("noise", 1, Verdict.NOISE, 0.9, 0.9),
        scored("good", 2, Verdict.INFORMATIVE, 0.2, 0.2),
        scored("constant", 3, Verdict.CONSTANT, 0.0, 0.0),
        scored("leak", 4, Verdict.LEAK, 0.1, 0.3),
    )
    ranking = Ranking(fields, score, 100, 0.5, 0.69)
    assert order_fields(ranking, NONE, NONE, strategy=Strategy.MRMR) == order
