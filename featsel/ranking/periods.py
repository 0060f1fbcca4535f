"""Into which stretches of time do the rows of a log fall?

Calendar days where times are points in time; the values themselves where there are few, as of a column of
day numbers; else ten stretches of about equal rows. Equal times are never parted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from featsel.engines.profile_roles import EPOCH_UNITS

FloatArray = NDArray[np.float64]

DAY_S = 86_400.0

MOST_PERIODS = 31
"""Days of a month: more periods would be thin, and are no longer read one by one."""

N_STRETCHES = 10
"""Where time has no natural steps: nine predictions, the first of them from a tenth of the rows."""

SMALLEST_SHARE = 0.01
"""Of the rows: a shorter period, such as the first minutes of a log that begins before midnight, joins its
neighbour, for nothing is learnt from it."""


class PeriodUnit(StrEnum):
    """What a period is."""

    DAY = "day"
    VALUE = "value"
    STRETCH = "stretch"


@dataclass(frozen=True)
class Period:
    """One stretch of time.

    Parameters
    ----------
    start, end : str
        Its first and last time: as ISO 8601 in UTC where times are points in time, else as a number.
    n_rows : int
        Rows in it.
    """

    start: str
    end: str
    n_rows: int


@dataclass(frozen=True, eq=False)
class Periods:
    """The periods of a log, and the period of each row.

    Parameters
    ----------
    unit : PeriodUnit
        What they are.
    periods : tuple of Period
        In the order of time.
    codes : ndarray of uint8, shape (n_rows,)
        Place of the period of each row.
    """

    unit: PeriodUnit
    periods: tuple[Period, ...]
    codes: NDArray[np.uint8]

    @property
    def title(self) -> str:
        """Such as ``"7 days"``."""
        noun = {
            PeriodUnit.DAY: "day",
            PeriodUnit.VALUE: "value",
            PeriodUnit.STRETCH: "stretch of about equal rows",
        }[self.unit]
        n_periods = len(self.periods)
        return f"{n_periods} {noun if n_periods == 1 else _plural(noun)}"


def cut_periods(times: FloatArray) -> Periods:
    """Cut the rows of a log by time.

    Parameters
    ----------
    times : ndarray of float64, shape (n_rows,)
        Numbers without NaN; those that count (milli-, micro-, nano-)seconds since 1970 for a date between
        1985 and 2128 are points in time.

    Returns
    -------
    Periods
        One where all times are equal, :data:`MOST_PERIODS` at most. Every period has 1 % of the rows at
        least, unless it is the only one.

    Examples
    --------
    >>> cut_periods(np.array([1.0, 0.0, 1.0, 2.0])).codes
    array([1, 0, 1, 2], dtype=uint8)
    """
    seconds, is_calendar = _seconds(times)
    days = np.floor(seconds / DAY_S) if is_calendar else seconds
    units, places, counts = np.unique(days, return_inverse=True, return_counts=True)
    unit = PeriodUnit.DAY if is_calendar else PeriodUnit.VALUE
    if units.size == 1 and is_calendar:
        units, places, counts = np.unique(seconds, return_inverse=True, return_counts=True)
        unit = PeriodUnit.STRETCH
    if units.size > MOST_PERIODS:
        unit = PeriodUnit.STRETCH
    period_of = _stretches(counts) if unit is PeriodUnit.STRETCH else np.arange(units.size)
    period_of = _join_small(period_of, counts)
    codes = period_of.astype(np.uint8)[places]
    return Periods(unit, _describe(seconds, codes, is_calendar=is_calendar), codes)


def _seconds(times: FloatArray) -> tuple[FloatArray, bool]:
    middle = float(np.median(times))
    factor = next((unit for unit, (low, high) in EPOCH_UNITS.items() if low <= middle < high), None)
    return (times, False) if factor is None else (times / factor, True)


def _stretches(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Period of each moment: the tenth of the rows in which the middle one of its rows falls."""
    middles = np.cumsum(counts) - counts / 2.0
    tenths = (middles * N_STRETCHES / counts.sum()).astype(np.int64)
    return np.unique(tenths, return_inverse=True)[1]


def _join_small(period_of: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Let periods of too few rows join the one before, or, where there is none, the next."""
    n_rows = np.bincount(period_of, counts)
    least = SMALLEST_SHARE * n_rows.sum()
    joined = np.zeros(n_rows.size, np.int64)
    held = 0.0
    for period, rows in enumerate(n_rows.tolist()):
        # one that is large enough begins anew, if what was gathered before it is large enough too
        begins = period > 0 and rows >= least and held >= least
        joined[period] = joined[period - 1] + begins if period else 0
        held = rows if begins else held + rows
    return joined[period_of]


def _describe(seconds: FloatArray, codes: NDArray[np.uint8], *, is_calendar: bool) -> tuple[Period, ...]:
    n_periods = int(codes.max()) + 1
    starts, ends = np.full(n_periods, math.inf), np.full(n_periods, -math.inf)
    np.minimum.at(starts, codes, seconds)
    np.maximum.at(ends, codes, seconds)
    n_rows = np.bincount(codes)
    return tuple(
        Period(_shown(start, is_calendar=is_calendar), _shown(end, is_calendar=is_calendar), rows)
        for start, end, rows in zip(starts.tolist(), ends.tolist(), n_rows.tolist(), strict=True)
    )


def _shown(time: float, *, is_calendar: bool) -> str:
    if is_calendar:
        return datetime.fromtimestamp(time, UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    return f"{time:.15g}"


def _plural(noun: str) -> str:
    return noun.replace("stretch", "stretches") if noun.startswith("stretch") else f"{noun}s"
