"""Are the times of the rows in order, without gaps, and not yet to come?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from featsel.core.profile import TimeProfile
from featsel.quality.comparison import Comparison
from featsel.quality.measuring import percent
from featsel.quality.rule import Measurement

CLOCK_DIFFERENCE_S = 86_400.0
"""Clocks of other zones run ahead by less than a day."""

USUAL_ROWS = 20
"""A slot of time is missed where the usual one has so many rows."""


def future(comparison: Comparison) -> Iterator[Measurement]:
    """Share of the rows whose time is yet to come."""
    time = _times(comparison)
    if not time.is_calendar or math.isnan(time.high):
        yield Measurement(math.nan, "the column does not hold points in time", "future", time.name)
        return
    limit = comparison.now + CLOCK_DIFFERENCE_S
    starts = math.floor(time.low / time.width) * time.width + np.arange(time.slots.size) * time.width
    n_rows = int(time.slots[starts > limit].sum()) or int(time.high > limit)
    yield Measurement(
        float(n_rows),
        f"the last row is of {_shown(time.high, time)}"
        + (f"; {n_rows:,} rows or more are yet to come" if n_rows else ""),
        "future",
        time.name,
    )


def disorder(comparison: Comparison) -> Iterator[Measurement]:
    """Share of the rows whose time is before that of the row above."""
    time = _times(comparison)
    share = time.n_backward / max(comparison.today.n_rows, 1)
    before = comparison.before.time if comparison.before is not None else None
    usual = None
    if before is not None and comparison.before is not None and before.name == time.name:
        usual = before.n_backward / max(comparison.before.n_rows, 1)
    yield Measurement(
        share,
        f"{percent(share)} of the rows are earlier than the row above",
        "disorder",
        time.name,
        reference=usual,
    )
    if usual is not None:
        yield Measurement(
            share - usual,
            f"{percent(share)} of the rows are earlier than the row above, {percent(usual)} in the reference",
            "disorder-rise",
            time.name,
            reference=usual,
        )


def gaps(comparison: Comparison) -> Iterator[Measurement]:
    """Longest run of empty slots of time, in slots."""
    time = _times(comparison)
    if time.slots.size < 3:
        yield Measurement(0.0, "the rows span too little time for a gap", "gap", time.name)
        return
    usual = float(np.median(time.slots))
    is_empty = time.slots == 0
    longest, run = 0, 0
    for empty in is_empty.tolist():
        run = run + 1 if empty else 0
        longest = max(longest, run)
    seconds = longest * time.width
    length = f"{seconds / 3600:,.0f} hours" if time.is_calendar else f"{seconds:g}"
    yield Measurement(
        float(longest) if usual >= USUAL_ROWS else 0.0,
        f"no row for {length}, where {usual:,.0f} rows are usual in each {time.width / 3600:g} hours"
        if time.is_calendar
        else f"no row over a stretch of {length}, where {usual:,.0f} rows are usual in each {time.width:g}",
        "gap",
        time.name,
    )


def overlap(comparison: Comparison) -> Iterator[Measurement]:
    """Share of the rows that are not later than the reference."""
    time = _times(comparison)
    before = comparison.before.time if comparison.before is not None else None
    if before is None or before.name != time.name or math.isnan(before.high) or math.isnan(time.low):
        yield Measurement(math.nan, "the reference has no times of this column", "overlap", time.name)
        return
    starts = math.floor(time.low / time.width) * time.width + np.arange(time.slots.size) * time.width
    is_before = starts + time.width <= before.high
    is_within = (starts <= before.high) & ~is_before
    rows = float(time.slots[is_before].sum()) + float(
        np.sum(time.slots[is_within] * np.clip((before.high - starts[is_within]) / time.width, 0, 1))
    )
    share = rows / max(comparison.today.n_rows, 1) if time.low <= before.high else 0.0
    yield Measurement(
        share,
        f"{percent(share)} of the rows are not later than the last row of the reference, "
        f"{_shown(before.high, before)}",
        "overlap",
        time.name,
    )


def lost_times(comparison: Comparison) -> Iterator[Measurement]:
    """Share of the rows without a time."""
    time = _times(comparison)
    share = time.n_null / max(comparison.today.n_rows, 1)
    yield Measurement(share, f"{time.n_null:,} rows have no time", "missing", time.name)


def time_order(comparison: Comparison) -> Iterator[Measurement]:
    """Times that are yet to come, missing, out of order, and slots without rows."""
    for measure in (future, lost_times, disorder, gaps):
        yield from measure(comparison)


def _times(comparison: Comparison) -> TimeProfile:
    assert comparison.today.time is not None
    return comparison.today.time


def _shown(seconds: float, time: TimeProfile) -> str:
    if not time.is_calendar:
        return f"{seconds:g}"
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError):
        return f"{seconds:g}"
