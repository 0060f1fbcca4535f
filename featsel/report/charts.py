"""How do the fields of a ranking look side by side? Inline SVG, coloured by the style sheet of the page."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from featsel.ranking.scores import FieldScore, Ranking, Verdict
from featsel.report.page import escaped
from featsel.report.ranking import SCORE_DISPLAYS, full_bar, percent
from featsel.report.table import MISSING, readable, visible

MAX_BARS = 40
"""Fields of a bar chart: as many as a screen or a printed page shows legibly; the table has the rest."""

MAX_DECADES = 6
"""Decades of a logarithmic axis; what lies below them is as good as nothing and would flatten the rest."""

MAX_LABELS = 10
"""Names written into the scatter chart; more would hide the marks."""

MANY_POINTS = 150
"""Fields from which the marks of the scatter chart become smaller and paler, or they would cover all."""

MAX_CANDIDATES = 60
"""Fields for which a free place for the name is sought."""

_WIDTH = 1040
_NAME_WIDTH = 220
_ROW_HEIGHT = 22
_HEAD_HEIGHT = 54
_CHARACTER_WIDTH = 7.0


@dataclass(frozen=True)
class _Axis:
    """Linear or logarithmic map of numbers to coordinates."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        low, high = (math.log10(self.low), math.log10(self.high)) if self.is_log else (self.low, self.high)
        if not self.is_log:
            share = (value - low) / (high - low)
        elif value > 0:
            share = (math.log10(value) - low) / (high - low)
        else:
            share = 0.0
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def ticks(self) -> tuple[float, ...]:
        if self.is_log:
            first, last = round(math.log10(self.low)), round(math.log10(self.high))
            return tuple(10.0**power for power in range(first, last + 1))
        rough = (self.high - self.low) / 4
        magnitude = 10.0 ** math.floor(math.log10(rough))
        step = next(magnitude * factor for factor in (1, 2, 5, 10) if magnitude * factor >= rough * 0.999)
        return tuple(step * i for i in range(int((self.high - self.low) / step * 1.001) + 1))


def information_chart(ranking: Ranking) -> str:
    """Bars of the best fields by score; beside them plug-in mutual information against its noise floor.

    Parameters
    ----------
    ranking : Ranking
        What to draw; the first 40 fields of it.

    Returns
    -------
    str
        An ``svg`` element.
    """
    shown = ranking.fields[:MAX_BARS]
    display = SCORE_DISPLAYS[ranking.score]
    bars = _Axis(0.0, full_bar(ranking) * display.factor, _NAME_WIDTH + 12, 560.0)
    information = _log_axis(_plug_in_and_floor(shown), 690.0, _WIDTH - 10.0)
    height = _HEAD_HEIGHT + _ROW_HEIGHT * len(shown) + 8
    score_unit = f", {display.unit}" if display.unit else ""
    parts = [
        _text(bars.start, 14, f"Score: {display.title}{score_unit}", "head"),
        _text(information.start, 14, "Plug-in information against its noise floor, mnat", "head"),
        *_vertical_grid(bars, top=_HEAD_HEIGHT - 8, bottom=height),
        *_vertical_grid(information, top=_HEAD_HEIGHT - 8, bottom=height),
    ]
    for index, scored in enumerate(shown):
        middle = _HEAD_HEIGHT + _ROW_HEIGHT * (index + 0.5)
        parts.append(_information_row(scored, middle, bars, information, factor=display.factor))
    return _svg("".join(parts), height=height, label=f"The best {len(shown)} fields by score")


def cardinality_chart(ranking: Ranking) -> str:
    """Cardinality against information: before the correction it grows with the values, after it does not.

    Parameters
    ----------
    ranking : Ranking
        What to draw, with two marks per field.

    Returns
    -------
    str
        An ``svg`` element.
    """
    fields = ranking.fields
    height = 460.0
    cardinalities = _log_axis([1.0, *(float(scored.cardinality) for scored in fields)], 70.0, _WIDTH - 20.0)
    amounts = [scored.mutual_information * 1000 for scored in fields]
    amounts += [scored.corrected_mutual_information * 1000 for scored in fields]
    information = _log_axis(amounts, height - 74, 34.0)
    rail = height - 50
    parts = [
        *_cardinality_grid(cardinalities, information, rail=rail),
        # What matters is drawn last, on top.
        *(
            _point(scored, cardinalities, information, rail=rail)
            for scored in sorted(fields, key=_prominence)
        ),
        *_point_labels(fields, cardinalities, information, rail=rail),
    ]
    return _svg(
        "".join(parts),
        height=height,
        label="Information of each field by its cardinality",
        style="dense" if len(fields) > MANY_POINTS else "",
    )


