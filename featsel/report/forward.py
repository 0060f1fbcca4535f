"""Which columns and sentences show what lasts of a field?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from featsel.ranking.forward import ForwardScore
from featsel.ranking.outlook import FieldOutlook, Outlook
from featsel.report.ranking import NAME_WIDTH, REASON_WIDTH, FieldColumn, counted
from featsel.report.table import Align, Cell, Column, Table

OUTLOOK_STYLES = {Outlook.FADES.value: "yellow", Outlook.DRIFTS.value: "bold red"}
"""Terminal style of each outlook; a field that lasts needs no colour."""

MOST_NAMED = 5
"""Fields that a sentence names; the table has them all."""

FORWARD_COLUMNS = (
    FieldColumn(
        "forward_information",
        {},
        Column(
            "forward",
            Align.RIGHT,
            "z,.3f",
            "mnat",
            "Log-loss gain per row of click-rate tables of earlier periods over the period's click rate.",
            drop_order=2,
        ),
        1000.0,
    ),
    FieldColumn(
        "carried",
        {},
        Column(
            "carried",
            Align.RIGHT,
            ".0%",
            explanation="Forward information as a share of what rows of the same time gain.",
            drop_order=4,
        ),
    ),
    FieldColumn(
        "drift_q_value",
        {},
        Column(
            "drift q",
            Align.RIGHT,
            ".2g",
            explanation="q-value of effects that differ from period to period.",
            drop_order=9,
        ),
    ),
    FieldColumn(
        "outlook",
        {},
        Column(
            "outlook",
            explanation="lasts: half of what it tells or more is carried forward; drifts: it is not, for "
            "the effects of its values change; fades: it is not, for other reasons.",
            styles=OUTLOOK_STYLES,
            drop_order=2,
        ),
    ),
)
"""What forward scores add to every field, without their cells."""


def forward_columns(
    scores: Mapping[str, ForwardScore], outlooks: Mapping[str, FieldOutlook]
) -> tuple[FieldColumn, ...]:
    """What forward scores add to every field.

    Parameters
    ----------
    scores : mapping of str to ForwardScore
        By field.
    outlooks : mapping of str to FieldOutlook
        By field.

    Returns
    -------
    tuple of FieldColumn
        Forward information, how much of the in-time information that is, the test for drift, and a word.
    """
    cells: tuple[dict[str, Cell], ...] = (
        {name: score.nats for name, score in scores.items()},
        {name: outlook.carried for name, outlook in outlooks.items()},
        {name: outlook.q_value for name, outlook in outlooks.items()},
        {name: outlook.outlook.value if outlook.outlook else None for name, outlook in outlooks.items()},
    )
    return tuple(column.filled(found) for column, found in zip(FORWARD_COLUMNS, cells, strict=True))


def fading_table(
    names: Sequence[str], scores: Mapping[str, ForwardScore], outlooks: Mapping[str, FieldOutlook]
) -> Table | None:
    """Fields whose information does not last.

    Parameters
    ----------
    names : sequence of str
        The fields in the order in which to show them.
    scores : mapping of str to ForwardScore
        By field.
    outlooks : mapping of str to FieldOutlook
        By field.

    Returns
    -------
    Table or None
        Those that drift, then those that fade; None where all last.
    """
    shown = [
        name
        for wanted in (Outlook.DRIFTS, Outlook.FADES)
        for name in names
        if outlooks[name].outlook is wanted
    ]
    if not shown:
        return None
    columns = (
        Column("field", wrap_at=NAME_WIDTH),
        Column("outlook", styles=OUTLOOK_STYLES),
        Column("in_time_information", Align.RIGHT, "z.6f", "nat", "Gain where other rows of all times help."),
        Column("forward_information", Align.RIGHT, "z.6f", "nat", "Gain of tables of earlier periods alone."),
        Column(
            "drift_information",
            Align.RIGHT,
            "z.6f",
            "nat",
            "What the period tells beside the value.",
            drop_order=2,
        ),
        Column(
            "new_share",
            Align.RIGHT,
            ".1%",
            explanation="Rows whose value no earlier period had.",
            drop_order=1,
        ),
        Column("reason", wrap_at=REASON_WIDTH),
    )
    rows = tuple(
        (
            name,
            (outlooks[name].outlook or Outlook.LASTS).value,
            scores[name].in_time,
            scores[name].nats,
            scores[name].drift_information,
            scores[name].new_share,
            outlooks[name].reason,
        )
        for name in shown
    )
    return Table("What will not last", columns, rows)


def forward_notes(title: str, n_predicted: int, outlooks: Mapping[str, FieldOutlook]) -> tuple[str, ...]:
    """Sentences on what was predicted and what drifts.

    Parameters
    ----------
    title : str
        What the periods are, such as ``"7 days"``.
    n_predicted : int
        How many of them were predicted.
    outlooks : mapping of str to FieldOutlook
        By field.

    Returns
    -------
    tuple of str
        One, or two where fields drift.
    """
    first = f"forward information: {title}, {n_predicted} of them predicted from earlier ones"
    drifting = [name for name, each in outlooks.items() if each.outlook is Outlook.DRIFTS]
    if not drifting:
        return (first,)
    named = ", ".join(map(repr, drifting[:MOST_NAMED]))
    rest = f" and {len(drifting) - MOST_NAMED} more" if len(drifting) > MOST_NAMED else ""
    verb, values = ("drifts", "its") if len(drifting) == 1 else ("drift", "their")
    return (
        first,
        f"{counted(len(drifting), 'field')} {verb}, what {values} values mean changes with time: "
        f"{named}{rest}",
    )
