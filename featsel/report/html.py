"""What does the page of a ranking show? Facts, verdicts, charts and the whole table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from featsel.ranking.scores import FieldScore, Ranking, Verdict
from featsel.report.article import Article, article_page
from featsel.report.charts import MAX_BARS, cardinality_chart, coverage_chart, information_chart
from featsel.report.page import escaped
from featsel.report.ranking import (
    SCORE_DISPLAYS,
    FieldColumn,
    counted,
    percent,
    ranking_overview,
    ranking_summary,
    verdict_counts,
)
from featsel.report.sections import (
    as_mapping,
    badge,
    cell_html,
    column_guide,
    column_header,
    field_name,
    figure,
    options_section,
    plain,
    plain_table,
    seconds,
    tiles,
)
from featsel.report.table import Cell, Column, Table

MAX_WARNINGS = 8
"""Leaks and identifiers named at the top of the page; a longer list would push the charts out of sight."""

VERDICT_MEANINGS = {
    Verdict.INFORMATIVE: "tells more about the label than chance explains",
    Verdict.NOISE: "no more than chance explains",
    Verdict.CONSTANT: "one value in all rows",
    Verdict.IDENTIFIER: "nearly every row has a value of its own",
    Verdict.LEAK: "knows the label too well to be true",
}
"""Legend of the charts."""


def ranking_html(
    ranking: Ranking,
    *,
    document: Mapping[str, object],
    more: Sequence[FieldColumn] = (),
    tables: Sequence[Table] = (),
) -> str:
    """One self-contained page that opens offline and loads nothing: facts, charts and the whole table.

    Parameters
    ----------
    ranking : Ranking
        What to show.
    document : mapping of str to object
        The JSON document of the same ranking; its ``featsel``, ``input``, ``options`` and ``elapsed_s`` are
        shown.
    more : sequence of FieldColumn
        Further columns of the table of fields.
    tables : sequence of Table
        Further tables, each with a title.

    Returns
    -------
    str
        An HTML document, the same for the same arguments.
    """
    return article_page(ranking_article(ranking, document=document, more=more, tables=tables))


def ranking_article(
    ranking: Ranking,
    *,
    document: Mapping[str, object],
    more: Sequence[FieldColumn] = (),
    tables: Sequence[Table] = (),
    figures: str = "",
) -> Article:
    """What a page tells of a ranking; see :func:`ranking_html`.

    Parameters
    ----------
    ranking, document, more, tables
        As there.
    figures : str
        HTML behind the charts.

    Returns
    -------
    Article
        The same for the same arguments.
    """
    options = as_mapping(document.get("options"))
    label = plain(options.get("label") or document.get("label") or "the label")
    body = "".join(
        (
            _verdicts(ranking),
            _warnings(ranking),
            _guide(ranking, label=label),
            _charts(ranking),
            figures,
            _table_section(ranking_overview(ranking, more=more), verdict_counts(ranking)),
            *(
                plain_table(table, heading=table.title, name=f"table-{number}")
                for number, table in enumerate(tables, start=1)
            ),
            options_section(options),
        )
    )
    return Article(
        f"Field ranking: {label}",
        f"Which fields tell <em>{escaped(label)}</em>?",
        ranking_summary(ranking),
        _facts(ranking, label=label, document=document),
        body,
    )


def _facts(ranking: Ranking, *, label: str, document: Mapping[str, object]) -> tuple[tuple[str, object], ...]:
    source = as_mapping(document.get("input"))
    return (
        ("Log", source.get("paths")),
        ("Rows", ranking.n_rows),
        ("Columns", _count(source.get("columns"))),
        ("Label", label),
        ("Positive", percent(ranking.positive_rate)),
        ("Label entropy", f"{ranking.label_entropy * 1000:.4g} mnat"),
        ("Ordered by", SCORE_DISPLAYS[ranking.score].title),
        ("Fingerprint", source.get("fingerprint")),
        ("Time", seconds(document.get("elapsed_s"))),
        ("featsel", document.get("featsel")),
    )


def _verdicts(ranking: Ranking) -> str:
    items = (
        f'<li class="{verdict.value}"><strong>{count:,}</strong>{badge(verdict.value)}'
        f"<small>{VERDICT_MEANINGS[verdict]}</small></li>"
        for verdict, count in verdict_counts(ranking).items()
    )
    return tiles("Verdicts", items)


def _warnings(ranking: Ranking) -> str:
    suspects = [one for one in ranking.fields if one.verdict in {Verdict.LEAK, Verdict.IDENTIFIER}]
    if not suspects:
        return ""
    items = "".join(_warning(scored) for scored in suspects[:MAX_WARNINGS])
    rest = len(suspects) - MAX_WARNINGS
    more = f"<li>and {rest:,} more in the table</li>" if rest > 0 else ""
    return f'<section class="warnings"><h2>Look at these first</h2><ul>{items}{more}</ul></section>'


def _warning(scored: FieldScore) -> str:
    reason = f": {escaped(scored.reason)}" if scored.reason else ""
    return f"<li>{badge(scored.verdict.value)} {field_name(scored.name)}{reason}</li>"


def _guide(ranking: Ranking, *, label: str) -> str:
    sentences = (
        f"Plug-in information is what a field seems to tell of {label} when its values are simply counted.",
        "Every field seems to tell something, the more so the more values it has: the noise floor is what "
        "the same counts would show by chance alone.",
        "Corrected information is the difference, and the verdict says whether it is more than chance.",
        "Usable information is what a model could gain from the field on rows that it has not seen, so it is "
        "the better guide for fields of many values.",
        f"A mnat is a thousandth of a nat, and all there is to know here is "
        f"{ranking.label_entropy * 1000:.4g} mnat, the entropy of the label.",
    )
    return f'<section class="guide"><h2>How to read this</h2><p>{escaped(" ".join(sentences))}</p></section>'


def _charts(ranking: Ranking) -> str:
    n_fields = len(ranking.fields)
    if not n_fields:
        return ""
    rest = n_fields - MAX_BARS
    best = "The information of the fields" if rest <= 0 else f"The best {MAX_BARS} fields"
    more = f" {counted(rest, 'more field')} in the table." if rest > 0 else ""
    return "".join(
        (
            figure(
                best,
                "Left, what orders the list; a bar with a gap is too long to draw beside the others. "
                "Right, a mark for the plug-in information and an upright line for the noise floor, on a "
                "logarithmic scale: the farther the mark stands to the right of the line, the less is "
                f"chance.{more}",
                information_chart(ranking) + _legend(ranking),
            ),
            _cardinality_figure(ranking),
            _coverage_figure(ranking),
        )
    )


def _cardinality_figure(ranking: Ranking) -> str:
    if len(ranking.fields) < 2:
        return ""  # one point shows no relation
    return figure(
        "Many values look like much information",
        "Each field twice: hollow as counted, filled after the correction. Counted information climbs with "
        "the number of values; what falls to the bottom line owed it to chance.",
        cardinality_chart(ranking) + _legend(ranking),
    )


def _coverage_figure(ranking: Ranking) -> str:
    n_gaps = sum(scored.coverage < 1 for scored in ranking.fields)
    n_full = len(ranking.fields) - n_gaps
    if not n_gaps:
        return figure("Coverage", "No field has nulls.", "")
    cut = f" The {MAX_BARS} emptiest are shown." if n_gaps > MAX_BARS else ""
    has = "has" if n_gaps == 1 else "have"
    rest = f"; {n_full:,} {'has' if n_full == 1 else 'have'} none" if n_full else ""
    return figure("Coverage", f"{counted(n_gaps, 'field')} {has} nulls{rest}.{cut}", coverage_chart(ranking))


def _legend(ranking: Ranking) -> str:
    present = [verdict.value for verdict, count in verdict_counts(ranking).items() if count]
    return f'<p class="legend">{" ".join(badge(verdict) for verdict in present)}</p>'


def _table_section(table: Table, counts: Mapping[Verdict, int]) -> str:
    shown = _shown_columns(table)
    columns = [table.columns[index] for index in shown]
    rows = "".join(_table_row(table, row, shown) for row in table.rows)
    head = "".join(map(_table_header, columns))
    buttons = "".join(
        f'<button type="button" data-verdict="{verdict.value}" aria-pressed="true">{badge(verdict.value)} '
        f"{count:,}</button>"
        for verdict, count in counts.items()
        if count
    )
    return (
        '<section><h2 id="all">All fields</h2><div class="controls" hidden>'
        '<label>Find <input type="search" placeholder="name or reason" autocomplete="off"></label>'
        f'<div role="group" aria-label="Verdicts to show">{buttons}</div><output></output></div>'
        '<div class="scroll" tabindex="0" role="region" aria-labelledby="all">'
        f'<table class="fields" aria-labelledby="all"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{column_guide(columns)}</section>"
    )


def _shown_columns(table: Table) -> list[int]:
    names = [column.name for column in table.columns]
    shown = [index for index, column in enumerate(table.columns) if not column.is_bar]
    # The verdict stands beside the name, where it stays in sight of a narrow window.
    shown.remove(names.index("verdict"))
    shown.insert(names.index("field") + 1, names.index("verdict"))
    return shown


def _table_header(column: Column) -> str:
    return column_header(column, attributes=' aria-sort="ascending"' if column.name == "#" else "")


def _table_row(table: Table, row: Sequence[Cell], shown: Iterable[int]) -> str:
    verdict = row[[column.name for column in table.columns].index("verdict")]
    cells = "".join(_table_cell(row[index], table.columns[index]) for index in shown)
    return f'<tr class="{escaped(str(verdict))}">{cells}</tr>\n'


def _table_cell(cell: Cell, column: Column) -> str:
    if column.name == "field":
        return f'<th scope="row">{field_name(str(cell))}</th>'
    if column.name == "verdict":
        return f"<td>{badge(str(cell))}</td>"
    return cell_html(cell, column)


def _count(value: object) -> object:
    # cast: names or number of the columns, both say how many there are
    return len(cast("Sequence[object]", value)) if isinstance(value, list | tuple) else value
