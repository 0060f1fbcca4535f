"""How do the fields of a ranking look side by side? Inline SVG, coloured by the style sheet of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from featsel.ranking.scores import FieldScore, Ranking, Verdict
from featsel.report.ranking import SCORE_DISPLAYS, full_bar, percent
from featsel.report.svg import (
    WIDTH,
    Axis,
    bar,
    log_axis,
    shortened,
    svg_element,
    text_at,
    text_columns,
    tick_text,
    tooltip,
)
from featsel.report.table import MISSING, readable, visible

MAX_BARS = 40
"""Fields of a bar chart: as many as a screen or a printed page shows legibly; the table has the rest."""

MAX_LABELS = 10
"""Names written into the scatter chart; more would hide the marks."""

MANY_POINTS = 150
"""Fields from which the marks of the scatter chart become smaller and paler, or they would cover all."""

MAX_CANDIDATES = 60
"""Fields for which a free place for the name is sought."""

_NAME_WIDTH = 220
_ROW_HEIGHT = 22
_HEAD_HEIGHT = 54
_CHARACTER_WIDTH = 7.0


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
    bars = Axis(0.0, full_bar(ranking) * display.factor, _NAME_WIDTH + 12, 560.0)
    information = log_axis(_plug_in_and_floor(shown), 690.0, WIDTH - 10.0)
    height = _HEAD_HEIGHT + _ROW_HEIGHT * len(shown) + 8
    score_unit = f", {display.unit}" if display.unit else ""
    parts = [
        text_at(bars.start, 14, f"Score: {display.title}{score_unit}", "head"),
        text_at(information.start, 14, "Plug-in information against its noise floor, mnat", "head"),
        *_vertical_grid(bars, top=_HEAD_HEIGHT - 8, bottom=height),
        *_vertical_grid(information, top=_HEAD_HEIGHT - 8, bottom=height),
    ]
    for index, scored in enumerate(shown):
        middle = _HEAD_HEIGHT + _ROW_HEIGHT * (index + 0.5)
        parts.append(_information_row(scored, middle, bars, information, factor=display.factor))
    return svg_element("".join(parts), height=height, label=f"The best {len(shown)} fields by score")


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
    cardinalities = log_axis([1.0, *(float(scored.cardinality) for scored in fields)], 70.0, WIDTH - 20.0)
    amounts = [scored.mutual_information * 1000 for scored in fields]
    amounts += [scored.corrected_mutual_information * 1000 for scored in fields]
    information = log_axis(amounts, height - 74, 34.0)
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
    return svg_element(
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
    axis = Axis(0.0, 1.0, _NAME_WIDTH + 12, WIDTH - 80.0)
    height = 26 + _ROW_HEIGHT * len(shown) + 8
    parts = list(_vertical_grid(axis, top=20, bottom=height, as_percent=True))
    for index, scored in enumerate(shown):
        middle = 26 + _ROW_HEIGHT * (index + 0.5)
        share = percent(scored.coverage)
        parts.append(
            f"<g>{tooltip(f'{scored.name}: {share} of the rows have a value')}{_name(scored, middle)}"
            f"{bar(axis.start, middle, axis.end - axis.start, 'track')}"
            f"{bar(axis.start, middle, axis.at(scored.coverage) - axis.start, 'cover')}"
            f"{text_at(WIDTH - 10, middle + 4, share, 't end')}</g>"
        )
    return svg_element(
        "".join(parts), height=height, label="Share of rows with a value, emptiest fields first"
    )


def _information_row(
    scored: FieldScore, middle: float, bars: Axis, information: Axis, *, factor: float
) -> str:
    score = scored.score * factor
    return (
        f'<g class="{scored.verdict.value}">{tooltip(_description(scored))}{_name(scored, middle)}'
        f"{_score_bar(score, middle, bars)}"
        f"{text_at(bars.end + 70, middle + 4, readable(score, 'z,.3f'), 't end')}"
        f"{_dumbbell(scored, middle, information)}</g>"
    )


def _score_bar(score: float, middle: float, axis: Axis) -> str:
    if not score > 0:
        return ""
    filled = bar(axis.start, middle, max(axis.at(score) - axis.start, 1.0), "fill")
    if score <= axis.high * 1.001:
        return filled
    # Too long to draw: a slanted gap says so.
    x = axis.end - 22
    return filled + f'<path class="gap" d="M{x:.1f} {middle + 9:.1f}l6 -18h5l-6 18z"/>'


def _dumbbell(scored: FieldScore, middle: float, axis: Axis) -> str:
    if scored.mutual_information <= 0 and scored.expected_mutual_information <= 0:
        return text_at(axis.start, middle + 4, MISSING, "soft")
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


def _cardinality_grid(cardinalities: Axis, information: Axis, *, rail: float) -> list[str]:
    parts = [
        text_at(8, 14, "Information, mnat (hollow: plug-in, filled: corrected)", "head"),
        text_at(cardinalities.end, rail + 42, "Cardinality: distinct values", "head end"),
        f'<path class="grid" d="M{cardinalities.start:.1f} {rail:.1f}H{cardinalities.end:.1f}"/>',
        text_at(cardinalities.start - 10, rail + 4, "none", "soft end"),
    ]
    for tick in information.ticks():
        y = information.at(tick)
        parts.append(f'<path class="grid" d="M{cardinalities.start:.1f} {y:.1f}H{cardinalities.end:.1f}"/>')
        parts.append(text_at(cardinalities.start - 10, y + 4, tick_text(tick), "soft end"))
    parts += [
        text_at(cardinalities.at(tick), rail + 22, tick_text(tick), "soft middle")
        for tick in cardinalities.ticks()
    ]
    return parts


def _point(scored: FieldScore, cardinalities: Axis, information: Axis, *, rail: float) -> str:
    x = cardinalities.at(scored.cardinality)
    plug_in = _height(scored.mutual_information, information, rail=rail)
    corrected = _height(scored.corrected_mutual_information, information, rail=rail)
    return (
        f'<g class="{scored.verdict.value}">{tooltip(_description(scored))}'
        f'<path class="stem" d="M{x:.1f} {plug_in:.1f}V{corrected:.1f}"/>'
        f'<circle class="hollow" cx="{x:.1f}" cy="{plug_in:.1f}" r="4"/>'
        f"{_mark(scored.verdict, x, corrected)}</g>"
    )


def _point_labels(
    fields: Sequence[FieldScore], cardinalities: Axis, information: Axis, *, rail: float
) -> list[str]:
    stems = [_stem(scored, cardinalities, information, rail=rail) for scored in fields]
    labels: list[_Label] = []
    candidates = [scored for scored in fields if scored.verdict not in {Verdict.NOISE, Verdict.CONSTANT}]
    for scored in sorted(candidates, key=lambda one: (-_prominence(one), one.rank))[:MAX_CANDIDATES]:
        text = shortened(visible(scored.name), 22)
        width = text_columns(text) * _CHARACTER_WIDTH
        x, _, bottom = _stem(scored, cardinalities, information, rail=rail)
        sides = (_Label(text, x + 9, x + 9 + width, bottom), _Label(text, x - 9 - width, x - 9, bottom))
        free = [label for label in sides if label.right <= WIDTH and label.is_free(stems, labels)]
        labels += free[:1]
    return [text_at(label.left, label.y + 4, label.text, "label") for label in labels[:MAX_LABELS]]


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
    scored: FieldScore, cardinalities: Axis, information: Axis, *, rail: float
) -> tuple[float, float, float]:
    plug_in = _height(scored.mutual_information, information, rail=rail)
    corrected = _height(scored.corrected_mutual_information, information, rail=rail)
    return cardinalities.at(scored.cardinality), min(plug_in, corrected), max(plug_in, corrected)


def _prominence(scored: FieldScore) -> int:
    order = (Verdict.CONSTANT, Verdict.NOISE, Verdict.INFORMATIVE, Verdict.IDENTIFIER, Verdict.LEAK)
    return order.index(scored.verdict)


def _height(nats: float, axis: Axis, *, rail: float) -> float:
    return axis.at(nats * 1000) if nats * 1000 >= axis.low else rail


def _vertical_grid(axis: Axis, *, top: float, bottom: float, as_percent: bool = False) -> list[str]:
    parts: list[str] = []
    for tick in axis.ticks():
        x = axis.at(tick)
        parts.append(f'<path class="grid" d="M{x:.1f} {top:.1f}V{bottom:.1f}"/>')
        parts.append(text_at(x, top - 6, percent(tick) if as_percent else tick_text(tick), "soft middle"))
    return parts


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
    return text_at(_NAME_WIDTH, middle + 4, shortened(visible(scored.name), 32), "end")