def coverage_chart(ranking: Ranking) -> str:
    """Bars of the share of rows that have a value, for the fields that lack it most.

    Parameters
    ----------
    ranking : Ranking
        What to draw; up to 40 fields with nulls, the emptiest first.

    Returns
    -------
    str
        An ``svg`` element, or an empty text if no field has nulls.
    """
    gaps = sorted(
        (scored for scored in ranking.fields if scored.coverage < 1), key=lambda scored: scored.coverage
    )
    shown = gaps[:MAX_BARS]
    if not shown:
        return ""
    axis = _Axis(0.0, 1.0, _NAME_WIDTH + 12, _WIDTH - 80.0)
    height = 26 + _ROW_HEIGHT * len(shown) + 8
    parts = list(_vertical_grid(axis, top=20, bottom=height, as_percent=True))
    for index, scored in enumerate(shown):
        middle = 26 + _ROW_HEIGHT * (index + 0.5)
        share = percent(scored.coverage)
        parts.append(
            f"<g>{_title(f'{scored.name}: {share} of the rows have a value')}{_name(scored, middle)}"
            f"{_rect(axis.start, middle, axis.end - axis.start, 'track')}"
            f"{_rect(axis.start, middle, axis.at(scored.coverage) - axis.start, 'cover')}"
            f"{_text(_WIDTH - 10, middle + 4, share, 't end')}</g>"
        )
    return _svg("".join(parts), height=height, label="Share of rows with a value, emptiest fields first")


def _information_row(
    scored: FieldScore, middle: float, bars: _Axis, information: _Axis, *, factor: float
) -> str:
    score = scored.score * factor
    return (
        f'<g class="{scored.verdict.value}">{_title(_description(scored))}{_name(scored, middle)}'
        f"{_score_bar(score, middle, bars)}"
        f"{_text(bars.end + 70, middle + 4, readable(score, 'z,.3f'), 't end')}"
        f"{_dumbbell(scored, middle, information)}</g>"
    )


def _score_bar(score: float, middle: float, axis: _Axis) -> str:
    if not score > 0:
        return ""
    bar = _rect(axis.start, middle, max(axis.at(score) - axis.start, 1.0), "fill")
    if score <= axis.high * 1.001:
        return bar
    # Too long to draw: a slanted gap says so.
    x = axis.end - 22
    return bar + f'<path class="gap" d="M{x:.1f} {middle + 9:.1f}l6 -18h5l-6 18z"/>'


def _dumbbell(scored: FieldScore, middle: float, axis: _Axis) -> str:
    if scored.mutual_information <= 0 and scored.expected_mutual_information <= 0:
        return _text(axis.start, middle + 4, MISSING, "soft")
    floor = axis.at(scored.expected_mutual_information * 1000)
    plug_in = axis.at(scored.mutual_information * 1000)
    return (
        f'<path class="stem" d="M{floor:.1f} {middle:.1f}H{plug_in:.1f}"/>'
        f"{_mark(scored.verdict, plug_in, middle)}"
        f'<path class="floor" d="M{floor:.1f} {middle - 8:.1f}v16"/>'
    )


def _mark(verdict: Verdict, x: float, y: float) -> str:
    # Shapes say what colours say, for those who do not see the colours.
    if verdict is Verdict.LEAK:
        return f'<path class="fill" d="M{x:.1f} {y - 7:.1f}l7 7l-7 7l-7 -7z"/>'
    if verdict is Verdict.IDENTIFIER:
        return f'<path class="fill" d="M{x - 5:.1f} {y - 5:.1f}h10v10h-10z"/>'
    return f'<circle class="fill" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'


def _plug_in_and_floor(fields: Iterable[FieldScore]) -> list[float]:
    pairs = [(scored.mutual_information, scored.expected_mutual_information) for scored in fields]
    return [amount * 1000 for pair in pairs for amount in pair]


def _cardinality_grid(cardinalities: _Axis, information: _Axis, *, rail: float) -> list[str]:
    parts = [
        _text(8, 14, "Information, mnat (hollow: plug-in, filled: corrected)", "head"),
        _text(cardinalities.end, rail + 42, "Cardinality: distinct values", "head end"),
        f'<path class="grid" d="M{cardinalities.start:.1f} {rail:.1f}H{cardinalities.end:.1f}"/>',
        _text(cardinalities.start - 10, rail + 4, "none", "soft end"),
    ]
    for tick in information.ticks():
        y = information.at(tick)
        parts.append(f'<path class="grid" d="M{cardinalities.start:.1f} {y:.1f}H{cardinalities.end:.1f}"/>')
        parts.append(_text(cardinalities.start - 10, y + 4, _tick_text(tick), "soft end"))
    parts += [
        _text(cardinalities.at(tick), rail + 22, _tick_text(tick), "soft middle")
        for tick in cardinalities.ticks()
    ]
    return parts


def _point(scored: FieldScore, cardinalities: _Axis, information: _Axis, *, rail: float) -> str:
    x = cardinalities.at(scored.cardinality)
    plug_in = _height(scored.mutual_information, information, rail=rail)
    corrected = _height(scored.corrected_mutual_information, information, rail=rail)
    return (
        f'<g class="{scored.verdict.value}">{_title(_description(scored))}'
        f'<path class="stem" d="M{x:.1f} {plug_in:.1f}V{corrected:.1f}"/>'
        f'<circle class="hollow" cx="{x:.1f}" cy="{plug_in:.1f}" r="4"/>'
        f"{_mark(scored.verdict, x, corrected)}</g>"
    )


