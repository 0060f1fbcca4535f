"""How are the intervals of a sample's scores shown, and what they leave open?"""

from __future__ import annotations

from collections.abc import Mapping

from featsel.ranking.sampling import SampleInterval, Undecided
from featsel.ranking.scores import Ranking, Score
from featsel.report.ranking import SCORE_DISPLAYS, FieldColumn
from featsel.report.table import Align, Cell, Column


def sample_columns(intervals: Mapping[str, SampleInterval | None], score: Score) -> tuple[FieldColumn, ...]:
    """Ends of the intervals.

    Parameters
    ----------
    intervals : mapping of str to SampleInterval or None
        By name of the field.
    score : Score
        What orders the fields.

    Returns
    -------
    tuple of FieldColumn
        Low and high end; empty cells where a sample cannot tell.
    """
    cells: tuple[dict[str, Cell], ...] = (
        {name: each.low if each else None for name, each in intervals.items()},
        {name: each.high if each else None for name, each in intervals.items()},
    )
    return tuple(column.filled(found) for column, found in zip(bound_columns(score), cells, strict=True))


def bound_columns(score: Score) -> tuple[FieldColumn, ...]:
    """What :func:`sample_columns` shows, without cells."""
    display = SCORE_DISPLAYS[score]
    return (
        FieldColumn(
            "score_low",
            {},
            Column(
                "log from",
                Align.RIGHT,
                "z,.3f",
                display.unit,
                "The score of the whole log lies from here, with 95 % confidence.",
                drop_order=3,
            ),
            display.factor,
        ),
        FieldColumn(
            "score_high",
            {},
            Column(
                "to",
                Align.RIGHT,
                "z,.3f",
                display.unit,
                "The score of the whole log lies up to here; more rows may teach what a sample cannot.",
                drop_order=3,
            ),
            display.factor,
        ),
    )


def sample_content(undecided: Undecided, *, n_rows: int, n_total: int) -> dict[str, object]:
    """What the document says of a sample.

    Parameters
    ----------
    undecided : Undecided
        What its intervals leave open.
    n_rows, n_total : int
        Rows of the sample and of the log.

    Returns
    -------
    dict of str to object
        JSON values.
    """
    return {
        "rows": n_rows,
        "of": n_total,
        "level": 0.95,
        "pairs": undecided.n_pairs,
        "undecided_ranks": list(undecided.ranks),
    }


def undecided_sentence(undecided: Undecided, ranking: Ranking) -> str:
    """One sentence on what the intervals leave open.

    Parameters
    ----------
    undecided : Undecided
        With one pair at least.
    ranking : Ranking
        Of the sample.

    Returns
    -------
    str
        Names the first pair, and says how many there are.
    """
    first = undecided.ranks[0]
    better, worse = ranking.fields[first - 1].name, ranking.fields[first].name
    pair = f"of {better!r} and {worse!r} (ranks {first} and {first + 1})"
    more = (
        f", and of {len(undecided.ranks) - 1:,} of the other {undecided.n_pairs - 1:,} neighbouring pairs"
        if len(undecided.ranks) > 1
        else ""
    )
    return f"the order {pair}{more} is undecided at {ranking.n_rows:,} rows; more rows decide it"
