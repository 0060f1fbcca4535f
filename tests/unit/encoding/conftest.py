"""Logs as codes on disk, made from a frame by the plainest means."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from featsel.core.columns import (
    CategoricalColumn,
    Column,
    EncodedLog,
    ListColumn,
    NumericColumn,
    StoredArray,
)

Encode = Callable[..., EncodedLog]


@pytest.fixture(scope="module")
def encode(tmp_path_factory: pytest.TempPathFactory) -> Encode:
    """Encoder of a frame: floats are numeric, text is categorical, lists of text are multi-valued."""
    names = itertools.count()
    folder = tmp_path_factory.mktemp("columns")

    def store(values: Sequence[Any] | np.ndarray, dtype: str) -> StoredArray:
        array = np.asarray(values, np.dtype(dtype))
        path: Path = folder / str(next(names))
        array.tofile(path)
        return StoredArray(path, array.dtype, array.size)

    def categorical(values: Sequence[str | None]) -> tuple[StoredArray, pl.Series]:
        distinct = list(dict.fromkeys(values))
        codes = [distinct.index(value) for value in values]
        return store(codes, "<u4"), pl.Series("value", distinct, dtype=pl.String)

    def column(values: pl.Series) -> Column:
        if values.dtype == pl.Float64:
            return NumericColumn(store(values.fill_null(np.nan).to_numpy(), "<f8"))
        if values.dtype == pl.String:
            return CategoricalColumn(*categorical(values.to_list()))
        lists = [list(dict.fromkeys(each)) if each else [None] for each in values.to_list()]
        ends = np.cumsum([len(each) for each in lists])
        return ListColumn(store(ends, "<i8"), *categorical(list(itertools.chain(*lists))))

    def encode_frame(frame: pl.DataFrame) -> EncodedLog:
        return EncodedLog(frame.height, {each.name: column(each) for each in frame})

    return encode_frame
