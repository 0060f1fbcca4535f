from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featsel.training import row_kernels
from featsel.training.row_kernels import sum_rows

N_ROWS, WIDTH = 100, 3


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(0, 300), st.integers(1, 5))
def test_shards_sum_each_row_once(seed: int, n_lookups: int, n_shards: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, N_ROWS, n_lookups)
    # integers: sums in float32 are exact
    gradients = rng.integers(-9, 9, (n_lookups, WIDTH)).astype(np.float32)
    slots = np.full(N_ROWS, -1, np.int32)
    found = np.zeros((N_ROWS, WIDTH), np.float32)
    n_found = np.zeros(N_ROWS, np.int64)

    for shard in range(n_shards):
        sums, distinct = np.empty((n_lookups, WIDTH), np.float32), np.empty(n_lookups, np.int64)
        n_distinct = sum_rows(rows, gradients, slots, sums, distinct, shard, n_shards)
        found[distinct[:n_distinct]] = sums[:n_distinct]
        n_found[distinct[:n_distinct]] += 1

    expected = np.zeros((N_ROWS, WIDTH), np.float32)
    np.add.at(expected, rows, gradients)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(n_found, np.bincount(rows, minlength=N_ROWS) > 0)


def test_kernels_work_where_no_folder_can_be_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    njit = numba.njit

    def without_cache(
        *functions: Callable[..., Any], cache: bool = False, **options: Any
    ) -> Callable[..., Any]:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*functions, **options)  # type: ignore[no-any-return]

    monkeypatch.setattr(numba, "njit", without_cache)
    compiled = row_kernels.compiled(lambda number: number + 1)
    monkeypatch.undo()  # numba's own modules, which the first call imports, use it too

    assert compiled(1) == 2
