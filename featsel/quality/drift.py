"""Do values come in other shares than before, and does the label follow them as before?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from featsel.core.profile import Categories, FieldProfile, Numbers, folded_alike
from featsel.quality.comparison import Comparison
from featsel.quality.measuring import TAILS, Pair, of_both, percent, shown
from featsel.quality.rule import Measurement
from featsel.stats.divergence import (
    fold,
    population_stability_index,
    quantiles,
    rows_upto,
    stability_floor,
    transport_distance,
    transport_spread,
)

LARGEST_FLOOR = 0.05
"""Buckets are joined until chance alone stays below: half of the first threshold."""

FEWEST_BUCKETS = 8

HEAD_ROWS = 50
"""Rows that a value needs, in both logs together, to stand alone."""

NUMBER_BINS = 20

HEAD_SHARE = 0.01
"""Share of the reference from which a value is missed when it vanishes."""

SURE_Z = 5.0


@of_both
def shares(at: Pair) -> Iterator[Measurement]:
    """Population stability index of all values, and of the frequent ones; for numbers, how far they moved."""
    field, before = at.field, at.before
    if field.name in at.comparison.times:
        return  # of a point in time it is expected to move
    if isinstance(field.values, Numbers) and isinstance(before.values, Numbers):
        yield from _number_drift(field, field.values, before.values)
    elif isinstance(field.values, Categories) and isinstance(before.values, Categories):
        yield from _category_drift(field, field.values, before.values)


def _category_drift(field: FieldProfile, today: Categories, usual: Categories) -> Iterator[Measurement]:
    here, there = folded_alike(today.buckets.sum(axis=1), usual.buckets.sum(axis=1))
    while here.size > FEWEST_BUCKETS and _floor(here, there) > LARGEST_FLOOR:
        here, there = fold(here, times=1), fold(there, times=1)
    evidence = {"values": _movers(field, today, usual)}
    index = population_stability_index(here, there)
    n_used = int(np.count_nonzero(here + there))
    yield Measurement(
        index,
        f"population stability index {index:.3f} over {n_used:,} groups of values",
        "psi",
        field.name,
        floor=_floor(here, there),
        evidence=evidence,
    )
    head_here, head_there = _head_counts(today, usual)
    # of few values every group holds one, and the head says nothing new
    is_told = max(today.n_distinct, usual.n_distinct) <= here.size // 2
    if head_here.size > 1 and not is_told:
        index = population_stability_index(head_here, head_there)
        yield Measurement(
            index,
            f"population stability index {index:.3f} over {head_here.size - 1:,} frequent values and the "
            f"rest",
            "psi-head",
            field.name,
            floor=_floor(head_here, head_there),
            evidence=evidence,
        )


def _number_drift(field: FieldProfile, today: Numbers, usual: Numbers) -> Iterator[Measurement]:
    here, there = today.finite_bins, usual.finite_bins
    if not here[1].sum() or not there[1].sum():
        return
    cuts = np.unique(quantiles(*there, np.arange(1, NUMBER_BINS + 1) / NUMBER_BINS))
    counts = [
        np.diff(np.concatenate([[0.0], rows_upto(edges, rows, cuts[:-1]), [rows.sum()]]))
        .round()
        .astype(np.int64)
        for edges, rows in (here, there)
    ]
    middles = [quantiles(*each, np.array([0.05, 0.5, 0.95])) for each in (here, there)]
    sketch = "5 %, half and 95 % are below {:.5g}, {:.5g}, {:.5g}; {:.5g}, {:.5g}, {:.5g} in the reference"
    quartiles = sketch.format(*middles[0], *middles[1])
    index = population_stability_index(counts[0], counts[1])
    yield Measurement(
        index,
        f"population stability index {index:.3f}: {quartiles}",
        "psi",
        field.name,
        floor=_floor(counts[0], counts[1]),
    )
    distance = transport_distance(here, there)
    yield Measurement(
        distance,
        f"moved by {distance:.2f} standard deviations: {quartiles}",
        "distance",
        field.name,
        floor=TAILS * math.sqrt(1 / here[1].sum() + 1 / there[1].sum()) * transport_spread(here, there),
    )


@of_both
def new_values(at: Pair) -> Iterator[Measurement]:
    """Share of the rows with a new value, of those that should have one that the reference has."""
    field, before = at.field, at.before
    today, usual = field.values, before.values
    if not isinstance(today, Categories) or not isinstance(usual, Categories):
        return
    total, n_usual = today.n_entries, usual.n_entries
    if not total or not n_usual:
        return
    tail = ~np.isin(today.sample.marks, today.head.marks)
    head_rows, head_sd = _new_rows(today.head.marks, today.head.rows, usual)
    tail_rows, tail_sd = _new_rows(today.sample.marks[tail], today.sample.rows[tail], usual)
    # the sampled values stand for all that are not among the most frequent
    n_tail, n_sampled = total - int(today.head.rows.sum()), int(today.sample.rows[tail].sum())
    scale = n_tail / n_sampled if n_sampled else 0.0
    if not today.is_whole and n_sampled:
        spread = _ratio_sd(today.sample.rows[tail], tail_rows / n_sampled)
        tail_sd = math.hypot(tail_sd, spread * n_sampled)
    share = (head_rows + scale * tail_rows) / total
    sd = math.hypot(head_sd, scale * tail_sd) / total
    # the odds that the next row has a value not seen before (Good and Turing)
    expected = usual.n_once / n_usual
    chance = math.sqrt(expected * (1 - expected) * (1 / total + 1 / n_usual) + 1e-12)
    candidates = np.concatenate([today.head.marks, today.sample.marks[tail]])
    examples = candidates[known_counts(usual, candidates) == 0][:5].tolist()
    known = max(1 - expected, 1e-12)
    yield Measurement(
        (share - expected) / known if expected < 1 else 0.0,
        f"{percent(share)} of the rows have values that the reference does not have; {percent(expected)} "
        "are expected",
        field=field.name,
        floor=TAILS * max(sd, chance) / known,
        reference=expected,
        evidence={"values": shown(field, examples)} if examples else {},
    )


def _new_rows(marks: NDArray[np.uint64], rows: NDArray[np.int64], usual: Categories) -> tuple[float, float]:
    """Rows of values that a reference does not have, and the standard deviation of that estimate."""
    is_rest = ~np.isin(marks, usual.head.marks)
    marks, rows = marks[is_rest], rows[is_rest]
    is_told = np.ones(marks.size, np.bool_)
    if not usual.is_whole:
        # the reference keeps all values up to its last sampled mark, and marks are chance
        is_told = marks <= usual.sample.marks[-1]
    told = int(rows[is_told].sum())
    if not told:
        return 0.0, float(rows.sum())
    is_new = ~np.isin(marks[is_told], usual.sample.marks)
    share = float(rows[is_told][is_new].sum() / told)
    n_untold = int(rows.sum()) - told
    return share * float(rows.sum()), _ratio_sd(rows[is_told], share) * n_untold


def _ratio_sd(rows: NDArray[np.int64], share: float) -> float:
    """Standard deviation of a share of rows, of values that were drawn each with all of its rows."""
    if not rows.size:
        return 0.0
    return float(np.sqrt(np.square(rows.astype(np.float64)).sum() * share * (1 - share)) / rows.sum())


@of_both
def vanished_values(at: Pair) -> Iterator[Measurement]:
    """Share of the reference's rows with frequent values that have all but vanished."""
    field, before = at.field, at.before
    today, usual = field.values, before.values
    if not isinstance(today, Categories) or not isinstance(usual, Categories) or not today.n_entries:
        return
    usual_shares = usual.head.rows / max(usual.n_entries, 1)
    is_frequent = usual_shares >= HEAD_SHARE
    marks, usual_shares = usual.head.marks[is_frequent], usual_shares[is_frequent]
    rows = known_counts(today, marks)
    # a value that cannot be looked up has fewer rows than the last of the head
    last = int(today.head.rows[-1]) if today.head.rows.size else 0
    rows = np.where(rows < 0, last, rows)
    is_gone = (rows / today.n_entries <= usual_shares / 20) & (usual_shares * today.n_entries >= 20)
    share = float(usual_shares[is_gone].sum())
    n_gone = int(np.count_nonzero(is_gone))
    texts = {**before.texts, **field.texts}
    names = [texts.get(mark, f"#{mark:012x}") for mark in marks[is_gone][:5].tolist()]
    yield Measurement(
        share,
        f"{n_gone:,} values that had {percent(share)} of the rows are gone or all but gone"
        if n_gone
        else "every frequent value of the reference is still there",
        field=field.name,
        reference=float(usual_shares.sum()),
        evidence={"values": names} if names else {},
    )


