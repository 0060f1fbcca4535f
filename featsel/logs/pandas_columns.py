"""What do the columns of a pandas frame hold?

Pandas is no dependency: a frame is read through what its columns offer, and nothing is imported.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import polars as pl

from featsel.core.errors import DataError
from featsel.logs.objects import object_column


def is_pandas_frame(frame: object) -> bool:
    """Whether something is a pandas DataFrame; pandas is looked for among what is loaded, not imported."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(frame, pandas.DataFrame)


def read_pandas(frame: Any) -> pl.DataFrame:  # noqa: ANN401 - pandas is no dependency
    """Columns of a pandas frame; its index is left out.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns of numbers, booleans, text, categories, points in time, lists, or objects of one type. Names
        that are no text are spelled as text.

    Returns
    -------
    polars.DataFrame
        Missing values are null. Categories are text, whatever their values: who declares a column
        categorical wants no bins.

    Raises
    ------
    DataError
        A name occurs twice, or a column of objects mixes types.
    """
    names = [str(name) for name in frame.columns]
    check_names(names)
    columns = {name: _column(name, frame.iloc[:, place]) for place, name in enumerate(names)}
    return pl.DataFrame(columns)


def check_names(names: list[str]) -> None:
    """Refuse a name that occurs twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataError(f"column {name!r} occurs twice", "Rename one of them, or drop it.")
        seen.add(name)


def _column(name: str, values: Any) -> pl.Series:  # noqa: ANN401, PLR0911 - pandas.Series; one answer per type
    dtype = values.dtype
    if isinstance(dtype, np.dtype):
        return array_column(name, values.to_numpy())
    if dtype.name == "category":
        return _categories(name, values)
    if dtype.name.startswith("Sparse["):
        return _column(name, values.sparse.to_dense())
    if hasattr(dtype, "pyarrow_dtype") or getattr(dtype, "storage", "") == "pyarrow":
        return pl.Series(name, values.array.__arrow_array__())
    if hasattr(dtype, "tz"):
        return array_column(name, values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())
    if hasattr(dtype, "storage"):
        return pl.Series(name, values.to_numpy(dtype=object, na_value=None), pl.String)
    is_missing = values.isna().to_numpy()
    if hasattr(dtype, "numpy_dtype"):
        numbers = array_column(
            name, values.to_numpy(dtype=dtype.numpy_dtype, na_value=dtype.numpy_dtype.type(0))
        )
        return numbers.scatter(np.flatnonzero(is_missing), None)
    # what is best said in words, such as periods and intervals
    texts = [None if missing else str(value) for value, missing in zip(values, is_missing, strict=True)]
    return pl.Series(name, texts, pl.String)


def array_column(name: str, values: np.ndarray[Any, Any]) -> pl.Series:
    """Column of an array.

    Parameters
    ----------
    name : str
        Name of the column.
    values : ndarray, shape (n_rows,)
        Of any type but complex numbers.

    Returns
    -------
    polars.Series
        Points in time keep their resolution, seconds and days become milliseconds.

    Raises
    ------
    DataError
        Objects of several types, or values of a type that no column can have.
    """
    kind = values.dtype.kind
    if kind == "O":
        return object_column(name, values.tolist())
    if kind in "US":
        return pl.Series(name, values.astype(str).tolist(), pl.String)
    if kind in "mM":
        unit = np.datetime_data(values.dtype)[0]
        exact = values if unit in {"ns", "us", "ms"} else values.astype(f"{kind}8[ms]")
        return pl.Series(name, exact)
    if kind not in "biuf":
        raise DataError(
            f"column {name!r} holds values of type {values.dtype}, which are not supported",
            "Drop it, or make numbers or text of it.",
        )
    # polars counts in no float of 16 or of 128 bits
    is_odd = kind == "f" and values.dtype.itemsize not in {4, 8}
    return pl.Series(name, np.ascontiguousarray(values, np.float64 if is_odd else None))


def _categories(name: str, values: Any) -> pl.Series:  # noqa: ANN401 - pandas.Series
    codes = pl.Series(values.cat.codes.to_numpy())
    texts = pl.Series(name, [str(category) for category in values.cat.categories], pl.String)
    return texts.gather(codes.replace(-1, None)).alias(name)
