"""How does a value become a 64-bit key?

Categories are hashed: two values collide with odds of n² / 2⁶⁵, one in 30,000 for a column of 34 million.
Numbers keep their order: their bits, with the sign turned so that larger numbers have larger keys.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

SIGN_BIT = np.int64(-(1 << 63))


def category_keys(values: pl.Series) -> NDArray[np.uint64]:
    """Hashes of categorical values; null has a hash of its own.

    Parameters
    ----------
    values : polars.Series
        Strings, integers, booleans or floats.

    Returns
    -------
    ndarray of uint64, shape (n_rows,)
        Equal for equal values within one version of polars.
    """
    return values.hash().to_numpy()


def number_keys(numbers: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Keys in the order of the numbers.

    Parameters
    ----------
    numbers : ndarray of float64, shape (n_rows,)
        Finite or infinite, not NaN.

    Returns
    -------
    ndarray of uint64, shape (n_rows,)
        ``a < b`` exactly where their keys are; -0 and 0 are one.
    """
    bits = (numbers + 0.0).view(np.int64)
    # the sign bit is flipped, and of a negative number all others too
    keys = bits >> 63
    keys |= SIGN_BIT
    keys ^= bits
    return keys.view(np.uint64)


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread numbers over all 64 bits, one to one: the finalizer of splitmix64.

    Parameters
    ----------
    numbers : ndarray of uint64, any shape
        Better multiplied by an odd constant, or moved by one, before: zero stays zero.

    Returns
    -------
    ndarray of uint64, same shape
        A new array.

    References
    ----------
    Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    """
    bits = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return bits


def as_numbers(values: pl.Series) -> pl.Series:
    """Values as float64 with null for NaN and for text that is no number."""
    if values.dtype.is_temporal():
        values = values.to_physical()
    elif values.dtype == pl.String:
        values = values.str.strip_chars()
    return values.cast(pl.Float64, strict=False).fill_nan(None)
