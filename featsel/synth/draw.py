"""Which values and which labels do some rows of a planted log get?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.synth.design import PlantedField, PlantedLog, PlantedPair, Role, Storage
from featsel.synth.zipf import zipf_codes

TAG_SLOTS = 3
"""Tags that a row can have. Tag k belongs to slot k modulo this, so no row has a tag twice."""

ECHO_ERROR = 0.01
"""Share of rows in which a leaking copy of the label is wrong: nearly, but not quite, the label."""

Codes = dict[str, NDArray[np.int64]]
"""Codes by field: shape (n_rows,), or (n_rows, TAG_SLOTS) for tags, where -1 stands for no tag."""


@dataclass(frozen=True, eq=False)
class DrawnRows:
    """Rows before their values are named.

    Parameters
    ----------
    codes : dict of str to ndarray of int64
        Codes of each field.
    absent : dict of str to ndarray of bool, shape (n_rows,)
        Where the value of a field is null; only fields that have nulls.
    labels : ndarray of int8, shape (n_rows,)
        Clicks.
    days : ndarray of int32, shape (n_rows,)
        Days from 0.
    """

    codes: Codes
    absent: dict[str, NDArray[np.bool_]]
    labels: NDArray[np.int8]
    days: NDArray[np.int32]


def draw_rows(plan: PlantedLog, rows: NDArray[np.int64], rng: np.random.Generator) -> DrawnRows:
    """Draw rows of a planted log.

    Parameters
    ----------
    plan : PlantedLog
        The design.
    rows : ndarray of int64, shape (n_rows,)
        Positions in the log; they give the day, and the identifier its value.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    DrawnRows
        Codes, nulls, labels and days.
    """
    days = row_days(plan, rows)
    codes = draw_codes(plan.fields, rows, rng)
    log_odds = plan.intercept + planted_log_odds(plan.fields, plan.pairs, codes, days)
    labels = rng.random(rows.size) < click_probabilities(log_odds)
    for field in plan.with_role(Role.LEAK_ECHO):
        codes[field.name] = (labels ^ (rng.random(rows.size) < ECHO_ERROR)).astype(np.int64)
    absent = {field.name: ~labels for field in plan.with_role(Role.LEAK_NULLS)}
    for field in plan.fields:
        if field.null_share > 0.0 and field.source is None:
            absent[field.name] = rng.random(rows.size) < field.null_share
    for field in plan.fields:
        if (
            field.source is not None and field.source in absent
        ):  # a copy that showed what its source hides would say more than it
            absent[field.name] = absent[field.source]
    return DrawnRows(codes, absent, labels.astype(np.int8), days)


def draw_codes(fields: Iterable[PlantedField], rows: NDArray[np.int64], rng: np.random.Generator) -> Codes:
    """Draw the values of fields.

    Parameters
    ----------
    fields : iterable of PlantedField
        The fields, copies together with their sources.
    rows : ndarray of int64, shape (n_rows,)
        Positions in the log, the values of an identifier.
    rng : numpy.random.Generator
        Source of randomness, read in the order of ``fields``.

    Returns
    -------
    dict of str to ndarray of int64
        Codes of each field; an echo of the label has none before there are labels.
    """
    codes: Codes = {}
    copies: list[tuple[PlantedField, str]] = []
    for field in fields:
        if field.source is not None:
            copies.append((field, field.source))
        elif field.role is Role.IDENTIFIER:
            codes[field.name] = rows
        elif field.role is not Role.LEAK_ECHO:
            codes[field.name] = _own_codes(field, rows.size, rng)
    for field, source in copies:
        # the remainder keeps the most frequent values of the source apart and files the rare ones under them
        codes[field.name] = codes[source] % field.cardinality
    return codes


def planted_log_odds(
    fields: Iterable[PlantedField],
    pairs: Iterable[PlantedPair],
    codes: Mapping[str, NDArray[np.int64]],
    days: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Sum of what the values of each row add to the log odds of a click.

    Parameters
    ----------
    fields : iterable of PlantedField
        Fields; those without effects add nothing.
    pairs : iterable of PlantedPair
        Interactions.
    codes : mapping of str to ndarray of int64
        Codes of the fields.
    days : ndarray of int32, shape (n_rows,)
        Days from 0.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        Sum of the effects, without the intercept.
    """
    log_odds = np.zeros(days.size)
    for field in fields:
        if field.effects is None:
            continue
        field_codes = codes[field.name]
        if field.storage is Storage.TAGS:
            log_odds += np.append(field.effects[0], 0.0)[field_codes].sum(axis=1)  # -1 finds the zero
        elif len(field.effects) == 1:
            log_odds += field.effects[0][field_codes]
        else:
            log_odds += field.effects[days, field_codes]
    for pair in pairs:
        differ = (codes[pair.first] ^ codes[pair.second]) & 1
        log_odds += pair.strength * (1 - 2 * differ)
    return log_odds


def click_probabilities(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability of a click.

    Parameters
    ----------
    log_odds : ndarray of float64
        Log odds.

    Returns
    -------
    ndarray of float64, shape of ``log_odds``
        Between 0 and 1.
    """
    probabilities: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-log_odds))
    return probabilities


def row_days(plan: PlantedLog, rows: NDArray[np.int64]) -> NDArray[np.int32]:
    """Day of each row, every day as long as the next.

    Parameters
    ----------
    plan : PlantedLog
        The design.
    rows : ndarray of int64, shape (n_rows,)
        Positions in the log.

    Returns
    -------
    ndarray of int32, shape (n_rows,)
        Days from 0, never decreasing with the position.
    """
    return (rows * plan.n_days // plan.n_rows).astype(np.int32)


def _own_codes(field: PlantedField, n_rows: int, rng: np.random.Generator) -> NDArray[np.int64]:
    if field.storage is Storage.TAGS:
        uniforms = rng.random((n_rows, TAG_SLOTS))
        tags = zipf_codes(uniforms, field.cardinality // TAG_SLOTS, field.exponent) * TAG_SLOTS
        n_tags = rng.integers(0, TAG_SLOTS + 1, n_rows)
        slots = np.arange(TAG_SLOTS)
        return np.where(slots < n_tags[:, None], tags + slots, -1)  # (n_rows, TAG_SLOTS)
    uniforms = rng.random(n_rows)
    if field.role is Role.INTERACTION:
        # A fair coin decides whether the code is odd, and only that matters to the label: each value of one
        # field meets as many partners that help as partners that harm, and says nothing alone.
        uniforms *= 2.0
        odd = uniforms >= 1.0
        return 2 * zipf_codes(uniforms - odd, field.cardinality // 2, field.exponent) + odd
    return zipf_codes(uniforms, field.cardinality, field.exponent)
