"""What does the page of a training show? How good the model is, how it got there, and with which options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from featsel.report.article import Article, article_page
from featsel.report.page import escaped
from featsel.report.ranking import counted
from featsel.report.sections import (
    as_mapping,
    definitions,
    figure,
    options_section,
    plain,
    plain_table,
    seconds,
    tile,
    tiles,
    warnings_section,
)
from featsel.report.table import Align, Column, Table, readable
from featsel.report.training import training_table
from featsel.report.training_charts import (
    PART_WORDS,
    Evaluated,
    RateBin,
    auc_chart,
    loss_chart,
    reliability_chart,
)

HELD_OUT = ("test", "valid")
"""Parts that the model did not learn from, the one that nothing was chosen by first."""

MOST_RATIO = 1.1
"""Predictions further off their sum are worth a warning: bids and budgets are made of them."""

TIMES = {
    "encode_s": "Reading and encoding",
    "encode_cpu_s": "Reading and encoding, processor",
    "fit_s": "Training and evaluations",
    "fit_cpu_s": "Training and evaluations, processor",
    "train_s": "Training alone",
    "train_cpu_s": "Training alone, processor",
}
"""Names of the document's durations."""


def training_html(document: Mapping[str, Any]) -> str:
    """One self-contained page that opens offline and loads nothing: metrics, curves, calibration, options.

    Parameters
    ----------
    document : mapping
        Content of ``metrics.json``.

    Returns
    -------
    str
        An HTML document, the same for the same document.
    """
    return article_page(training_article(document))


def training_article(document: Mapping[str, Any]) -> Article:
    """What a page tells of a training; see :func:`training_html`."""
    name = str(document["model"]["name"])
    lead = (
        f"Learnt from {counted(document['train']['rows'], 'row')} in {counted(document['epochs'], 'epoch')}; "
        f"the weights are those of epoch {document['best_epoch']}"
    )
    history = [_evaluated(line) for line in document["history"]]
    body = "".join(
        (
            _tiles(document),
            warnings_section(_warning_texts(document)),
            _guide(),
            _learning(history),
            _reliability(document),
            plain_table(training_table(document), heading="All measures", name="measures"),
            plain_table(_history_table(history), heading="All evaluations", name="evaluations"),
            _bins(document),
            _timing(document),
            options_section(as_mapping(document.get("options"))),
        )
    )
    return Article(
        f"Training: {name}",
        f"How well does <em>{escaped(name)}</em> predict?",
        lead,
        _facts(document),
        body,
    )


def _facts(document: Mapping[str, Any]) -> tuple[tuple[str, object], ...]:
    source, model = as_mapping(document.get("input")), document["model"]
    options, split = as_mapping(document.get("options")), as_mapping(document.get("split"))
    shares = [f"{split[part]:.3g} {PART_WORDS[part]}" for part in ("valid", "test") if split.get(part)]
    return (
        ("Log", source.get("paths")),
        ("Rows", source.get("rows")),
        ("Fields", source.get("columns")),
        ("Held out", f"{', '.join(shares)} ({split.get('order')})" if shares else None),
        ("Parameters", model.get("parameters")),
        ("Table", f"{model['table_bytes']:,} bytes" if "table_bytes" in model else None),
        ("Device", _device(options)),
        ("Rows a second", document.get("rows_per_second")),
        ("Fingerprint", source.get("fingerprint")),
        ("Time", seconds(document.get("elapsed_s"))),
        ("featsel", document.get("featsel")),
    )


def _device(options: Mapping[str, object]) -> str | None:
    words = [str(options[name]) for name in ("device", "precision") if options.get(name) is not None]
    return ", ".join(words) or None


def _tiles(document: Mapping[str, Any]) -> str:
    return tiles("Results", _tile_items(document))


def _tile_items(document: Mapping[str, Any]) -> Iterator[str]:
    parts = [part for part in HELD_OUT if part in document]
    for part in parts:
        measured, word = document[part], PART_WORDS[part]
        yield tile(
            readable(measured["auc"], ".4f"),
            f"{word} AUC",
            f"{counted(measured['rows'], 'row')}; 0.5 knows nothing",
        )
        yield tile(readable(measured["log_loss"], ".4f"), f"{word} log loss", "nats a row; 0 is perfect")
        ratio = measured["calibration"]["ratio"]
        yield tile(
            readable(ratio, ".3f"), f"{word} calibration", "predicted over actual positives; 1 is right"
        )
    if not parts:
        yield tile(
            readable(document["train"]["log_loss"], ".4f"), "training log loss", "of rows that it learnt from"
        )


