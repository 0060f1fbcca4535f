from __future__ import annotations

import itertools
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.encoding.dictionary import FIRST_SLOTS, Dictionary, value_texts

TEXTS = st.lists(st.none() | st.text(max_size=3), max_size=60)


def read_back(values: pl.Series, *cuts: int) -> list[str | None]:
    """Texts that the codes of a column, added in pieces, stand for."""
    dictionary = Dictionary()
    edges = [0, *cuts, values.len()]
    codes = [dictionary.add(values[start:stop]) for start, stop in itertools.pairwise(edges)]
    return dictionary.values().gather(np.concatenate(codes)).to_list()


@given(TEXTS)
def test_values_at_the_codes_are_the_column(texts: list[str | None]) -> None:
    assert read_back(pl.Series(texts, dtype=pl.String)) == texts


@given(TEXTS, st.integers(0, 60), st.integers(0, 60))
def test_batches_change_no_code(texts: list[str | None], one: int, two: int) -> None:
    values = pl.Series(texts, dtype=pl.String)
    whole, cut = Dictionary(), Dictionary()
    low, high = sorted((min(one, values.len()), min(two, values.len())))

    codes = whole.add(values)
    parts = [cut.add(values[:low]), cut.add(values[low:high]), cut.add(values[high:])]

    assert np.concatenate(parts).tolist() == codes.tolist()
    assert cut.values().equals(whole.values(), null_equal=True)


@given(TEXTS)
def test_codes_number_values_in_the_order_of_their_first_rows(texts: list[str | None]) -> None:
    dictionary = Dictionary()

    dictionary.add(pl.Series(texts, dtype=pl.String))

    assert dictionary.values().to_list() == list(dict.fromkeys(texts))
    assert dictionary.n_values == len(set(texts))


@pytest.mark.parametrize("n_values", [FIRST_SLOTS // 2, FIRST_SLOTS // 2 + 1, 20 * FIRST_SLOTS])
def test_a_table_that_grows_forgets_nothing(n_values: int) -> None:
    numbers = np.random.default_rng(0).permutation(np.repeat(np.arange(n_values), 2))

    texts = read_back(pl.Series(numbers), n_values // 3, n_values)

    assert texts == [str(number) for number in numbers]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pl.Series([1.0, math.nan, None, 1.0]), ["1", None, None, "1"]),
        (pl.Series([0.0, -0.0]), ["0", "0"]),
        (
            pl.Series([5.0, 5.5, 2.0**60, math.inf, -math.inf]),
            ["5", "5.5", "1.152921504606847e+18", "inf", "-inf"],
        ),
        (pl.Series([5, None, -1]), ["5", None, "-1"]),
        (pl.Series([2**63, 2**64 - 1], dtype=pl.UInt64), [str(2**63), str(2**64 - 1)]),
        (pl.Series([True, False, None]), ["true", "false", None]),
        (pl.Series(["", " ", None, "null"]), ["", " ", None, "null"]),
        (pl.Series([None, None], dtype=pl.String), [None, None]),
    ],
    ids=[
        "nan is null",
        "one zero",
        "floats",
        "integers",
        "large integers",
        "booleans",
        "text",
        "nulls alone",
    ],
)
def test_every_type_has_a_text(values: pl.Series, texts: list[str | None]) -> None:
    assert read_back(values) == texts


@pytest.mark.parametrize("dtype", [pl.Int8, pl.Int64, pl.UInt32, pl.Float32, pl.Float64])
def test_a_whole_number_has_one_text_whatever_its_type(dtype: pl.DataType) -> None:
    assert value_texts(pl.Series([0, 7, 100], dtype=dtype)).to_list() == ["0", "7", "100"]


def test_zeros_of_both_signs_are_one_value() -> None:
    dictionary = Dictionary()

    assert dictionary.add(pl.Series([0.0, -0.0, 1.0])).tolist() == [0, 0, 1]


def test_nothing_added_is_no_value() -> None:
    dictionary = Dictionary()

    assert dictionary.add(pl.Series([], dtype=pl.String)).size == 0
    assert dictionary.values().len() == 0
