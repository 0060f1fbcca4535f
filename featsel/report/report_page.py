"""What does one page of several results show? Answers first, then every result with its charts and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from featsel.report.answers import QUESTIONS, answer
from featsel.report.article import Article, folded, nested_article
from featsel.report.bench_page import bench_article
from featsel.report.bench_tables import tables_article
from featsel.report.check_page import check_article
from featsel.report.check_text import LONGEST_NAME, clipped
from featsel.report.page import escaped, render_page
from featsel.report.ranking import counted
from featsel.report.results import Kind, Presented, Result, of_kind
from featsel.report.saved_ranking import saved_ranking_article
from featsel.report.sections import plain_table
from featsel.report.selection_page import selection_article
from featsel.report.side_by_side import line_of, side_by_side
from featsel.report.table import visible
from featsel.report.training_page import training_article

WORDS = {
    Kind.CHECK: "Checks",
    Kind.RANKING: "Ranking",
    Kind.SELECTION: "Selection",
    Kind.TRAINING: "Training",
    Kind.BENCH: "Comparison of methods",
    Kind.TABLES: "Comparison of embedding tables",
}
"""What a result is called in the table of contents."""

MOST_CHECKS = 100
"""Rows of a table of checks: five hundred fields have twenty thousand checks, and whoever reads a page of
several results wants the worst; the page of the checks alone has more."""

MOST_LOGS = 3
"""Logs that the heading names."""


def present(result: Result) -> Presented:
    """Make of a result what a page shows of it; a document whose parts do not fit together fails here."""
    return Presented(result, _ARTICLES[result.kind](result.document), answer(result), line_of(result))


def report_html(presented: Sequence[Presented], *, title: str | None = None) -> str:
    """One self-contained page that opens offline and loads nothing: what results say, and all of them.

    Parameters
    ----------
    presented : sequence of Presented
        One at least, in any order.
    title : str, optional
        Plain text; what the results are about if not given.

    Returns
    -------
    str
        An HTML document, the same for the same results.
    """
    ordered = [each for kind in Kind for each in of_kind(presented, kind)]
    names = _names(ordered)
    heading = title or f"Report on {_logs(ordered)}"
    articles = "".join(
        nested_article(each.article, source=each.result.source, name=name)
        for each, name in zip(ordered, names, strict=True)
    )
    tables = "".join(
        folded(plain_table(table, heading=table.title, name=f"side-by-side-{number}"))
        for number, table in enumerate(side_by_side(ordered), start=1)
    )
    body = (
        '<a class="skip" href="#content">Skip to the results</a>'
        f"<header><h1>{escaped(heading)}</h1>"
        f'<p class="lead">{counted(len(ordered), "result")} of featsel on one page.</p></header>'
        f"<main>{_answers(ordered)}{_contents(ordered, names)}"
        f'<div id="content">{tables}{articles}</div></main>'
    )
    return render_page(heading, body)


def answer_lines(presented: Sequence[Presented]) -> list[str]:
    """What results say as lines of text; where several answer a question, with the file that says so."""
    return [
        visible(f"{question} {_source(each, found)}{' '.join(each.sentences)}")
        for kind, question in QUESTIONS.items()
        for found in [of_kind(presented, kind)]
        for each in found
    ]


def _source(each: Presented, found: Sequence[Presented]) -> str:
    return f"{each.result.source}: " if len(found) > 1 else ""


def _names(presented: Sequence[Presented]) -> list[str]:
    """Identifiers within the page, such as ``ranking-2``."""
    kinds = [each.result.kind for each in presented]
    return [f"{kind.value}-{kinds[: place + 1].count(kind)}" for place, kind in enumerate(kinds)]


def _logs(presented: Sequence[Presented]) -> str:
    paths = dict.fromkeys(path for each in presented for path in each.result.log)
    named = [path.replace("\\", "/").rstrip("/").rpartition("/")[2] for path in paths]
    named = [clipped(name, LONGEST_NAME) for name in dict.fromkeys(named)]
    rest = f" and {len(named) - MOST_LOGS:,} more" if len(named) > MOST_LOGS else ""
    return f"{', '.join(named[:MOST_LOGS])}{rest}" if named else "a log"


def _answers(presented: Sequence[Presented]) -> str:
    items: list[str] = []
    for kind, question in QUESTIONS.items():
        found = of_kind(presented, kind)
        told = "".join(_told(each, found) for each in found)
        items += [f"<div><dt>{question}</dt><dd>{told}</dd></div>"] if found else []
    return (
        '<section class="guide short"><h2>In short</h2>'
        f'<dl class="answers">{"".join(items)}</dl>{_mixed(presented)}</section>'
    )


def _told(each: Presented, found: Sequence[Presented]) -> str:
    source = _source(each, found)
    first, *others = map(escaped, each.sentences)
    listed = f"<ul>{''.join(f'<li>{sentence}</li>' for sentence in others)}</ul>" if others else ""
    return f"<p>{f'<b>{escaped(source)}</b>' if source else ''}{first}</p>{listed}"


def _mixed(presented: Sequence[Presented]) -> str:
    """Said where results are not of one log."""
    prints = {each.result.fingerprint for each in presented} - {None}
    if len(prints) < 2:
        return ""
    return (
        f"<p>These results are of {len(prints):,} different logs, so they need not agree with each other.</p>"
    )


def _contents(presented: Sequence[Presented], names: Sequence[str]) -> str:
    items = "".join(
        f'<li><a href="#{name}">{WORDS[each.result.kind]}: {QUESTIONS[each.result.kind]}</a> '
        f"<small>{escaped(each.result.source)}</small></li>"
        for each, name in zip(presented, names, strict=True)
    )
    return (
        '<nav class="guide contents" aria-labelledby="contents"><h2 id="contents">Contents</h2>'
        f"<ol>{items}</ol></nav>"
    )


_ARTICLES: Mapping[Kind, Callable[[Mapping[str, Any]], Article]] = {
    Kind.CHECK: partial(check_article, most_rows=MOST_CHECKS),
    Kind.RANKING: saved_ranking_article,
    Kind.SELECTION: selection_article,
    Kind.TRAINING: training_article,
    Kind.BENCH: bench_article,
    Kind.TABLES: tables_article,
}