def label_rate(comparison: Comparison) -> Iterator[Measurement]:
    """Relative change of the click rate."""
    today, before = comparison.today, comparison.before
    assert before is not None
    assert today.label is not None
    if before.label is None or not today.n_rows or not before.n_rows:
        return
    rate, usual = today.click_rate, before.click_rate
    pooled = (today.label.n_positive + before.label.n_positive) / (today.n_rows + before.n_rows)
    sd = math.sqrt(pooled * (1 - pooled) * (1 / today.n_rows + 1 / before.n_rows))
    # of a log without a click nobody knows how rare they are: less than one in all its rows
    scale = max(usual, 1 / before.n_rows)
    change = abs(rate - usual) / scale
    yield Measurement(
        change,
        f"the click rate is {percent(rate)}, {percent(usual)} in the reference",
        field=today.label.name,
        floor=SURE_Z * sd / scale,
        reference=usual,
    )


@of_both
def value_rates(at: Pair) -> Iterator[Measurement]:
    """Largest change of a frequent value's click rate beyond that of all rows, in standard deviations."""
    field, before = at.field, at.before
    today, usual = field.values, before.values
    if not isinstance(today, Categories) or not isinstance(usual, Categories) or field.scores is None:
        return
    before_log = at.comparison.before
    assert before_log is not None
    if before_log.label is None:
        return
    known = dict(zip(usual.head.marks.tolist(), usual.head.counts.tolist(), strict=True))
    overall = _logit(at.comparison.today.click_rate) - _logit(before_log.click_rate)
    worst: tuple[float, int, float, float] | None = None
    for mark, counts in zip(today.head.marks.tolist(), today.head.counts.tolist(), strict=True):
        if mark not in known or sum(counts) < HEAD_ROWS or sum(known[mark]) < HEAD_ROWS:
            continue
        rates = [(positive + 0.5) / (negative + positive + 1) for negative, positive in (counts, known[mark])]
        sd = math.sqrt(sum(1 / (count + 0.5) for count in (*counts, *known[mark])))
        z = abs(_logit(rates[0]) - _logit(rates[1]) - overall) / sd
        if worst is None or z > worst[0]:
            worst = (z, mark, rates[0], rates[1])
    if worst is not None:
        z, mark, rate, usual_rate = worst
        (name,) = shown(field, [mark])
        yield Measurement(
            z,
            f"the click rate of {name!r} is {percent(rate)}, {percent(usual_rate)} in the reference",
            field=field.name,
            evidence={"values": [name]},
        )


