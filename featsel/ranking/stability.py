"""How sure is the order of the fields, and are the fields that it puts first any good?

The fields are ranked on many random halves of the rows. A half differs from the whole by as much as the whole
differs from another log of its kind, so ranks and scores of halves spread as those of the log do. Drawing
rows with replacement would not do: rows that are drawn twice look like evidence, most of all for values that
are rare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.engines.block_cells import part_tables
from featsel.engines.pair_cells import PairCells
from featsel.ranking.measures import measure
from featsel.ranking.rank_fields import order_fields
from featsel.ranking.scores import FieldScore, Ranking, Score, Verdict
from featsel.ranking.verdicts import SIGNIFICANCE
from featsel.stats import benjamini_hochberg, group
from featsel.stats.agreement import Agreement, choice_agreement

FloatArray = NDArray[np.float64]

N_BLOCKS = 64
"""Blocks of rows that halves are made of: the spread of their sums is then known to 9 %, and a field of a
thousand values has no more cells than fit the processor's cache."""

LEAST_PERIODS = 6
"""Periods from which there are twenty different halves of them; fewer say little of how periods differ."""

LEVEL = 0.9
"""Share of the resamples that an interval holds."""

SIZES = (5, 10, 20, 50)
"""Numbers of fields for which stability is told, besides the number of informative fields."""


@dataclass(frozen=True, eq=False)
class HalfMeasures:
    """What one field shows in the halves, each of shape (n_halves,); halves 2 i and 2 i + 1 are a pair.

    Parameters
    ----------
    scores : ndarray of float64
        What orders the fields.
    usable : ndarray of float64
        Usable information, nats.
    p_values : ndarray of float64
        Of its information.
    """

    scores: FloatArray
    usable: FloatArray
    p_values: FloatArray


@dataclass(frozen=True)
class FieldInterval:
    """Where a field stands in 90 % of the halves.

    Parameters
    ----------
    rank_low, rank_high : int
        Best and worst place, that in the whole log among them.
    score_low, score_high : float
        Score of the whole log, and as far below and above as halves lie around their mean.
    """

    rank_low: int
    rank_high: int
    score_low: float
    score_high: float


@dataclass(frozen=True)
class TopStability:
    """How sure the first fields are, and how good.

    Parameters
    ----------
    size : int
        How many first fields are meant.
    agreement : Agreement
        How alike they are from half to half.
    usable_information : float
        Mean usable information of the fields that a half puts first, on the rows that it lacks, nats.
    significant_share : float
        Share of them whose information is significant on these other rows.
    """

    size: int
    agreement: Agreement
    usable_information: float
    significant_share: float


@dataclass(frozen=True)
class Stability:
    """How sure an order is.

    Parameters
    ----------
    fields : dict of str to FieldInterval
        By name.
    tops : tuple of TopStability
        By size.
    """

    fields: dict[str, FieldInterval]
    tops: tuple[TopStability, ...]


def draw_pairs(n_pairs: int, n_blocks: int = N_BLOCKS, *, seed: int) -> NDArray[np.bool_]:
    """Halves of the blocks, by chance; what a half lacks is the other of its pair.

    Parameters
    ----------
    n_pairs : int
        Pairs.
    n_blocks : int
        Of an odd number, the second half has one more.
    seed : int
        Another seed draws others.

    Returns
    -------
    ndarray of bool, shape (n_pairs, n_blocks)
        Which blocks are in the first half of each pair.

    References
    ----------
    Shah & Samworth, "Variable selection with error control: another look at stability selection", JRSS B 75,
    2013.
    """
    rng = np.random.default_rng(seed)
    half = np.arange(n_blocks) < n_blocks // 2
    return np.array([rng.permutation(half) for _ in range(n_pairs)])


def measure_halves(
    cells: PairCells, pairs: NDArray[np.bool_], score: Score, *, seed: int = 0
) -> HalfMeasures:
    """Measure one field on every half.

    Parameters
    ----------
    cells : PairCells
        Counts of the field by value, block and label.
    pairs : ndarray of bool, shape (n_pairs, n_blocks)
        The halves, see :func:`draw_pairs`.
    score : Score
        What orders the fields.
    seed : int
        Of a score that is random.

    Returns
    -------
    HalfMeasures
        Of two halves per pair.
    """
    tables = [group(part) for is_first in pairs for part in part_tables(cells, is_first)]
    measures = measure(tables, [""] * len(tables), score, seed=seed)
    return HalfMeasures(measures.scores, measures.usable, measures.p_values)


def judge_stability(ranking: Ranking, halves: Sequence[HalfMeasures], n_resamples: int) -> Stability:
    """Compare the orders of the halves.

    Parameters
    ----------
    ranking : Ranking
        Of all rows.
    halves : sequence of HalfMeasures
        Of its fields, in rank order.
    n_resamples : int
        How many of the halves count; the others only say how good the choice of their partners is.

    Returns
    -------
    Stability
        Intervals of all fields; top sets that leave out a field at least.
    """
    fields = ranking.fields
    scores = np.column_stack([field.scores for field in halves])  # (n_halves, n_fields)
    usable = np.column_stack([field.usable for field in halves])
    q_values = np.array([benjamini_hochberg(row) for row in np.column_stack([f.p_values for f in halves])])
    never = np.array([field.verdict in {Verdict.CONSTANT, Verdict.IDENTIFIER} for field in fields])
    is_last = (q_values > SIGNIFICANCE) | never
    ranks = np.empty(scores.shape, np.int64)
    names = [field.name for field in fields]
    for half in range(len(ranks)):
        order = order_fields(names, scores[half], is_last[half].tolist(), score=ranking.score)
        ranks[half, order] = np.arange(1, len(names) + 1)
    intervals = {
        field.name: _interval(field, ranks[:n_resamples, place], scores[:n_resamples, place])
        for place, field in enumerate(fields)
    }
    tops = [_top(size, ranks, usable, ~is_last, n_resamples) for size in _sizes(fields)]
    return Stability(intervals, tuple(top for top in tops if top is not None))


def _interval(field: FieldScore, ranks: NDArray[np.int64], scores: FloatArray) -> FieldInterval:
    tail = (1.0 - LEVEL) / 2
    around = scores - scores.mean()
    return FieldInterval(
        rank_low=min(field.rank, int(np.quantile(ranks, tail, method="lower"))),
        rank_high=max(field.rank, int(np.quantile(ranks, 1.0 - tail, method="higher"))),
        score_low=field.score + float(np.quantile(around, tail, method="lower")),
        score_high=field.score + float(np.quantile(around, 1.0 - tail, method="higher")),
    )


def _sizes(fields: Sequence[FieldScore]) -> list[int]:
    n_informative = sum(field.verdict in {Verdict.INFORMATIVE, Verdict.LEAK} for field in fields)
    return sorted(size for size in {n_informative, *SIZES} if 0 < size < len(fields))


def _top(
    size: int,
    ranks: NDArray[np.int64],
    usable: FloatArray,
    is_significant: NDArray[np.bool_],
    n_resamples: int,
) -> TopStability | None:
    is_chosen = ranks <= size
    agreement = choice_agreement(is_chosen[:n_resamples])
    if agreement is None:
        return None
    # half 2 i is judged by half 2 i + 1, and the other way round
    partner = np.arange(len(ranks)) ^ 1
    chosen = is_chosen[:n_resamples]
    return TopStability(
        size,
        agreement,
        float(usable[partner][:n_resamples][chosen].mean()),
        float(is_significant[partner][:n_resamples][chosen].mean()),
    )
