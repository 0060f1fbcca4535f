"""Chunks of some rows of a log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from featsel.core.columns import CategoricalColumn, EncodedLog, NumericColumn, StoredArray
from featsel.core.feature_config import (
    ConfigData,
    ConfigLabel,
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    Encoding,
    FeatureConfig,
    Selection,
    Used,
)
from featsel.encoding.rows import FeatureReader
from featsel.workflows import log_rows as module
from featsel.workflows.log_rows import LogRows

NewRows = Callable[[int], LogRows]
CHUNK = 8


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK_ROWS", CHUNK)


@pytest.fixture
def new_rows(tmp_path: Path) -> NewRows:
    """Rows of which row i has id i, weight i and label i % 2."""

    def store(numbers: NDArray[np.generic]) -> StoredArray:
        path = tmp_path / f"{numbers.dtype}-{numbers.size}"
        numbers.tofile(path)
        return StoredArray(path, numbers.dtype, numbers.size)

    def make(n_rows: int) -> LogRows:
        texts = pl.Series("value", [str(row) for row in range(n_rows)])
        log = EncodedLog(
            n_rows,
            {
                "a": CategoricalColumn(store(np.arange(n_rows, dtype="<u4")), texts),
                "x": NumericColumn(store(np.arange(n_rows, dtype="<f8"))),
            },
            label=store((np.arange(n_rows) % 2).astype("u1")),
            weights=store(np.arange(n_rows, dtype="<f8")),
        )
        field = EncodedField("a", EncodedKind.CATEGORICAL, Encoding.VOCABULARY, n_rows, n_rows, 4, values="a")
        scaled = EncodedField(
            "x", EncodedKind.NUMERIC, Encoding.STANDARD, 1, 1, 4, values="x", mean=0.0, scale=1.0
        )
        config = FeatureConfig(
            ConfigLabel("label"),
            ConfigData((), n_rows, ""),
            Selection("all", 0, Used(1, 1, 1)),
            EmbeddingTable(EmbeddingScheme.FULL, 4),
            (field, scaled),
            "0",
        )
        values = pl.DataFrame({"field": "a", "value": texts, "code": np.arange(1, n_rows + 1, dtype="u4")})
        scale = pl.DataFrame({"field": ["x"], "value": ["x"], "code": pl.Series([1], dtype=pl.UInt32)})
        return LogRows(log, FeatureReader(log, config, pl.concat([values, scale])))

    return make


QUICK = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
CHOSEN = st.lists(st.booleans(), min_size=1, max_size=120).filter(any)


@QUICK
@given(chosen=CHOSEN, seed=st.integers(0, 9))
def test_chunks_in_any_order_hold_the_chosen_rows(new_rows: NewRows, chosen: list[bool], seed: int) -> None:
    rows = new_rows(len(chosen)).where(np.array(chosen))
    wanted = np.flatnonzero(chosen)
    n_chunks = -(-rows.n_rows // CHUNK)
    order = np.random.default_rng(seed).permutation(n_chunks)

    block = rows.read(order)

    expected = np.concatenate([wanted[chunk * CHUNK : (chunk + 1) * CHUNK] for chunk in order])
    assert rows.n_rows == wanted.size
    assert (block.ids[:, 0] - 1).tolist() == expected.tolist()
    assert block.labels.tolist() == (expected % 2).tolist()
    assert block.weights is not None
    assert block.weights[:, 0].tolist() == expected.tolist()
    assert block.row_weights is not None
    assert block.row_weights.tolist() == expected.tolist()


@QUICK
@given(chosen=CHOSEN)
def test_labels_are_those_of_the_chosen_rows(new_rows: NewRows, chosen: list[bool]) -> None:
    rows = new_rows(len(chosen)).where(np.array(chosen))

    assert rows.labels().tolist() == (np.flatnonzero(chosen) % 2).tolist()


@pytest.mark.parametrize("n_rows", [1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK])
def test_all_rows_are_read_where_none_were_chosen(new_rows: NewRows, n_rows: int) -> None:
    rows = new_rows(n_rows)

    block = rows.read(np.arange(-(-n_rows // CHUNK)))

    assert (block.ids[:, 0] - 1).tolist() == list(range(n_rows))


def test_bytes_of_a_row_are_those_of_its_ids_and_weights(new_rows: NewRows) -> None:
    rows = new_rows(10).where(np.arange(10) > 4)

    # two ids, a weight of a slot, the label and the weight of the row
    assert rows.row_bytes == 4 * (2 + 1 + 1 + 1)
