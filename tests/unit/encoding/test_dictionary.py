from __future__ import annotations

import itertools
import math
import resource
from pathlib import Path

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
    return dictionary.take_texts().gather(np.concatenate(codes)).to_list()


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
    assert cut.take_texts().equals(whole.take_texts(), null_equal=True)


@given(TEXTS)
def test_codes_number_values_in_the_order_of_their_first_rows(texts: list[str | None]) -> None:
    dictionary = Dictionary()

    dictionary.add(pl.Series(texts, dtype=pl.String))

    assert dictionary.take_texts().to_list() == list(dict.fromkeys(texts))
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
    assert dictionary.take_texts().len() == 0


def test_texts_are_given_once() -> None:
    dictionary = Dictionary()

    dictionary.add(pl.Series(["a", "b"]))
    first = dictionary.take_texts()
    dictionary.add(pl.Series(["b", "c", "a"]))

    assert first.to_list() == ["a", "b"]
    assert dictionary.take_texts().to_list() == ["c"]
    assert dictionary.take_texts().len() == 0


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_a_new_value_does_not_keep_its_batch_in_memory() -> None:
    dictionary = Dictionary()
    ends = pl.Series([str(row % 100) for row in range(20_000)])
    dictionary.add(ends)  # compiled code and threads are there from now on
    before = resident_bytes()

    for batch in range(150):
        dictionary.add(pl.Series([f"{batch}" + "x" * 80]).new_from_index(0, 20_000) + ends)

    assert dictionary.n_values == 15_100
    assert resident_bytes() - before < 100e6  # the batches have 245 MB


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]) * resource.getpagesize()
