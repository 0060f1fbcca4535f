"""How well does each field tell the label, and how far can the order of fields be trusted?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable, FieldCounts
from featsel.core.profile import FieldProfile, FieldScores
from featsel.core.schema import Field
from featsel.ranking.rank_fields import rank_fields
from featsel.ranking.scores import Score
from featsel.ranking.verdicts import SIGNIFICANCE
from featsel.stats import group, usable_information
from featsel.stats.held_out import held_out_auc, indicator_auc, split_halves

FEWEST_FIELDS = 4
"""The order of fewer fields varies too much by chance to tell anything."""


@dataclass(frozen=True)
class ScoredFields:
    """Profiles that say how well the fields tell the label.

    Parameters
    ----------
    fields : tuple of FieldProfile
        In the order of the log.
    rank_agreement : float
        Spearman correlation of the usable information in two random halves, of the fields that have any; NaN
        for fewer than four.
    """

    fields: tuple[FieldProfile, ...]
    rank_agreement: float


def with_scores(
    fields: Sequence[FieldProfile], counts: Sequence[FieldCounts], *, n_rows: int, n_positive: int
) -> ScoredFields:
    """Measure how well the fields tell the label.

    Parameters
    ----------
    fields : sequence of FieldProfile
        Without scores.
    counts : sequence of FieldCounts
        Of the same fields.
    n_rows, n_positive : int
        Of the log.

    Returns
    -------
    ScoredFields
        Profiles as they were where there is one label only.
    """
    n_negative = n_rows - n_positive
    if not n_positive or not n_negative:
        return ScoredFields(tuple(fields), math.nan)
    label = ContingencyTable(np.array([[n_negative, n_positive]]), np.ones(1, np.int64))
    schema = [Field(field.name, field.kind, "") for field in fields]
    ranking = rank_fields(schema, counts, label=label, n_rows=n_rows, score=Score.USABLE)
    ranked = {score.name: score for score in ranking.fields}
    scored: list[FieldProfile] = []
    gains: list[tuple[float, float]] = []
    for index, (field, field_counts) in enumerate(zip(fields, counts, strict=True)):
        table = group(field_counts.table)
        usable = usable_information(table)
        halves = split_halves(table, np.random.default_rng(index))
        rank = ranked[field.name]
        null_negative = field.n_null - field.n_null_positive
        scores = FieldScores(
            usable_information=usable.nats,
            held_out_auc=held_out_auc(halves, usable.prior_strength),
            null_auc=indicator_auc(
                (null_negative, field.n_null_positive),
                (n_negative - null_negative, n_positive - field.n_null_positive),
            ),
            q_value=rank.q_value,
            verdict=rank.verdict.value,
        )
        scored.append(replace(field, scores=scores))
        if tells_label(scored[-1]):
            first, second = (usable_information(half).nats for half in halves.tables())
            gains.append((first, second))
    agreement = math.nan
    if len(gains) >= FEWEST_FIELDS:
        agreement = rank_correlation([first for first, _ in gains], [second for _, second in gains])
    return ScoredFields(tuple(scored), agreement)


def tells_label(field: FieldProfile) -> bool:
    """Whether a field has more information on the label than chance explains."""
    return field.scores is not None and field.scores.q_value <= SIGNIFICANCE


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman correlation; ties share the mean of their ranks.

    Parameters
    ----------
    first, second : sequence of float
        Of equal length.

    Returns
    -------
    float
        From -1 to 1; NaN where one of them is constant.

    Examples
    --------
    >>> rank_correlation([1.0, 2.0, 3.0], [10.0, 20.0, 15.0])
    0.5
    """
    a, b = _ranks(first), _ranks(second)
    a, b = a - a.mean(), b - b.mean()
    scale = math.sqrt(float(np.dot(a, a) * np.dot(b, b)))
    return float(np.dot(a, b)) / scale if scale > 0 else math.nan


def _ranks(values: Sequence[float]) -> NDArray[np.float64]:
    _, place, n_equal = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    ends = np.cumsum(n_equal)
    return (ends - (n_equal - 1) / 2)[place]
