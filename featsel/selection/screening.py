"""Which fields can be told from noise, by themselves or beside another field?

Noise fields drown whatever is learnt later, so they go first, and no model is asked: a field stays if its
mutual information with the label is more than chance explains, or if it tells of the label within the values
of another field. The second test is what keeps fields that matter only together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.engines.coarse_codes import CoarseCodes, coarse
from featsel.engines.pair_tables import pair_table
from featsel.models.layout import Layout
from featsel.selection.candidates import Candidates, blocks
from featsel.selection.field_information import field_information
from featsel.stats import benjamini_hochberg
from featsel.stats.conditional import ConditionalTest, conditional_test
from featsel.training.batches import Rows

FALSE_DISCOVERIES = 0.01
"""Share of wrong ones among the fields that are called more than noise (Benjamini & Hochberg)."""

PAIR_ROWS = 1 << 20
"""Rows that pairs are counted with, neighbouring chunks evenly spaced in longer logs: what a million rows do
not show of a pair is too little to choose fields by."""


@dataclass(frozen=True)
class Screening:
    """What became of each field.

    Parameters
    ----------
    q_values : ndarray of float64, shape (n_fields,)
        Of the information that each has by itself.
    partners : mapping of int to int
        For fields that tell something only beside another one: the field beside which they tell most.
    dropped : mapping of int to str
        Why a field goes.
    """

    q_values: NDArray[np.float64]
    partners: Mapping[int, int]
    dropped: Mapping[int, str]


def screen(candidates: Candidates, *, keeps_noise: bool = False) -> Screening:
    """Find the fields that are worth a model.

    Parameters
    ----------
    candidates : Candidates
        The features.
    keeps_noise : bool
        Drop only constant fields and copies.

    Returns
    -------
    Screening
        Fields that hold lists are judged by themselves alone; scaled numbers are not judged, and stay.
    """
    layout = candidates.layout
    information = field_information(candidates)
    tables, q_values = information.tables, information.q_values
    # counts know nothing of the numbers that an embedding is multiplied by
    scaled = layout.scaled_fields
    dropped = {
        field: "constant" for field, table in enumerate(tables) if _n_seen(table) < 2 and field not in scaled
    }
    dropped |= _copies(candidates)
    partners: dict[int, int] = {}
    silent = [
        field
        for field in np.flatnonzero(q_values > FALSE_DISCOVERIES).tolist()
        if field not in dropped and field not in scaled
    ]
    if silent and not keeps_noise:
        others = [field for field in range(layout.n_fields) if field not in dropped]
        partners = _partners(coarse_rows(candidates.train, layout), silent, others)
        needed = set(partners) | set(partners.values())
        for field in silent:
            if field not in needed:
                dropped[field] = _noise(q_values[field], tables[field])
    return Screening(q_values, partners, dropped)


def coarse_rows(rows: Rows, layout: Layout) -> CoarseCodes:
    """Read rows with few values a field.

    Parameters
    ----------
    rows : Rows
        What is read, or evenly spaced parts of it.
    layout : Layout
        Which id is which.

    Returns
    -------
    CoarseCodes
        Zero throughout for fields that hold lists.
    """
    single = np.flatnonzero(np.array(layout.slots_of_fields) == 1)
    slots = np.searchsorted(layout.field_of_slot, single)
    offsets = np.array(layout.offsets)[single]
    n_chunks = -(-rows.n_rows // rows.chunk_rows)
    step = -(-rows.n_rows // PAIR_ROWS)
    codes: list[NDArray[np.uint8]] = []
    labels: list[NDArray[np.uint8]] = []
    for chunk in range(0, n_chunks, step):
        block = rows.read(np.array([chunk]))
        local = block.ids[:, slots] - offsets
        part = np.zeros((layout.n_fields, block.labels.size), np.uint8)
        part[single] = coarse(local).T  # codes follow frequency
        codes.append(part)
        labels.append(block.labels.astype(np.uint8))
    return CoarseCodes(np.concatenate(codes, axis=1), np.concatenate(labels))


def _partners(rows: CoarseCodes, silent: list[int], others: list[int]) -> dict[int, int]:
    pairs = [(field, other) for field in silent for other in others if other != field]
    tests: list[ConditionalTest] = []
    for field, other in pairs:
        table = pair_table(rows, other, field).astype(np.int64)
        table = table[table.any(axis=(1, 2))]
        tests.append(conditional_test(table.sum(axis=2), table[:, :, 1]))
    q_values = benjamini_hochberg([test.p_value for test in tests])
    best: dict[int, tuple[float, int]] = {}
    for (field, other), test, q in zip(pairs, tests, q_values, strict=True):
        if q <= FALSE_DISCOVERIES and test.z > best.get(field, (0.0, 0))[0]:
            best[field] = (test.z, other)
    return {field: other for field, (_, other) in best.items()}


def _copies(candidates: Candidates) -> dict[int, str]:
    """Fields that say exactly what an earlier one says, under other names."""
    names = [field.name for field in candidates.config.fields]
    copies: dict[int, str] = {}
    for first, second in _alike(candidates):
        if first not in copies and second not in copies and _are_one_to_one(candidates, first, second):
            copies[second] = f"copy: one to one with {names[first]!r}"
    return copies


def _alike(candidates: Candidates) -> list[tuple[int, int]]:
    """Pairs of fields whose values are equally frequent; lists aside."""
    layout = candidates.layout
    ends = [*layout.offsets[1:], layout.n_ids]
    n_slots = layout.slots_of_fields
    scaled = layout.scaled_fields
    by_counts: dict[bytes, list[int]] = {}
    for field, (start, end) in enumerate(zip(layout.offsets, ends, strict=True)):
        if n_slots[field] == 1 and end - start > 2 and field not in scaled:
            by_counts.setdefault(np.sort(candidates.counts.rows[start:end]).tobytes(), []).append(field)
    return [pair for fields in by_counts.values() for pair in combinations(fields, 2)]


def _are_one_to_one(candidates: Candidates, first: int, second: int) -> bool:
    """Whether each value of one field always comes with the same value of the other.

    Both have as many values, equally frequent, so one direction tells of the other.
    """
    slots = np.searchsorted(candidates.layout.field_of_slot, [first, second])
    images = np.full(candidates.layout.n_ids, -1, np.int64)
    for block in blocks(candidates.train):
        ours, theirs = block.ids[:, slots[0]], block.ids[:, slots[1]]
        known = images[ours]
        if np.any((known >= 0) & (known != theirs)):
            return False
        images[ours] = theirs
        if not np.array_equal(images[ours], theirs):
            return False
    used = images[images >= 0]
    return np.unique(used).size == used.size


def _noise(q_value: float, table: ContingencyTable) -> str:
    if _n_seen(table) == table.total:
        return "identifier: every row has its own value"
    return f"noise: its information is within chance (q = {q_value:.2g})"


def _n_seen(table: ContingencyTable) -> int:
    """Values that rows hold; an id may have none."""
    return int(table.multiplicity[table.counts.sum(axis=1) > 0].sum())
