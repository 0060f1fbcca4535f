"""Fields that do not last are told apart, and stand where they belong."""

import pytest

from featsel.ranking.forward import ForwardScore
from featsel.ranking.outlook import Outlook, judge_outlooks, order_forward
from featsel.ranking.scores import Score

LASTS = ForwardScore(0.009, 0.010, 0.0001, 0.01, 0.5, 0.0)


@pytest.mark.parametrize(
    ("verdict", "score", "outlook"),
    [
        ("informative", LASTS, Outlook.LASTS),
        # every effect differs a little, significantly
        ("informative", ForwardScore(0.009, 0.010, 0.001, 0.1, 1e-9, 0.0), Outlook.LASTS),
        ("informative", ForwardScore(0.009, 0.010, 0.009, 0.5, 1e-9, 0.0), Outlook.LASTS),
        ("informative", ForwardScore(0.002, 0.010, 0.009, 0.5, 1e-9, 0.0), Outlook.DRIFTS),
        ("informative", ForwardScore(0.002, 0.010, 0.009, 0.5, 0.05, 0.0), Outlook.FADES),
        ("informative", ForwardScore(0.002, 0.010, 0.001, 0.1, 1e-9, 0.0), Outlook.FADES),
        ("leak", ForwardScore(0.4, 0.5, 0.0, 0.0, 1.0, 0.0), Outlook.LASTS),
        # effects that turn around may leave nothing in the sum
        ("noise", ForwardScore(-0.001, 0.0, 0.009, 1.0, 1e-9, 0.0), Outlook.DRIFTS),
        ("noise", ForwardScore(-0.001, 0.0, 0.0, 0.0, 0.5, 0.0), None),
        ("identifier", ForwardScore(0.0, 0.0, 0.0, 0.0, 1.0, 1.0), None),
    ],
)
def test_a_field_has_the_outlook_that_its_scores_give_it(make_ranking, verdict, score, outlook):
    found = judge_outlooks(make_ranking({"field": verdict}), {"field": score})["field"]
    assert found.outlook is outlook
    assert (found.carried is None) == (outlook is None or score.in_time == 0)


def test_reasons_name_what_is_to_blame(make_ranking):
    scores = {
        "stays": LASTS,
        "turns": ForwardScore(-0.002, 0.010, 0.030, 0.75, 1e-9, 0.0),
        "new": ForwardScore(0.001, 0.010, 0.0, 0.0, 0.5, 0.6),
        "rare": ForwardScore(0.001, 0.010, 0.0, 0.0, 0.5, 0.1),
    }
    found = judge_outlooks(make_ranking(dict.fromkeys(scores, "informative")), scores)
    assert {name: each.reason for name, each in found.items()} == {
        "stays": "90% of it is carried forward",
        "turns": "75% of what it tells belongs to the period (q 4e-09)",
        "new": "60% of the rows have a value that no earlier period had",
        "rare": "its values name the time, or have too few earlier rows to learn from",
    }


def test_one_drift_among_many_fields_must_be_surer(make_ranking):
    scores = {f"f{index}": ForwardScore(0.0, 0.01, 0.009, 0.5, 0.5, 0.0) for index in range(99)}
    scores["one"] = ForwardScore(0.0, 0.01, 0.009, 0.5, 0.005, 0.0)
    found = judge_outlooks(make_ranking(dict.fromkeys(scores, "informative")), scores)
    assert found["one"].outlook is Outlook.FADES
    assert found["one"].q_value == pytest.approx(0.5)


def test_what_carries_nothing_stands_behind(make_ranking):
    nats = {"drifts": -0.1, "weak": 0.001, "noise": 0.002, "best": 0.3, "nothing": 0.0, "also": 0.001}
    verdicts = dict.fromkeys(nats, "informative") | {"noise": "noise"}
    scores = {name: ForwardScore(each, 0.3, 0.0, 0.0, 1.0, 0.0) for name, each in nats.items()}
    found = order_forward(make_ranking(verdicts), scores)
    assert [field.name for field in found.fields] == ["best", "also", "weak", "noise", "nothing", "drifts"]
    assert [field.rank for field in found.fields] == [1, 2, 3, 4, 5, 6]
    assert [field.score for field in found.fields] == sorted(nats.values(), reverse=True)[:1] + [
        nats[field.name] for field in found.fields[1:]
    ]
    assert found.score is Score.FORWARD
