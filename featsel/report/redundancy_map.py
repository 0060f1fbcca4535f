"""Which fields of a ranking say the same? A map of all pairs, as inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from featsel.report.ranking import counted, percent
from featsel.report.sections import figure
from featsel.report.svg import WIDTH, shortened, svg_element, text_at, tooltip
from featsel.report.table import visible

MOST_FIELDS = 30
"""Fields of the map: with more, a square would be too small to point at on a phone or to read in print."""

_NAME_WIDTH = 220.0
_NAME_COLUMNS = 30
_TOP = 30.0
_LARGEST_CELL = 34.0
_TEXT_FROM = 24.0
"""Squares from which a number fits in."""

_DARK_FROM = 0.55
"""Redundancy from which the paper's colour is easier to read on a square than the ink's."""


def redundancy_figure(document: Mapping[str, Any]) -> str:
    """Map of the fields of a ranking that have a partner.

    Parameters
    ----------
    document : mapping
        What ``featsel rank --redundancy --json`` prints, read back.

    Returns
    -------
    str
        HTML; empty where nothing is known of redundancy, or no two fields go together.
    """
    found = document.get("redundancy")
    if not found or not found["pairs"]:
        return ""
    shares = {frozenset(pair["fields"]): pair["redundancy"] for pair in found["pairs"]}
    order = [entry["name"] for entry in document["fields"]]
    members = _ordered(order, found["clusters"], shares)
    shown = members[:MOST_FIELDS]
    cut = (
        f" The {len(shown)} of them with the most in common are shown, of {len(members):,}."
        if len(members) > len(shown)
        else ""
    )
    caption = (
        "Fields that have something in common with another one. A square tells how much two of them share, "
        "in percent of what the simpler one could tell: of two fields with a full square, one is enough. "
        f"Where no number stands, they have little in common.{cut}"
    )
    return figure("Fields that say the same", caption, _map(shown, shares))


def _ordered(
    order: Sequence[str], clusters: Sequence[Mapping[str, Any]], shares: Mapping[frozenset[str], float]
) -> list[str]:
    """Fields with a partner: groups first, each together, then the others by their best share."""
    best: dict[str, float] = {}
    for pair, share in shares.items():
        for name in pair:
            best[name] = max(best.get(name, 0.0), share)
    grouped = [name for cluster in clusters for name in cluster["fields"] if name in best]
    place = {name: index for index, name in enumerate(order)}
    others = sorted(
        set(best) - set(grouped), key=lambda name: (-best[name], place.get(name, len(place)), name)
    )
    return list(dict.fromkeys([*grouped, *others]))


def _map(names: Sequence[str], shares: Mapping[frozenset[str], float]) -> str:
    size = min(_LARGEST_CELL, (WIDTH - _NAME_WIDTH - 40) / len(names))
    left = _NAME_WIDTH + 40
    parts: list[str] = []
    for row, name in enumerate(names):
        middle = _TOP + size * (row + 0.5)
        parts.append(text_at(_NAME_WIDTH, middle + 4, shortened(visible(name), _NAME_COLUMNS), "end"))
        parts.append(text_at(_NAME_WIDTH + 30, middle + 4, str(row + 1), "soft end"))
        # the last field needs no column: its pairs stand in its row
        if row < len(names) - 1:
            parts.append(text_at(left + size * (row + 0.5), _TOP - 8, str(row + 1), "soft middle"))
        parts += [
            _square(left + size * column, _TOP + size * row, size, (names[column], name), shares)
            for column in range(row)
        ]
    label = f"How much {counted(len(names), 'field')} have in common, pair by pair"
    return svg_element(
        f'<g class="informative">{"".join(parts)}</g>',
        height=_TOP + size * len(names) + 8,
        label=label,
        style="map",
    )


def _square(
    x: float, y: float, size: float, names: tuple[str, str], shares: Mapping[frozenset[str], float]
) -> str:
    share = shares.get(frozenset(names))
    box = f'x="{x + 1:.1f}" y="{y + 1:.1f}" width="{size - 2:.1f}" height="{size - 2:.1f}"'
    if share is None:
        return f'<rect class="track" {box}/>'
    told = f"{names[0]} and {names[1]}: {percent(share)} in common"
    number = ""
    if size >= _TEXT_FROM:
        style = "paper middle" if share >= _DARK_FROM else "middle"
        number = text_at(x + size / 2, y + size / 2 + 4, f"{100 * share:.0f}", style)
    filled = f'<rect class="fill" fill-opacity="{share:.2f}" {box}/>'
    return f'<g>{tooltip(told)}<rect class="track" {box}/>{filled}{number}</g>'
