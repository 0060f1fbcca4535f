"""Ids are what a slow and obvious reader of config and values makes of each row."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featsel.core.columns import CategoricalColumn, EncodedLog
from featsel.core.feature_config import (
    ConfigData,
    ConfigLabel,
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    Encoding,
    FeatureConfig,
    Pooling,
    Selection,
    Used,
)
from featsel.encoding.fit import FitOptions, FittedField, fit_cross, fit_field
from featsel.encoding.rows import FeatureReader
from featsel.models.layout import layout_of

Encode = Callable[[pl.DataFrame], EncodedLog]
Row = Mapping[str, Any]
Values = Mapping[tuple[str, str | None], int]

N_TRAIN, N_ROWS = 150, 240
FITS = [
    FitOptions(min_count=3, bins=5, max_length=3),
    FitOptions(min_count=1, bins=32, numeric=Encoding.LOG2, pooling=Pooling.SUM),
    FitOptions(min_count=20, numeric=Encoding.STANDARD, buckets=11),
    FitOptions(min_count=60, numeric=Encoding.STANDARD, max_length=1),
]


def frame_of(seed: int) -> pl.DataFrame:
    """Rows of which the last ones have values that the first ones do not."""
    rng = np.random.default_rng(seed)

    def text(prefix: str, n: int, *, grows: bool) -> list[str | None]:
        tops = np.where(np.arange(N_ROWS) < N_TRAIN, n, n + 4 * grows)
        drawn = np.minimum(rng.geometric(0.15, N_ROWS), tops)
        return [None if one == 2 else f"{prefix}{one}" for one in drawn.tolist()]

    numbers = rng.normal(3, 40, N_ROWS).round(1)
    numbers[rng.random(N_ROWS) < 0.1] = math.nan
    numbers[-3:] = [math.inf, -math.inf, 1e35]
    lists = [
        [f"t{value}" for value in rng.integers(0, 9 + 5 * (row >= N_TRAIN), rng.integers(0, 6)).tolist()]
        for row in range(N_ROWS)
    ]
    return pl.DataFrame(
        {
            "a": text("a", 12, grows=True),
            "b": text("ü ,\"'", 6, grows=True),
            "x": numbers,
            "tags": [None if row % 17 == 0 else each for row, each in enumerate(lists)],
        },
        schema={"a": pl.String, "b": pl.String, "x": pl.Float64, "tags": pl.List(pl.String)},
    )


def fit(log: EncodedLog, options: FitOptions) -> list[FittedField]:
    is_train = np.arange(log.n_rows) < N_TRAIN
    pair = [(name, column) for name, column in log.columns.items() if isinstance(column, CategoricalColumn)]
    fields = [fit_field(name, column, is_train, options) for name, column in log.columns.items()]
    return [*fields, fit_cross(pair, is_train, options), fit_cross(pair[::-1], is_train, options)]


def config_of(fields: Sequence[EncodedField]) -> FeatureConfig:
    return FeatureConfig(
        ConfigLabel("label"),
        ConfigData((), 1, "sha256:0"),
        Selection("all", 0, Used(1, 1, 1)),
        EmbeddingTable(EmbeddingScheme.FULL, 4),
        tuple(fields),
        "0",
    )


def values_of(fitted: Sequence[FittedField]) -> pl.DataFrame:
    return pl.concat(
        each.features.select(pl.lit(each.field.name).alias("field"), "value", "code") for each in fitted
    )


# the oracle: one field of one row


def hashed(texts: Sequence[str | None], n_buckets: int) -> int:
    """Bucket of a combination of texts, in Python's integers."""
    most = (1 << 64) - 1
    total = 0
    for text in texts:
        digest = 0
        if text is not None:
            digest = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
        mixed = (total + digest + 0x9E3779B97F4A7C15) & most
        mixed = ((mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9) & most
        mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & most
        total = mixed ^ mixed >> 31
    return total % n_buckets + 1


def bin_text(number: float, edges: tuple[float, ...]) -> str | None:
    if math.isnan(number):
        return None
    index = sum(edge <= number for edge in edges)
    ends = ["(-inf", *(f"[{edge!r}".removesuffix(".0") for edge in edges)][index]
    return f"{ends}, {[*(repr(edge).removesuffix('.0') for edge in edges), 'inf'][index]})"


def log_text(number: float) -> str | None:
    if math.isnan(number):
        return None
    if math.isinf(number) or number > 1e30:
        return str(number) if math.isinf(number) else str(math.floor(math.log(number) ** 2))
    return str(math.floor(math.log(number) ** 2) if number > 2 else math.floor(number))


def slots(  # noqa: PLR0911 - one answer per encoding
    field: EncodedField, row: Row, values: Values
) -> list[tuple[int, float | None]]:
    """Code and weight of each slot; no weight where the slot carries none."""
    if field.kind is EncodedKind.CROSS:
        texts = [row[name] for name in field.of_fields]
        if field.encoding is Encoding.HASH:
            return [(hashed(texts, field.features), None)]
        text = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
        return [(values.get((field.name, text), 0), None)]
    found = row[field.name]
    if field.kind is EncodedKind.MULTIVALUED:
        assert field.max_length is not None
        texts = list(dict.fromkeys(found))[: field.max_length] if found else [None]
        weight = 1 / len(texts) if field.pooling is Pooling.MEAN else 1.0
        if field.encoding is Encoding.HASH:
            used = [(hashed([text], field.features), weight) for text in texts]
        else:
            used = [(values.get((field.name, text), 0), weight) for text in texts]
        return [*used, *[(0, 0.0)] * (field.max_length - len(used))]
    if field.encoding is Encoding.HASH:
        return [(hashed([found], field.features), None)]
    if field.encoding is Encoding.QUANTILE:
        return [(values.get((field.name, bin_text(found, field.edges)), 0), None)]
    if field.encoding is Encoding.LOG2:
        return [(values.get((field.name, log_text(found)), 0), None)]
    if field.encoding is Encoding.STANDARD:
        assert field.mean is not None
        assert field.scale is not None
        if math.isfinite(found) and abs(found) <= 1e30:
            code = values.get((field.name, "x"), 0)
            return [(code, (found - field.mean) / field.scale if code else 1.0)]
        return [(values.get((field.name, None), 0), 1.0)]
    return [(values.get((field.name, found), 0), None)]


def oracle(config: FeatureConfig, values: pl.DataFrame, row: Row) -> tuple[list[int], list[float]]:
    codes = {(str(field), value): int(code) for field, value, code in values.rows()}
    ids: list[int] = []
    weights: list[float] = []
    offset = 0
    for field in config.fields:
        for code, weight in slots(field, row, codes):
            ids.append(offset + code)
            weights += [] if weight is None else [weight]
        offset += field.features + 1
    return ids, weights


@pytest.mark.parametrize("options", FITS, ids=["bins", "logarithms", "scaled and hashed", "few features"])
@pytest.mark.parametrize("seed", [0, 1])
def test_ids_and_weights_are_those_of_the_oracle(encode: Encode, options: FitOptions, seed: int) -> None:
    frame = frame_of(seed)
    log = encode(frame)
    fitted = fit(log, options)
    hashed_too = [
        EncodedField("a", EncodedKind.CATEGORICAL, Encoding.HASH, 5, 5, 4),
        EncodedField(
            "tags", EncodedKind.MULTIVALUED, Encoding.HASH, 7, 7, 4, pooling=Pooling.MEAN, max_length=2
        ),
    ]
    config = config_of([*(each.field for each in fitted), *hashed_too])
    values = values_of(fitted)

    ids, weights = FeatureReader(log, config, values).read(0, N_ROWS)

    expected = [oracle(config, values, row) for row in frame.iter_rows(named=True)]
    assert ids.dtype == np.int32
    assert ids.tolist() == [each for each, _ in expected]
    assert weights is not None
    assert np.allclose(weights, [each for _, each in expected], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("options", FITS)
def test_the_shape_is_that_of_the_layout(encode: Encode, options: FitOptions) -> None:
    log = encode(frame_of(0))
    fitted = fit(log, options)
    config = config_of([each.field for each in fitted])
    layout = layout_of(config)

    ids, weights = FeatureReader(log, config, values_of(fitted)).read(0, N_ROWS)

    assert weights is not None
    assert ids.shape == (N_ROWS, layout.n_slots)
    assert weights.shape == (N_ROWS, len(layout.weighted_slots))
    offsets = np.array(layout.offsets)[np.array(layout.field_of_slot)]
    sizes = np.diff([*layout.offsets, layout.n_ids])[np.array(layout.field_of_slot)]
    assert np.all((ids >= offsets) & (ids < offsets + sizes))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, N_ROWS), max_size=5))