def known_counts(values: Categories, marks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Rows of some values, as far as they are known.

    Parameters
    ----------
    values : Categories
        Of a field.
    marks : ndarray of uint64, shape (n,)
        Values.

    Returns
    -------
    ndarray of int64, shape (n,)
        Rows; 0 where there is none for certain, -1 where that cannot be told.
    """
    rows = np.full(marks.size, -1, np.int64)
    if values.is_whole:
        rows[:] = 0
    elif values.sample.marks.size:
        rows[marks <= values.sample.marks[-1]] = 0
    width = np.uint64(48 - (values.buckets.shape[0].bit_length() - 1))
    rows[values.buckets[(marks >> width).astype(np.int64)].sum(axis=1) == 0] = 0
    counts, is_kept = values.counts_of(marks)
    return np.where(is_kept, counts.sum(axis=1), rows)


def _known_heads(
    today: Categories, usual: Categories
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """Frequent values of either log with their rows in both, where these can be told."""
    marks = np.union1d(today.head.marks, usual.head.marks)
    here, there = known_counts(today, marks), known_counts(usual, marks)
    is_known = (here >= 0) & (there >= 0)
    return marks[is_known], here[is_known], there[is_known]


def _head_counts(today: Categories, usual: Categories) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of frequent values in both logs, and last those of all others."""
    _, here, there = _known_heads(today, usual)
    is_used = here + there >= HEAD_ROWS
    here, there = here[is_used], there[is_used]
    return (
        np.append(here, max(today.n_entries - int(here.sum()), 0)),
        np.append(there, max(usual.n_entries - int(there.sum()), 0)),
    )


def _movers(field: FieldProfile, today: Categories, usual: Categories) -> list[dict[str, object]]:
    """Values whose share changed most."""
    marks, here, there = _known_heads(today, usual)
    shares_here, shares_there = here / max(today.n_entries, 1), there / max(usual.n_entries, 1)
    order = np.argsort(-np.abs(shares_here - shares_there), kind="stable")[:5]
    names = shown(field, marks[order].tolist())
    return [
        {
            "value": name,
            "share": round(float(shares_here[place]), 6),
            "reference": round(float(shares_there[place]), 6),
        }
        for name, place in zip(names, order.tolist(), strict=True)
        if abs(shares_here[place] - shares_there[place]) > 0
    ]


def _floor(here: NDArray[np.int64], there: NDArray[np.int64]) -> float:
    return stability_floor(int(np.count_nonzero(here + there)), int(here.sum()), int(there.sum()))


def _logit(rate: float) -> float:
    rate = min(max(rate, 1e-9), 1 - 1e-9)
    return math.log(rate / (1 - rate))
