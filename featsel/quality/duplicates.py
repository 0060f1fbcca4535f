"""Do rows repeat, were they seen before, and which fields say the same?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from featsel.core.profile import Categories, LogProfile, MarkCounts, ValueType
from featsel.quality.comparison import Comparison
from featsel.quality.findings import Severity
from featsel.quality.measuring import TAILS, percent
from featsel.quality.rule import Measurement

CONTAINED_TYPES = frozenset({ValueType.TEXT, ValueType.LIST})
"""Small whole numbers are values of every other field of whole numbers."""

LEAST_CONTAINED_VALUES = 50
MOST_CONTAINED_FIELDS = 200
"""Fields of few values contain each other by chance, and many fields have too many pairs."""


def repeated_rows(comparison: Comparison) -> Iterator[Measurement]:
    """Share of the rows that repeat an earlier one, with its label."""
    today, before = comparison.today, comparison.before
    share = today.rows.n_repeated / max(today.n_rows, 1)
    usual, floor = None, None
    if before is not None and before.rows.columns == today.rows.columns:
        usual = before.rows.n_repeated / max(before.n_rows, 1)
        # in a longer log more rows repeat by themselves
        floor = usual * max(1.0, today.n_rows / max(before.n_rows, 1)) * 1.1
        floor += TAILS * math.sqrt(usual * (1 / max(today.n_rows, 1) + 1 / max(before.n_rows, 1)))
    was = "" if usual is None else f", {percent(usual)} in the reference"
    yield Measurement(
        share,
        f"{today.rows.n_repeated:,} rows ({percent(share)}) repeat an earlier one{was}",
        floor=floor,
        reference=usual,
    )


def replayed_rows(comparison: Comparison) -> Iterator[Measurement]:
    """Share of the rows that the reference has too, beyond what rows of this kind repeat anyway."""
    today, before = comparison.today, comparison.before
    assert before is not None
    if before.rows.columns != today.rows.columns:
        yield Measurement(math.nan, "the logs differ in their columns, so that no two rows can be equal")
        return
    share, error = contained_share(
        today.rows.sample, before.rows.sample, is_whole=(_is_whole(today), _is_whole(before))
    )
    # a row is new with the odds of the rows that the reference has once (Good and Turing)
    expected = 1 - before.rows.n_once / max(before.n_rows, 1)
    excess = share - expected
    yield Measurement(
        excess,
        f"{percent(share)} of the rows stand in the reference too; {percent(expected)} would by chance",
        floor=TAILS * error,
        reference=expected,
    )


def conflicting_labels(comparison: Comparison) -> Iterator[Measurement]:
    """Share of the rows that equal another one but for the label."""
    today = comparison.today
    share = today.rows.n_conflicting / max(today.n_rows, 1)
    yield Measurement(share, f"{percent(share)} of the rows equal others that have the other label")


def equal_fields(comparison: Comparison) -> Iterator[Measurement]:
    """Fields that are one to one."""
    known = {frozenset(group) for group in comparison.before.relations.equal} if comparison.before else None
    relations = comparison.today.relations
    for group in relations.equal:
        first, *others = group
        for name in others:
            is_known = known is not None and any({first, name} <= each for each in known)
            yield Measurement(
                1.0,
                f"says the same as {first!r}, one to one, on {relations.n_rows:,} rows",
                field=name,
                most=Severity.INFO if is_known else None,
                evidence={"fields": list(group)},
            )
    if not relations.equal:
        yield Measurement(0.0, "no two fields are one to one")


def nested_fields(comparison: Comparison) -> Iterator[Measurement]:
    """Fields that another one determines."""
    chosen = comparison.chosen.fields if comparison.chosen is not None else frozenset[str]()
    relations = comparison.today.relations
    by_field: dict[str, list[str]] = {}
    for parent, child in relations.nested:
        by_field.setdefault(child, []).append(parent)
    for child, parents in by_field.items():
        is_chosen = child in chosen and any(parent in chosen for parent in parents)
        names = ", ".join(map(repr, parents[:3])) + (
            f" and {len(parents) - 3} more" if len(parents) > 3 else ""
        )
        yield Measurement(
            1.0,
            f"is determined by {names}, on {relations.n_rows:,} rows",
            field=child,
            least=Severity.WARNING if is_chosen else None,
            evidence={"fields": parents},
        )
    if not by_field:
        yield Measurement(0.0, "no field determines another one")


def contained_values(comparison: Comparison) -> Iterator[Measurement]:
    """Largest share of a text field's values that one other field has too."""
    texts = {column.name for column in comparison.today.columns if column.type in CONTAINED_TYPES}
    fields = [
        (field, field.values)
        for field in comparison.today.fields
        if field.name in texts
        and isinstance(field.values, Categories)
        and field.n_distinct >= LEAST_CONTAINED_VALUES
    ][:MOST_CONTAINED_FIELDS]
    related = [set(group) for group in comparison.today.relations.equal]
    for field, values in fields:
        shares = {
            other.name: _contained(values, others)
            for other, others in fields
            if values.n_distinct <= others.n_distinct
            and other is not field
            and not any({field.name, other.name} <= group for group in related)
        }
        if shares:
            name = max(shares, key=shares.__getitem__)
            yield Measurement(
                shares[name],
                f"{percent(shares[name])} of its values are values of {name!r}",
                field=field.name,
                evidence={"field": name},
            )


def _contained(values: Categories, others: Categories) -> float:
    """Share of the values of one field, among those that both keep, that another has."""
    marks = values.sample.marks
    if not others.is_whole:
        marks = marks[marks <= others.sample.marks[-1]]
    if marks.size < LEAST_CONTAINED_VALUES:
        return 0.0
    return float(np.isin(marks, others.sample.marks).mean())


def contained_share(
    sample: MarkCounts, reference: MarkCounts, *, is_whole: tuple[bool, bool]
) -> tuple[float, float]:
    """Share of the rows of a sample whose value a reference has too, and its standard deviation.

    Parameters
    ----------
    sample, reference : MarkCounts
        Values with the smallest marks of both, ascending.
    is_whole : tuple of bool
        Whether each holds all values there are.

    Returns
    -------
    tuple of float
        Share and standard deviation; (0, infinity) where no mark can be compared.
    """
    marks, rows = sample.marks, sample.rows
    if not is_whole[1]:
        last = reference.marks[-1] if reference.marks.size else np.uint64(0)
        rows, marks = rows[marks <= last], marks[marks <= last]
    total = int(rows.sum())
    if not total:
        return 0.0, math.inf
    is_known = np.isin(marks, reference.marks)
    share = float(rows[is_known].sum() / total)
    if is_whole[0] and is_whole[1]:
        return share, 0.0
    # a ratio estimate over values that were drawn, each with all of its rows
    spread = float(np.sqrt(np.square(rows * (is_known - share)).sum())) / total
    return share, max(spread, 1.0 / total)


def _is_whole(profile: LogProfile) -> bool:
    return profile.rows.sample.marks.size >= profile.rows.n_distinct