def test_rows_read_in_pieces_are_the_rows_read_at_once(encode: Encode, cuts: list[int]) -> None:
    log = encode(frame_of(0))
    fitted = fit(log, FITS[0])
    reader = FeatureReader(log, config_of([each.field for each in fitted]), values_of(fitted))
    edges = sorted({0, *cuts, N_ROWS})

    parts = [reader.read(start, stop) for start, stop in itertools.pairwise(edges)]

    ids, weights = reader.read(0, N_ROWS)
    assert np.array_equal(np.concatenate([part for part, _ in parts]), ids)
    assert weights is not None
    assert np.array_equal(np.concatenate([part for _, part in parts if part is not None]), weights)


@pytest.mark.parametrize("pooling", Pooling)
def test_weights_of_a_list_add_up_to_one_for_a_mean_and_to_its_length_for_a_sum(
    encode: Encode, pooling: Pooling
) -> None:
    log = encode(frame_of(0).select("tags"))
    fitted = fit_field("tags", log.columns["tags"], np.ones(N_ROWS, bool), FitOptions(pooling=pooling))

    _, weights = FeatureReader(log, config_of([fitted.field]), values_of([fitted])).read(0, N_ROWS)

    assert weights is not None
    lengths = [len(set(each)) if each else 1 for each in frame_of(0)["tags"].to_list()]
    expected = np.ones(N_ROWS) if pooling is Pooling.MEAN else lengths
    assert np.allclose(weights.sum(1), expected, atol=1e-6)


