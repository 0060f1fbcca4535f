"""Which fields say the same, and which tell the label only together?"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.core.profile import FieldProfile, Relations, SampledRows
from featsel.engines.pairs import dense_codes, may_determine, pair_counts
from featsel.stats import group, usable_information
from featsel.stats.held_out import held_out_auc, split_halves

LEAST_REPEATS = 200
LEAST_DISAGREEMENT = 20.0
"""Before one field is said to determine another, so many rows must repeat a value, and so many of them would
be expected to disagree by chance."""

FEWEST_VALUES = 2

LEAK_AUC = 0.95
"""Of a pair of fields, from which it is reported."""

HARMLESS_AUC = 0.9
"""A field that comes so far alone is no half of an answer."""

MOST_PAIR_FIELDS = 200
"""More fields have more than twenty thousand pairs; of such logs the fields with the most values are left
out."""

MOST_PAIR_VALUES = 4096
"""Pairs of fields with more values have too few rows in common to tell."""


def relate(sample: SampledRows, fields: Sequence[FieldProfile]) -> Relations:
    """Fields that say the same, on a sample of rows and with equal counts on all rows.

    Parameters
    ----------
    sample : SampledRows
        Rows of the log.
    fields : sequence of FieldProfile
        Of the same log, with scores where it has a label.

    Returns
    -------
    Relations
        Names in the order of the log.
    """
    n_rows = sample.labels.size
    if not n_rows:
        return Relations()
    codes = [dense_codes(keys) for keys in sample.keys]
    equal = _equal(codes, sample.keys, fields)
    first_of = {name: names[0] for names in equal for name in names}
    # of fields that are one to one, one stands for all
    places = [
        place for place, field in enumerate(fields) if first_of.get(field.name, field.name) == field.name
    ]
    nested = _nested([codes[place] for place in places], [fields[place].name for place in places])
    leaks = _leaks([codes[place] for place in places], [fields[place] for place in places], sample.labels)
    return Relations(n_rows, equal, nested, leaks)


def _equal(
    codes: Sequence[NDArray[np.uint32]], keys: Sequence[NDArray[np.uint64]], fields: Sequence[FieldProfile]
) -> tuple[tuple[str, ...], ...]:
    groups: defaultdict[tuple[object, ...], list[str]] = defaultdict(list)
    for column, values, field in zip(codes, keys, fields, strict=True):
        n_values = field.n_distinct + (field.n_null > 0)
        if n_values < FEWEST_VALUES:
            continue
        # codes are in the order of first rows, so one-to-one columns have the same; where hardly a value
        # repeats, any two columns are one to one, and only those with the same values say the same
        repeats = column.size - int(column.max(initial=0)) - 1
        marks = column if repeats >= LEAST_DISAGREEMENT else values
        groups[(hashlib.sha256(marks.tobytes()).digest(), n_values, field.top_rows)].append(field.name)
    return tuple(tuple(names) for names in groups.values() if len(names) > 1)


def _nested(codes: Sequence[NDArray[np.uint32]], names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    shares = [np.bincount(column) / column.size for column in codes]
    repeats = [column.size - share.size for column, share in zip(codes, shares, strict=True)]
    surprise = [1.0 - float(np.dot(share, share)) for share in shares]
    found: list[tuple[str, str]] = []
    for a, b in np.argwhere(_determined(codes)).tolist():
        if shares[b].size < FEWEST_VALUES or shares[a].size <= shares[b].size:
            continue
        if repeats[a] < LEAST_REPEATS or repeats[a] * surprise[b] < LEAST_DISAGREEMENT:
            continue
        found.append((names[a], names[b]))
    return tuple(found)


def _determined(codes: Sequence[NDArray[np.uint32]]) -> NDArray[np.bool_]:
    """Which fields determine which: all pairs at once, for a wide log has millions of them."""
    if not codes:
        return np.empty((0, 0), np.bool_)
    assert codes[0].size <= 1 << 16, "the codes of a sample are short"
    return may_determine(np.stack([column.astype(np.uint16) for column in codes]))


def _leaks(
    codes: Sequence[NDArray[np.uint32]], fields: Sequence[FieldProfile], labels: NDArray[np.uint8]
) -> tuple[tuple[str, str, float], ...]:
    n_positive = int(labels.sum())
    least = min(n_positive, labels.size - n_positive)
    if least < LEAST_REPEATS // 10:
        return ()
    usable = [
        place
        for place, field in enumerate(fields)
        if FEWEST_VALUES <= field.n_distinct + (field.n_null > 0) <= MOST_PAIR_VALUES
        and field.scores is not None
        and field.scores.held_out_auc < HARMLESS_AUC
    ]
    usable = sorted(sorted(usable, key=lambda place: fields[place].n_distinct)[:MOST_PAIR_FIELDS])
    short = {place: (codes[place] % 256).astype(np.uint8) for place in usable}
    counts = np.zeros((1 << 16, 2), np.int32)
    found: list[tuple[str, str, float]] = []
    for a, b in combinations(usable, 2):
        sizes = int(short[a].max()) + 1, int(short[b].max()) + 1
        if pair_counts(short[a], short[b], labels, sizes, counts) > least // 2:
            continue
        cells = counts[: sizes[0] * sizes[1]].astype(np.int64)
        cells = cells[cells.any(axis=1)]
        table = group(ContingencyTable(cells, np.ones(len(cells), np.int64)))
        halves = split_halves(table, np.random.default_rng(0))
        auc = held_out_auc(halves, usable_information(table).prior_strength)
        if auc >= LEAK_AUC:
            found.append((fields[a].name, fields[b].name, auc))
    return tuple(found)
