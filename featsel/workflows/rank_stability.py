"""How sure is the order of the fields of a log? Ranked again on random halves of its rows, or of its days."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from featsel.engines.block_cells import deal_blocks
from featsel.ranking.periods import cut_periods
from featsel.ranking.stability import (
    LEAST_PERIODS,
    N_BLOCKS,
    draw_pairs,
    judge_stability,
    measure_halves,
)
from featsel.report.rank_stability import stability_columns, stability_content, stability_table
from featsel.workflows.grouped_counts import measure_by_group
from featsel.workflows.ranked_log import Analysis, RankedLog


def rank_halves(ranked: RankedLog, *, n_resamples: int) -> Analysis:
    """Rank a log again on random halves of its rows, or of its periods where it has a time.

    Parameters
    ----------
    ranked : RankedLog
        The log.
    n_resamples : int
        Halves, two at least.

    Returns
    -------
    Analysis
        Intervals of ranks and scores; stability and worth of the first fields.
    """
    score, seed = ranked.ranking.score, ranked.request.seed
    blocks, n_blocks, halved = _blocks(ranked)
    pairs = draw_pairs((n_resamples + 1) // 2, n_blocks, seed=seed)

    measured = measure_by_group(
        ranked,
        [field.name for field in ranked.ranking.fields],
        (blocks, n_blocks),
        task=f"ranking {n_resamples:,} halves",
        measure=lambda cells: measure_halves(cells, pairs, score, seed=seed),
    )
    found = judge_stability(ranked.ranking, list(measured.values()), n_resamples)
    return Analysis(
        stability_columns(found, score),
        {"stability": stability_content(found, n_resamples=n_resamples, halved=halved)},
        (stability_table(found.tops, n_resamples=n_resamples, halved=halved),) if found.tops else (),
    )


def _blocks(ranked: RankedLog) -> tuple[NDArray[Any], int, str]:
    """Block of each row, how many there are, and of what halves are made."""
    codes = ranked.codes()
    if ranked.schema.time is not None:
        periods = cut_periods(codes.times())
        if len(periods.periods) >= LEAST_PERIODS:
            return periods.codes, len(periods.periods), "periods"
        ranked.reporter.note(
            f"--stability ranks halves of the rows: the log has {len(periods.periods)} periods in column "
            f"{ranked.schema.time!r}, and halves of them need {LEAST_PERIODS}"
        )
    return deal_blocks(codes.n_rows, N_BLOCKS, seed=ranked.request.seed), N_BLOCKS, "rows"
