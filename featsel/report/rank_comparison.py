"""How is shown what moved between two rankings?"""

from __future__ import annotations

from collections.abc import Sequence

from featsel.ranking.comparison import Movement
from featsel.ranking.scores import Score
from featsel.report.ranking import NAME_WIDTH, SCORE_DISPLAYS
from featsel.report.table import Align, Cell, Column, Table

STATUS_STYLES = {"moved": "bold", "new": "cyan", "gone": "yellow"}
"""Terminal style of what became of a field."""


def comparison_content(
    movements: Sequence[Movement], *, path: str, fingerprint: str, n_rows: int
) -> dict[str, object]:
    """What the document says of a comparison.

    Parameters
    ----------
    movements : sequence of Movement
        All fields.
    path, fingerprint : str
        The saved ranking, and its log.
    n_rows : int
        Rows of that log.

    Returns
    -------
    dict of str to object
        JSON values.
    """
    return {
        "path": path,
        "fingerprint": fingerprint,
        "rows": n_rows,
        "fields": [
            {
                "name": each.name,
                "rank": each.now.rank if each.now else None,
                "rank_before": each.before.rank if each.before else None,
                "score": each.now.score if each.now else None,
                "score_before": each.before.score if each.before else None,
                "verdict": each.now.verdict if each.now else None,
                "verdict_before": each.before.verdict if each.before else None,
                "difference": each.difference,
                "difference_se": each.se,
                "z": each.z,
                "q_value": each.q_value,
                "status": each.status.value,
            }
            for each in movements
        ],
    }


def comparison_table(movements: Sequence[Movement], compared: Score, *, before: str) -> Table:
    """What moved, for people.

    Parameters
    ----------
    movements : sequence of Movement
        Fields worth showing.
    compared : Score
        What was compared.
    before : str
        Name of the saved ranking.

    Returns
    -------
    Table
        One row per field.
    """
    display = SCORE_DISPLAYS[compared]
    columns = (
        Column("field", wrap_at=NAME_WIDTH),
        Column("status", styles=STATUS_STYLES, explanation="What became of the field."),
        Column("# was", Align.RIGHT, explanation="Its place then."),
        Column("# is", Align.RIGHT, explanation="Its place now."),
        Column(
            "was",
            Align.RIGHT,
            "z,.3f",
            display.unit,
            f"Then: {display.title}.",
            drop_order=3,
            factor=display.factor,
        ),
        Column(
            "is",
            Align.RIGHT,
            "z,.3f",
            display.unit,
            f"Now: {display.title}.",
            drop_order=2,
            factor=display.factor,
        ),
        Column(
            "by",
            Align.RIGHT,
            "+,.3f",
            display.unit,
            "Difference, as if both logs had as many rows.",
            factor=display.factor,
        ),
        Column(
            "±",
            Align.RIGHT,
            ".2g",
            display.unit,
            "Standard error of the difference.",
            drop_order=4,
            factor=display.factor,
        ),
        Column("z", Align.RIGHT, "+,.1f", explanation="Difference over its standard error.", drop_order=1),
        Column("q", Align.RIGHT, ".2g", explanation="Of no movement, adjusted for the number of fields."),
        Column("verdict", explanation="What the field is good for, and was."),
    )
    rows = tuple(map(_row, movements))
    return Table(f"What changed since {before}", columns, rows)


def _row(each: Movement) -> tuple[Cell, ...]:
    now, before = each.now, each.before
    return (
        each.name,
        each.status.value,
        before.rank if before else None,
        now.rank if now else None,
        before.measured if before else None,
        now.measured if now else None,
        each.difference,
        each.se,
        each.z,
        each.q_value,
        _verdict(each),
    )


def _verdict(each: Movement) -> str | None:
    words = [estimate.verdict for estimate in (each.now, each.before) if estimate is not None]
    return f"{words[0]}, was {words[1]}" if each.changes_verdict else words[0]
