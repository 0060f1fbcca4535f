from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from featsel.core.bins import bin_name
from featsel.core.columns import CategoricalColumn, EncodedLog
from featsel.core.feature_config import EncodedKind, Encoding, Pooling
from featsel.encoding import fit as module
from featsel.encoding.fit import FitOptions, FittedField, fit_cross, fit_field, number_texts

Encode = Callable[[pl.DataFrame], EncodedLog]
ROWS = st.lists(st.tuples(st.none() | st.sampled_from("abcdefg"), st.booleans()), min_size=1, max_size=60)
QUICK = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True, params=[1 << 20, 7], ids=["one span", "many spans"])
def scan_rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SCAN_ROWS", request.param)


def is_all(n_rows: int) -> NDArray[np.bool_]:
    return np.ones(n_rows, bool)


def listed(fitted: FittedField) -> list[tuple[str | None, int, int]]:
    return fitted.features.select("value", "code", "count").rows()


@QUICK
@given(rows=ROWS, min_count=st.integers(1, 4))
def test_features_are_the_values_of_training_rows_with_their_counts(
    encode: Encode, rows: list[tuple[str | None, bool]], min_count: int
) -> None:
    texts, is_train = [text for text, _ in rows], np.array([train for _, train in rows])
    column = encode(pl.DataFrame({"a": texts}, schema={"a": pl.String})).columns["a"]

    fitted = fit_field("a", column, is_train, FitOptions(min_count=min_count))

    counts = Counter(text for text, train in rows if train)
    kept = {text: count for text, count in counts.items() if count >= min_count}
    assert {value: count for value, _, count in listed(fitted)} == kept
    assert (fitted.field.features, fitted.field.of) == (len(kept), len(counts))


@QUICK
@given(rows=ROWS)
def test_codes_follow_counts_then_texts_and_null_comes_last(
    encode: Encode, rows: list[tuple[str | None, bool]]
) -> None:
    texts = [text for text, _ in rows]
    column = encode(pl.DataFrame({"a": texts}, schema={"a": pl.String})).columns["a"]

    features = listed(fit_field("a", column, is_all(len(texts)), FitOptions()))

    order = sorted(features, key=lambda row: (-row[2], row[0] is None, row[0] or ""))
    assert features == order
    assert [code for _, code, _ in features] == list(range(1, len(features) + 1))


def test_two_values_of_one_text_are_one_feature(encode: Encode) -> None:
    column = encode(pl.DataFrame({"a": ["1", "x", "y", "1"]})).columns["a"]
    assert isinstance(column, CategoricalColumn)
    twice = replace(column, texts=pl.Series("value", ["1", "1", "y"]))

    fitted = fit_field("a", twice, is_all(4), FitOptions())

    assert listed(fitted) == [("1", 1, 3), ("y", 2, 1)]
    assert fitted.field.of == 2


def test_a_list_counts_once_for_each_of_its_values(encode: Encode) -> None:
    lists = [["a", "b"], ["b", "c", "d"], [], None, ["b"]]
    column = encode(pl.DataFrame({"t": lists}, schema={"t": pl.List(pl.String)})).columns["t"]
    is_train = np.array([True, False, True, True, True])

    fitted = fit_field("t", column, is_train, FitOptions(pooling=Pooling.SUM), separator="|")

    assert listed(fitted) == [("b", 1, 2), (None, 2, 2), ("a", 3, 1)]
    assert (fitted.field.kind, fitted.field.pooling, fitted.field.separator) == (
        EncodedKind.MULTIVALUED,
        Pooling.SUM,
        "|",
    )
    assert fitted.field.max_length == 2  # of the training rows


def test_lists_are_read_up_to_a_length(encode: Encode) -> None:
    column = encode(pl.DataFrame({"t": [["a", "b", "c"]]})).columns["t"]

    assert fit_field("t", column, is_all(1), FitOptions(max_length=2)).field.max_length == 2


def test_bins_and_their_counts_come_from_training_rows(encode: Encode) -> None:
    numbers = pl.Series([1.0, 2.0, 2.0, None, 500.0, 3.0])
    column = encode(pl.DataFrame({"x": numbers})).columns["x"]
    is_train = np.array([True, True, True, True, False, True])

    fitted = fit_field("x", column, is_train, FitOptions(bins=8))

    assert fitted.field.edges == (2.0, 3.0)
    names = [bin_name((2.0, 3.0), index) for index in range(3)]
    assert listed(fitted) == [(names[0], 1, 1), (names[1], 2, 2), (names[2], 3, 1), (None, 4, 1)]


def test_a_bin_below_the_least_count_has_no_feature(encode: Encode) -> None:
    column = encode(pl.DataFrame({"x": [1.0, 2.0, 2.0, 3.0, 3.0]})).columns["x"]

    fitted = fit_field("x", column, is_all(5), FitOptions(min_count=2))

    assert [value for value, _, _ in listed(fitted)] == ["[2, 3)", "[3, inf)"]
    assert (fitted.field.features, fitted.field.of, fitted.field.edges) == (2, 3, (2.0, 3.0))


