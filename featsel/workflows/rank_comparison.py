"""What moved since a saved ranking?"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from featsel.artifacts.rankings import SavedRanking, read_ranking
from featsel.core.errors import DataError
from featsel.ranking.comparison import Estimate, Status, compare_rankings
from featsel.ranking.growth import Growth, score_growth
from featsel.ranking.scores import Score
from featsel.report.rank_comparison import comparison_content, comparison_table
from featsel.workflows.ranked_log import Analysis, RankedLog

ROWS_RATIO = 1.2
"""Where the numbers of rows differ by more, what a field gains by rows is worth a warning."""

SAME_OPTIONS = (
    "positive",
    "categorical",
    "numeric",
    "multivalued",
    "weight",
    "null_values",
    "bins",
    "min_count",
)
"""Options without which scores of two rankings differ for another reason than the logs."""

SHOWN_FIRST = (Status.MOVED, Status.NEW, Status.GONE, Status.STEADY)
"""Order of the table of changes; a steady field is in it where its verdict changed."""

HAVE_ERRORS = frozenset({Score.USABLE, Score.CORRECTED, Score.MI, Score.AMI})
"""Scores with standard errors; behind the others corrected mutual information is compared."""


def saved_ranking(path: Path) -> SavedRanking:
    """Read a ranking to compare with; before a log is counted, for it may be the wrong file.

    Parameters
    ----------
    path : Path
        The saved ranking.

    Returns
    -------
    SavedRanking
        With a standard error for every field.

    Raises
    ------
    DataError
        The file is no ranking, or has no standard errors.
    """
    saved = read_ranking(path)
    if not saved.fields or any(field.information_se is None for field in saved.fields):
        raise DataError(
            f"ranking {str(path)!r} has no standard errors: an older featsel wrote it",
            "Rank that log again with this version.",
        )
    return saved


def compare_with(ranked: RankedLog, *, path: Path, saved: SavedRanking) -> Analysis:
    """Compare a ranking with a saved one.

    Parameters
    ----------
    ranked : RankedLog
        The log.
    path : Path
        Where the saved ranking is from.
    saved : SavedRanking
        What it says.

    Returns
    -------
    Analysis
        What moved by more than its noise.

    Raises
    ------
    DataError
        It is of another label, of another score, or of other fields.
    """
    _check(saved, ranked, str(path))
    _warn(saved, ranked, str(path))
    if ranked.fingerprint is not None and saved.fingerprint == ranked.fingerprint:
        ranked.reporter.warn(f"ranking {str(path)!r} is of the same files: no row can have moved anything")
    score = ranked.ranking.score
    compared = score if score in HAVE_ERRORS else Score.CORRECTED
    now = [
        Estimate(
            field.name,
            field.rank,
            field.score,
            field.verdict,
            field.score if field.score_se is not None else field.corrected_mutual_information,
            field.score_se if field.score_se is not None else field.corrected_mutual_information_se,
        )
        for field in ranked.ranking.fields
    ]
    known = {field.name for field in saved.fields}
    names = [field.name for field in now if field.name in known]
    growth = _growth(ranked, names, saved.n_rows, compared)
    movements = compare_rankings(now, _estimates(saved), growth)
    shown = sorted(
        (each for each in movements if each.status is not Status.STEADY or each.changes_verdict),
        key=lambda each: (SHOWN_FIRST.index(each.status), -abs(each.z or 0.0)),
    )
    if all(each.status is Status.STEADY for each in movements):
        ranked.reporter.note(f"nothing moved by more than its noise since {path.name}")
    content = comparison_content(
        movements, path=str(path), fingerprint=saved.fingerprint, n_rows=saved.n_rows
    )
    return Analysis(
        content={"compare": content},
        tables=(comparison_table(shown, compared, before=path.name),) if shown else (),
    )


def _check(saved: SavedRanking, ranked: RankedLog, title: str) -> None:
    for what, was, is_now in (
        ("label", saved.label, ranked.schema.label),
        ("score", saved.options.get("score"), ranked.ranking.score.value),
    ):
        if was != is_now:
            raise DataError(
                f"ranking {title!r} has {what} {was!r}, this one {is_now!r}",
                f"Compare rankings of one {what}: rank one of the logs again with --{what}.",
            )
    if not {field.name for field in saved.fields} & {field.name for field in ranked.ranking.fields}:
        raise DataError(
            f"ranking {title!r} has no field of this log",
            "Compare rankings of logs of the same kind.",
        )


def _warn(saved: SavedRanking, ranked: RankedLog, title: str) -> None:
    for name in SAME_OPTIONS:
        was, is_now = saved.options.get(name), ranked.options.get(name)
        if json.dumps(was) != json.dumps(is_now):  # JSON has no tuples
            ranked.reporter.warn(
                f"ranking {title!r} was made with {name} {was!r}, this one with {is_now!r}: what moved may "
                "be owed to that"
            )
    n_rows = ranked.counts.n_rows
    if saved.n_rows and not 1 / ROWS_RATIO <= n_rows / saved.n_rows <= ROWS_RATIO:
        ranked.reporter.warn(
            f"ranking {title!r} is of {saved.n_rows:,} rows, this one of {n_rows:,}: scores of fields with "
            "many values grow with rows, which is allowed for as far as this log tells"
        )
    if ranked.schema.weight is not None:
        ranked.reporter.warn(
            "standard errors take weights as alike: where they are not, more seems to have moved than did"
        )


def _estimates(saved: SavedRanking) -> list[Estimate]:
    return [
        Estimate(
            field.name,
            rank,
            field.score,
            field.verdict,
            field.score if field.score_se is not None else field.information,
            field.score_se if field.score_se is not None else field.information_se or 0.0,
        )
        for rank, field in enumerate(saved.fields, start=1)
    ]


def _growth(ranked: RankedLog, names: Sequence[str], n_before: int, score: Score) -> Mapping[str, Growth]:
    """What fields gain by the rows that the log has more, or lose by those that it has fewer."""
    n_rows = ranked.counts.n_rows
    if not n_before or n_before == n_rows or ranked.schema.weight is not None:
        return {}
    tables, seed = ranked.tables(), ranked.request.seed
    share = min(n_rows, n_before) / max(n_rows, n_before)

    def grown(name: str) -> Growth:
        growth = score_growth(tables[name], name, score, share=share, seed=seed)
        if n_rows > n_before:
            return growth
        # what the last rows gained is what those that the log lacks would gain, the less surely the more
        return Growth(-growth.gain, math.hypot(growth.se, growth.gain * math.log(share)))

    with ThreadPoolExecutor(ranked.resources.n_threads) as pool:
        return dict(zip(names, pool.map(grown, names), strict=True))
