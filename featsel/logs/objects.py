"""Which column do Python objects make?

Arrays of objects, as pandas and numpy have them, say nothing of the type of their values; the values do.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Sequence
from types import NoneType
from typing import Any

import numpy as np
import polars as pl

from featsel.core.errors import DataError

FAMILIES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "booleans": (bool, np.bool_),
    "numbers": (int, float, np.integer, np.floating),
    "decimals": (decimal.Decimal,),
    "points in time": (datetime.datetime, np.datetime64),
    "dates": (datetime.date,),
    "lists": (list, tuple, set, frozenset, np.ndarray),
}
"""Values that can stand in one column; a value belongs to the first family that has its type."""

MISSING = frozenset({"NAType", "NaTType"})
"""Types of what pandas puts for a missing value, beside None and NaN."""


def object_column(name: str, values: Sequence[object]) -> pl.Series:
    """Column of the type that its values have.

    Parameters
    ----------
    name : str
        Name of the column.
    values : sequence of object, shape (n_rows,)
        None or NaN where a value is missing.

    Returns
    -------
    polars.Series
        Of type Null where all values are missing, of type Object where they are of no type that a column can
        have.

    Raises
    ------
    DataError
        Values are of several types.

    Examples
    --------
    >>> object_column("age", [31, None, 4.5]).to_list()
    [31.0, None, 4.5]
    """
    present: Sequence[Any] = values
    kinds = set(map(type, values))
    if any(issubclass(kind, float | np.floating) or kind.__name__ in MISSING for kind in kinds):
        present = [None if _is_missing(value) else value for value in values]
        kinds = set(map(type, present))
    families = sorted({_family(kind) for kind in kinds if kind is not NoneType})
    if len(families) > 1:
        raise DataError(
            f"column {name!r} mixes {' and '.join(families)}", "Give its values one type, such as text."
        )
    dtype: pl.DataType | None = None
    if families == ["lists"]:
        present = [None if value is None else list(value) for value in present]
    elif families == ["numbers"] and any(isinstance(value, float | np.floating) for value in present):
        dtype = pl.Float64()
    try:
        return pl.Series(name, present, dtype, strict=dtype is None)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"column {name!r} holds values that make no column: {str(error).splitlines()[0]}",
            "Give its values one type, such as text.",
        ) from error


def _family(kind: type) -> str:
    return next((name for name, kinds in FAMILIES.items() if issubclass(kind, kinds)), kind.__name__)


def _is_missing(value: object) -> bool:
    """Whether a value is None, NaN, NaT or pandas' NA."""
    if isinstance(value, float | np.floating):
        return value != value  # noqa: PLR0124 - NaN alone differs from itself
    return value is None or type(value).__name__ in MISSING
