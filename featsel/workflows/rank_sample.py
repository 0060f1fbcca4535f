"""How sure are scores that come from a sample of the rows?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from featsel.ranking.sampling import SAMPLED_SCORES, SampleInterval, sample_interval, undecided_pairs
from featsel.ranking.scores import FieldScore
from featsel.report.rank_sample import sample_columns, sample_content, undecided_sentence
from featsel.workflows.ranked_log import Analysis, RankedLog


def sample_intervals(ranked: RankedLog) -> Analysis:
    """Give every score of a sample an interval for what the whole log would say.

    Parameters
    ----------
    ranked : RankedLog
        A log of which a sample was counted.

    Returns
    -------
    Analysis
        Intervals, and how much of the order they leave open. Nothing where the sample is the whole log, or
        its scores have no intervals.
    """
    ranking, n_total = ranked.ranking, ranked.n_sampled_from
    if n_total <= ranking.n_rows:
        return Analysis()
    if ranking.score not in SAMPLED_SCORES or ranked.schema.weight is not None:
        ranked.reporter.note(
            "scores of the sample have no intervals: only --score usable and corrected without --weight do"
        )
        return Analysis()
    tables = ranked.tables()

    def interval(field: FieldScore) -> SampleInterval | None:
        return sample_interval(
            field,
            tables[field.name],
            ranking.score,
            n_rows=ranking.n_rows,
            n_total=n_total,
            seed=ranked.request.seed,
        )

    with ThreadPoolExecutor(ranked.resources.n_threads) as pool:
        intervals = list(pool.map(interval, ranking.fields))
    undecided = undecided_pairs(ranking.fields, intervals)
    if undecided.ranks:
        ranked.reporter.warn(undecided_sentence(undecided, ranking))
    by_name = {field.name: each for field, each in zip(ranking.fields, intervals, strict=True)}
    return Analysis(
        sample_columns(by_name, ranking.score),
        {"sample": sample_content(undecided, n_rows=ranking.n_rows, n_total=n_total)},
    )
