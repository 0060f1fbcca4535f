"""Codes of rows stand for exactly the features that a ranking counts."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.columns import CategoricalColumn, ListColumn, NumericColumn, StoredArray
from featsel.encoding.row_codes import category_codes, entry_codes, row_codes, value_codes, value_names
from featsel.engines.keys import number_keys


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("columns")


def stored(folder, name, values, dtype):
    array = np.asarray(values, dtype)
    array.tofile(folder / name)
    return StoredArray(folder / name, array.dtype, array.size)


def categorical(folder, codes):
    texts = pl.Series([str(code) for code in range(max(codes) + 1)])
    return CategoricalColumn(stored(folder, "codes", codes, "<u4"), texts)


@given(codes=st.lists(st.integers(0, 6), min_size=1, max_size=40))
def test_equal_values_have_equal_codes_and_the_most_frequent_comes_first(folder, codes):
    found = row_codes(categorical(folder, codes))
    assert len(set(zip(codes, found.codes.tolist(), strict=True))) == len(set(codes)) == found.n_codes
    counts = np.bincount(found.codes)
    assert counts.size == found.n_codes
    assert np.all(np.diff(counts) <= 0)


def test_rare_values_share_the_last_code(folder):
    found = row_codes(categorical(folder, [3, 3, 3, 0, 1, 2, 2]), min_count=2)
    assert found.codes.tolist() == [0, 0, 0, 2, 2, 1, 1]
    assert found.n_codes == 3


def test_rows_that_are_left_out_have_no_say_in_the_codes(folder):
    column = categorical(folder, [2, 2, 2, 0, 1, 1])
    found = category_codes(column, np.array([True, False, False, True, True, True]))
    assert found.codes.tolist() == [2, 1, 0, 0]
    assert category_codes(column, np.array([True] + [False] * 5)).n_codes == 1


def test_numbers_fall_into_the_bins_that_they_were_counted_in_and_null_has_its_own(folder):
    column = NumericColumn(stored(folder, "numbers", [-1.0, 0.0, 0.5, 7.0, np.nan, 7.0, 7.0], "<f8"))
    found = row_codes(column, bin_ends=number_keys(np.array([0.0, 0.5, 7.0])))
    assert found.codes.tolist() == [1, 1, 2, 0, 3, 0, 0]


def test_codes_take_as_few_bytes_as_their_number_allows(folder):
    assert row_codes(categorical(folder, list(range(256)))).codes.dtype == np.uint8
    assert row_codes(categorical(folder, list(range(257)))).codes.dtype == np.uint16


def test_a_list_as_a_whole_is_one_value_in_any_order_and_an_entry_is_another(folder):
    column = ListColumn(
        stored(folder, "ends", [2, 4, 5, 7], "<i8"),
        stored(folder, "codes", [0, 1, 1, 0, 0, 2, 1], "<u4"),
        pl.Series(["a", "b", "c"]),
    )
    assert row_codes(column).codes.tolist() == [0, 0, 1, 2]
    entries = entry_codes(column)
    assert entries.rows.tolist() == [0, 0, 1, 1, 2, 3, 3]
    assert entries.codes.tolist() == [0, 1, 1, 0, 0, 2, 1]


def test_names_stand_in_the_order_of_the_codes(folder):
    codes = [3, 3, 3, 0, 1, 2, 2]
    column = CategoricalColumn(stored(folder, "codes", codes, "<u4"), pl.Series(["a", None, "c", "d"]))
    names = value_names(column)
    assert [names[code] for code in row_codes(column).codes] == ["d", "d", "d", "a", "null", "c", "c"]
    assert value_names(column, min_count=2) == ("d", "c", "rare values")


def test_bins_are_named_by_the_numbers_that_they_hold(folder):
    column = NumericColumn(stored(folder, "numbers", [-1.0, 0.0, 0.5, 7.25, np.nan, 7.25, 7.25], "<f8"))
    names = value_names(column, bin_ends=number_keys(np.array([0.0, 0.5, 7.25])))
    assert names == ("7.25", "-1..0", "0.5", "null")


@given(numbers=st.lists(st.sampled_from([-1.5, -0.0, 0.0, 2.0, 1e300, np.nan]), min_size=1, max_size=30))
def test_values_of_numbers_are_told_apart_whatever_their_bins(folder, numbers):
    codes = value_codes(NumericColumn(stored(folder, "numbers", numbers, "<f8"))).tolist()
    values = ["null" if np.isnan(number) else number for number in numbers]
    assert len(set(zip(values, codes, strict=True))) == len(set(values)) == len(set(codes)) == max(codes) + 1


def test_values_of_some_rows_are_numbered_anew(folder):
    column = categorical(folder, [5, 1, 5, 0, 3])
    assert value_codes(column).tolist() == [5, 1, 5, 0, 3]
    assert value_codes(column, np.array([0, 2, 4])).tolist() == [1, 1, 0]


def test_values_of_lists_are_whole_lists(folder):
    lists = [[0, 1], [1, 0], [1], [0, 1]]
    column = ListColumn(
        stored(folder, "ends", np.cumsum([len(each) for each in lists]), "<i8"),
        stored(folder, "entries", [code for each in lists for code in each], "<u4"),
        pl.Series(["a", "b"]),
    )
    assert value_codes(column).tolist() == [0, 0, 1, 0]
