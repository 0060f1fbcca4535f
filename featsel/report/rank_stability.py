"""How are the intervals of a ranking shown, and the stability of its first fields?"""

from __future__ import annotations

from collections.abc import Sequence

from featsel.ranking.scores import Score
from featsel.ranking.stability import LEVEL, Stability, TopStability
from featsel.report.ranking import SCORE_DISPLAYS, FieldColumn
from featsel.report.table import Align, Cell, Column, Table


def stability_columns(stability: Stability, score: Score) -> tuple[FieldColumn, ...]:
    """Intervals of every field.

    Parameters
    ----------
    stability : Stability
        What the halves show.
    score : Score
        What ordered the fields.

    Returns
    -------
    tuple of FieldColumn
        Best and worst rank, lowest and highest score.
    """
    cells: tuple[dict[str, Cell], ...] = (
        {name: each.rank_low for name, each in stability.fields.items()},
        {name: each.rank_high for name, each in stability.fields.items()},
        {name: each.score_low for name, each in stability.fields.items()},
        {name: each.score_high for name, each in stability.fields.items()},
    )
    return tuple(column.filled(found) for column, found in zip(interval_columns(score), cells, strict=True))


def interval_columns(score: Score) -> tuple[FieldColumn, ...]:
    """What :func:`stability_columns` shows, without cells."""
    display, share = SCORE_DISPLAYS[score], f"{LEVEL:.0%}"
    return (
        FieldColumn(
            "rank_low", {}, Column("# best", Align.RIGHT, explanation=f"Best place in {share} of the halves.")
        ),
        FieldColumn(
            "rank_high",
            {},
            Column("# worst", Align.RIGHT, explanation=f"Worst place in {share} of the halves."),
        ),
        FieldColumn(
            "score_resampled_low",
            {},
            Column(
                "halves from",
                Align.RIGHT,
                "z,.3f",
                display.unit,
                f"Score, less what {share} of the halves fall below their mean at most.",
                drop_order=8,
            ),
            display.factor,
        ),
        FieldColumn(
            "score_resampled_high",
            {},
            Column(
                "to",
                Align.RIGHT,
                "z,.3f",
                display.unit,
                f"Score, and what {share} of the halves rise above their mean at most.",
                drop_order=8,
            ),
            display.factor,
        ),
    )


def stability_content(stability: Stability, *, n_resamples: int, halved: str) -> dict[str, object]:
    """What the document says of stability.

    Parameters
    ----------
    stability : Stability
        What the halves show.
    n_resamples : int
        How many there were.
    halved : str
        Of what: ``rows`` or ``periods``.

    Returns
    -------
    dict of str to object
        JSON values.
    """
    return {
        "resamples": n_resamples,
        "of": halved,
        "level": LEVEL,
        "top": [
            {
                "fields": top.size,
                "index": top.agreement.index,
                "index_low": top.agreement.low,
                "index_high": top.agreement.high,
                "usable_information": top.usable_information,
                "significant_share": top.significant_share,
            }
            for top in stability.tops
        ],
    }


def stability_table(tops: Sequence[TopStability], *, n_resamples: int, halved: str) -> Table:
    """Stability of the first fields beside their worth.

    Parameters
    ----------
    tops : sequence of TopStability
        What the halves show of the first fields.
    n_resamples : int
        How many there were.
    halved : str
        Of what: ``rows`` or ``periods``.

    Returns
    -------
    Table
        One row per number of fields.
    """
    columns = (
        Column("first", Align.RIGHT, explanation="How many of the first fields are meant."),
        Column(
            "stability",
            Align.RIGHT,
            ".3f",
            explanation="How alike they are from half to half: 1 always the same, 0 by chance.",
        ),
        Column("from", Align.RIGHT, ".3f", explanation="95 % confidence interval of the stability."),
        Column("to", Align.RIGHT, ".3f", explanation="Its upper end."),
        Column(
            "usable",
            Align.RIGHT,
            "z,.3f",
            "mnat",
            "Mean usable information of these fields on the rows that did not choose them.",
            factor=1000,
        ),
        Column(
            "significant",
            Align.RIGHT,
            ".1%",
            explanation="Share of them with significant information on the rows that did not choose them.",
        ),
    )
    rows = tuple(
        (
            top.size,
            top.agreement.index,
            top.agreement.low,
            top.agreement.high,
            top.usable_information,
            top.significant_share,
        )
        for top in tops
    )
    note = (
        f"{n_resamples:,} random halves of the {halved}. An order can be stable and worthless: read "
        "stability beside what the fields tell of rows that did not choose them."
    )
    return Table("Stability of the first fields", columns, rows, (note,))
