"""Which columns and sentences show a ranking? All numbers for programs, the telling ones for people."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from featsel.core.schema import FieldKind
from featsel.ranking.scores import FieldScore, Ranking, Score, Verdict
from featsel.report.table import Align, Cell, Column, Table

VERDICT_STYLES = {
    Verdict.INFORMATIVE.value: "cyan",
    Verdict.NOISE.value: "dim",
    Verdict.CONSTANT.value: "dim",
    Verdict.IDENTIFIER.value: "yellow",
    Verdict.LEAK.value: "bold red",
}
"""Terminal style of each verdict; the words carry the meaning, so no colour has to."""

NAME_WIDTH = 16
"""Characters of a field name that a narrow terminal shows on one line: most names of real logs."""

REASON_WIDTH = 30
"""Characters of a reason on one line: below that it is not worth its room."""

KIND_WORDS = {FieldKind.CATEGORICAL: "cat", FieldKind.NUMERIC: "num", FieldKind.MULTIVALUED: "multi"}
"""Kinds of fields as short as a terminal needs them."""


@dataclass(frozen=True)
class ScoreDisplay:
    """How the number that orders a ranking is named.

    Parameters
    ----------
    title : str
        What it measures.
    unit : str
        Its unit as displayed, empty for a bare number.
    factor : float
        What turns it into that unit.
    """

    title: str
    unit: str
    factor: float


SCORE_DISPLAYS = {
    Score.CORRECTED: ScoreDisplay("corrected mutual information", "mnat", 1000.0),
    Score.USABLE: ScoreDisplay("usable information", "mnat", 1000.0),
    Score.Z: ScoreDisplay("z", "", 1.0),
    Score.MI: ScoreDisplay("plug-in mutual information", "mnat", 1000.0),
    Score.AMI: ScoreDisplay("adjusted mutual information", "", 1.0),
    Score.OUTRANK: ScoreDisplay("OutRank's score", "mnat", 1000.0),
    Score.FORWARD: ScoreDisplay("forward information", "mnat", 1000.0),
}
"""Millinats, because a good field of a click log holds thousandths of a nat."""


@dataclass(frozen=True)
class FieldColumn:
    """A further number or word for every field of a ranking.

    Parameters
    ----------
    name : str
        Key in the document, and header for programs.
    cells : mapping of str to (str or int or float or None)
        By the name of the field; None where there is none to tell.
    shown : Column
        How people see it.
    factor : float
        What turns its numbers into the unit in which people see them.
    """

    name: str
    cells: Mapping[str, Cell]
    shown: Column
    factor: float = 1.0

    def filled(self, cells: Mapping[str, Cell]) -> FieldColumn:
        """The same column with other cells."""
        return replace(self, cells=cells)

    def cell(self, name: str) -> Cell:
        """What people see of a field."""
        cell = self.cells[name]
        return cell * self.factor if isinstance(cell, float) else cell


def ranking_table(ranking: Ranking, top: int | None = None, *, more: Sequence[FieldColumn] = ()) -> Table:
    """Every number of a ranking, for programs.

    Parameters
    ----------
    ranking : Ranking
        What to show.
    top : int, optional
        How many of the best fields; all if not given.
    more : sequence of FieldColumn
        Columns behind those of every ranking.

    Returns
    -------
    Table
        One row per field in rank order, columns named as in the JSON document.
    """
    columns = (
        Column("name", wrap_at=NAME_WIDTH),
        Column("kind"),
        Column("rank", Align.RIGHT),
        Column("score", Align.RIGHT, "z.6f"),
        Column("cardinality", Align.RIGHT, ","),
        Column("coverage", Align.RIGHT, ".1%"),
        Column("mutual_information", Align.RIGHT, "z.6f"),
        Column("expected_mutual_information", Align.RIGHT, "z.6f"),
        Column("corrected_mutual_information", Align.RIGHT, "z.6f"),
        Column("relative_information", Align.RIGHT, "z.6f"),
        Column("z", Align.RIGHT, "z,.1f"),
        Column("p_value", Align.RIGHT, ".2g"),
        Column("q_value", Align.RIGHT, ".2g"),
        Column("usable_information", Align.RIGHT, "z.6f"),
        Column("verdict", styles=VERDICT_STYLES),
        Column("reason", wrap_at=REASON_WIDTH),
        Column("score_se", Align.RIGHT, ".6f"),
        Column("corrected_mutual_information_se", Align.RIGHT, ".6f"),
        Column("usable_information_se", Align.RIGHT, ".6f"),
        *(Column(each.name, each.shown.align) for each in more),
    )
    rows = tuple(
        (*_exact_row(scored), *(each.cells[scored.name] for each in more)) for scored in ranking.fields[:top]
    )
    return Table("Fields by score", columns, rows, (ranking_summary(ranking),))


def ranking_overview(ranking: Ranking, top: int | None = None, *, more: Sequence[FieldColumn] = ()) -> Table:
    """Table for a person to read; a terminal shows as many of its columns as it has room for.

    Parameters
    ----------
    ranking : Ranking
        What to show.
    top : int, optional
        How many of the best fields; all if not given.
    more : sequence of FieldColumn
        Columns before the verdict.

    Returns
    -------
    Table
        One row per field in rank order, information in millinats, with a summary below.
    """
    shown = ranking.fields[:top]
    full = full_bar(ranking)
    facets = _facets(ranking, full, more)
    rows = tuple(tuple(facet.cell(scored) for facet in facets) for scored in shown)
    notes = [ranking_summary(ranking)]
    if len(shown) < len(ranking.fields):
        notes.append(f"The best {len(shown)} are shown.")
    return Table("", tuple(facet.column for facet in facets), rows, tuple(notes))


def ranking_summary(ranking: Ranking) -> str:
    """One line that says what was ranked and what came of it.

    Parameters
    ----------
    ranking : Ranking
        What to sum up.

    Returns
    -------
    str
        Such as ``"39 fields, 10,000 rows, 21.8 % positive: 31 informative, 8 noise"``.
    """
    counts = verdict_counts(ranking)
    verdicts = ", ".join(f"{count:,} {verdict}" for verdict, count in counts.items() if count)
    facts = (
        f"{counted(len(ranking.fields), 'field')}, {counted(ranking.n_rows, 'row')}, "
        f"{percent(ranking.positive_rate)} positive"
    )
    return f"{facts}: {verdicts}" if verdicts else facts


def verdict_counts(ranking: Ranking) -> dict[Verdict, int]:
    """Fields of each verdict, in the order of :class:`featsel.ranking.scores.Verdict`.

    Parameters
    ----------
    ranking : Ranking
        What to count.

    Returns
    -------
    dict of Verdict to int
        Every verdict, with 0 where no field has it.
    """
    counts = Counter(scored.verdict for scored in ranking.fields)
    return {verdict: counts[verdict] for verdict in Verdict}


def full_bar(ranking: Ranking) -> float:
    """Score that fills a bar: the best of the fields that are no leak, so that a leak does not dwarf them.

    Parameters
    ----------
    ranking : Ranking
        What the bars show.

    Returns
    -------
    float
        A positive number; 1 where no score is positive.
    """
    finite = [scored for scored in ranking.fields if math.isfinite(scored.score) and scored.score > 0]
    honest = [scored.score for scored in finite if scored.verdict is not Verdict.LEAK]
    return max(honest or [scored.score for scored in finite], default=1.0)


def counted(number: int, noun: str) -> str:
    """Count a noun, in the plural where it belongs.

    Parameters
    ----------
    number : int
        How many.
    noun : str
        Of what, in the singular.

    Returns
    -------
    str
        Such as ``"1 field"`` or ``"1,000 rows"``.
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def percent(share: float) -> str:
    """Share from 0 to 1 with three significant digits, as a percentage.

    Parameters
    ----------
    share : float
        From 0 to 1.

    Returns
    -------
    str
        Such as ``"21.8 %"``.
    """
    rounded = f"{share * 100:.3g} %"
    # 100 % is a claim about every row
    return "> 99.9 %" if rounded == "100 %" and share < 1 else rounded


