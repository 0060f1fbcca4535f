"""How does a rule about one field become a rule about all of them?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from featsel.core.profile import Categories, FieldProfile
from featsel.quality.comparison import Comparison
from featsel.quality.findings import Severity
from featsel.quality.rule import Measurement


@dataclass(frozen=True)
class Place:
    """A field of today, and that of the reference where it has it and reads it alike.

    Parameters
    ----------
    field : FieldProfile
        The field.
    before : FieldProfile or None
        Of the reference.
    comparison : Comparison
        Of the logs.
    """

    field: FieldProfile
    before: FieldProfile | None
    comparison: Comparison


@dataclass(frozen=True)
class Pair:
    """A field that both logs have, read alike.

    Parameters
    ----------
    field, before : FieldProfile
        Of today, and of the reference.
    comparison : Comparison
        Of the logs.
    """

    field: FieldProfile
    before: FieldProfile
    comparison: Comparison


Measure = Callable[[Comparison], Iterator[Measurement]]

TAILS = 3.0
"""Standard deviations within which an estimate is chance; with some hundred fields a day, a few a year are
not."""

SHOWN_CARDINALITY = 1000
"""Values of fields with more are likely to be people or devices, and are not shown."""

AS_BEFORE = 1.1
"""What is at most so many times what the reference shows is nothing new."""


def of_fields(measure: Callable[[Place], Iterable[Measurement]]) -> Measure:
    """Rule about every field.

    Parameters
    ----------
    measure : callable
        Measures one field.

    Returns
    -------
    callable
        A rule; what breaks at one field is skipped there, and only there.
    """

    def measured(comparison: Comparison) -> Iterator[Measurement]:
        known = {field.name: before for field, before in comparison.in_both()}
        for field in comparison.today.fields:
            place = Place(field, known.get(field.name), comparison)
            yield from _at(field, partial(measure, place))

    measured.__doc__ = measure.__doc__
    return measured


def of_both(measure: Callable[[Pair], Iterable[Measurement]]) -> Measure:
    """Rule about every field that the reference has too, read alike; see :func:`of_fields`."""

    def measured(comparison: Comparison) -> Iterator[Measurement]:
        for field, before in comparison.in_both():
            yield from _at(field, partial(measure, Pair(field, before, comparison)))

    measured.__doc__ = measure.__doc__
    return measured


def _at(field: FieldProfile, measure: Callable[[], Iterable[Measurement]]) -> Iterator[Measurement]:
    try:
        yield from list(measure())
    except Exception as error:
        reason = f"could not be computed: {type(error).__name__}: {' '.join(str(error).split())}"
        yield Measurement(math.nan, reason, field=field.name)


def at_most(value: float, reference: float | None) -> Severity | None:
    """Bound of the severity of what the reference shows too: it is worth knowing, no more."""
    if reference is not None and value <= reference * AS_BEFORE:
        return Severity.INFO
    return None


def shown(field: FieldProfile, marks: Iterable[int]) -> list[str]:
    """Values by their marks as people may see them: text of fields with few values, else what stands for it.

    Parameters
    ----------
    field : FieldProfile
        The field.
    marks : iterable of int
        Some of its values.

    Returns
    -------
    list of str
        One for each; ``#`` and the mark where the text is not known or not shown.
    """
    is_open = field.n_distinct <= SHOWN_CARDINALITY
    return [
        field.texts[mark] if is_open and mark in field.texts else f"#{mark:012x}" for mark in map(int, marks)
    ]


def percent(share: float) -> str:
    """A share for a sentence: ``12.3 %``, ``0.04 %``."""
    return f"{100 * share:.1f} %" if not 0 < abs(share) < 0.001 else f"{100 * share:.2g} %"


def n_entries(field: FieldProfile) -> int:
    """Rows that hold a value, or entries of lists."""
    if isinstance(field.values, Categories):
        return field.values.n_entries
    return int(field.values.rows.sum())
