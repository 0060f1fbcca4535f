"""How does the AUC of each method grow with k, and which area is under it? Inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from featsel.report.bench import CHANCE, ORACLE, interval_text
from featsel.report.svg import WIDTH, Axis, bar, shortened, svg_element, text_at, tick_text, tooltip
from featsel.report.table import readable, visible

N_COLOURS = 8
"""Lines that the style sheet tells apart by colour; the next ones have dashes, too."""

_LEFT, _RIGHT = 78.0, WIDTH - 170.0
_TOP, _BOTTOM = 40.0, 400.0
_LEGEND_HEIGHT = 20.0
_NAME_WIDTH = 160.0
_BARS_END = WIDTH - 190.0
_ROW_HEIGHT = 24
_BARS_TOP = 26
_LOG_FROM = 8
"""Ratio of the largest number of fields to the smallest from which the scale is logarithmic."""


def auc_chart(results: Sequence[Mapping[str, Any]]) -> str:
    """Test AUC over the number of first fields, a line for each method.

    Parameters
    ----------
    results : sequence of mapping
        Entries of one model in a document, best first.

    Returns
    -------
    str
        An ``svg`` element.
    """
    sizes = [point["k"] for point in results[0]["points"]]
    aucs = [point["auc"]["mean"] for result in results for point in result["points"]]
    room = (max(aucs) - min(aucs)) * 0.06 or 0.01
    up = Axis(min(aucs) - room, max(aucs) + room, _BOTTOM, _TOP)
    is_log = sizes[-1] >= _LOG_FROM * sizes[0]
    across = Axis(sizes[0], max(sizes[-1], sizes[0] + 1), _LEFT, _RIGHT, is_log=is_log)
    parts = [
        text_at(8, 18, "Test AUC, mean over seeds", "head"),
        text_at(_RIGHT, _BOTTOM + 46, "First k fields", "head end"),
    ]
    for tick in up.ticks(6):
        y = up.at(tick)
        parts.append(f'<path class="grid" d="M{_LEFT:.1f} {y:.1f}H{_RIGHT:.1f}"/>')
        parts.append(text_at(_LEFT - 10, y + 4, tick_text(tick), "soft end"))
    for size in sizes:
        x = across.at(size)
        parts.append(f'<path class="grid" d="M{x:.1f} {_TOP:.1f}V{_BOTTOM:.1f}"/>')
        parts.append(text_at(x, _BOTTOM + 22, f"{size:,}", "soft middle"))
    styles = _styles(results)
    # the best are drawn last, on top
    parts += [_line(result, styles[result["method"]], across, up) for result in reversed(results)]
    parts += _legend(results, styles)
    label = f"Test AUC of {len(results)} methods with the first {sizes[0]:,} to {sizes[-1]:,} fields"
    return svg_element("".join(parts), height=_BOTTOM + 60, label=label)


def area_chart(results: Sequence[Mapping[str, Any]]) -> str:
    """Bars of the areas under the curves, with their intervals.

    Parameters
    ----------
    results : sequence of mapping
        Entries of one model in a document, best first.

    Returns
    -------
    str
        An ``svg`` element.
    """
    areas = [result["aukc"] for result in results]
    most = max(max(area["mean"], area["high"] or 0.0) for area in areas)
    least = min(0.0, *(area["mean"] for area in areas))
    axis = Axis(least, max(most, least + 0.01), _NAME_WIDTH + 12, _BARS_END)
    height = _BARS_TOP + _ROW_HEIGHT * len(results) + 8
    parts: list[str] = []
    for tick in axis.ticks(6):
        x = axis.at(tick)
        parts.append(f'<path class="grid" d="M{x:.1f} 20V{height}"/>')
        parts.append(text_at(x, 14, tick_text(tick), "soft middle"))
    styles = _styles(results)
    for index, result in enumerate(results):
        area, name, middle = result["aukc"], result["method"], _BARS_TOP + _ROW_HEIGHT * (index + 0.5)
        told = interval_text(area, ".4f")
        zero, end = axis.at(0.0), axis.at(area["mean"])
        whisker = ""
        if area["low"] is not None:
            low, high = axis.at(area["low"]), axis.at(area["high"])
            whisker = f'<path class="floor" d="M{low:.1f} {middle:.1f}H{high:.1f}"/>'
        parts.append(
            f'<g class="{styles[name]}">{tooltip(f"{name}: {told}")}'
            f"{text_at(_NAME_WIDTH, middle + 4, shortened(visible(name), 22), 'end')}"
            f"{bar(min(zero, end), middle, max(abs(end - zero), 1.0), 'fill')}{whisker}"
            f"{text_at(WIDTH - 10, middle + 4, told, 't end')}</g>"
        )
    return svg_element("".join(parts), height=height, label=f"Areas of {len(results)} methods, best first")


def _styles(results: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Class of each method in the style sheet; a method has the same one for every model of a page."""
    named = sorted(result["method"] for result in results if result["method"] not in {CHANCE, ORACLE})
    styles = {
        name: f"line{place % N_COLOURS}" + (" dashed" if place >= N_COLOURS else "")
        for place, name in enumerate(named)
    }
    return {**styles, CHANCE: "chance", ORACLE: "oracle dashed"}


def _line(result: Mapping[str, Any], style: str, across: Axis, up: Axis) -> str:
    where = [(across.at(point["k"]), up.at(point["auc"]["mean"])) for point in result["points"]]
    marks = "".join(
        f"<g>{tooltip(_point_text(result['method'], point))}"
        f'<circle class="fill" cx="{x:.1f}" cy="{y:.1f}" r="4"/></g>'
        for point, (x, y) in zip(result["points"], where, strict=True)
    )
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in where)
    best = " best" if result["is_best"] else ""
    return f'<g class="{style}{best}"><path class="curve" d="M{line}"/>{marks}</g>'


def _legend(results: Sequence[Mapping[str, Any]], styles: Mapping[str, str]) -> list[str]:
    """Names at the right, best area first: all lines meet at their ends, where no name could stand."""
    parts: list[str] = []
    for index, result in enumerate(results):
        name, y, x = result["method"], _TOP + _LEGEND_HEIGHT * index, _RIGHT + 20
        style = "head" if result["is_best"] else ""
        parts.append(f'<g class="{styles[name]}"><path class="curve" d="M{x:.1f} {y:.1f}h24"/></g>')
        parts.append(text_at(x + 30, y + 4, shortened(visible(name), 18), style))
    return parts


def _point_text(method: str, point: Mapping[str, Any]) -> str:
    return (
        f"{method}, {point['k']:,} fields: AUC {interval_text(point['auc'], '.5f')}, "
        f"log loss {readable(point['log_loss']['mean'], '.5f')}"
    )
