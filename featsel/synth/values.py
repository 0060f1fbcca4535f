"""What do the values of a planted field look like in the log?"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.synth.design import PlantedField, Storage

DICTIONARY_LIMIT = 16_384
"""Values of a field that are named once and looked up; beyond, naming them row by row costs less memory."""

PREFIXES = {
    Storage.TEXT: "c",
    Storage.INTEGER: "id",
    Storage.COUNT: "count",
    Storage.AMOUNT: "price",
    Storage.TAGS: "tags",
}
"""What the names of fields begin with."""

MULTIPLIER_LIMIT = 2**31
"""Bound of the keys of value names: their product with a code fits 64 bits."""

MEDIAN_AMOUNT = 50.0
"""Middle of the amounts: a thousand amounts around it are still distinct after rounding to cents."""


def field_column(
    field: PlantedField,
    codes: NDArray[np.int64],
    *,
    absent: NDArray[np.bool_] | None,
    dictionary: pl.Series | None,
) -> pl.Series:
    """Name the values of a field.

    Parameters
    ----------
    field : PlantedField
        The field.
    codes : ndarray of int64, shape (n_rows,) or (n_rows, n_slots)
        Its codes; several slots, with -1 for an empty one, for tags.
    absent : ndarray of bool, shape (n_rows,), or None
        Where the value is null.
    dictionary : polars.Series or None
        What :func:`value_dictionary` gave.

    Returns
    -------
    polars.Series
        A column of the log: strings, integers, floats or lists of strings.
    """
    if codes.ndim == 1:
        return _named(field, codes, absent, dictionary)
    slots = [_named(field, np.maximum(slot, 0), slot < 0, dictionary) for slot in codes.T]
    return pl.select(pl.concat_list(slots).list.drop_nulls().alias(field.name)).to_series()


def value_dictionary(field: PlantedField) -> pl.Series | None:
    """Names of all values of a field, to look up instead of making them for each row.

    Parameters
    ----------
    field : PlantedField
        The field.

    Returns
    -------
    polars.Series or None
        The value of each code; None for a field of more than :data:`DICTIONARY_LIMIT` values.
    """
    if field.cardinality > DICTIONARY_LIMIT:
        return None
    return value_names(field, np.arange(field.cardinality))


def value_names(field: PlantedField, codes: NDArray[np.int64]) -> pl.Series:
    """Values that stand for codes. Different codes have different values.

    Names are made by arithmetic: the field's multiplier permutes the numbers of as many digits as leave room
    for a few times its values, so that names look arbitrary and tell nothing about frequency.

    Parameters
    ----------
    field : PlantedField
        The field.
    codes : ndarray of int64, shape (n_codes,)
        Codes from 0.

    Returns
    -------
    polars.Series
        Strings, integers or floats, by the storage of the field.
    """
    match field.storage:
        case Storage.COUNT:
            values = pl.Series(field.name, codes)
        case Storage.AMOUNT:
            share = (codes + 0.5) / field.cardinality
            values = pl.Series(field.name, (MEDIAN_AMOUNT * np.sqrt(share / (1.0 - share))).round(2))
        case Storage.INTEGER:
            values = pl.Series(field.name, _numbers(field, codes))
        case Storage.TEXT | Storage.TAGS:
            numbers = pl.Series(field.name, _numbers(field, codes))
            prefix = pl.lit(f"{field.name.lower()}_")
            values = pl.select(pl.concat_str(prefix, numbers.cast(pl.String)).alias(field.name)).to_series()
    return values


def field_name(storage: Storage, position: int) -> str:
    """Name of a column; it tells what the values are, not what the field was planted for.

    Parameters
    ----------
    storage : Storage
        What the values look like.
    position : int
        Place among the fields, from 1.

    Returns
    -------
    str
        Such as ``c07`` or ``price05``.
    """
    return f"{PREFIXES[storage]}{position:02d}"


def name_multiplier(rng: np.random.Generator) -> int:
    """Draw the key of a field's value names.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    int
        Shares no factor with any ``9 * 10**n``.
    """
    thirties = int(rng.integers(1_000, MULTIPLIER_LIMIT // 30))
    return 30 * thirties + int(rng.choice([1, 7, 11, 13, 17, 19, 23, 29]))


def _numbers(field: PlantedField, codes: NDArray[np.int64]) -> NDArray[np.int64]:
    smallest = _smallest_number(field.cardinality)
    # the multiplier has no factor in common with 9 * 10**n, so this is one to one; both are below 2**31
    return smallest + (codes + 1) * field.multiplier % (9 * smallest)


def _smallest_number(cardinality: int) -> int:
    """Smallest of nine times as many numbers of equal length: room for a few times the cardinality."""
    smallest = 100
    while 2 * smallest < cardinality:
        smallest *= 10
    return smallest


def _named(
    field: PlantedField,
    codes: NDArray[np.int64],
    absent: NDArray[np.bool_] | None,
    dictionary: pl.Series | None,
) -> pl.Series:
    values = value_names(field, codes) if dictionary is None else dictionary.gather(codes)
    if absent is None:
        return values
    return pl.select(pl.when(pl.lit(pl.Series(~absent))).then(values).alias(field.name)).to_series()
