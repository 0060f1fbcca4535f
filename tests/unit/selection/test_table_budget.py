"""Is a table for a budget the largest one, and as large as its file says?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from featsel.artifacts.tensors import read_tensors
from featsel.core.errors import ConfigError
from featsel.core.feature_config import EmbeddingScheme, TableDtype
from featsel.models.build import ModelName
from featsel.models.settings import ModelSettings
from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.frequency import frequency_order
from featsel.selection.table_budget import SHARED, FittedTable, TableScheme, fit_table, whole_bytes
from featsel.selection.widths import with_widths
from featsel.training.settings import TrainSettings
from featsel.workflows.model_folder import WEIGHTS, stored_table_bytes, write_weights

OWN_ROWS = [scheme for scheme in TableScheme if scheme not in SHARED]
"""Schemes in which a feature has its own row, or none."""

every_scheme = pytest.mark.parametrize("scheme", TableScheme)


def order(candidates: Candidates) -> NDArray[np.int64]:
    return frequency_order(candidates, seed=0).ids


def fitted(
    scheme: TableScheme, candidates: Candidates, n_bytes: int, *, has_linear: bool = True
) -> FittedTable:
    return fit_table(
        scheme,
        candidates,
        order(candidates),
        n_bytes=n_bytes,
        has_linear=has_linear,
        n_lookups=2,
        salt=3,
    )


def bytes_of_rows(
    scheme: TableScheme, candidates: Candidates, ids: NDArray[np.int64], *, has_linear: bool
) -> int:
    """Of a full table, counted field by field: rows of features, one of whatever is unknown, scales."""
    found = 0
    for field in sorted(set(candidates.field_of_id[ids].tolist())):
        n_rows = int((candidates.field_of_id[ids] == field).sum()) + 1
        width = candidates.layout.dims[field] + has_linear
        found += width * n_rows + 4 * width if scheme is TableScheme.INT8 else 4 * width * n_rows
    return found


def bytes_of(scheme: TableScheme, candidates: Candidates, table: FittedTable, *, has_linear: bool) -> int:
    if scheme not in SHARED:
        return bytes_of_rows(scheme, candidates, table.subset.ids, has_linear=has_linear)
    assert table.config.embedding.rows == table.n_rows
    return table.n_rows * shared_row(scheme, candidates, has_linear=has_linear)


def shared_row(scheme: TableScheme, candidates: Candidates, *, has_linear: bool) -> int:
    dim = candidates.config.embedding.dim
    return 4 * ((dim // 2 if scheme is TableScheme.UNIFIED else dim) + has_linear)


@given(n_bytes=st.integers(700, 30_000), has_linear=st.booleans(), scheme=st.sampled_from(list(SHARED)))
def test_rows_that_are_shared_fill_the_budget_up_to_one(
    planted: Candidates, n_bytes: int, has_linear: bool, scheme: TableScheme
) -> None:
    table = fitted(scheme, planted, n_bytes, has_linear=has_linear)

    n_found = bytes_of(scheme, planted, table, has_linear=has_linear)
    assert n_found <= n_bytes < n_found + shared_row(scheme, planted, has_linear=has_linear)
    assert table.config.embedding.scheme is SHARED[scheme]
    assert table.subset.ids.size == planted.is_feature.sum()


@given(
    n_bytes=st.integers(60, 30_000),
    has_linear=st.booleans(),
    scheme=st.sampled_from(OWN_ROWS),
    widths=st.lists(st.integers(1, 4), min_size=20, max_size=20),
)
def test_one_more_feature_than_a_budget_buys_is_too_much(
    planted: Candidates, n_bytes: int, has_linear: bool, scheme: TableScheme, widths: list[int]
) -> None:
    candidates = with_widths(planted, np.array(widths[: planted.layout.n_fields]))
    ids = order(candidates)

    table = fitted(scheme, candidates, n_bytes, has_linear=has_linear)

    n_kept = table.subset.ids.size
    assert set(table.subset.ids.tolist()) == set(ids[:n_kept].tolist())
    assert bytes_of(scheme, candidates, table, has_linear=has_linear) <= n_bytes
    if n_kept < ids.size:
        more = bytes_of_rows(scheme, candidates, ids[: n_kept + 1], has_linear=has_linear)
        assert more > n_bytes
    dtype = TableDtype.INT8 if scheme is TableScheme.INT8 else TableDtype.FLOAT32
    assert table.config.embedding.scheme is EmbeddingScheme.FULL
    assert table.config.embedding.dtype is dtype


@every_scheme
@pytest.mark.parametrize("model", ["fm", "mlp"])
@pytest.mark.parametrize("share", [1.0, 0.4])
def test_the_file_of_a_model_has_these_bytes(
    planted: Candidates, tmp_path: Path, scheme: TableScheme, model: ModelName, share: float
) -> None:
    has_linear = model == "fm"
    widths = np.full(planted.layout.n_fields, 4)
    if scheme in {TableScheme.PCA, TableScheme.OPTEMBED}:
        widths[::2] = 3
    candidates = with_widths(planted, widths)
    n_bytes = int(share * whole_bytes(planted, has_linear=has_linear))
    table = fitted(scheme, candidates, n_bytes, has_linear=has_linear)
    sizes = ModelSettings(hidden=(4,))
    built = Backbone(model, sizes, TrainSettings(epochs=1, batch_size=9, rate=0.1)).build(table.config)

    write_weights(tmp_path, built, table.config.embedding.dtype)

    stored, _ = read_tensors(tmp_path / WEIGHTS)
    n_stored = sum(tensor.nbytes for name, tensor in stored.items() if name.startswith("table."))
    assert n_stored == bytes_of(scheme, candidates, table, has_linear=has_linear) <= n_bytes
    assert stored_table_bytes(tmp_path, built) == n_stored


def test_the_whole_is_the_full_table_of_all_features(planted: Candidates) -> None:
    ids = order(planted)
    for has_linear in (False, True):
        whole = whole_bytes(planted, has_linear=has_linear)

        assert whole == bytes_of_rows(TableScheme.FULL, planted, ids, has_linear=has_linear)
        assert fitted(TableScheme.FULL, planted, whole, has_linear=has_linear).subset.ids.size == ids.size


@pytest.mark.parametrize(
    ("scheme", "n_bytes", "message"),
    [
        (TableScheme.FULL, 39, "39 bytes have room for no feature: the first one takes 40"),
        (TableScheme.INT8, 29, "29 bytes have room for no feature: the first one takes 30"),
        (TableScheme.UNIFIED, 11, "the bytes have room for no row"),
        (TableScheme.HASH, 19, "0 rows are too few for"),
        (TableScheme.QR, 60, "3 rows are too few for quotients and remainders"),
    ],
)
def test_a_budget_that_is_too_small_says_why(
    planted: Candidates, scheme: TableScheme, n_bytes: int, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        fitted(scheme, planted, n_bytes)

    assert message in caught.value.message
