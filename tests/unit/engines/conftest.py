"""Counting without a log file: a frame, cut into batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import polars as pl
import pytest

from featsel.core.schema import Field, FieldKind, LogSchema
from featsel.engines.local import LogCounts, Resources, count_fields

Count = Callable[..., LogCounts]


@pytest.fixture(scope="session")
def count() -> Count:
    def count_frame(
        frame: pl.DataFrame,
        *,
        numeric: Sequence[str] = (),
        weight: str | None = None,
        batch_rows: int = 1 << 20,
        n_threads: int = 1,
        memory_bytes: int = 1 << 30,
        is_columnar: bool = True,
        n_bins: int = 32,
        advance: Callable[[int], None] = lambda _: None,
    ) -> LogCounts:
        fields = []
        for name, dtype in frame.drop(["label", *([weight] if weight else [])]).schema.items():
            kind = FieldKind.NUMERIC if name in numeric else FieldKind.CATEGORICAL
            if isinstance(dtype, pl.List | pl.Array):
                kind = FieldKind.MULTIVALUED
            fields.append(Field(name, kind, "the test says so"))

        def read(columns: Sequence[str]) -> Iterator[pl.DataFrame]:
            return frame.select(columns).iter_slices(batch_rows)

        return count_fields(
            LogSchema(tuple(fields), "label", weight=weight),
            read=read,
            read_label=lambda labels: labels.cast(pl.UInt8).to_numpy(),
            is_columnar=is_columnar,
            n_bins=n_bins,
            resources=Resources(n_threads, memory_bytes),
            advance=advance,
        )

    return count_frame


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
