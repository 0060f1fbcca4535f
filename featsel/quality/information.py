"""Does the label follow the fields as it did, and are the fields of a feature config still worth it?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.core.profile import Categories, FieldProfile, Numbers, folded_alike
from featsel.quality.comparison import Comparison
from featsel.quality.findings import Severity
from featsel.quality.measuring import TAILS, Pair, Place, of_both, of_fields, percent
from featsel.quality.rule import Measurement
from featsel.quality.scores import FEWEST_FIELDS, rank_correlation, tells_label
from featsel.stats import usable_information
from featsel.stats.divergence import rows_upto

SURE_TAILS = 5.0
"""``TAILS`` of information: its deviation is itself an estimate, and rows of one user are not independent."""

LEAST_PRIOR = 5.0
"""Rows of the usual click rate that are added to those of each value."""

LEAST_NATS = 20.0
"""Information that a field had in the reference, in all, from which its loss can be told from chance."""

TOP = 10


def stability(comparison: Comparison) -> Iterator[Measurement]:
    """How much less than two halves of the reference do today's and the reference's rankings agree."""
    before = comparison.before
    assert before is not None
    pairs = [
        (field.name, field.scores.usable_information, other.scores.usable_information)
        for field, other in comparison.in_both()
        if field.scores is not None and other.scores is not None and tells_label(other)
    ]
    if len(pairs) < FEWEST_FIELDS or math.isnan(before.rank_agreement):
        yield Measurement(math.nan, "there are too few fields that told the label in the reference")
        return
    agreement = rank_correlation([today for _, today, _ in pairs], [usual for _, _, usual in pairs])
    best_today = _best([(name, score) for name, score, _ in pairs])
    best_before = _best([(name, score) for name, _, score in pairs])
    yield Measurement(
        before.rank_agreement - agreement,
        f"the order of fields by information agrees with the reference's to {agreement:.2f} (Spearman); two "
        f"halves of the reference agree to {before.rank_agreement:.2f}; {len(best_today & best_before)} of "
        f"the best {len(best_today)} are the same",
        floor=_agreement_floor(before.rank_agreement, len(pairs)),
        reference=before.rank_agreement,
        evidence={
            "new among the best": sorted(best_today - best_before),
            "no longer": sorted(best_before - best_today),
        },
    )


def _agreement_floor(usual: float, n_fields: int) -> float:
    """How much less two rankings agree by chance: Fisher's transform has variance 1 / (n - 3), twice here."""
    centre = math.atanh(min(max(usual, -0.99), 0.99))
    return usual - math.tanh(centre - TAILS * math.sqrt(2 / (n_fields - 3)))


def _best(scores: list[tuple[str, float]]) -> set[str]:
    return {name for name, _ in sorted(scores, key=lambda pair: (-pair[1], pair[0]))[:TOP]}


@of_fields
def below_noise(at: Place) -> Iterator[Measurement]:
    """Whether a field of the feature config tells no more than chance."""
    field, before = at.field, at.before
    chosen = at.comparison.chosen
    if chosen is None or field.name not in chosen.fields or field.scores is None:
        return
    is_noise = not tells_label(field)
    had = before is not None and tells_label(before)
    message = (
        f"tells {'no more' if is_noise else 'more'} of the label than chance (q {field.scores.q_value:.2g})"
    )
    yield Measurement(
        float(is_noise),
        message + (", but did in the reference" if is_noise and had else ""),
        field=field.name,
        least=Severity.ERROR if is_noise and had else None,
    )


