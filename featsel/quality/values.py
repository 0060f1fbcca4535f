"""Are the values of each field whole, clean and as many as they should be?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from featsel.core.profile import NULL_WORDS, Categories, FieldProfile, Numbers, Oddity
from featsel.core.schema import FieldKind
from featsel.quality.findings import Severity
from featsel.quality.measuring import (
    SHOWN_CARDINALITY,
    TAILS,
    Pair,
    Place,
    at_most,
    n_entries,
    of_both,
    of_fields,
    percent,
    shown,
)
from featsel.quality.rule import Measurement
from featsel.stats.divergence import quantiles

DIRT = (Oddity.REPLACED, Oddity.CONTROL, Oddity.BYTE_ORDER_MARK, Oddity.PADDED, Oddity.GARBLED)
"""What has no place in a text, wherever it comes from."""

IDENTIFIER_VALUES = 10_000
"""Fields with fewer values name no rows, however few rows there are."""

SURE_ROWS, CHANCE_ROWS = 20.0, 7.0
"""Rows expected, of which to see none is no chance any more, and up to which it may be: once in a thousand
times."""

LEAST_NUMBERS = 100
"""Rows that quartiles need."""

AS_EXTREME = 1.5
"""Extremes that are so many times as far as those of the reference are nothing new."""


@of_fields
def null_share(at: Place) -> Iterator[Measurement]:
    """Share of the rows without a value, and how much it rose."""
    field, before = at.field, at.before
    share = field.null_share
    usual = before.null_share if before is not None else None
    was = "" if usual is None else f", {percent(usual)} in the reference"
    message = f"null in {percent(share)} of the rows{was}"
    yield Measurement(share, message, "share", field.name, reference=usual, most=at_most(share, usual))
    if before is not None and usual is not None:
        pooled = (field.n_null + before.n_null) / max(field.n_rows + before.n_rows, 1)
        sd = math.sqrt(pooled * (1 - pooled) * (1 / max(field.n_rows, 1) + 1 / max(before.n_rows, 1)))
        rise = share - usual if share >= 1.5 * usual else 0.0
        yield Measurement(rise, message, "rise", field.name, floor=TAILS * sd, reference=usual)
        fall = usual - share if share <= usual / 1.5 else 0.0
        yield Measurement(fall, message, "fall", field.name, floor=TAILS * sd, reference=usual)


@of_fields
def constant(at: Place) -> Iterator[Measurement]:
    """Fields with one value, null among the values."""
    field, before = at.field, at.before
    is_constant = field.n_distinct + (field.n_null > 0) <= 1
    was = before is not None and before.n_distinct + (before.n_null > 0) <= 1
    # rows that would have another value if nothing had changed
    others = 0.0
    if before is not None and before.n_rows:
        others = (before.n_rows - before.top_rows) / before.n_rows * field.n_rows
    is_chosen = at.comparison.chosen is not None and field.name in at.comparison.chosen.fields
    shown_value = "null" if field.n_null else (field.top_text or "the same value")
    message = f"every row has {shown_value}" if is_constant else f"{field.n_distinct:,} distinct values"
    yield Measurement(
        float(is_constant),
        message,
        field=field.name,
        reference=None if before is None else float(was),
        least=Severity.ERROR if is_chosen or others >= SURE_ROWS else None,
        most=Severity.INFO if before is not None and others < CHANCE_ROWS and not is_chosen else None,
    )


@of_fields
def quasi_constant(at: Place) -> Iterator[Measurement]:
    """Share of the most frequent value, unless the rest tells the label."""
    field, before = at.field, at.before
    if field.n_distinct + (field.n_null > 0) <= 1:
        return
    share = field.top_rows / max(field.n_rows, 1)
    usual = before.top_rows / max(before.n_rows, 1) if before is not None else None
    tells = field.scores is not None and field.scores.verdict == "informative"
    value = shown_top(field)
    yield Measurement(
        share,
        f"{value} has {percent(share)} of the rows" + (", but the others tell the label" if tells else ""),
        field=field.name,
        reference=usual,
        most=Severity.INFO if tells else at_most(share, usual),
    )


@of_fields
def identifier(at: Place) -> Iterator[Measurement]:
    """Distinct values over rows of categorical fields with many values."""
    field, before = at.field, at.before
    if field.kind is FieldKind.NUMERIC or field.n_distinct <= IDENTIFIER_VALUES:
        return
    share = field.n_distinct / max(n_entries(field), 1)
    usual = before.n_distinct / max(n_entries(before), 1) if before is not None else None
    is_chosen = at.comparison.chosen is not None and field.name in at.comparison.chosen.fields
    yield Measurement(
        share,
        f"{field.n_distinct:,} distinct values in {n_entries(field):,} rows with a value",
        field=field.name,
        reference=usual,
        least=Severity.ERROR if is_chosen else None,
        most=None if is_chosen else at_most(share, usual),
    )


@of_both
def cardinality(at: Pair) -> Iterator[Measurement]:
    """How many times more, or fewer, distinct values than in as many rows of the reference."""
    field, before = at.field, at.before
    n_rows = min(n_entries(field), n_entries(before))
    if n_rows == 0 or min(field.n_distinct, before.n_distinct) == 0:
        return
    today, usual = rarefied(field, n_rows), rarefied(before, n_rows)
    kept = [
        values.sample.marks.size for values in (field.values, before.values) if isinstance(values, Categories)
    ]
    error = TAILS / math.sqrt(min(kept)) if kept else 0.0
    for measure, ratio in (("growth", today / usual), ("shrinkage", usual / today)):
        yield Measurement(
            ratio,
            f"{today:,.0f} distinct values in {n_rows:,} rows, {usual:,.0f} in the reference",
            measure,
            field.name,
            floor=1 + error,
            reference=usual,
        )


def rarefied(field: FieldProfile, n_rows: int) -> float:
    """Distinct values that so many rows of a field are expected to have.

    Parameters
    ----------
    field : FieldProfile
        The field.
    n_rows : int
        No more than it has rows with a value.

    Returns
    -------
    float
        Exact for the most frequent values, and estimated from the sampled ones for the others.
    """
    values = field.values
    total = n_entries(field)
    if n_rows >= total or isinstance(values, Numbers):
        # of numbers the rows of each are not kept: those with one row are thinned, the others stay
        lost = 1 - n_rows / total if total else 0.0
        return values.n_distinct - lost * values.n_once if isinstance(values, Numbers) else values.n_distinct
    left = 1 - n_rows / total
    tail = values.sample.rows[~np.isin(values.sample.marks, values.head.marks)]
    n_tail = values.n_distinct - values.head.marks.size
    seen_tail = float(np.mean(1 - left ** tail.astype(np.float64))) if tail.size else 0.0
    return float(np.sum(1 - left ** values.head.rows.astype(np.float64))) + n_tail * seen_tail


@of_fields
def rare_values(at: Place) -> Iterator[Measurement]:
    """Share of the rows whose value has fewer than ten of them."""
    field, before = at.field, at.before
    if not isinstance(field.values, Categories) or not n_entries(field):
        return
    share = field.values.n_rare_rows / n_entries(field)
    usual = None
    if before is not None and isinstance(before.values, Categories) and n_entries(before):
        usual = before.values.n_rare_rows / n_entries(before)
    message = f"values with fewer than 10 rows hold {percent(share)} of them"
    if usual is not None:
        message += f", {percent(usual)} in the reference"
    yield Measurement(share, message, "share", field.name, reference=usual, most=at_most(share, usual))
    if usual is not None and before is not None:
        # in fewer rows more values are rare: only logs of about equal length compare
        sizes = n_entries(field), n_entries(before)
        if max(sizes) <= 1.5 * min(sizes):
            yield Measurement(share - usual, message, "rise", field.name, reference=usual)


@of_fields
def non_finite(at: Place) -> Iterator[Measurement]:
    """Rows that hold NaN or an infinity."""
    field, before = at.field, at.before
    today, usual = _non_finite(field), _non_finite(before) if before is not None else None
    if isinstance(field.values, Categories) and not any(today):
        return
    for place, measure in enumerate(("nan", "infinite")):
        n_rows, n_usual = today[place], None if usual is None else usual[place]
        was = None if n_usual is None or before is None else n_usual / max(before.n_rows, 1)
        yield Measurement(
            float(n_rows),
            f"{measure} in {n_rows:,} rows",
            measure,
            field.name,
            reference=n_usual,
            most=at_most(n_rows / max(field.n_rows, 1), was) if n_rows else None,
        )


def _non_finite(field: FieldProfile) -> tuple[int, int]:
    """Rows with NaN and with infinities."""
    if isinstance(field.values, Numbers):
        return field.values.n_nan, field.values.n_infinite
    return field.odd.get(Oddity.NOT_A_NUMBER, 0), field.odd.get(Oddity.INFINITE, 0)


@of_fields
def mixed_types(at: Place) -> Iterator[Measurement]:
    """Smaller of the shares of text that is a number, and of text without any digit."""
    field, before = at.field, at.before
    if isinstance(field.values, Numbers):
        if field.values.n_unreadable or _n_unreadable(before):
            share = field.values.n_unreadable / max(field.n_rows, 1)
            usual = _n_unreadable(before) / max(before.n_rows, 1) if before is not None else None
            yield Measurement(
                share,
                f"{field.values.n_unreadable:,} rows hold text that is no number",
                field=field.name,
                reference=usual,
                most=at_most(share, usual),
            )
        return
    if not field.odd:
        return
    share, usual = _mixture(field), None if before is None else _mixture(before)
    n_numbers = field.odd.get(Oddity.NUMBER, 0)
    yield Measurement(
        share,
        f"{n_numbers:,} of {n_entries(field):,} texts are numbers, {field.odd.get(Oddity.WORD, 0):,} have "
        f"no digit",
        field=field.name,
        reference=usual,
        most=at_most(share, usual),
        evidence=_examples(field, (Oddity.NUMBER, Oddity.WORD)) if share else {},
    )


@of_fields
def null_words(at: Place) -> Iterator[Measurement]:
    """Ways in which a missing value is spelt, and the share of the rows with one that is new."""
    field, before = at.field, at.before
    found, usual = _spellings(field), None if before is None else _spellings(before)
    if not found:
        return
    message = "missing values are spelt " + ", ".join(
        f"{name} ({n_rows:,} rows)" for name, n_rows in found.items()
    )
    yield Measurement(
        float(len(found)),
        message,
        "spellings",
        field.name,
        reference=None if usual is None else float(len(usual)),
        most=Severity.INFO if usual is not None and set(found) <= set(usual) else None,
        evidence={"rows": found},
    )
    if usual is not None:
        # null itself is a matter of the share of nulls
        new = {name: n_rows for name, n_rows in found.items() if name not in usual and name != "null"}
        yield Measurement(
            sum(new.values()) / max(field.n_rows, 1), message, "new", field.name, evidence={"rows": new}
        )


@of_fields
def encoding(at: Place) -> Iterator[Measurement]:
    """Share of the rows whose text holds what no text should."""
    field, before = at.field, at.before
    if not field.odd and (before is None or not before.odd):
        return
    for oddity in DIRT:
        n_rows = field.odd.get(oddity, 0)
        usual = None
        if before is not None:
            usual = before.odd.get(oddity, 0) / max(n_entries(before), 1)
        share = n_rows / max(n_entries(field), 1)
        if n_rows:
            yield Measurement(
                share,
                f"{oddity} in {n_rows:,} rows",
                field=field.name,
                reference=usual,
                most=at_most(share, usual),
                evidence=_examples(field, (oddity,)),
            )
    if not any(field.odd.get(oddity) for oddity in DIRT):
        yield Measurement(0.0, "no odd text", field=field.name)


@of_fields
def variants(at: Place) -> Iterator[Measurement]:
    """Share of the rows whose value differs from a more frequent one by case or blanks alone."""
    field = at.field
    values = field.values
    if not isinstance(values, Categories) or not field.texts:
        return
    rows = dict(zip(values.head.marks.tolist(), values.head.rows.tolist(), strict=True))
    rows |= dict(zip(values.sample.marks.tolist(), values.sample.rows.tolist(), strict=True))
    groups: dict[str, list[tuple[int, int]]] = {}
    for mark, text in field.texts.items():
        if mark in rows and not text.isdecimal():
            groups.setdefault(" ".join(text.split()).casefold(), []).append((rows[mark], mark))
    n_rows = 0
    pairs: list[list[str]] = []
    for group in groups.values():
        if len(group) > 1:
            group.sort(reverse=True)
            n_rows += sum(each for each, _ in group[1:])
            pairs.append(shown(field, (mark for _, mark in group[:4])))
    share = n_rows / max(n_entries(field), 1)
    yield Measurement(
        share,
        f"{n_rows:,} rows have a value that differs from another one by case or blanks alone"
        if n_rows
        else "no two values differ by case or blanks alone",
        field=field.name,
        evidence={"values": pairs[:5]} if pairs else {},
    )


@of_fields
def outliers(at: Place) -> Iterator[Measurement]:
    """How far the most extreme numbers are from the others."""
    field, before = at.field, at.before
    today = _spread(field)
    if today is None:
        return
    usual = _spread(before) if before is not None else None
    if today.width > 0:
        yield Measurement(
            today.reach,
            f"numbers go from {today.low:.6g} to {today.high:.6g}, the middle half from {today.lower:.4g} to "
            f"{today.upper:.4g}",
            "distance",
            field.name,
            # extremes vary from day to day
            most=None if usual is None else at_most(today.reach, AS_EXTREME * usual.reach),
        )
    if usual is not None and usual.furthest > 0:
        yield Measurement(
            today.furthest / usual.furthest,
            f"the number furthest from 0 is {today.furthest:.6g}, {usual.furthest:.6g} in the reference",
            "range",
            field.name,
            reference=usual.furthest,
        )


@dataclass(frozen=True)
class _Spread:
    """Where the numbers of a field lie, infinities left out."""

    low: float
    high: float
    lower: float  # a quarter is below
    upper: float  # a quarter is above

    @property
    def furthest(self) -> float:
        return max(abs(self.low), abs(self.high))

    @property
    def width(self) -> float:
        return _log(self.upper) - _log(self.lower)

    @property
    def reach(self) -> float:
        """How far the extremes are from the middle half, in widths of it, on a logarithmic scale."""
        distance = max(_log(self.high) - _log(self.upper), _log(self.lower) - _log(self.low))
        return distance / self.width if self.width > 0 else 0.0


def _spread(field: FieldProfile) -> _Spread | None:
    values = field.values
    if not isinstance(values, Numbers):
        return None
    edges, rows = values.finite_bins
    if rows.sum() < LEAST_NUMBERS:
        return None
    lower, upper = quantiles(edges, rows, np.array([0.25, 0.75])).tolist()
    low = values.low if math.isfinite(values.low) else float(edges[0])
    return _Spread(low, float(edges[-1]), lower, upper)


def _log(number: float) -> float:
    return math.copysign(math.log1p(abs(number)), number)


def shown_top(field: FieldProfile) -> str:
    """The most frequent value as people may see it."""
    if field.top_text is None or (field.n_distinct > SHOWN_CARDINALITY and field.top_text != "null"):
        return "one value"
    return "null" if field.top_text == "null" else repr(field.top_text)


def _n_unreadable(field: FieldProfile | None) -> int:
    return field.values.n_unreadable if field is not None and isinstance(field.values, Numbers) else 0


def _mixture(field: FieldProfile) -> float:
    rarer = min(field.odd.get(Oddity.NUMBER, 0), field.odd.get(Oddity.WORD, 0))
    return rarer / max(n_entries(field), 1)


def _spellings(field: FieldProfile) -> dict[str, int]:
    found = {str(word): field.odd[word] for word in NULL_WORDS if field.odd.get(word)}
    return {"null": field.n_null, **found} if field.n_null else found


def _examples(field: FieldProfile, oddities: tuple[Oddity, ...]) -> dict[str, object]:
    found = [field.examples[oddity] for oddity in oddities if oddity in field.examples]
    if not found:
        return {}
    is_open = field.n_distinct <= SHOWN_CARDINALITY
    return {"examples": [{"row": each.row, "value": each.text if is_open else None} for each in found]}
