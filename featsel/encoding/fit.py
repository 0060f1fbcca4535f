"""Which features does a field have, as far as the training rows tell?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.bins import bin_name
from featsel.core.columns import CategoricalColumn, Column, ListColumn, NumericColumn, StoredArray
from featsel.core.feature_config import EncodedField, EncodedKind, Encoding, Pooling
from featsel.encoding.numbers import MANY_NUMBERS, bin_numbers, is_scalable, log_square, quantile_edges

SCAN_ROWS = 1 << 20
"""Rows that are looked at together."""

LEAST_SPREAD = 2.0**-40
"""A standard deviation that is a smaller share of the mean is rounding: all numbers are the same."""


@dataclass(frozen=True)
class FitOptions:
    """How fields are encoded.

    Parameters
    ----------
    min_count : int
        Values in fewer training rows have no feature of their own.
    dim : int
        Width of the embeddings.
    bins : int
        Bins of a numeric field at most.
    numeric : Encoding
        Of numeric fields: ``quantile``, ``log2`` or ``standard``.
    pooling : Pooling
        Of multi-valued fields.
    max_length : int
        Values of a list that are read at most.
    buckets : int, optional
        Of crosses: hash the pairs into so many features instead of counting them.
    """

    min_count: int = 1
    dim: int = 16
    bins: int = 32
    numeric: Encoding = Encoding.QUANTILE
    pooling: Pooling = Pooling.MEAN
    max_length: int = 64
    buckets: int | None = None


@dataclass(frozen=True)
class FittedField:
    """A field and its features.

    Parameters
    ----------
    field : EncodedField
        How values become codes.
    features : polars.DataFrame
        Columns value, code, count; as in the values file of a config.
    """

    field: EncodedField
    features: pl.DataFrame


def fit_field(
    name: str,
    column: Column,
    is_train: NDArray[np.bool_],
    options: FitOptions,
    *,
    separator: str | None = None,
) -> FittedField:
    """Features of a field.

    Parameters
    ----------
    name : str
        The field.
    column : Column
        Its values.
    is_train : ndarray of bool, shape (n_rows,)
        Rows that may be looked at.
    options : FitOptions
        How to encode.
    separator : str, optional
        What separates the values of a multi-valued field in the text of the log.

    Returns
    -------
    FittedField
        Codes follow the number of training rows, the most frequent value first (ties by text, null last);
        those of bins follow the numbers.
    """
    if isinstance(column, NumericColumn):
        return NUMERIC_FITS[options.numeric](name, column.numbers, is_train, options)
    kind, extra_pooling, max_length = EncodedKind.CATEGORICAL, None, None
    if isinstance(column, ListColumn):
        kind, extra_pooling = EncodedKind.MULTIVALUED, options.pooling
        counts, longest = _count_lists(column, is_train)
        max_length = max(1, min(longest, options.max_length))
    else:
        counts = _count_codes(column, is_train)
    seen, features = _vocabulary(column.values, counts, options.min_count)
    field = EncodedField(
        name,
        kind,
        Encoding.VOCABULARY,
        features=features.height,
        of=seen,
        dim=options.dim,
        values=name,
        separator=separator,
        pooling=extra_pooling,
        max_length=max_length,
    )
    return FittedField(field, features)


def fit_cross(
    columns: Sequence[tuple[str, CategoricalColumn]], is_train: NDArray[np.bool_], options: FitOptions
) -> FittedField:
    """Features of a cross: the combinations of values that training rows hold.

    Parameters
    ----------
    columns : sequence of (str, CategoricalColumn)
        Fields to cross, two or more.
    is_train : ndarray of bool, shape (n_rows,)
        Rows that may be looked at.
    options : FitOptions
        How to encode; with ``buckets``, combinations are hashed.

    Returns
    -------
    FittedField
        Named after its fields, ``a*b``; the text of a feature is a JSON array of the texts of its values.
    """
    names = tuple(name for name, _ in columns)
    title = "*".join(names)
    found = _count_combinations([column.codes for _, column in columns], is_train)
    if options.buckets is not None:
        field = EncodedField(
            title,
            EncodedKind.CROSS,
            Encoding.HASH,
            features=options.buckets,
            of=found.height,
            dim=options.dim,
            of_fields=names,
        )
        return FittedField(field, _features([], []))
    kept = found.filter(pl.col("count") >= options.min_count)
    texts = [column.values[kept[str(index)]].to_list() for index, (_, column) in enumerate(columns)]
    values = [
        json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in zip(*texts, strict=True)
    ]
    _, features = _vocabulary(pl.Series(values, dtype=pl.String), kept["count"].to_numpy(), options.min_count)
    field = EncodedField(
        title,
        EncodedKind.CROSS,
        Encoding.VOCABULARY,
        features=features.height,
        of=found.height,
        dim=options.dim,
        values=title,
        of_fields=names,
    )
    return FittedField(field, features)


def _fit_quantile(
    name: str, numbers: StoredArray, is_train: NDArray[np.bool_], options: FitOptions
) -> FittedField:
    edges = quantile_edges(_sample(numbers, is_train), options.bins)
    counts = np.zeros(len(edges) + 2, np.int64)
    for part in _train_numbers(numbers, is_train):
        counts += np.bincount(bin_numbers(part, edges), minlength=counts.size)
    names = [*(bin_name(edges, index) for index in range(len(edges) + 1)), None]
    return _numeric(name, Encoding.QUANTILE, names, counts, options, edges=edges)


def _fit_standard(
    name: str, numbers: StoredArray, is_train: NDArray[np.bool_], options: FitOptions
) -> FittedField:
    n_finite, n_rows, mean, squares = 0, 0, 0.0, 0.0
    for part in _train_numbers(numbers, is_train):
        finite = part[is_scalable(part)]
        n_rows += part.size
        if finite.size:
            # parts are merged as Chan, Golub & LeVeque do, which loses no digits to large means
            shift = float(finite.mean()) - mean
            total = n_finite + finite.size
            squares += float(finite.var()) * finite.size + shift**2 * n_finite * finite.size / total
            mean += shift * finite.size / total
            n_finite = total
    scale = float(np.sqrt(squares / n_finite)) if n_finite else 0.0
    scale = scale if scale > LEAST_SPREAD * abs(mean) else 1.0
    counts = np.array([n_finite, n_rows - n_finite])
    return _numeric(name, Encoding.STANDARD, ["x", None], counts, options, mean=mean, scale=scale)


def _fit_log2(
    name: str, numbers: StoredArray, is_train: NDArray[np.bool_], options: FitOptions
) -> FittedField:
    found, counts = np.empty(0), np.empty(0, np.int64)
    for part in _train_numbers(numbers, is_train):
        both = np.concatenate([found, log_square(part)])
        times = np.concatenate([counts, np.ones(part.size, np.int64)])
        found, places = np.unique(both, return_inverse=True)
        counts = np.bincount(places, times, found.size).astype(np.int64)
    return _numeric(name, Encoding.LOG2, number_texts(found).to_list(), counts, options)


NUMERIC_FITS = {Encoding.QUANTILE: _fit_quantile, Encoding.STANDARD: _fit_standard, Encoding.LOG2: _fit_log2}


def number_texts(numbers: NDArray[np.float64]) -> pl.Series:
    """Texts of whole numbers without a point; of NaN, null."""
    is_whole = np.abs(numbers) < 2.0**53
    whole = pl.Series(np.where(is_whole, numbers, 0.0)).cast(pl.Int64).cast(pl.String)
    texts = whole.zip_with(pl.Series(is_whole), pl.Series(numbers).cast(pl.String))
    return texts.set(pl.Series(np.isnan(numbers)), None)


def _numeric(
    name: str,
    encoding: Encoding,
    names: Sequence[str | None],
    counts: NDArray[np.int64],
    options: FitOptions,
    *,
    edges: tuple[float, ...] = (),
    mean: float | None = None,
    scale: float | None = None,
) -> FittedField:
    kept = [index for index, count in enumerate(counts.tolist()) if count >= max(1, options.min_count)]
    features = _features([names[index] for index in kept], counts[kept].tolist())
    field = EncodedField(
        name,
        EncodedKind.NUMERIC,
        encoding,
        features=features.height,
        of=int(np.count_nonzero(counts)),
        dim=options.dim,
        values=name,
        edges=edges,
        mean=mean,
        scale=scale,
    )
    return FittedField(field, features)


def _vocabulary(values: pl.Series, counts: NDArray[np.int64], min_count: int) -> tuple[int, pl.DataFrame]:
    """How many values were seen, and the features of those that were seen often enough."""
    frame = pl.DataFrame({"value": values, "count": counts}).filter(pl.col("count") > 0)
    # two values can have one text, such as 1 and '1' in a column that changed its type between files; that is
    # rare, and to group texts takes five times as much memory as they do
    if _may_repeat(frame["value"]):
        frame = frame.group_by("value").agg(pl.col("count").sum())
    kept = frame.filter(pl.col("count") >= min_count)
    kept = kept.sort(["count", "value"], descending=[True, False], nulls_last=True)
    return frame.height, _features(kept["value"], kept["count"])


def _may_repeat(texts: pl.Series) -> bool:
    hashes = np.sort(texts.hash().to_numpy())
    return bool((hashes[1:] == hashes[:-1]).any())


def _features(values: pl.Series | Sequence[str | None], counts: pl.Series | Sequence[int]) -> pl.DataFrame:
    codes = pl.int_range(1, len(values) + 1, dtype=pl.UInt32, eager=True)
    return pl.DataFrame(
        {"value": values, "code": codes, "count": counts},
        schema={"value": pl.String, "code": pl.UInt32, "count": pl.Int64},
    )


def _count_codes(column: CategoricalColumn, is_train: NDArray[np.bool_]) -> NDArray[np.int64]:
    counts = np.zeros(column.n_values, np.int64)
    for start, stop in _spans(is_train.size):
        codes = column.codes.read(start, stop)[is_train[start:stop]]
        counts += np.bincount(codes, minlength=counts.size)
    return counts


def _count_lists(column: ListColumn, is_train: NDArray[np.bool_]) -> tuple[NDArray[np.int64], int]:
    counts = np.zeros(column.n_values, np.int64)
    longest = 0
    begin = 0
    for start, stop in _spans(is_train.size):
        ends = column.ends.read(start, stop)
        lengths = np.diff(ends, prepend=begin)
        codes = column.codes.read(begin, int(ends[-1]))
        rows = is_train[start:stop]
        counts += np.bincount(codes[np.repeat(rows, lengths)], minlength=counts.size)
        longest = max(longest, int(lengths[rows].max(initial=0)))
        begin = int(ends[-1])
    return counts, longest


def _count_combinations(columns: Sequence[StoredArray], is_train: NDArray[np.bool_]) -> pl.DataFrame:
    """Combinations of codes in training rows: a column for each, and ``count``; in any order."""
    names = [str(index) for index in range(len(columns))]
    total = pl.DataFrame(schema={**dict.fromkeys(names, pl.UInt32), "count": pl.Int64})
    for start, stop in _spans(is_train.size):
        rows = is_train[start:stop]
        codes = {name: codes.read(start, stop)[rows] for name, codes in zip(names, columns, strict=True)}
        part = pl.DataFrame(codes).with_columns(pl.lit(1, pl.Int64).alias("count"))
        total = pl.concat([total, part.cast(total.schema)]).group_by(names).agg(pl.col("count").sum())
    return total


def _train_numbers(numbers: StoredArray, is_train: NDArray[np.bool_]) -> Iterator[NDArray[np.float64]]:
    for start, stop in _spans(is_train.size):
        yield numbers.read(start, stop)[is_train[start:stop]]


def _sample(numbers: StoredArray, is_train: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Numbers of training rows, evenly spaced ones where there are many."""
    step = -(-int(np.count_nonzero(is_train)) // MANY_NUMBERS)
    parts: list[NDArray[np.float64]] = []
    n_passed = 0
    for part in _train_numbers(numbers, is_train):
        parts.append(part[(-n_passed) % step :: step])
        n_passed += part.size
    return np.concatenate(parts)


def _spans(n_rows: int) -> Iterator[tuple[int, int]]:
    for start in range(0, n_rows, SCAN_ROWS):
        yield start, min(start + SCAN_ROWS, n_rows)