def _point_labels(
    fields: Sequence[FieldScore], cardinalities: _Axis, information: _Axis, *, rail: float
) -> list[str]:
    stems = [_stem(scored, cardinalities, information, rail=rail) for scored in fields]
    labels: list[_Label] = []
    candidates = [scored for scored in fields if scored.verdict not in {Verdict.NOISE, Verdict.CONSTANT}]
    for scored in sorted(candidates, key=lambda one: (-_prominence(one), one.rank))[:MAX_CANDIDATES]:
        text = _shortened(visible(scored.name), 22)
        width = _text_columns(text) * _CHARACTER_WIDTH
        x, _, bottom = _stem(scored, cardinalities, information, rail=rail)
        sides = (_Label(text, x + 9, x + 9 + width, bottom), _Label(text, x - 9 - width, x - 9, bottom))
        free = [label for label in sides if label.right <= _WIDTH and label.is_free(stems, labels)]
        labels += free[:1]
    return [_text(label.left, label.y + 4, label.text, "label") for label in labels[:MAX_LABELS]]


@dataclass(frozen=True)
class _Label:
    text: str
    left: float
    right: float
    y: float

    def is_free(self, stems: Iterable[tuple[float, float, float]], labels: Iterable[_Label]) -> bool:
        hits_stem = any(
            self.left - 5 < x < self.right + 5 and top - 9 < self.y < bottom + 9 for x, top, bottom in stems
        )
        hits_label = any(
            self.left < label.right and label.left < self.right and abs(self.y - label.y) < 15
            for label in labels
        )
        return self.left > 70 and not hits_stem and not hits_label


def _stem(
    scored: FieldScore, cardinalities: _Axis, information: _Axis, *, rail: float
) -> tuple[float, float, float]:
    plug_in = _height(scored.mutual_information, information, rail=rail)
    corrected = _height(scored.corrected_mutual_information, information, rail=rail)
    return cardinalities.at(scored.cardinality), min(plug_in, corrected), max(plug_in, corrected)


def _prominence(scored: FieldScore) -> int:
    order = (Verdict.CONSTANT, Verdict.NOISE, Verdict.INFORMATIVE, Verdict.IDENTIFIER, Verdict.LEAK)
    return order.index(scored.verdict)


def _height(nats: float, axis: _Axis, *, rail: float) -> float:
    return axis.at(nats * 1000) if nats * 1000 >= axis.low else rail


def _log_axis(values: Sequence[float], start: float, end: float) -> _Axis:
    positive = [value for value in values if 0 < value < math.inf]
    if not positive:
        return _Axis(1.0, 10.0, start, end, is_log=True)
    high = math.ceil(math.log10(max(positive)) - 1e-9)
    low = max(math.floor(math.log10(min(positive)) + 1e-9), high - MAX_DECADES)
    return _Axis(10.0 ** min(low, high - 1), 10.0**high, start, end, is_log=True)


def _vertical_grid(axis: _Axis, *, top: float, bottom: float, as_percent: bool = False) -> list[str]:
    parts: list[str] = []
    for tick in axis.ticks():
        x = axis.at(tick)
        parts.append(f'<path class="grid" d="M{x:.1f} {top:.1f}V{bottom:.1f}"/>')
        parts.append(_text(x, top - 6, percent(tick) if as_percent else _tick_text(tick), "soft middle"))
    return parts


def _tick_text(value: float) -> str:
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{suffix}"
    return f"{value:.6g}"


def _description(scored: FieldScore) -> str:
    plug_in, floor, corrected = (
        readable(nats * 1000, "z,.3f")
        for nats in (
            scored.mutual_information,
            scored.expected_mutual_information,
            scored.corrected_mutual_information,
        )
    )
    return (
        f"{scored.name}: {scored.verdict.value}, {scored.cardinality:,} values; "
        f"plug-in {plug_in} - floor {floor} = corrected {corrected} mnat"
    )


def _name(scored: FieldScore, middle: float) -> str:
    return _text(_NAME_WIDTH, middle + 4, _shortened(visible(scored.name), 32), "end")


def _shortened(text: str, columns: int) -> str:
    if _text_columns(text) <= columns:
        return text
    head, tail = text, text
    while _text_columns(head) > columns * 2 // 3 - 1:
        head = head[:-1]
    while _text_columns(tail) > columns // 3:
        tail = tail[1:]
    return f"{head}…{tail}"


def _text_columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _rect(x: float, middle: float, width: float, style: str) -> str:
    return f'<rect class="{style}" x="{x:.1f}" y="{middle - 7:.1f}" width="{width:.1f}" height="14"/>'


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text{_class(style)} x="{x:.1f}" y="{y:.1f}">{escaped(text)}</text>'


def _title(text: str) -> str:
    return f"<title>{escaped(text)}</title>"


def _svg(content: str, *, height: float, label: str, style: str = "") -> str:
    box = f"0 0 {_WIDTH} {height:.0f}"
    return f'<svg{_class(style)} viewBox="{box}" role="img" aria-label="{escaped(label)}">{content}</svg>'


def _class(style: str) -> str:
    return f' class="{style}"' if style else ""