@dataclass(frozen=True)
class _Facet:
    column: Column
    cell: Callable[[FieldScore], Cell]


def _facets(ranking: Ranking, full: float, more: Sequence[FieldColumn]) -> tuple[_Facet, ...]:
    display = SCORE_DISPLAYS[ranking.score]
    score = _number(
        ranking.score.value,
        lambda scored: scored.score * display.factor,
        spec="z,.3f",
        unit=display.unit,
        explanation=f"What orders the list: {display.title}.",
    )
    bar = _Facet(
        Column("score", is_bar=True, drop_order=6, styles={"": "cyan"}), lambda scored: scored.score / full
    )
    measures = _measuring_facets()
    # Some scores stand among the measures anyway; what orders the list stands first and stays.
    orders = next((facet for facet in measures if facet.column.name == ranking.score.value), score)
    first = replace(orders, column=replace(orders.column, drop_order=0))
    others = (facet for facet in measures if facet is not orders)
    error = _number(
        "±",
        lambda scored: None if scored.score_se is None else scored.score_se * display.factor,
        spec=".2g",
        unit=display.unit,
        drop_order=7,
        explanation="Standard error of the score, over other logs of as many rows.",
    )
    further = map(_further_facet, more)
    return (*_describing_facets(), first, bar, error, *others, *further, *_judging_facets())


