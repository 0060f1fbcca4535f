"""How do several results of one kind differ, at a glance?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from featsel.ranking.scores import Verdict
from featsel.report.check_page import check_report
from featsel.report.check_summary import check_counts
from featsel.report.check_text import LONGEST_NAME, clipped
from featsel.report.ranking import verdict_counts
from featsel.report.results import Kind, Presented, Result, of_kind
from featsel.report.saved_ranking import is_by_information, saved_ranking
from featsel.report.selection import log_losses
from featsel.report.table import Align, Cell, Column, Table

TITLES = {
    Kind.CHECK: "Checks side by side",
    Kind.RANKING: "Rankings side by side",
    Kind.SELECTION: "Selections side by side",
    Kind.TRAINING: "Models side by side",
}
"""Kinds of which several can be compared; those of benches have different methods, models and rows."""

BEST_NAMED = 3
"""Fields of a ranking that its line names."""


def side_by_side(presented: Sequence[Presented]) -> Iterator[Table]:
    """A table for each kind of which there are several results.

    Parameters
    ----------
    presented : sequence of Presented
        In any order.

    Yields
    ------
    Table
        One row per result, named by its file.
    """
    for kind, title in TITLES.items():
        lines = [(each.result.source, each.line) for each in of_kind(presented, kind)]
        rows = tuple((source, *line) for source, line in lines if line is not None)
        if len(rows) > 1:
            columns, _ = _LINES[kind]
            yield Table(title, (Column("file", explanation="Where the result was read."), *columns), rows)


def line_of(result: Result) -> tuple[Cell, ...] | None:
    """Numbers of a result for the table of its kind; None where it has none to compare."""
    if result.kind not in _LINES or (result.kind is Kind.RANKING and not is_by_information(result.document)):
        return None
    _, line = _LINES[result.kind]
    return line(result.document)


def _number(name: str, explanation: str, spec: str = ",") -> Column:
    return Column(name, Align.RIGHT, spec, explanation=explanation)


_CHECK_COLUMNS = (
    _number("rows", "Rows of the log."),
    _number("errors", "Failures to mend before use."),
    _number("warnings", "Failures to look at."),
    _number("passed", "Checks that found nothing wrong."),
)


def _check_row(document: Mapping[str, Any]) -> tuple[Cell, ...]:
    counts = check_counts(check_report(document))
    return document["input"]["rows"], counts["errors"], counts["warnings"], counts["passed"]


_RANKING_COLUMNS = (
    _number("rows", "Rows that were counted."),
    _number("positive", "Share of them with a positive label.", ".2%"),
    _number("fields", "Fields that were ranked."),
    *(_number(verdict.value, f"Fields with the verdict {verdict.value}.") for verdict in Verdict),
    Column("best fields", explanation="The first informative ones."),
)


def _ranking_row(document: Mapping[str, Any]) -> tuple[Cell, ...]:
    ranking = saved_ranking(document)
    best = [field.name for field in ranking.fields if field.verdict is Verdict.INFORMATIVE][:BEST_NAMED]
    return (
        ranking.n_rows,
        ranking.positive_rate,
        len(ranking.fields),
        *verdict_counts(ranking).values(),
        ", ".join(clipped(name, LONGEST_NAME) for name in best),
    )


_SELECTION_COLUMNS = (
    Column("method", explanation="How features were chosen."),
    Column("budget", explanation="As it was asked for."),
    _number("fields", "Fields that are kept."),
    _number("features", "Features that are kept."),
    _number("bytes", "Size of the embedding table."),
    _number("log loss, all", "Of validation rows with all features, nats a row.", ".5f"),
    _number("log loss, chosen", "Of validation rows with the chosen features, nats a row.", ".5f"),
)


def _selection_row(document: Mapping[str, Any]) -> tuple[Cell, ...]:
    selection = document["selection"]
    return (
        selection["method"],
        selection.get("budget"),
        *(selection["used"][name] for name in ("fields", "features", "bytes")),
        *log_losses(document),
    )


_TRAINING_COLUMNS = (
    Column("model", explanation="What was trained."),
    _number("parameters", "How many it has."),
    _number("training rows", "Rows that it learnt from."),
    _number("valid AUC", "Of the rows that chose the best weights.", ".5f"),
    _number("test AUC", "Of rows that chose nothing.", ".5f"),
    _number("test log loss", "Of these, nats a row.", ".5f"),
    _number("predicted over actual", "Positive test rows that were predicted, over those that came.", ".4f"),
)


def _training_row(document: Mapping[str, Any]) -> tuple[Cell, ...]:
    model, test = document["model"], document.get("test", {})
    return (
        model["name"],
        model["parameters"],
        document["train"]["rows"],
        document.get("valid", {}).get("auc"),
        test.get("auc"),
        test.get("log_loss"),
        test.get("calibration", {}).get("ratio"),
    )


_LINES: Mapping[Kind, tuple[tuple[Column, ...], Callable[[Mapping[str, Any]], tuple[Cell, ...]]]] = {
    Kind.CHECK: (_CHECK_COLUMNS, _check_row),
    Kind.RANKING: (_RANKING_COLUMNS, _ranking_row),
    Kind.SELECTION: (_SELECTION_COLUMNS, _selection_row),
    Kind.TRAINING: (_TRAINING_COLUMNS, _training_row),
}
