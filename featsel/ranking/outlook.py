"""Will what a field tells still hold tomorrow, and where does it stand in a list that asks for that?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from featsel.ranking.forward import ForwardScore
from featsel.ranking.scores import Ranking, Score, Verdict
from featsel.stats import benjamini_hochberg

SIGNIFICANCE = 0.01
"""Effects drift if the q-value of their heterogeneity over periods is below."""

DRIFT_SHARE = 0.25
"""A field drifts only if so much of what it tells within periods belongs to the period: over millions of
rows every effect differs a little from day to day, significantly."""

CARRIED_SHARE = 0.5
"""A field lasts if tables of the past gain half of what a table of the same time gains. Stable planted fields
of up to 10,000 values carry .49 to 1, the rest is what fewer rows cost."""

NEW_SHARE = 0.25
"""From here values that were never seen are named as the reason."""

LEAST_Q = 1e-300
"""Smaller ones are shown as this: a zero would claim certainty."""

TELLING = frozenset({Verdict.INFORMATIVE, Verdict.LEAK})


class Outlook(StrEnum):
    """What becomes of what a field tells."""

    LASTS = "lasts"
    FADES = "fades"
    DRIFTS = "drifts"


@dataclass(frozen=True)
class FieldOutlook:
    """What becomes of what one field tells.

    Parameters
    ----------
    outlook : Outlook or None
        None where there is nothing that could last.
    q_value : float
        Benjamini-Hochberg adjusted p-value of its drift over all fields.
    carried : float or None
        Forward over in-time information; None where there is no outlook, or nothing in time.
    reason : str
        Why, in a few words with numbers.
    """

    outlook: Outlook | None
    q_value: float
    carried: float | None
    reason: str


def judge_outlooks(ranking: Ranking, scores: Mapping[str, ForwardScore]) -> dict[str, FieldOutlook]:
    """Judge which fields last.

    Parameters
    ----------
    ranking : Ranking
        The fields with their verdicts.
    scores : mapping of str to ForwardScore
        Of every field.

    Returns
    -------
    dict of str to FieldOutlook
        By field, in the order of the ranking. A field drifts if its effects differ significantly between
        periods, a quarter of what it tells belongs to the period, and less than half is carried; it fades if
        it carries less than half for other reasons. Fields that tell nothing and do not drift have no
        outlook.
    """
    names = [scored.name for scored in ranking.fields]
    q_values = benjamini_hochberg([scores[name].drift_p_value for name in names])
    return {
        scored.name: _judge(scored.verdict, scores[scored.name], float(q_value))
        for scored, q_value in zip(ranking.fields, q_values, strict=True)
    }


def order_forward(ranking: Ranking, scores: Mapping[str, ForwardScore]) -> Ranking:
    """Put the fields of a ranking in the order of their forward information.

    Parameters
    ----------
    ranking : Ranking
        Any order of them.
    scores : mapping of str to ForwardScore
        Of every field.

    Returns
    -------
    Ranking
        Fields first that have significant information and carry some of it; equal scores by name.
    """

    def place(index: int) -> tuple[bool, float, str]:
        scored = ranking.fields[index]
        nats = scores[scored.name].nats
        return not (scored.verdict in TELLING and nats > 0), -nats, scored.name

    order = sorted(range(len(ranking.fields)), key=place)
    fields = (ranking.fields[index] for index in order)
    return replace(
        ranking,
        fields=tuple(
            replace(scored, rank=rank, score=scores[scored.name].nats, score_se=None)
            for rank, scored in enumerate(fields, start=1)
        ),
        score=Score.FORWARD,
    )


def _judge(verdict: Verdict, score: ForwardScore, q_value: float) -> FieldOutlook:
    carried = score.nats / score.in_time if score.in_time > 0 else None
    is_carried = carried is not None and carried >= CARRIED_SHARE
    if q_value <= SIGNIFICANCE and score.drift_share >= DRIFT_SHARE and not is_carried:
        reason = (
            f"{score.drift_share:.0%} of what it tells belongs to the period (q {max(q_value, LEAST_Q):.1g})"
        )
        return FieldOutlook(Outlook.DRIFTS, q_value, carried, reason)
    if verdict not in TELLING:
        return FieldOutlook(None, q_value, None, "")
    if is_carried:
        return FieldOutlook(Outlook.LASTS, q_value, carried, f"{carried:.0%} of it is carried forward")
    if score.new_share >= NEW_SHARE:
        reason = f"{score.new_share:.0%} of the rows have a value that no earlier period had"
    else:
        reason = "its values name the time, or have too few earlier rows to learn from"
    return FieldOutlook(Outlook.FADES, q_value, carried, reason)