def _further_facet(column: FieldColumn) -> _Facet:
    return _Facet(column.shown, lambda scored: column.cell(scored.name))


def _describing_facets() -> tuple[_Facet, ...]:
    return (
        _number("#", lambda scored: scored.rank, explanation="Place in the list, best first."),
        _Facet(
            Column("field", wrap_at=NAME_WIDTH, explanation="Name of the column in the log."),
            lambda scored: scored.name,
        ),
        _Facet(
            Column(
                "kind", drop_order=5, explanation="How its values were read: categories, numbers or lists."
            ),
            lambda scored: KIND_WORDS[scored.kind],
        ),
        _number(
            "values",
            lambda scored: scored.cardinality,
            spec=",",
            drop_order=1,
            explanation="Cardinality: distinct values, null among them; of numbers before binning.",
        ),
        _number(
            "coverage",
            lambda scored: scored.coverage,
            spec=".1%",
            drop_order=2,
            explanation="Share of the rows that are not null.",
        ),
    )


def _measuring_facets() -> tuple[_Facet, ...]:
    return (
        _number(
            "plug-in",
            lambda scored: scored.mutual_information * 1000,
            spec="z,.3f",
            unit="mnat",
            drop_order=8,
            explanation="Mutual information with the label as counted; it grows with the number of values.",
        ),
        _number(
            "floor",
            lambda scored: scored.expected_mutual_information * 1000,
            spec="z,.3f",
            unit="mnat",
            drop_order=8,
            explanation="Noise floor: the plug-in value that these counts would show by chance alone.",
        ),
        _number(
            "corrected",
            lambda scored: scored.corrected_mutual_information * 1000,
            spec="z,.3f",
            unit="mnat",
            explanation="Plug-in minus noise floor: information that is not owed to chance.",
        ),
        _number(
            "of label",
            lambda scored: scored.relative_information,
            spec="z.2%",
            drop_order=1,
            explanation="Corrected information as a share of the label entropy above the noise floor.",
        ),
        _number(
            "usable",
            lambda scored: scored.usable_information * 1000,
            spec="z,.3f",
            unit="mnat",
            drop_order=4,
            explanation="Held-out log-loss gain per row of this field's own click-rate table.",
        ),
        _number(
            "z",
            lambda scored: scored.z,
            spec="z,.1f",
            drop_order=3,
            explanation="Corrected information in standard deviations of chance.",
        ),
        _number(
            "p",
            lambda scored: scored.p_value,
            spec=".2g",
            drop_order=9,
            explanation="Probability of as much information by chance.",
        ),
        _number(
            "q",
            lambda scored: scored.q_value,
            spec=".2g",
            drop_order=9,
            explanation="p after Benjamini and Hochberg: the share of false finds if the list is cut here.",
        ),
    )


def _judging_facets() -> tuple[_Facet, ...]:
    return (
        _Facet(
            Column("verdict", styles=VERDICT_STYLES, explanation="What the field is good for."),
            lambda scored: scored.verdict.value,
        ),
        _Facet(
            Column("reason", wrap_at=REASON_WIDTH, drop_order=7, explanation="Why that verdict."),
            lambda scored: scored.reason,
        ),
    )


def _number(
    name: str,
    cell: Callable[[FieldScore], Cell],
    *,
    explanation: str,
    spec: str = "",
    unit: str = "",
    drop_order: int = 0,
) -> _Facet:
    return _Facet(Column(name, Align.RIGHT, spec, unit, explanation, drop_order=drop_order), cell)


def _exact_row(scored: FieldScore) -> tuple[Cell, ...]:
    return (
        scored.name,
        scored.kind.value,
        scored.rank,
        scored.score,
        scored.cardinality,
        scored.coverage,
        scored.mutual_information,
        scored.expected_mutual_information,
        scored.corrected_mutual_information,
        scored.relative_information,
        scored.z,
        scored.p_value,
        scored.q_value,
        scored.usable_information,
        scored.verdict.value,
        scored.reason,
        scored.score_se,
        scored.corrected_mutual_information_se,
        scored.usable_information_se,
    )
