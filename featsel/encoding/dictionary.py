"""Which distinct values does a column have, and which one stands in each row?"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.engines import kernels
from featsel.engines.keys import category_keys

FIRST_SLOTS = 1 << 10
"""Slots of a dictionary's table when it is empty; they double when three quarters are taken: a slot has
twelve bytes, and old and new ones are in memory together."""

LARGEST_INTEGER = 2.0**53
"""Up to here floats hold every integer."""


class Dictionary:
    """Numbers the distinct values of a column in the order of their first rows.

    Values are told apart by a 64-bit hash: among 34 million values two collide with odds of one in 30,000.
    """

    def __init__(self) -> None:
        self._keys = np.zeros(FIRST_SLOTS, np.uint64)
        self._codes = np.empty(FIRST_SLOTS, np.uint32)
        self._texts: list[pl.Series] = []
        self.n_values = 0

    def add(self, values: pl.Series) -> NDArray[np.uint32]:
        """Codes of one batch.

        Parameters
        ----------
        values : polars.Series
            Of any type that has a text; NaN is null.

        Returns
        -------
        ndarray of uint32, shape (n_rows,)
            Place of each value among all distinct ones so far.
        """
        codes, new = self.number(values)
        if new.len():
            # a copy: what was only picked holds all texts of its batch in memory
            self._texts.append(value_texts(new) + "")
        return codes

    def number(self, values: pl.Series) -> tuple[NDArray[np.uint32], pl.Series]:
        """Codes of one batch, see :meth:`add`, and its new values in the order of their codes.

        Their texts are not kept.
        """
        if values.dtype.is_float():
            values = values.fill_nan(None)
        keys = kernels.read_only(category_keys(values))
        codes = np.empty(keys.size, np.uint32)
        first_rows = np.empty(keys.size, np.uint32)
        n_known = self.n_values
        row: int = 0
        while row < keys.size:
            row, self.n_values = _number_keys(
                keys, row, self._keys, self._codes, self.n_values, n_known, codes, first_rows
            )
            if row < keys.size:
                self._grow()
        return codes, values[first_rows[: self.n_values - n_known]]

    def take_texts(self) -> pl.Series:
        """Text of the distinct values since this was last called, in the order of their codes; null has none.

        They are forgotten: the texts of a column of many values need not be in memory.
        """
        texts = pl.concat(self._texts) if self._texts else pl.Series(dtype=pl.String)
        self._texts = []
        return texts

    def _grow(self) -> None:
        keys, codes = self._keys, self._codes
        self._keys = np.zeros(2 * keys.size, np.uint64)
        self._codes = np.empty(2 * keys.size, np.uint32)
        _move_keys(keys, codes, self._keys, self._codes)


def value_texts(values: pl.Series) -> pl.Series:
    """Text of values, the same for a number whether it stands in a column of integers or of floats.

    Parameters
    ----------
    values : polars.Series
        Values of any type.

    Returns
    -------
    polars.Series
        Strings; ``5.0`` is ``5``, because a column of integers becomes one of floats where one is missing.
    """
    if values.dtype == pl.Binary:
        # bytes need not be text
        decoded = [None if value is None else value.decode("utf-8", "backslashreplace") for value in values]
        return pl.Series("value", decoded, pl.String)
    texts = values.cast(pl.String, strict=False)
    if values.dtype.is_float():
        is_integer = (values == values.floor()) & (values.abs() < LARGEST_INTEGER)
        integers = values.cast(pl.Int64, strict=False).cast(pl.String)
        texts = integers.zip_with(is_integer.fill_null(value=False), texts)
    return texts.alias("value")


@kernels.compiled
def _number_keys(
    keys: NDArray[np.uint64],
    start: int,
    table_keys: NDArray[np.uint64],
    table_codes: NDArray[np.uint32],
    n_values: int,
    n_known: int,
    codes: NDArray[np.uint32],
    first_rows: NDArray[np.uint32],
) -> tuple[int, int]:
    """Look keys up and number the new ones, until the table is three quarters full.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n_rows,)
        The batch.
    start : int
        First row to look up.
    table_keys, table_codes : ndarray, shape (n_slots,)
        Open-addressing table of a power of two of slots.
    n_values, n_known : int
        Values numbered so far, and how many of them before this batch.
    codes : ndarray of uint32, shape (n_rows,)
        Takes the codes.
    first_rows : ndarray of uint32, shape (n_rows,)
        Takes the first row of each new value.

    Returns
    -------
    tuple of int
        The row at which the table was full (or the number of rows), and the values now numbered.
    """
    shift = kernels.slot_shift(table_keys.size)
    mask = np.uint64(table_keys.size - 1)
    for row in range(start, keys.size):
        key = keys[row]
        if key == kernels.EMPTY:
            key = kernels.ZERO_KEY
        slot = (key * kernels.SPREAD) >> shift
        found = table_keys[slot]
        while found != key and found != kernels.EMPTY:  # noqa: PLR1714 - compiled code
            slot = (slot + np.uint64(1)) & mask
            found = table_keys[slot]
        if found == kernels.EMPTY:
            if 4 * n_values >= 3 * table_keys.size:
                return row, n_values
            table_keys[slot] = key
            table_codes[slot] = n_values
            first_rows[n_values - n_known] = row
            n_values += 1
        codes[row] = table_codes[slot]
    return keys.size, n_values


@kernels.compiled
def _move_keys(
    keys: NDArray[np.uint64],
    codes: NDArray[np.uint32],
    new_keys: NDArray[np.uint64],
    new_codes: NDArray[np.uint32],
) -> None:
    """Move all keys of a table into a larger, empty one."""
    shift = kernels.slot_shift(new_keys.size)
    mask = np.uint64(new_keys.size - 1)
    for old in range(keys.size):
        key = keys[old]
        if key == kernels.EMPTY:
            continue
        slot = (key * kernels.SPREAD) >> shift
        while new_keys[slot] != kernels.EMPTY:
            slot = (slot + np.uint64(1)) & mask
        new_keys[slot] = key
        new_codes[slot] = codes[old]
