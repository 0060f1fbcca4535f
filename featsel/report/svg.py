"""What are charts drawn with? Axes, texts and tooltips of inline SVG, coloured by the style sheet."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from featsel.report.page import escaped

MAX_DECADES = 6
"""Decades of a logarithmic axis; what lies below them is as good as nothing and would flatten the rest."""

WIDTH = 1040
"""Units across a chart that takes the width of the page, which are pixels there."""


@dataclass(frozen=True)
class Axis:
    """Linear or logarithmic map of numbers to coordinates.

    Parameters
    ----------
    low, high : float
        Numbers at its ends, ``low`` below ``high``; numbers beyond them are drawn there.
    start, end : float
        Coordinates of its ends.
    is_log : bool
        Whether equal factors are equally far apart.
    """

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """Coordinate of a number."""
        low, high = (math.log10(self.low), math.log10(self.high)) if self.is_log else (self.low, self.high)
        if not self.is_log:
            share = (value - low) / (high - low)
        elif value > 0:
            share = (math.log10(value) - low) / (high - low)
        else:
            share = 0.0
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def ticks(self, most: int = 4) -> tuple[float, ...]:
        """Round numbers along the axis: ``most`` steps, or powers of ten and what is between few of them."""
        if self.is_log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            factors = (1, 2, 5) if self.high / self.low < 900 else (1,)
            ticks = (factor * 10.0**power for power in range(first, last + 1) for factor in factors)
            return tuple(tick for tick in ticks if self.low * 0.999 <= tick <= self.high * 1.001)
        rough = (self.high - self.low) / most
        magnitude = 10.0 ** math.floor(math.log10(rough))
        step = next(magnitude * factor for factor in (1, 2, 5, 10) if magnitude * factor >= rough * 0.999)
        first, last = math.ceil(self.low / step - 0.001), math.floor(self.high / step + 0.001)
        return tuple(step * i for i in range(first, last + 1))


def log_axis(values: Iterable[float], start: float, end: float) -> Axis:
    """Logarithmic axis of whole decades, six at most, that holds the greatest of some numbers.

    Parameters
    ----------
    values : iterable of float
        Those that are neither positive nor finite are passed over.
    start, end : float
        Coordinates of its ends.

    Returns
    -------
    Axis
        From 1 to 10 where no number counts.
    """
    positive = [value for value in values if 0 < value < math.inf]
    if not positive:
        return Axis(1.0, 10.0, start, end, is_log=True)
    high = math.ceil(math.log10(max(positive)) - 1e-9)
    low = max(math.floor(math.log10(min(positive)) + 1e-9), high - MAX_DECADES)
    return Axis(10.0 ** min(low, high - 1), 10.0**high, start, end, is_log=True)


def tick_text(value: float) -> str:
    """Number at an axis, with k, M or G for thousands, millions and milliards.

    Parameters
    ----------
    value : float
        The number.

    Returns
    -------
    str
        At most six significant digits.

    Examples
    --------
    >>> tick_text(20_000.0), tick_text(0.5)
    ('20k', '0.5')
    """
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{suffix}"
    return f"{value:.6g}"


def text_at(x: float, y: float, text: str, style: str = "") -> str:
    """Text that stands on a point, escaped."""
    return f'<text{_class(style)} x="{x:.1f}" y="{y:.1f}">{escaped(text)}</text>'


def shortened(text: str, columns: int) -> str:
    """Text that is no wider than so many columns; what is left out is its middle."""
    # no character is narrower than a column: a long text is not measured whole
    if len(text) <= columns and text_columns(text) <= columns:
        return text
    head, tail = text[: columns * 2 // 3], text[-(columns // 3) :]
    while text_columns(head) > columns * 2 // 3 - 1:
        head = head[:-1]
    while text_columns(tail) > columns // 3:
        tail = tail[1:]
    return f"{head}…{tail}"


def bar(x: float, middle: float, width: float, style: str) -> str:
    """Bar of a row of a bar chart."""
    return f'<rect class="{style}" x="{x:.1f}" y="{middle - 7:.1f}" width="{width:.1f}" height="14"/>'


def tooltip(text: str) -> str:
    """What a browser tells of the element around it, escaped."""
    return f"<title>{escaped(text)}</title>"


def svg_element(content: str, *, height: float, label: str, style: str = "", width: int = WIDTH) -> str:
    """A whole chart.

    Parameters
    ----------
    content : str
        Its elements.
    height : float
        Units from top to bottom.
    label : str
        What it shows, for those who do not see it.
    style : str
        Class in the style sheet.
    width : int
        Units from left to right.

    Returns
    -------
    str
        An ``svg`` element.
    """
    box = f"0 0 {width} {height:.0f}"
    return f'<svg{_class(style)} viewBox="{box}" role="img" aria-label="{escaped(label)}">{content}</svg>'


def _class(style: str) -> str:
    return f' class="{style}"' if style else ""


def text_columns(text: str) -> int:
    """Columns that a text takes where all characters are as wide as each other, or twice as wide."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
