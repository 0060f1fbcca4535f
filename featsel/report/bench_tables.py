"""Which tables, sentences and page tell how schemes of embedding tables compare in the same bytes?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from featsel.report.article import Article, article_page
from featsel.report.bench import interval_text
from featsel.report.page import escaped
from featsel.report.ranking import counted
from featsel.report.sections import (
    as_mapping,
    options_section,
    plain,
    plain_table,
    scrolling_table,
    seconds,
    tile,
    tiles,
)
from featsel.report.table import MISSING, Align, Cell, Column, Table, readable

OVERS = ("over_whole", "over_full", "over_hash")
"""Differences: to the full table of all features, and to a full and a hashed one of the same budget."""

MEASURES = ("auc", "log_loss")

GUIDE = (
    "A budget is a share of the bytes of the full table: a row of float32 for every feature. Every scheme "
    "makes the largest table that fits. full, int8, pca and optembed keep the most frequent features, and "
    "read the others as unknown; hash, qr and unified serve all features with fewer rows. Bytes are those of "
    "the table's tensors in the file of the model, first-order weights and scales included; what was read "
    "back from that file predicts the test rows.",
    "Intervals after ± are 95 % intervals of a mean over seeds (Student's t), each seed with a split and a "
    "training of its own; differences are paired by seed. Intervals over rows pair the losses of each test "
    "row.",
)
"""How to read the numbers, in paragraphs."""


def tables_points(document: Mapping[str, Any]) -> Table:
    """Every scheme at every budget, one to a row.

    Parameters
    ----------
    document : mapping
        What ``featsel bench --embeddings --json`` prints, read back.

    Returns
    -------
    Table
        Bytes, rows, features and fields are means over seeds, to the nearest whole number; empty where no
        table is so small.
    """
    columns = (
        Column("model"),
        Column("scheme"),
        Column("budget", Align.RIGHT, "g"),
        *(
            Column(name, Align.RIGHT, ",d")
            for name in ("budget_bytes", "bytes", "table_rows", "features", "fields")
        ),
        *(Column(f"{name}{end}", Align.RIGHT, ".5f") for name in MEASURES for end in ("", "_low", "_high")),
        *(
            Column(f"{name}_{over}{end}", Align.RIGHT, "+.5f")
            for over in OVERS
            for name in (*MEASURES, "log_loss_of_rows")
            for end in ("", "_low", "_high")
        ),
        *(Column(name, Align.RIGHT, ".1f") for name in ("cpu_s", "widths_cpu_s")),
        Column("why_not"),
    )
    return Table("", columns, tuple(_point(entry) for entry in document["tables"]))


def _point(entry: Mapping[str, Any]) -> tuple[Cell, ...]:
    counts = [
        None if entry.get(name) is None else round(sum(entry[name]) / len(entry[name]))
        for name in ("budget_bytes", "bytes", "table_rows", "features", "fields")
    ]
    intervals = [entry.get(name) for name in MEASURES]
    for over in OVERS:
        found = as_mapping(entry.get(over))
        intervals += [found.get(name) for name in (*MEASURES, "log_loss_of_rows")]
    ends = [None if each is None else each[end] for each in intervals for end in ("mean", "low", "high")]
    return (
        *(entry["model"], entry["scheme"], entry["budget"]),
        *counts,
        *ends,
        *(entry.get("cpu_s"), entry.get("widths_cpu_s"), entry["why_not"]),
    )


def tables_summary(document: Mapping[str, Any]) -> Iterator[Table]:
    """For each model, test AUC by scheme and budget.

    Parameters
    ----------
    document : mapping
        As of :func:`tables_points`.

    Yields
    ------
    Table
        With what a person needs to know as notes.
    """
    for model in document["models"]:
        entries = {
            (entry["scheme"], entry["budget"]): entry
            for entry in document["tables"]
            if entry["model"] == model
        }
        columns = (
            Column("scheme", explanation="How the table is made smaller."),
            *(
                Column(
                    f"auc@{share:g}",
                    Align.RIGHT,
                    explanation=f"Test AUC in {_percent(share)} of the bytes of the full table, with the "
                    "95 % interval of its mean over seeds.",
                )
                for share in document["budgets"]
            ),
            Column(
                "MB",
                Align.RIGHT,
                explanation="Bytes of the table in the model's file at each budget, mean over seeds.",
                drop_order=1,
            ),
        )
        rows = tuple(
            _row([entries[scheme, share] for share in document["budgets"]]) for scheme in document["schemes"]
        )
        title = (
            f"{model}: {counted(len(document['schemes']), 'scheme')} of embedding tables, "
            f"{counted(len(document['seeds']), 'seed')}, {counted(document['rows']['test'], 'test row')}"
        )
        yield Table(title, columns, rows, tuple(tables_sentences(document, model)))


def _row(entries: Sequence[Mapping[str, Any]]) -> tuple[Cell, ...]:
    sizes = [
        MISSING if entry["why_not"] else readable(sum(entry["bytes"]) / len(entry["bytes"]) / 1e6, ".3f")
        for entry in entries
    ]
    aucs = [MISSING if entry["why_not"] else interval_text(entry["auc"], ".4f") for entry in entries]
    return (entries[0]["scheme"], *aucs, " / ".join(sizes))


def tables_sentences(document: Mapping[str, Any], model: str) -> Iterator[str]:
    """What a comparison of embedding tables says of one model.

    Parameters
    ----------
    document : mapping
        As of :func:`tables_points`.
    model : str
        One of its models.

    Yields
    ------
    str
        The best scheme of each budget, and what is impossible.
    """
    entries = [entry for entry in document["tables"] if entry["model"] == model]
    for share in document["budgets"]:
        known = [entry for entry in entries if entry["budget"] == share and not entry["why_not"]]
        if not known:
            yield f"No scheme has a table in {_percent(share)} of the bytes."
            continue
        best = max(known, key=lambda entry: entry["auc"]["mean"])
        change = interval_text(best["over_whole"]["auc"], "+.4f")
        yield (
            f"In {_percent(share)} of the bytes {best['scheme']} does best, {change} AUC to the full table "
            "of all features."
        )
    for entry in entries:
        if entry["why_not"]:
            percent = _percent(entry["budget"])
            yield f"{entry['scheme']} has no table in {percent} of the bytes: {entry['why_not']}."
    if len(document["seeds"]) == 1:
        yield "With one seed, nothing is known of the error of these numbers: give --seeds 3 or more."


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"


def tables_html(document: Mapping[str, Any]) -> str:
    """One self-contained page that opens offline and loads nothing.

    Parameters
    ----------
    document : mapping
        As of :func:`tables_points`.

    Returns
    -------
    str
        An HTML document, the same for the same document.
    """
    return article_page(tables_article(document))


def tables_article(document: Mapping[str, Any]) -> Article:
    """What a page tells of a comparison of embedding tables; see :func:`tables_html`."""
    options = as_mapping(document.get("options"))
    label = plain(options.get("label") or "the label")
    summaries = tuple(tables_summary(document))
    guide = "".join(f"<p>{escaped(text)}</p>" for text in GUIDE)
    points = scrolling_table(tables_points(document), label="points")
    body = "".join(
        (
            tiles("Results", _tiles(document)),
            *(_of_model(model, table) for model, table in zip(document["models"], summaries, strict=True)),
            f'<section class="guide"><h2>How to read this</h2>{guide}</section>',
            f'<section><details><summary id="points">All numbers</summary>{points}</details></section>',
            options_section(options),
        )
    )
    lead = (
        f"{counted(len(document['schemes']), 'scheme')}, {counted(len(document['budgets']), 'budget')}, "
        f"{counted(len(document['models']), 'model')}, {counted(len(document['seeds']), 'seed')}"
    )
    return Article(
        f"Comparison of embedding tables: {label}",
        f"Which embedding table predicts <em>{escaped(label)}</em> best in so many bytes?",
        lead,
        _facts(document),
        body,
    )


def _facts(document: Mapping[str, Any]) -> tuple[tuple[str, object], ...]:
    source, rows = as_mapping(document.get("input")), document["rows"]
    return (
        ("Log", source.get("paths")),
        ("Rows", source.get("rows")),
        ("Training rows", rows["train"]),
        ("Test rows", rows["test"]),
        ("Fields", document["fields"]),
        ("Models", document["models"]),
        ("Seeds", document["seeds"]),
        ("Fingerprint", source.get("fingerprint")),
        ("Time", seconds(document.get("elapsed_s"))),
        ("featsel", document.get("featsel")),
    )


def _tiles(document: Mapping[str, Any]) -> Iterator[str]:
    for share in document["budgets"]:
        known = [entry for entry in document["tables"] if entry["budget"] == share and not entry["why_not"]]
        if known:
            best = max(known, key=lambda entry: entry["auc"]["mean"])
            text = f"AUC {readable(best['auc']['mean'], '.4f')} with {best['model']}"
            yield tile(best["scheme"], f"best in {_percent(share)} of the bytes", text)


def _of_model(model: str, table: Table) -> str:
    told = "".join(f"<p>{escaped(sentence)}</p>" for sentence in table.notes)
    shown = plain_table(
        Table(table.title, table.columns, table.rows), heading=table.title, name=f"tables-{model}"
    )
    return f'<section class="guide"><h2>{escaped(model)}</h2>{told}</section>' + shown
