"""What does the page of a selection show? What the budget bought, whether it was good, and what was kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from featsel.core.feature_config import EmbeddingScheme, EncodedField, EncodedKind, Encoding, Rest, TableDtype
from featsel.core.table_size import field_bytes
from featsel.report.article import Article, article_page
from featsel.report.charts import MAX_BARS
from featsel.report.page import escaped
from featsel.report.ranking import counted, percent
from featsel.report.sections import (
    as_mapping,
    figure,
    options_section,
    plain,
    plain_table,
    seconds,
    tile,
    tiles,
    warnings_section,
)
from featsel.report.selection import (
    NOTHING,
    Outcome,
    change_text,
    evidence_sentences,
    evidence_table,
    greatest_gain,
    log_loss_outcome,
)
from featsel.report.svg import WIDTH, Axis, bar, log_axis, shortened, svg_element, text_at, tick_text, tooltip
from featsel.report.table import Align, Cell, Column, Table, readable, visible

_LEFT, _RIGHT = 78.0, WIDTH - 20.0
_TOP, _BOTTOM = 46.0, 300.0
_NAME_WIDTH = 220.0
_NAME_COLUMNS = 32
_ROW_HEIGHT = 22
_BARS_TOP = 26
_BARS_END = WIDTH - 240.0


def selection_html(document: Mapping[str, Any]) -> str:
    """One self-contained page that opens offline and loads nothing: evidence, charts, fields.

    Parameters
    ----------
    document : mapping
        What ``featsel select --json`` prints, read back: of plain values, lists and mappings alone.

    Returns
    -------
    str
        An HTML document, the same for the same document.
    """
    return article_page(selection_article(document))


def selection_article(document: Mapping[str, Any]) -> Article:
    """What a page tells of a selection; see :func:`selection_html`."""
    label = plain(as_mapping(document.get("options")).get("label") or "the label")
    used = document["selection"]["used"]
    lead = (
        f"{counted(used['fields'], 'field')} with {counted(used['features'], 'feature')} are kept, "
        f"{counted(len(document['dropped']), 'field')} dropped"
    )
    body = "".join(
        (
            tiles("Results", _tiles(document)),
            warnings_section(_warning_texts(document.get("evidence"))),
            _result(document),
            _curve(document),
            _kept_shares(document),
            plain_table(_fields_table(document), heading="Kept fields", name="kept"),
            _dropped(document),
            options_section(as_mapping(document.get("options"))),
        )
    )
    return Article(
        f"Feature selection: {label}",
        f"Which features tell <em>{escaped(label)}</em>?",
        lead,
        _facts(document),
        body,
    )


def _facts(document: Mapping[str, Any]) -> tuple[tuple[str, object], ...]:
    source, selection = as_mapping(document.get("input")), document["selection"]
    rows = as_mapping(as_mapping(document.get("evidence")).get("rows"))
    return (
        ("Log", source.get("paths")),
        ("Rows", source.get("rows")),
        ("Training rows", rows.get("train")),
        ("Validation rows", rows.get("valid")),
        ("Method", selection["method"]),
        ("Model", selection.get("model")),
        ("Budget", selection.get("budget")),
        ("Widths", as_mapping(document.get("options")).get("dims")),
        ("Seed", selection["seed"]),
        ("Feature config", document.get("output")),
        ("Fingerprint", source.get("fingerprint")),
        ("Time", seconds(document.get("elapsed_s"))),
        ("featsel", document.get("featsel")),
    )


def _tiles(document: Mapping[str, Any]) -> Iterator[str]:
    used, evidence = document["selection"]["used"], document.get("evidence")
    for name in ("features", "fields", "bytes"):
        before = used[name] if evidence is None else evidence["full"][name]
        meaning = "in all" if evidence is None else f"of {before:,} ({percent(used[name] / before)})"
        yield tile(f"{used[name]:,}", f"{name} kept" if name != "bytes" else "bytes of embeddings", meaning)
    if evidence is None:
        return
    full, selected = evidence["full"], evidence["selected"]
    yield tile(
        readable(selected["log_loss"], ".4f"),
        "validation log loss",
        f"{log_loss_outcome(evidence)}: {readable(full['log_loss'], '.4f')} with all features",
    )
    yield tile(
        readable(selected["auc"], ".4f"),
        "validation AUC",
        f"{readable(full['auc'], '.4f')} with all features",
    )
    if evidence["false_keep_rate"] is not None:
        yield tile(percent(evidence["false_keep_rate"]), "falsely kept", "of the kept features, estimated")


def _warning_texts(evidence: Mapping[str, Any] | None) -> Iterator[str]:
    if evidence is None:
        return
    if evidence["eligible"] == 0:
        yield NOTHING
    if log_loss_outcome(evidence) is Outcome.WORSE:
        yield (
            f"The chosen features predict worse than all features: the validation log loss changes by "
            f"{change_text(evidence)}. A larger budget may mend this."
        )
    most, n_chosen = greatest_gain(evidence), evidence["selected"]["features"]
    if most is not None and n_chosen > most:
        yield (
            f"More features are kept than the search expects to help: it expects the most of about {most:,}, "
            f"and {n_chosen:,} are kept. A smaller budget may be better."
        )


def _result(document: Mapping[str, Any]) -> str:
    sentences = evidence_sentences(document)
    if not sentences:
        return ""
    guide = (
        "The interval tells how far the change may come from the validation rows that were drawn; it does "
        "not know that another seed trains another model. Validation rows also chose when trainings stopped, "
        "so both models look a little better on them than they are; test rows were not looked at."
    )
    told = "".join(f"<p>{escaped(sentence)}</p>" for sentence in sentences)
    table = evidence_table(document)
    return (
        f'<section class="guide"><h2>What came of it</h2>{told}</section>'
        f'<section class="guide"><h2>How to read this</h2><p>{escaped(guide)}</p></section>'
        + plain_table(table, heading=table.title, name="evidence")
    )


def _curve(document: Mapping[str, Any]) -> str:
    evidence = document.get("evidence")
    if evidence is None or not evidence["curve"]:
        return ""
    caption = (
        "What the best features gain together, by the estimates of the search on training rows: nats a row "
        "that would be lost without any of them. Features stand on a logarithmic scale, best first. Where "
        "the curve is flat, further features add nothing; where it falls, they do harm. The dotted line is "
        "at the number of features that were chosen."
    )
    chart = _curve_chart(evidence["curve"], n_chosen=evidence["selected"]["features"])
    return figure("What a budget buys", caption, chart)


def _curve_chart(curve: Sequence[Mapping[str, Any]], *, n_chosen: int) -> str:
    gains = [0.0, *(point["gain"] for point in curve)]
    room = (max(gains) - min(gains)) * 0.08 or 1.0
    up = Axis(min(gains) - (room if min(gains) < 0 else 0.0), max(gains) + room, _BOTTOM, _TOP)
    across = log_axis([n_chosen, *(point["features"] for point in curve)], _LEFT, _RIGHT)
    parts = [
        text_at(8, 18, "Expected gain, nats a row", "head"),
        text_at(_RIGHT, _BOTTOM + 46, "Features", "head end"),
    ]
    for tick in up.ticks(6):
        y = up.at(tick)
        parts.append(f'<path class="grid" d="M{_LEFT:.1f} {y:.1f}H{_RIGHT:.1f}"/>')
        parts.append(text_at(_LEFT - 10, y + 4, tick_text(tick), "soft end"))
    for tick in across.ticks():
        x = across.at(tick)
        parts.append(f'<path class="grid" d="M{x:.1f} {_TOP:.1f}V{_BOTTOM:.1f}"/>')
        parts.append(text_at(x, _BOTTOM + 22, tick_text(tick), "soft middle"))
    x = across.at(n_chosen)
    is_right = x > (_LEFT + _RIGHT) / 2
    parts.append(f'<path class="dotted" d="M{x:.1f} {_TOP - 20:.1f}V{_BOTTOM:.1f}"/>')
    parts.append(
        text_at(
            x - 6 if is_right else x + 6,
            _TOP - 10,
            f"chosen: {n_chosen:,}",
            "soft end" if is_right else "soft",
        )
    )
    where = [(across.at(point["features"]), up.at(point["gain"])) for point in curve]
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in where)
    marks = (
        f'<g class="informative">{tooltip(_point_text(point))}'
        f'<circle class="fill" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/></g>'
        for point, (x, y) in zip(curve, where, strict=True)
    )
    parts.append(f'<g class="informative"><path class="curve" d="M{line}"/>{"".join(marks)}</g>')
    label = f"Expected gain of the best features at {counted(len(curve), 'size')}; {n_chosen:,} were chosen"
    return svg_element("".join(parts), height=_BOTTOM + 60, label=label)


def _point_text(point: Mapping[str, Any]) -> str:
    return (
        f"{counted(point['features'], 'feature')}, {percent(point['share'])} of all: "
        f"{readable(point['gain'], 'z.5f')} nats a row"
    )


def _kept_shares(document: Mapping[str, Any]) -> str:
    fields = document["fields"]
    rest = len(fields) - MAX_BARS
    more = (
        f" The first {MAX_BARS} fields are shown; {counted(rest, 'more field')} in the table."
        if rest > 0
        else ""
    )
    caption = f"Features of each kept field that are kept, of those that it had.{more}"
    return figure("How much of each field is kept", caption, _kept_chart(fields[:MAX_BARS]))


def _kept_chart(fields: Sequence[Mapping[str, Any]]) -> str:
    axis = Axis(0.0, 1.0, _NAME_WIDTH + 12, _BARS_END)
    height = _BARS_TOP + _ROW_HEIGHT * len(fields) + 8
    parts: list[str] = []
    for tick in axis.ticks():
        x = axis.at(tick)
        parts.append(f'<path class="grid" d="M{x:.1f} 20V{height}"/>')
        parts.append(text_at(x, 14, percent(tick), "soft middle"))
    for index, field in enumerate(fields):
        name, middle = field["name"], _BARS_TOP + _ROW_HEIGHT * (index + 0.5)
        share = field["features"] / field["of"]
        told = f"{field['features']:,} of {field['of']:,}, {percent(share)}"
        width = max(axis.at(share) - axis.start, 1.0)
        parts.append(
            f"<g>{tooltip(f'{name}: {told} of its features')}"
            f"{text_at(_NAME_WIDTH, middle + 4, shortened(visible(name), _NAME_COLUMNS), 'end')}"
            f"{bar(axis.start, middle, axis.end - axis.start, 'track')}"
            f"{bar(axis.start, middle, width, 'cover')}"
            f"{text_at(WIDTH - 10, middle + 4, told, 't end')}</g>"
        )
    label = f"Share of the features of {counted(len(fields), 'field')} that are kept"
    return svg_element("".join(parts), height=height, label=label)


def _fields_table(document: Mapping[str, Any]) -> Table:
    columns = (
        Column("name", explanation="Column of the log, or a cross of several."),
        Column("kind", explanation="What the field is made of."),
        Column("encoding", explanation="How its values become features."),
        Column("features", Align.RIGHT, ",", explanation="Features that are kept."),
        Column("of", Align.RIGHT, ",", explanation="Features that the field had."),
        Column("dim", Align.RIGHT, ",", explanation="Width of an embedding."),
        Column(
            "bytes",
            Align.RIGHT,
            ",",
            explanation="Embeddings of the field; none of its own in a shared table.",
        ),
        Column(
            "score", Align.RIGHT, "z.6f", explanation="What the method thinks of the field; higher is better."
        ),
    )
    options = as_mapping(document.get("options"))
    dtype = TableDtype(str(as_mapping(options.get("embedding")).get("dtype", TableDtype.FLOAT32)))
    rest = _own_rest(options)
    rows = tuple(_field_row(field, rest, dtype) for field in document["fields"])
    return Table("", columns, rows)


def _own_rest(options: Mapping[str, object]) -> Rest | None:
    """What embedding the out-of-vocabulary features of a full table have; None where rows are shared."""
    is_full = as_mapping(options.get("embedding")).get("scheme") == EmbeddingScheme.FULL
    return Rest(str(options["rest"])) if is_full else None


def _field_row(field: Mapping[str, Any], rest: Rest | None, dtype: TableDtype) -> tuple[Cell, ...]:
    encoded = EncodedField(
        field["name"],
        EncodedKind(field["kind"]),
        Encoding(field["encoding"]),
        field["features"],
        field["of"],
        field["dim"],
    )
    return (
        encoded.name,
        encoded.kind.value,
        encoded.encoding.value,
        encoded.features,
        encoded.of,
        encoded.dim,
        None if rest is None else field_bytes(encoded, rest, dtype),
        field.get("score"),
    )


def _dropped(document: Mapping[str, Any]) -> str:
    if not document["dropped"]:
        return ""
    columns = (
        Column("name", explanation="Field that no model reads."),
        Column("why", explanation="What spoke against it."),
        Column(
            "score", Align.RIGHT, "z.6f", explanation="What the method thinks of the field, if it was asked."
        ),
    )
    rows = tuple((field["name"], field["why"], field.get("score")) for field in document["dropped"])
    return plain_table(Table("", columns, rows), heading="Dropped fields", name="dropped")
