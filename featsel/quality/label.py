"""Is the label there and sound, and does any field know it too well?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from featsel.quality.comparison import Comparison
from featsel.quality.measuring import TAILS, Place, of_fields, percent
from featsel.quality.rule import Measurement

LEAST_CLASS_ROWS = 20
"""With fewer rows of one label, no field can be said to know it."""

USUAL_RATES = (1e-4, 0.5)
"""Click rates outside are rare in logs that serve for training."""


def target(comparison: Comparison) -> Iterator[Measurement]:
    """Share of the rows without a label."""
    label = comparison.today.label
    if label is None:
        was = comparison.before.label if comparison.before is not None else None
        name = f" {was.name!r}" if was is not None else ""
        yield Measurement(
            math.inf, f"the log has no label{name}", field=was.name if was is not None else None
        )
        return
    share = label.n_null / max(comparison.today.n_rows, 1)
    message = f"{label.n_null:,} rows have no label" if label.n_null else "every row has a label"
    yield Measurement(share, message, field=label.name)


def domain(comparison: Comparison) -> Iterator[Measurement]:
    """Share of the rows whose label is none of the two values."""
    label = comparison.today.label
    assert label is not None
    share = label.n_foreign / max(comparison.today.n_rows, 1)
    found = ", ".join(map(repr, label.foreign)) or "one of many other values"
    message = f"{label.n_foreign:,} rows hold {found}" if label.n_foreign else "all labels are 0 or 1"
    yield Measurement(share, message, field=label.name, evidence={"values": list(label.foreign)})


def imbalance(comparison: Comparison) -> Iterator[Measurement]:
    """How far the click rate is outside the usual range."""
    label = comparison.today.label
    assert label is not None
    rate = comparison.today.click_rate
    low, high = USUAL_RATES
    distance = max(rate / high, low / rate) if rate > 0 else math.inf
    if not comparison.today.n_rows:
        distance = math.nan
    yield Measurement(distance, f"the click rate is {percent(rate)}", field=label.name)


def one_label(comparison: Comparison) -> Iterator[Measurement]:
    """Whether all rows have the same label."""
    label = comparison.today.label
    assert label is not None
    n_rows = comparison.today.n_rows - label.n_null - label.n_foreign
    if not n_rows:
        yield Measurement(math.nan, "no row has one of the two labels", field=label.name)
        return
    is_single = label.n_positive in {0, n_rows}
    only = int(label.n_positive > 0)
    message = f"all {n_rows:,} rows have label {only}" if is_single else "both labels occur"
    yield Measurement(float(is_single), message, field=label.name)


def order(comparison: Comparison) -> Iterator[Measurement]:
    """How many times fewer runs of equal labels than in a random order."""
    label = comparison.today.label
    assert label is not None
    n_rows, rate = comparison.today.n_rows, comparison.today.click_rate
    if not 0 < rate < 1:
        yield Measurement(math.nan, "there is one label only", field=label.name)
        return
    expected = 1 + 2 * n_rows * rate * (1 - rate)
    yield Measurement(
        expected / max(label.n_runs, 1),
        f"labels form {label.n_runs:,} runs; in a random order they would form {expected:,.0f}",
        field=label.name,
    )


@of_fields
def leak(at: Place) -> Iterator[Measurement]:
    """Area under the curve of a field alone, on rows that its click rates did not see."""
    field, before = at.field, at.before
    if field.scores is None or _least_class(at.comparison) < LEAST_CLASS_ROWS:
        return
    auc = field.scores.held_out_auc
    usual = before.scores.held_out_auc if before is not None and before.scores is not None else None
    yield Measurement(
        auc,
        f"alone tells the label with AUC {auc:.3f} on rows that it did not see",
        field=field.name,
        floor=_auc_floor(at.comparison),
        reference=usual,
    )


@of_fields
def leak_of_null(at: Place) -> Iterator[Measurement]:
    """Area under the curve of being null."""
    field, before = at.field, at.before
    if field.scores is None or not field.n_null or _least_class(at.comparison) < LEAST_CLASS_ROWS:
        return
    auc = field.scores.null_auc
    rate = field.n_null_positive / field.n_null
    n_present = field.n_rows - field.n_null
    label = at.comparison.today.label
    assert label is not None
    other = (label.n_positive - field.n_null_positive) / n_present if n_present else 0.0
    yield Measurement(
        auc,
        f"the click rate is {percent(rate)} where it is null and {percent(other)} where not (AUC {auc:.3f})",
        field=field.name,
        floor=_auc_floor(at.comparison),
        reference=before.scores.null_auc if before is not None and before.scores is not None else None,
    )


def leak_of_pair(comparison: Comparison) -> Iterator[Measurement]:
    """Area under the curve of two fields together."""
    found = comparison.today.relations.leaks
    for first, second, auc in found:
        yield Measurement(
            auc,
            f"tells the label together with {second!r} with AUC {auc:.3f}; neither does alone",
            field=first,
            evidence={"fields": [first, second]},
        )
    if not found:
        yield Measurement(0.0, "no two fields tell the label together that do not alone")


def _least_class(comparison: Comparison) -> int:
    label = comparison.today.label
    assert label is not None
    return min(label.n_positive, comparison.today.n_rows - label.n_positive)


def _auc_floor(comparison: Comparison) -> float:
    """What a field of chance stays below: the curve of n rows of one label varies by 1 / sqrt(12 n)."""
    return 0.5 + TAILS / math.sqrt(12 * max(_least_class(comparison), 1))