def test_edges_of_many_numbers_are_those_of_an_even_sample(
    encode: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MANY_NUMBERS", 100)
    numbers = np.random.default_rng(0).permutation(1000).astype(float)
    column = encode(pl.DataFrame({"x": numbers})).columns["x"]

    fitted = fit_field("x", column, is_all(1000), FitOptions(bins=4))

    # 100 rows in 1000: the standard deviation of a sampled quartile is 41
    assert np.allclose(fitted.field.edges, [250, 500, 750], atol=4 * 41)
    assert sum(count for _, _, count in listed(fitted)) == 1000


@QUICK
@given(numbers=st.lists(st.none() | st.floats(-1e9, 1e9, width=32), min_size=1, max_size=50))
def test_mean_and_spread_are_those_of_numpy(encode: Encode, numbers: list[float | None]) -> None:
    series = pl.Series(numbers, dtype=pl.Float64)
    column = encode(pl.DataFrame({"x": series})).columns["x"]

    field = fit_field("x", column, is_all(len(numbers)), FitOptions(numeric=Encoding.STANDARD)).field

    found = series.drop_nulls().to_numpy()
    mean, spread = (found.mean(), found.std()) if found.size else (0.0, 0.0)
    largest = np.abs(found).max(initial=0)
    assert field.mean == pytest.approx(mean, rel=1e-9, abs=1e-9 * largest)
    if spread > 1e-6 * largest:
        assert field.scale == pytest.approx(spread, rel=1e-6)


@pytest.mark.parametrize("numbers", [[0.1] * 1000, [1e9 + 0.1] * 999, [7.0], [None, None]])
def test_equal_numbers_are_not_scaled_by_their_rounding(encode: Encode, numbers: list[float | None]) -> None:
    column = encode(pl.DataFrame({"x": pl.Series(numbers, dtype=pl.Float64)})).columns["x"]

    field = fit_field("x", column, is_all(len(numbers)), FitOptions(numeric=Encoding.STANDARD)).field

    assert field.scale == 1.0


def test_infinite_numbers_have_the_feature_of_null_where_numbers_are_scaled(encode: Encode) -> None:
    column = encode(pl.DataFrame({"x": [1.0, 3.0, np.inf, -1e300, np.nan]})).columns["x"]

    fitted = fit_field("x", column, is_all(5), FitOptions(numeric=Encoding.STANDARD))

    assert listed(fitted) == [("x", 1, 2), (None, 2, 3)]
    assert (fitted.field.mean, fitted.field.scale) == (2.0, 1.0)


def test_whole_numbers_of_the_logarithm_are_counted_in_order(encode: Encode) -> None:
    column = encode(pl.DataFrame({"x": [100.0, 3.0, -1.0, np.nan, 3.4, 2.0, np.inf]})).columns["x"]

    fitted = fit_field("x", column, is_all(7), FitOptions(numeric=Encoding.LOG2))

    assert listed(fitted) == [
        ("-1", 1, 1),
        ("1", 2, 2),
        ("2", 3, 1),
        ("21", 4, 1),
        ("inf", 5, 1),
        (None, 6, 1),
    ]


@QUICK
@given(rows=st.lists(st.tuples(*[st.none() | st.sampled_from("ab")] * 3), min_size=1, max_size=40))
def test_features_of_a_cross_are_the_combinations_in_training_rows(
    encode: Encode, rows: list[tuple[str | None, ...]]
) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys("abc", pl.String), orient="row")
    columns = [(name, column) for name, column in encode(frame).columns.items()]
    is_train = np.arange(len(rows)) % 3 != 1

    fitted = fit_cross(columns, is_train, FitOptions(min_count=2))

    counts = Counter(row for row, train in zip(rows, is_train, strict=True) if train)
    kept = {row: count for row, count in counts.items() if count >= 2}
    assert {tuple(json.loads(str(value))): count for value, _, count in listed(fitted)} == kept
    assert (fitted.field.features, fitted.field.of) == (len(kept), len(counts))
    assert fitted.field.name == fitted.field.values == "a*b*c"
    assert fitted.field.of_fields == ("a", "b", "c")


def test_hashed_crosses_list_nothing(encode: Encode) -> None:
    frame = pl.DataFrame({"a": ["x", "y", "x"], "b": ["u", "u", "u"]})

    fitted = fit_cross(list(encode(frame).columns.items()), is_all(3), FitOptions(buckets=7))

    assert (fitted.field.encoding, fitted.field.features, fitted.field.of) == (Encoding.HASH, 7, 2)
    assert fitted.features.is_empty()


def test_a_cross_of_more_combinations_than_an_integer_holds_is_counted(encode: Encode) -> None:
    n_rows = 600  # to the 8th power: 1.7e22
    texts = [str(row) for row in range(n_rows)]
    frame = pl.DataFrame({f"k{index}": texts[index:] + texts[:index] for index in range(8)})

    fitted = fit_cross(list(encode(frame).columns.items()), is_all(n_rows), FitOptions())

    assert fitted.field.features == n_rows


@pytest.mark.parametrize(
    ("number", "text"), [(3.0, "3"), (-0.0, "0"), (np.nan, None), (np.inf, "inf"), (-np.inf, "-inf")]
)
def test_whole_numbers_have_texts_without_a_point(number: float, text: str | None) -> None:
    assert number_texts(np.array([number])).to_list() == [text]
