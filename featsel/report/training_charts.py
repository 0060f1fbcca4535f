"""How did a training go, and do its predictions mean what they say? Inline SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from featsel.report.ranking import percent
from featsel.report.svg import MAX_DECADES, Axis, svg_element, text_at, tick_text, tooltip
from featsel.report.table import readable

PART_WORDS = {"train": "training", "valid": "validation", "test": "test"}
"""Parts of the data in sentences."""

MANY_EVALUATIONS = 60
"""From so many on, a curve has no marks of its own: they would hide it."""

LEAST_LOG_RATIO = 10.0
"""Rates that differ by more are drawn on logarithmic scales, where those near 0 can be told apart."""

DEVIATIONS = 1.96
"""Standard deviations of a 95 % interval."""

_WIDTH = 520
_MOST_STEPS = 8
_LEFT, _RIGHT = 78.0, 500.0
_TOP = 46.0
_CURVES_BOTTOM = 300.0
_SQUARE_BOTTOM = _TOP + _RIGHT - _LEFT


@dataclass(frozen=True)
class Evaluated:
    """One evaluation during a training.

    Parameters
    ----------
    epoch, step : int
        When it was.
    train_loss, valid_loss, valid_auc : float, optional
        None where it was not measured, or is no number.
    is_best : bool
        Whether the model was the best so far.
    """

    epoch: int
    step: int
    train_loss: float | None
    valid_loss: float | None
    valid_auc: float | None
    is_best: bool


@dataclass(frozen=True)
class RateBin:
    """Rows of about the same prediction: how many, their mean prediction and their rate of label 1."""

    rows: int
    predicted: float
    actual: float

    @property
    def interval(self) -> tuple[float, float]:
        """Where the rate lies with 95 % confidence if rows weigh the same (Wilson, JASA 1927)."""
        z2 = DEVIATIONS**2 / self.rows
        middle = self.actual + z2 / 2
        half = math.sqrt(z2) * math.sqrt(max(self.actual * (1 - self.actual), 0.0) + z2 / 4)
        return max((middle - half) / (1 + z2), 0.0), min((middle + half) / (1 + z2), 1.0)


def loss_chart(history: Sequence[Evaluated]) -> str:
    """Log loss of training and validation rows as the training goes on.

    Parameters
    ----------
    history : sequence of Evaluated
        In order.

    Returns
    -------
    str
        An ``svg`` element, or an empty text where there is no number.
    """
    return _curves(
        history,
        {"train": lambda each: each.train_loss, "valid": lambda each: each.valid_loss},
        title="Log loss, nats",
    )


def auc_chart(history: Sequence[Evaluated]) -> str:
    """AUC of validation rows as the training goes on.

    Parameters
    ----------
    history : sequence of Evaluated
        In order.

    Returns
    -------
    str
        An ``svg`` element, or an empty text where there is no number.
    """
    return _curves(history, {"valid": lambda each: each.valid_auc}, title="AUC")


def reliability_chart(part: str, bins: Sequence[RateBin]) -> str:
    """Predictions of some rows against the rates that came, both on the same scale.

    Parameters
    ----------
    part : str
        Which rows: ``valid`` or ``test``.
    bins : sequence of RateBin
        One or more, by ascending predictions.

    Returns
    -------
    str
        An ``svg`` element. Scales are logarithmic where rates differ by more than ten times; bins without a
        positive row then stand below the scale.
    """
    low, high, is_log = _rates(bins)
    across = Axis(low, high, _LEFT, _RIGHT, is_log=is_log)
    up = Axis(low, high, _SQUARE_BOTTOM, _TOP, is_log=is_log)
    rail = _SQUARE_BOTTOM + 20 if is_log and any(each.actual < low for each in bins) else None
    bottom = rail or _SQUARE_BOTTOM
    parts = [
        text_at(8, 18, f"Share of positive rows: {PART_WORDS[part]}", "head"),
        text_at(_RIGHT, bottom + 46, "Predicted", "head end"),
    ]
    for tick in across.ticks():
        x, y = across.at(tick), up.at(tick)
        parts.append(
            f'<path class="grid" d="M{_LEFT:.1f} {y:.1f}H{_RIGHT:.1f}M{x:.1f} {_TOP:.1f}V{bottom:.1f}"/>'
        )
        parts.append(text_at(_LEFT - 10, y + 4, percent(tick), "soft end"))
        parts.append(text_at(x, bottom + 22, percent(tick), "soft middle"))
    if rail is not None:
        parts.append(f'<path class="grid" d="M{_LEFT:.1f} {rail:.1f}H{_RIGHT:.1f}"/>')
        parts.append(text_at(_LEFT - 10, rail + 4, "none", "soft end"))
    parts.append(f'<path class="dotted" d="M{_LEFT:.1f} {_SQUARE_BOTTOM:.1f}L{_RIGHT:.1f} {_TOP:.1f}"/>')
    parts += [_rate_mark(part, each, across, up, rail=rail) for each in bins]
    label = f"Predicted and actual share of positive rows in {len(bins)} bins of the {PART_WORDS[part]} rows"
    return svg_element("".join(parts), height=bottom + 60, label=label, width=_WIDTH)


def _curves(
    history: Sequence[Evaluated],
    curves: Mapping[str, Callable[[Evaluated], float | None]],
    *,
    title: str,
) -> str:
    points = {
        part: [(each, value) for each in history if (value := measure(each)) is not None]
        for part, measure in curves.items()
    }
    points = {part: found for part, found in points.items() if found}
    if not points:
        return ""
    by_epoch = len({each.epoch for each in history}) == len(history)
    places = {each: float(each.epoch if by_epoch else each.step) for each in history}
    across = _padded([*places.values()], _LEFT, _RIGHT, share=0.03)
    up = _padded([value for found in points.values() for _, value in found], _CURVES_BOTTOM, _TOP, share=0.08)
    parts = [text_at(8, 18, title, "head"), *_curve_grid(across, up)]
    parts.append(text_at(_RIGHT, _CURVES_BOTTOM + 46, "Epoch" if by_epoch else "Step", "head end"))
    best = next((each for each in reversed(history) if each.is_best and each.valid_loss is not None), None)
    if best is not None:
        x = across.at(places[best])
        parts.append(f'<path class="dotted" d="M{x:.1f} {_TOP:.1f}V{_CURVES_BOTTOM:.1f}"/>')
        parts.append(text_at(x, _TOP - 6, "best", "soft middle"))
    for index, (part, found) in enumerate(points.items()):
        legend = _RIGHT + 10 - 110 * (len(points) - index)
        where = [(across.at(places[each]), up.at(value)) for each, value in found]
        marks = [
            _curve_mark(part, each, value, x, y)
            for (each, value), (x, y) in zip(found, where, strict=True)
            if len(found) < MANY_EVALUATIONS or each is best
        ]
        rings = [
            f'<circle class="ring" cx="{x:.1f}" cy="{y:.1f}" r="8"/>'
            for (each, _), (x, y) in zip(found, where, strict=True)
            if each is best and part == "valid"
        ]
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in where)
        parts.append(
            f'<g class="{part}"><path class="curve" d="M{line}"/>{"".join(marks)}{"".join(rings)}'
            f'<path class="curve" d="M{legend:.1f} 14h24"/></g>'
            + text_at(legend + 30, 18, PART_WORDS[part], "soft")
        )
    label = f"{title} after each of {len(history)} evaluations"
    return svg_element("".join(parts), height=_CURVES_BOTTOM + 60, label=label, width=_WIDTH)


def _curve_mark(part: str, each: Evaluated, value: float, x: float, y: float) -> str:
    told = f"epoch {each.epoch}, step {each.step:,}: {PART_WORDS[part]} {readable(value, '.5f')}"
    style = "hollow" if part == "train" else "fill"
    return f'<g class="{part}">{tooltip(told)}<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="4"/></g>'


def _curve_grid(across: Axis, up: Axis) -> list[str]:
    parts: list[str] = []
    for tick in up.ticks(_MOST_STEPS):
        y = up.at(tick)
        parts.append(f'<path class="grid" d="M{_LEFT:.1f} {y:.1f}H{_RIGHT:.1f}"/>')
        parts.append(text_at(_LEFT - 10, y + 4, tick_text(tick), "soft end"))
    parts += [
        text_at(across.at(tick), _CURVES_BOTTOM + 22, tick_text(tick), "soft middle")
        for tick in across.ticks(_MOST_STEPS)
        if tick == round(tick)
    ]
    return parts


def _padded(values: Sequence[float], start: float, end: float, *, share: float) -> Axis:
    """Linear axis with some room on both sides of the numbers."""
    low, high = min(values), max(values)
    room = (high - low) * share or abs(high) * 0.1 or 1.0
    return Axis(low - room, high + room, start, end)


def _rates(bins: Sequence[RateBin]) -> tuple[float, float, bool]:
    """Ends of the scale that predictions and rates share, and whether it is logarithmic."""
    rates = [rate for each in bins for rate in (each.predicted, each.actual)]
    low, high = min(rates), max(rates)
    least = min((rate for rate in rates if rate > 0), default=0.0)
    if least and high / least > LEAST_LOG_RATIO:
        return max(least, high / 10**MAX_DECADES) / 1.3, min(high * 1.3, 1.0), True
    room = (high - low) * 0.08 or high * 0.5 or 0.5
    return max(low - room, 0.0), min(high + room, 1.0), False


def _rate_mark(part: str, each: RateBin, across: Axis, up: Axis, *, rail: float | None) -> str:
    least, most = each.interval
    x = across.at(each.predicted)
    y = rail if rail is not None and each.actual < up.low else up.at(each.actual)
    foot = rail if rail is not None and least < up.low and y == rail else up.at(least)
    told = (
        f"{each.rows:,} rows: predicted {percent(each.predicted)}, actual {percent(each.actual)} "
        f"(95 % interval {percent(least)} to {percent(most)})"
    )
    return (
        f'<g class="{part}">{tooltip(told)}<path class="stem" d="M{x:.1f} {foot:.1f}V{up.at(most):.1f}"/>'
        f'<circle class="fill" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/></g>'
    )
