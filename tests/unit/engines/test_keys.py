from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from featsel.engines.keys import as_numbers, category_keys, number_keys


def test_number_keys_have_the_order_of_the_numbers() -> None:
    numbers = np.array(
        [-math.inf, -1e300, -2.5, -5e-324, 0.0, 5e-324, 1.0, np.nextafter(1.0, 2), 1e300, math.inf]
    )

    keys = number_keys(numbers)

    assert np.all(keys[1:] > keys[:-1])


def test_negative_zero_is_zero() -> None:
    negative, positive = number_keys(np.array([-0.0, 0.0]))

    assert negative == positive


@pytest.mark.parametrize(
    "values",
    [
        pl.Series(["", "a", None, "null"]),
        pl.Series([0, 1, -1, None], dtype=pl.Int64),
        pl.Series([0.0, 1.5, -1.5, None]),
        pl.Series([b"", b"a", None]),
        pl.Series([{"a": 1}, {"a": 2}]),
    ],
)
def test_different_categories_have_different_keys(values: pl.Series) -> None:
    assert np.unique(category_keys(values)).size == values.len()


def test_equal_categories_have_equal_keys_in_every_batch() -> None:
    whole = pl.Series(["a", "b", "a", None, "b", None])

    parts = [category_keys(whole[:3]), category_keys(whole[3:])]

    np.testing.assert_array_equal(np.concatenate(parts), category_keys(whole))


def test_text_that_is_no_number_is_null() -> None:
    numbers = as_numbers(pl.Series([" 1.5 ", "-2", "1e3", "abc", "", "nan", None]))

    assert numbers.to_list() == [1.5, -2.0, 1000.0, None, None, None, None]


def test_days_and_booleans_are_numbers() -> None:
    days = pl.Series(["2024-01-01", "2024-01-03"]).str.to_date()

    first, second = as_numbers(days)

    assert second - first == 2
    assert as_numbers(pl.Series([True, None])).to_list() == [1.0, None]
