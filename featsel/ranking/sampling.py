"""What does a sample of the rows say of the score that all rows would give?

The error of a sample has two parts. Chance picks the rows: that part has a standard error, less for a sample
that is most of the log. And a sample has fewer rows to learn rates from, so its scores are those of a smaller
log: an interval reaches as far up as more rows could carry the score.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from featsel.core.counts import ContingencyTable
from featsel.ranking.growth import Growth, score_growth
from featsel.ranking.scores import FieldScore, Score, Verdict
from featsel.stats.agreement import NORMAL_95

ONCE_SHARE = 0.3
"""Share of the rows in values that a sample holds once, from which it does not tell what those values say: on
real logs intervals held up to .35 and failed from .5 on."""

CLEAR_GROWTH = 2.0
"""Standard errors from which a score is taken to grow with rows at all."""

SAMPLED_SCORES = frozenset({Score.USABLE, Score.CORRECTED})
"""Scores with intervals; the others change with the number of rows by what they are."""


@dataclass(frozen=True)
class SampleInterval:
    """Where the score of the whole log lies, with 95 % confidence.

    Parameters
    ----------
    low, high : float
        Its ends, in the unit of the score.
    """

    low: float
    high: float


@dataclass(frozen=True)
class Undecided:
    """Neighbours in the order whose intervals leave open which is better.

    Parameters
    ----------
    n_pairs : int
        Neighbouring fields that are no noise.
    ranks : tuple of int
        Rank of the better field of each undecided pair.
    """

    n_pairs: int
    ranks: tuple[int, ...]


def sample_interval(
    field: FieldScore,
    table: ContingencyTable,
    score: Score,
    *,
    n_rows: int,
    n_total: int,
    seed: int = 0,
) -> SampleInterval | None:
    """Interval for the score that the whole log would give a field.

    Parameters
    ----------
    field : FieldScore
        What the sample says.
    table : ContingencyTable
        Counts of the field in the sample.
    score : Score
        What orders the fields.
    n_rows, n_total : int
        Rows of the sample and of the log.
    seed : int
        Of the halves of the sample that tell how its scores grow.

    Returns
    -------
    SampleInterval or None
        None where the score has no interval, see :data:`SAMPLED_SCORES`, or the field too many values that
        the sample holds once, see :data:`ONCE_SHARE`.
    """
    once = float(table.multiplicity[table.counts.sum(axis=1) == 1].sum())
    if score not in SAMPLED_SCORES or field.score_se is None or once > ONCE_SHARE * table.total:
        return None
    # of a population without replacement, the part that was not drawn is unknown
    reach = NORMAL_95 * math.sqrt(1.0 - n_rows / n_total)
    # usable information is what is left of the corrected one when rates have to be learnt: at most all of it
    growth = score_growth(table, field.name, Score.CORRECTED, share=0.5, seed=seed)
    top = field.corrected_mutual_information + reach * field.corrected_mutual_information_se
    top += _future_gain(growth, n_doublings=math.log2(n_total / n_rows))
    return SampleInterval(
        field.score - reach * field.score_se, max(field.score + reach * field.score_se, top)
    )


def _future_gain(growth: Growth, *, n_doublings: float) -> float:
    """What more rows add at most, if every doubling adds no more than the last one did."""
    return growth.gain * n_doublings if growth.gain > CLEAR_GROWTH * growth.se else 0.0


def undecided_pairs(fields: Sequence[FieldScore], intervals: Sequence[SampleInterval | None]) -> Undecided:
    """Neighbours in the order that more rows might swap.

    Parameters
    ----------
    fields : sequence of FieldScore
        In rank order.
    intervals : sequence of SampleInterval or None
        Of the same fields.

    Returns
    -------
    Undecided
        Pairs of which the difference may be zero or negative; a field without an interval decides nothing.
        Two fields with the same score, such as copies, are no pair that rows could decide.
    """
    kept = [
        (field, interval)
        for field, interval in zip(fields, intervals, strict=True)
        if field.verdict in {Verdict.INFORMATIVE, Verdict.LEAK}
    ]
    ranks: list[int] = []
    for (better, above), (worse, below) in pairwise(kept):
        if better.score == worse.score:
            continue
        if above is None or below is None:
            ranks.append(better.rank)
            continue
        reach = math.hypot(better.score - above.low, below.high - worse.score)
        if better.score - worse.score <= reach:
            ranks.append(better.rank)
    return Undecided(max(len(kept) - 1, 0), tuple(ranks))