@of_both
def lost_information(at: Pair) -> Iterator[Measurement]:
    """Share of a field's information that its click rates of the reference no longer carry."""
    field, before = at.field, at.before
    if field.scores is None or before.scores is None:
        return
    here, there = _comparable(field, before)
    n_rows, n_usual = int(here.sum()), int(there.sum())
    if not n_rows or not n_usual:
        return
    table = ContingencyTable(there, np.ones(len(there), np.int64))
    usable = usable_information(table)
    if usable.nats * min(n_usual, n_rows) < LEAST_NATS:
        return
    # a weak prior would stake everything on a few rows of one value
    strength = max(usable.prior_strength, LEAST_PRIOR)
    gain, sd = carried_information(here, there, strength)
    _, sd_before = carried_information(there, there, strength)
    yield Measurement(
        1 - gain / usable.nats,
        f"click rates of the reference gain {1000 * gain:.3g} thousandths of a nat a row today, where they "
        f"gained {1000 * usable.nats:.3g}: {percent(max(0.0, gain / usable.nats))} of it is left",
        field=field.name,
        floor=SURE_TAILS * (sd + sd_before) / usable.nats,
        reference=usable.nats,
    )


def carried_information(
    today: NDArray[np.int64], before: NDArray[np.int64], prior_strength: float
) -> tuple[float, float]:
    """Log-loss gain a row when today's labels are predicted with yesterday's click rates by value.

    Rates are taken relative to the click rate of all rows, so that a change of that alone loses nothing.

    Parameters
    ----------
    today, before : ndarray of int64, shape (n_values, 2)
        Rows by value and label.
    prior_strength : float
        Of the rates, see :func:`featsel.stats.usable_information`.

    Returns
    -------
    float
        Nats a row, negative where the rates mislead.
    float
        Standard deviation of that, over the rows.

    Examples
    --------
    >>> counts = np.array([[90, 10], [10, 90]])
    >>> carried_information(counts, counts, 1.0)[0] > 0.3
    True
    >>> carried_information(counts, counts[:, ::-1], 1.0)[0] < -1
    True
    """
    totals, usual_totals = today.sum(axis=0), before.sum(axis=0)
    if not totals.all() or not usual_totals.all():
        return 0.0, 0.0
    n_rows = float(totals.sum())
    rate, usual_rate = totals[1] / n_rows, usual_totals[1] / usual_totals.sum()
    own = (before[:, 1] + prior_strength * usual_rate) / (before.sum(axis=1) + prior_strength)
    own = np.clip(own, 1e-9, 1 - 1e-9)
    odds = own / (1 - own) * (1 - usual_rate) / usual_rate * rate / (1 - rate)
    predicted = odds / (1 + odds)
    gains = np.column_stack([np.log((1 - predicted) / (1 - rate)), np.log(predicted / rate)])
    mean = float(np.sum(today * gains)) / n_rows
    variance = float(np.sum(today * np.square(gains - mean))) / n_rows
    return mean, math.sqrt(variance / n_rows)


def _comparable(field: FieldProfile, before: FieldProfile) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows by label of the same groups of values, null among them."""
    today, usual = field.values, before.values
    if isinstance(today, Categories) and isinstance(usual, Categories):
        counts = folded_alike(today.buckets, usual.buckets)
    else:
        assert isinstance(today, Numbers)
        assert isinstance(usual, Numbers)
        counts = _rebinned(today, usual.edges), _rebinned(usual, usual.edges)
    nulls = [
        np.array([[each.n_null - each.n_null_positive, each.n_null_positive]]) for each in (field, before)
    ]
    here, there = (np.concatenate(pair) for pair in zip(counts, nulls, strict=True))
    return here.astype(np.int64), there.astype(np.int64)


def _rebinned(numbers: Numbers, edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows by label of bins that end at given numbers, of which the last takes all beyond."""
    coarse = edges[:: max(1, edges.size // 32)][:-1]
    columns: list[NDArray[np.float64]] = []
    for label in (0, 1):
        rows = numbers.counts[:, label]
        upto = rows_upto(numbers.edges, rows, coarse) if numbers.edges.size else np.zeros(coarse.size)
        columns.append(np.diff(np.concatenate([[0.0], upto, [float(rows.sum())]])))
    rows_by_label: NDArray[np.int64] = np.maximum(np.column_stack(columns).round(), 0).astype(np.int64)
    return rows_by_label
