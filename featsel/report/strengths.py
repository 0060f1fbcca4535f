"""Which columns show a ranking by strength?"""

from __future__ import annotations

from dataclasses import astuple

from featsel.ranking.quickselection import StrengthRanking
from featsel.report.ranking import NAME_WIDTH, counted
from featsel.report.table import Align, Column, Table


def strengths_table(ranking: StrengthRanking, top: int | None = None) -> Table:
    """Every number of a ranking, for programs.

    Parameters
    ----------
    ranking : StrengthRanking
        What to show.
    top : int, optional
        How many of the strongest fields; all if not given.

    Returns
    -------
    Table
        One row per field in rank order, columns named as in the JSON document.
    """
    numbers = (Column(name, Align.RIGHT) for name in ("rank", "score", "spread", "coverage"))
    rows = tuple(astuple(scored) for scored in ranking.fields[:top])
    return Table("Fields by strength", (Column("name"), Column("kind"), *numbers), rows)


def strengths_overview(ranking: StrengthRanking, top: int | None = None) -> Table:
    """Table for a person to read.

    Parameters
    ----------
    ranking : StrengthRanking
        What to show.
    top : int, optional
        How many of the strongest fields; all if not given.

    Returns
    -------
    Table
        One row per field in rank order, with a summary below.
    """
    columns = (
        Column("#", Align.RIGHT, explanation="Place in the list, strongest first."),
        Column("field", wrap_at=NAME_WIDTH, explanation="Name of the column in the log."),
        Column("strength", Align.RIGHT, ".2f", explanation="Of its input neuron; 1 is the mean field."),
        Column("score", is_bar=True, drop_order=2, styles={"": "cyan"}),
        Column("spread", Align.RIGHT, ".2f", explanation="Standard deviation from network to network."),
        Column("coverage", Align.RIGHT, ".1%", drop_order=1, explanation="Share of rows that are not null."),
    )
    full = ranking.fields[0].score or 1.0
    rows = tuple(
        (each.rank, each.name, each.score, each.score / full, each.spread, each.coverage)
        for each in ranking.fields[:top]
    )
    trained = (
        f" (trained on {ranking.n_trained_rows:,} of them)" if ranking.n_trained_rows < ranking.n_rows else ""
    )
    fields = counted(len(ranking.fields), "numeric field")
    notes = [f"{fields}, {counted(ranking.n_rows, 'row')}{trained}: strength 1 is the mean field"]
    if len(rows) < len(ranking.fields):
        notes.append(f"The best {len(rows)} are shown.")
    return Table("", columns, rows, tuple(notes))
