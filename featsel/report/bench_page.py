"""What does the page of a bench show? Which method is best, how AUC grows with k, and all numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from featsel.report.article import Article, article_page
from featsel.report.bench import CHANCE, bench_sentences, points_table, results_of, summary_table
from featsel.report.bench_charts import area_chart, auc_chart
from featsel.report.page import escaped
from featsel.report.ranking import counted
from featsel.report.sections import (
    as_mapping,
    figure,
    options_section,
    plain,
    plain_table,
    scrolling_table,
    seconds,
    tile,
    tiles,
)
from featsel.report.table import Align, Cell, Column, Table, readable

GUIDE = (
    "Every method orders the fields by training rows, and validation rows where it needs them. A model "
    "learns from the first k fields of each order, ends by validation rows, and is judged by test rows that "
    "nothing has seen. The area (AUKC) is the mean of 2 (AUC - .5) over k from 0 to the largest k, by the "
    "trapezoid, with an AUC of .5 for no field.",
    "Intervals after ± are 95 % intervals of a mean over seeds (Student's t), each seed with a split, a "
    "search and a training of its own; differences are paired by seed. They know of the luck of splits and "
    "trainings, as far as so few seeds tell; random splits share rows, so they are somewhat too narrow. "
    "Intervals over rows pair the losses of each test row; they know which rows were drawn, not that another "
    "training differs.",
)
"""How to read the numbers, in paragraphs."""


def bench_html(document: Mapping[str, Any]) -> str:
    """One self-contained page that opens offline and loads nothing: curves, areas, tables.

    Parameters
    ----------
    document : mapping
        What ``featsel bench --json`` prints, read back.

    Returns
    -------
    str
        An HTML document, the same for the same document.
    """
    return article_page(bench_article(document))


def bench_article(document: Mapping[str, Any]) -> Article:
    """What a page tells of a comparison of methods; see :func:`bench_html`."""
    label = plain(as_mapping(document.get("options")).get("label") or "the label")
    lead = (
        f"{counted(len(document['methods']), 'method')}, {counted(len(document['models']), 'model')}, "
        f"{counted(len(document['k']), 'number')} of fields, {counted(len(document['seeds']), 'seed')}"
    )
    guide = "".join(f"<p>{escaped(text)}</p>" for text in GUIDE)
    body = "".join(
        (
            tiles("Results", _tiles(document)),
            *(_of_model(document, model, name=f"methods-{n}") for n, model in enumerate(document["models"])),
            f'<section class="guide"><h2>How to read this</h2>{guide}</section>',
            _first_fields(document),
            _points(document),
            options_section(as_mapping(document.get("options"))),
        )
    )
    return Article(
        f"Comparison of methods: {label}",
        f"Which method orders the fields of <em>{escaped(label)}</em> best?",
        lead,
        _facts(document),
        body,
    )


def _facts(document: Mapping[str, Any]) -> tuple[tuple[str, object], ...]:
    source, rows = as_mapping(document.get("input")), document["rows"]
    cost = document["cost"]
    return (
        ("Log", source.get("paths")),
        ("Rows", source.get("rows")),
        ("Training rows", rows["train"]),
        ("Validation rows", rows["valid"]),
        ("Test rows", rows["test"]),
        ("Fields", document["fields"]),
        ("Models", document["models"]),
        ("Asked by methods", document["search_model"]),
        ("Seeds", document["seeds"]),
        ("Truth", document.get("truth")),
        ("Trainings", f"{cost['trainings']:,} for {cost['points']:,} points, {cost['cpu_s']:,.0f} CPU s"),
        ("Fingerprint", source.get("fingerprint")),
        ("Time", seconds(document.get("elapsed_s"))),
        ("featsel", document.get("featsel")),
    )


def _tiles(document: Mapping[str, Any]) -> Iterator[str]:
    for model in document["models"]:
        results = {result["method"]: result for result in results_of(document, model)}
        best = next(result for result in results.values() if result["is_best"])
        area, chance = best["aukc"]["mean"], results[CHANCE]["aukc"]["mean"]
        yield tile(
            best["method"],
            f"best with {model}",
            f"area {readable(area, '.4f')}; chance {readable(chance, '.4f')}",
        )


def _of_model(document: Mapping[str, Any], model: str, *, name: str) -> str:
    results, table = results_of(document, model), summary_table(document, model)
    told = "".join(f"<p>{escaped(sentence)}</p>" for sentence in bench_sentences(document, model))
    curves = (
        "Test AUC of a model that reads the first k fields of each method. Methods whose first fields are "
        "the same share a training, so all lines meet where every field is read."
    )
    areas = "Areas under these curves, k on a linear scale; dark lines are 95 % intervals over seeds."
    return (
        f'<section class="guide"><h2>{escaped(model)}</h2>{told}</section>'
        + figure(f"AUC over k: {model}", curves, auc_chart(results))
        + figure(f"Areas: {model}", areas, area_chart(results))
        + plain_table(Table(table.title, table.columns, table.rows), heading=table.title, name=name)
    )


def _first_fields(document: Mapping[str, Any]) -> str:
    columns = (
        Column("method", explanation="What orders the fields."),
        Column("seed", Align.RIGHT, ",", explanation="Of split and search."),
        Column("kept", Align.RIGHT, ",", explanation="Fields that the method itself keeps."),
        Column("fields", explanation="All fields, best first; behind those that are kept, the others."),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (entry["method"], order["seed"], order["kept"], ", ".join(order["fields"]))
        for entry in document["methods"]
        for order in entry["orders"]
    )
    return plain_table(Table("", columns, rows), heading="Orders", name="orders")


def _points(document: Mapping[str, Any]) -> str:
    table = scrolling_table(points_table(document), label="points")
    return f'<section><details><summary id="points">All numbers</summary>{table}</details></section>'