def _warning_texts(document: Mapping[str, Any]) -> Iterator[str]:
    if not any(part in document for part in HELD_OUT):
        yield "No rows were held out: nothing here tells how well the model predicts rows it has not seen."
    epochs = as_mapping(document.get("options")).get("epochs")
    if "valid" in document and document["best_epoch"] == document["epochs"] == epochs:
        yield "The last epoch was the best one: with more epochs the model may become better."
    for part in HELD_OUT:
        ratio = document[part]["calibration"]["ratio"] if part in document else None
        if ratio is not None and not 1 / MOST_RATIO <= ratio <= MOST_RATIO:
            yield (
                f"On the {PART_WORDS[part]} rows the predictions add up to {ratio:.3g} times the positive "
                "rows that came."
            )


def _guide() -> str:
    text = (
        "AUC is the chance that a positive row is predicted above a negative one; it says nothing of how "
        "large the predictions are. Log loss is the mean surprise at the label and punishes both a wrong "
        "order and wrong sizes. Calibration is the sum of the predictions over the number of positive rows. "
        "Validation rows chose the weights, so the model looks a little better on them than it is; test rows "
        "chose nothing."
    )
    return f'<section class="guide"><h2>How to read this</h2><p>{escaped(text)}</p></section>'


def _learning(history: list[Evaluated]) -> str:
    charts = [chart for chart in (loss_chart(history), auc_chart(history)) if chart]
    caption = (
        "Each training point is the mean since the one before, of rows as they were predicted before their "
        "step, so it trails behind the model."
    )
    if any(each.valid_loss is not None for each in history):
        caption += (
            " The ring marks the weights that were kept: where validation rises again, the model has begun "
        )
        caption += "to learn its rows by heart."
    return figure("How it learnt", caption, "".join(charts), is_paired=True)


def _reliability(document: Mapping[str, Any]) -> str:
    bins = {part: _rate_bins(document, part) for part in reversed(HELD_OUT)}
    charts = [reliability_chart(part, found) for part, found in bins.items() if found]
    if not charts:
        return ""
    caption = (
        "Rows in bins of equal numbers, from the lowest predictions to the highest. On the dotted diagonal a "
        "prediction means what it says; above it more positive rows came than were predicted. The line "
        "through a mark is a 95 % interval, for rows of equal weight."
    )
    return figure("Do predictions mean what they say?", caption, "".join(charts), is_paired=True)


def _history_table(history: list[Evaluated]) -> Table:
    columns = (
        Column("step", format=",", explanation="Steps of the optimizer so far."),
        Column("epoch", Align.RIGHT, ",", explanation="Pass over the training rows."),
        Column(
            "train_log_loss", Align.RIGHT, ".5f", explanation="Of training rows since the evaluation before."
        ),
        Column("valid_log_loss", Align.RIGHT, ".5f", explanation="Of validation rows."),
        Column("valid_auc", Align.RIGHT, ".5f", explanation="Of validation rows."),
        Column("best", explanation="Whether no evaluation before it was better."),
    )
    rows = tuple(
        (
            each.step,
            each.epoch,
            each.train_loss,
            each.valid_loss,
            each.valid_auc,
            "best so far" if each.is_best and each.valid_loss is not None else "",
        )
        for each in history
    )
    return Table("", columns, rows)


def _bins(document: Mapping[str, Any]) -> str:
    columns = (
        Column("part", explanation="Rows of the validation or of the test."),
        Column("rows", Align.RIGHT, ",", explanation="How many the bin holds."),
        Column("predicted", Align.RIGHT, ".6f", explanation="Their mean prediction."),
        Column("actual", Align.RIGHT, ".6f", explanation="Share of them that are positive."),
    )
    rows = tuple(
        (part, each.rows, each.predicted, each.actual)
        for part in reversed(HELD_OUT)
        for each in _rate_bins(document, part)
    )
    if not rows:
        return ""
    return plain_table(Table("", columns, rows), heading="All bins of predictions", name="bins")


def _timing(document: Mapping[str, Any]) -> str:
    timing = as_mapping(document.get("timing"))
    found = [(name, seconds(timing.get(key))) for key, name in TIMES.items()]
    items = [(name, told) for name, told in found if told is not None]
    for name, value in (
        ("Training rows a second", document.get("rows_per_second")),
        ("Training rows a processor second", timing.get("rows_per_cpu_second")),
    ):
        items += [(name, plain(value))] if value is not None else []
    if not items:
        return ""
    return f"<section><details><summary>Where the time went</summary>{definitions(items)}</details></section>"


def _evaluated(line: Mapping[str, Any]) -> Evaluated:
    valid: Mapping[str, Any] = line["valid"] or {}
    return Evaluated(
        line["epoch"],
        line["step"],
        line["train_loss"],
        valid.get("log_loss"),
        valid.get("auc"),
        line["is_best"],
    )


def _rate_bins(document: Mapping[str, Any], part: str) -> list[RateBin]:
    bins = document.get(part, {}).get("calibration", {}).get("bins", ())
    return [RateBin(**each) for each in bins if None not in each.values()]
