from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import polars as pl
import pytest

from featsel.engines import kernels, lists, local, merging

from .conftest import Count

KERNELS = {
    kernels: ("count_keys", "set_aside", "grow_table"),
    merging: ("merge_keys", "tally_sums", "fill_bins"),
}


def test_each_kernel_is_compiled_once_for_counts_and_once_for_weights(
    count: Count, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.setattr(local, "TABLE_VALUES", 1 << 10)
    monkeypatch.setattr(local, "SPILL_KEYS", 1 << 12)
    n_rows = 10_000
    log = pl.DataFrame(
        {
            "label": rng.integers(0, 2, n_rows),
            "id": np.arange(n_rows),
            "price": [None, *rng.random(n_rows - 1)],
            "few": [None, *["a", "b"] * (n_rows // 2 - 1), "c"],
            "tags": [[1, 2, 1]] * n_rows,
            "weight": rng.random(n_rows),
        }
    )

    count(log.drop("weight"), numeric=["price"], batch_rows=999)
    count(log, numeric=["price"], weight="weight", batch_rows=999)

    n_versions = {
        name: len(getattr(module, name).signatures) for module, names in KERNELS.items() for name in names
    }
    assert max(n_versions.values()) <= 2, n_versions
    assert len(lists._find_distinct.signatures) == 1  # type: ignore[attr-defined]


def test_kernels_work_where_no_folder_can_be_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    njit = numba.njit

    def without_cache(
        *functions: Callable[..., Any], cache: bool = False, **options: Any
    ) -> Callable[..., Any]:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*functions, **options)  # type: ignore[no-any-return]

    monkeypatch.setattr(numba, "njit", without_cache)
    compiled = kernels.compiled(lambda number: number + 1)
    monkeypatch.undo()  # numba's own modules, which the first call imports, use it too

    assert compiled(1) == 2


@pytest.mark.parametrize(("n_slots", "shift"), [(2, 63), (256, 56), (1 << 16, 48)])
def test_slots_are_numbered_by_the_high_bits(n_slots: int, shift: int) -> None:
    assert kernels.slot_shift(n_slots) == shift
