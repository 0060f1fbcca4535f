from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from featsel.engines.keys import category_keys
from featsel.engines.lists import distinct_places, flatten


@pytest.mark.parametrize("dtype", [pl.List(pl.Int64), pl.Array(pl.Int64, 2)])
def test_lists_and_arrays_flatten_to_their_entries(dtype: pl.DataType) -> None:
    entries, lengths, n_null = flatten(pl.Series([[1, 2], None, [2, 3]], dtype=dtype))

    assert entries.to_list() == [1, 2, None, 2, 3]
    assert lengths.tolist() == [2, 1, 2]
    assert n_null == 1


def test_an_empty_list_is_one_null() -> None:
    entries, lengths, n_null = flatten(pl.Series([[], ["a"]], dtype=pl.List(pl.String)))

    assert entries.to_list() == [None, "a"]
    assert lengths.tolist() == [1, 1]
    assert n_null == 1


def test_nan_in_a_list_is_null() -> None:
    entries, _, n_null = flatten(pl.Series([[float("nan"), None, 1.0]]))

    assert entries.to_list() == [None, None, 1.0]
    assert n_null == 0


def test_the_first_of_equal_keys_of_each_list_is_kept() -> None:
    keys = category_keys(pl.Series([7, 7, 9, 7, 9, 9, 9]))
    lengths = np.array([3, 1, 3], np.uint32)

    assert distinct_places(keys, lengths).tolist() == [0, 2, 3, 4]


def test_long_lists_find_all_their_keys(rng: np.random.Generator) -> None:
    lists = [rng.integers(0, 3000, 2000).tolist() for _ in range(5)]
    entries, lengths, _ = flatten(pl.Series(lists))

    places = distinct_places(category_keys(entries), lengths)

    assert places.size == sum(len(set(values)) for values in lists)


def test_no_rows_have_no_places() -> None:
    keys = category_keys(pl.Series([], dtype=pl.Int64))

    assert distinct_places(keys, np.empty(0, np.uint32)).size == 0