def test_values_that_were_dropped_and_values_never_seen_have_the_same_id(encode: Encode) -> None:
    train = encode(pl.DataFrame({"a": ["x"] * 5 + ["rare"]}))
    fitted = fit_field("a", train.columns["a"], np.ones(6, bool), FitOptions(min_count=2))
    log = encode(pl.DataFrame({"a": ["x", "rare", "new", None]}))

    ids, weights = FeatureReader(log, config_of([fitted.field]), values_of([fitted])).read(0, 4)

    assert ids.tolist() == [[1], [0], [0], [0]]
    assert weights is None


def test_a_cross_keeps_apart_what_stands_in_its_fields(encode: Encode) -> None:
    train = encode(pl.DataFrame({"a": ["x", "y"], "b": ["u", "v"]}))
    fitted = fit_cross(list(train.columns.items()), np.ones(2, bool), FitOptions())
    log = encode(pl.DataFrame({"a": ["x", "y", "x", None], "b": ["u", "v", "v", "u"]}))

    ids, _ = FeatureReader(log, config_of([fitted.field]), values_of([fitted])).read(0, 4)

    assert ids[:, 0].tolist() == [1, 2, 0, 0]


def test_a_cross_without_features_is_out_of_vocabulary(encode: Encode) -> None:
    log = encode(pl.DataFrame({"a": ["x", "y"], "b": ["u", "v"]}))
    fitted = fit_cross(list(log.columns.items()), np.ones(2, bool), FitOptions(min_count=5))

    ids, _ = FeatureReader(log, config_of([fitted.field]), values_of([fitted])).read(0, 2)

    assert ids.tolist() == [[0], [0]]


def test_a_cross_of_many_fields_is_read_without_overflow(encode: Encode) -> None:
    n_rows = 600  # to the 8th power: 1.7e22
    texts = [str(row) for row in range(n_rows)]
    log = encode(pl.DataFrame({f"k{index}": texts[index:] + texts[:index] for index in range(8)}))
    fitted = fit_cross(list(log.columns.items()), np.ones(n_rows, bool), FitOptions())

    ids, _ = FeatureReader(log, config_of([fitted.field]), values_of([fitted])).read(0, n_rows)

    assert sorted(ids[:, 0].tolist()) == list(range(1, n_rows + 1))


def test_a_number_far_from_a_narrow_field_stays_finite(encode: Encode) -> None:
    field = EncodedField(
        "x", EncodedKind.NUMERIC, Encoding.STANDARD, 1, 1, 4, values="x", mean=0.0, scale=1e-20
    )
    values = pl.DataFrame({"field": ["x"], "value": ["x"], "code": pl.Series([1], dtype=pl.UInt32)})
    log = encode(pl.DataFrame({"x": [1e29, -1e29]}))

    _, weights = FeatureReader(log, config_of([field]), values).read(0, 2)

    assert weights is not None
    assert np.isfinite(weights).all()
