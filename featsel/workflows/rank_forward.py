"""What of a ranked log lasts from one period of time to the next?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featsel.core.errors import DataError
from featsel.ranking.forward import forward_score
from featsel.ranking.outlook import judge_outlooks, order_forward
from featsel.ranking.periods import Periods, cut_periods
from featsel.report.forward import fading_table, forward_columns, forward_notes
from featsel.workflows.grouped_counts import measure_by_group
from featsel.workflows.ranked_log import Analysis, RankedLog


def look_forward(ranked: RankedLog, *, orders: bool = False) -> Analysis:
    """Score every field of a ranked log by what its past tells of its future.

    Parameters
    ----------
    ranked : RankedLog
        With a time.
    orders : bool
        Whether the list is put in that order.

    Returns
    -------
    Analysis
        Four entries for every field, the periods under the key ``time``, and a table of what will not last.
        Nothing where all rows are of one time, unless they are to be ordered by it.

    Raises
    ------
    DataError
        The list is to be ordered by time, and all rows are of one.
    """
    codes = ranked.codes()
    periods = cut_periods(codes.times())
    name = ranked.schema.time
    if len(periods.periods) == 1:
        if orders:
            raise DataError(
                f"all rows have one time in column {name!r}: there is no later one to look forward to",
                "Give a log of several days, or another --score.",
            )
        ranked.reporter.note(f"all rows have one time in column {name!r}: nothing says what lasts")
        return Analysis()
    n_periods = len(periods.periods)
    scores = measure_by_group(
        ranked,
        [scored.name for scored in ranked.ranking.fields],
        (periods.codes, n_periods),
        task=f"looking forward over {periods.title}",
        measure=lambda cells: forward_score(cells, n_periods),
    )
    is_positive = codes.labels() == 1
    n_positive = np.bincount(periods.codes[is_positive], minlength=n_periods)
    ranking = order_forward(ranked.ranking, scores) if orders else ranked.ranking
    outlooks = judge_outlooks(ranking, scores)
    n_predicted = sum(
        0 < positives < period.n_rows
        for positives, period in zip(n_positive[1:].tolist(), periods.periods[1:], strict=True)
    )
    for note in forward_notes(f"{periods.title} of {name!r}", n_predicted, outlooks):
        ranked.reporter.note(note)
    table = fading_table([scored.name for scored in ranking.fields], scores, outlooks)
    return Analysis(
        columns=forward_columns(scores, outlooks),
        content={"time": _content(name, periods, n_positive)},
        tables=() if table is None else (table,),
        ranking=ranking if orders else None,
    )


def _content(name: str | None, periods: Periods, n_positive: NDArray[np.int64]) -> dict[str, object]:
    return {
        "name": name,
        "unit": periods.unit,
        "periods": [
            {
                "start": period.start,
                "end": period.end,
                "rows": period.n_rows,
                "positive_rate": positives / period.n_rows,
            }
            for period, positives in zip(periods.periods, n_positive.tolist(), strict=True)
        ],
    }
