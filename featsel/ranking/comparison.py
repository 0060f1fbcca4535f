"""Which fields moved between two rankings, by more than the noise of both?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from featsel.ranking.growth import Growth
from featsel.ranking.verdicts import SIGNIFICANCE
from featsel.stats import benjamini_hochberg


class Status(StrEnum):
    """What became of a field."""

    MOVED = "moved"
    STEADY = "steady"
    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True)
class Estimate:
    """What a ranking says of a field.

    Parameters
    ----------
    name : str
        Of the field.
    rank : int
        Its place.
    score : float
        What ordered the list.
    verdict : str
        What the field is good for.
    measured : float
        What is compared: the score, or another amount where it has no standard error.
    se : float
        Standard error of that.
    """

    name: str
    rank: int
    score: float
    verdict: str
    measured: float
    se: float


@dataclass(frozen=True)
class Movement:
    """A field in two rankings; what one of them lacks is None.

    Parameters
    ----------
    name : str
        Of the field.
    now, before : Estimate or None
        What either ranking says.
    difference : float or None
        What is compared, now less before, as if both logs had as many rows.
    se : float or None
        Standard error of the difference.
    z : float or None
        Difference over its standard error.
    q_value : float or None
        Of no movement, adjusted for the number of fields.
    status : Status
        What became of it.
    """

    name: str
    now: Estimate | None
    before: Estimate | None
    difference: float | None
    se: float | None
    z: float | None
    q_value: float | None
    status: Status

    @property
    def changes_verdict(self) -> bool:
        """Whether both rankings have the field, but not its verdict."""
        return self.now is not None and self.before is not None and self.now.verdict != self.before.verdict


def compare_rankings(
    now: Sequence[Estimate], before: Sequence[Estimate], growth: Mapping[str, Growth]
) -> tuple[Movement, ...]:
    """Compare two rankings, field by field.

    Parameters
    ----------
    now, before : sequence of Estimate
        In rank order.
    growth : mapping of str to Growth
        What a field gains by the rows that the log now has more; negative gains where it has fewer. A field
        that is not in it gains nothing.

    Returns
    -------
    tuple of Movement
        Fields of the new ranking in its order, then those that are gone. A field has moved where its q-value
        is below :data:`featsel.ranking.verdicts.SIGNIFICANCE`.
    """
    was = {field.name: field for field in before}
    pairs = [(field, was[field.name]) for field in now if field.name in was]
    differences = {
        new.name: _difference(new, old, growth.get(new.name, Growth(0.0, 0.0))) for new, old in pairs
    }
    q_values = benjamini_hochberg(
        [math.erfc(abs(difference / se) / math.sqrt(2.0)) for difference, se in differences.values()]
    )
    adjusted = dict(zip(differences, q_values.tolist(), strict=True))
    moved = [
        Movement(field.name, field, None, None, None, None, None, Status.NEW)
        if field.name not in was
        else _movement(field, was[field.name], differences[field.name], adjusted[field.name])
        for field in now
    ]
    names = {field.name for field in now}
    gone = [
        Movement(field.name, None, field, None, None, None, None, Status.GONE)
        for field in before
        if field.name not in names
    ]
    return (*moved, *gone)


def _difference(now: Estimate, before: Estimate, growth: Growth) -> tuple[float, float]:
    se = math.sqrt(now.se**2 + before.se**2 + growth.se**2)
    # a field without any row has no error; nothing can have moved it
    return now.measured - growth.gain - before.measured, se or 1.0


def _movement(now: Estimate, before: Estimate, difference: tuple[float, float], q_value: float) -> Movement:
    z = difference[0] / difference[1]
    status = Status.MOVED if q_value < SIGNIFICANCE else Status.STEADY
    return Movement(now.name, now, before, *difference, z, q_value, status)
