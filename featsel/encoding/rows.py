"""Which ids does a model read for each row of a log?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.bins import bin_name
from featsel.core.columns import CategoricalColumn, EncodedLog, ListColumn, StoredArray
from featsel.core.feature_config import EncodedField, EncodedKind, Encoding, FeatureConfig, Pooling
from featsel.encoding.fit import number_texts
from featsel.encoding.numbers import LARGEST_SCALED, bin_numbers, is_scalable, log_square
from featsel.engines.keys import mixed

Ids = NDArray[np.int32]
Weights = NDArray[np.float32]


class FieldReader(Protocol):
    """Reads one field of the rows of a log."""

    def read(self, start: int, stop: int) -> tuple[Ids, Weights | None]:
        """Ids, shape (n_rows, n_slots) or (n_rows,), and weights of the same shape where slots carry any."""
        ...


class FeatureReader:
    """Reads the rows of a log as the ids that a feature config gives their values.

    Parameters
    ----------
    log : EncodedLog
        The log, with a column for each field of the config.
    config : FeatureConfig
        Fields in order; see :func:`featsel.models.layout.layout_of` for what ids mean.
    values : polars.DataFrame
        Features of the config: columns field, value, code.
    """

    def __init__(self, log: EncodedLog, config: FeatureConfig, values: pl.DataFrame) -> None:
        by_field = {str(key[0]): part for key, part in values.partition_by("field", as_dict=True).items()}
        none = values.clear()
        self._readers: list[FieldReader] = []
        offset = 0
        for field in config.fields:
            features = by_field.get(field.values, none) if field.values is not None else none
            self._readers.append(_reader(field, features, log, offset))
            offset += field.features + 1

    def read(self, start: int, stop: int) -> tuple[Ids, Weights | None]:
        """Rows from ``start`` up to ``stop``.

        Parameters
        ----------
        start, stop : int
            Rows of the log.

        Returns
        -------
        ids : ndarray of int32, shape (n_rows, n_slots)
            Global feature ids.
        weights : ndarray of float32, shape (n_rows, n_weighted), or None
            Of the slots that carry weights.
        """
        parts = [reader.read(start, stop) for reader in self._readers]
        ids = np.column_stack([ids for ids, _ in parts])
        weights = [weights for _, weights in parts if weights is not None]
        return ids, np.column_stack(weights) if weights else None


def _reader(  # noqa: PLR0911 - one answer per encoding
    field: EncodedField, features: pl.DataFrame, log: EncodedLog, offset: int
) -> FieldReader:
    if field.kind is EncodedKind.CROSS:
        columns = [_categorical(log, name) for name in field.of_fields]
        if field.encoding is Encoding.HASH:
            return _HashedReader(columns, field.features, offset)
        return _CrossReader(columns, features, offset)
    column = log.columns[field.name]
    if isinstance(column, ListColumn):
        assert field.max_length is not None
        is_mean = field.pooling is not Pooling.SUM
        ids = (
            _hashed_ids(column.values, field.features, offset)
            if field.encoding is Encoding.HASH
            else _ids_of(column.values, features, offset)
        )
        return _ListReader(column, ids, field.max_length, offset, is_mean=is_mean)
    if isinstance(column, CategoricalColumn):
        if field.encoding is Encoding.HASH:
            return _HashedReader([column], field.features, offset)
        return _CategoricalReader(column.codes, _ids_of(column.values, features, offset))
    if field.encoding is Encoding.QUANTILE:
        names = [*(bin_name(field.edges, index) for index in range(len(field.edges) + 1)), None]
        ids = _ids_of(pl.Series(names, dtype=pl.String), features, offset)
        return _BinReader(column.numbers, field.edges, ids)
    if field.encoding is Encoding.LOG2:
        return _LogReader(column.numbers, features, offset)
    ids = _ids_of(pl.Series(["x", None], dtype=pl.String), features, offset)
    return _ScaledReader(column.numbers, field.mean or 0.0, field.scale or 1.0, ids, offset)


def _categorical(log: EncodedLog, name: str) -> CategoricalColumn:
    column = log.columns[name]
    assert isinstance(column, CategoricalColumn), "crosses are made of categorical fields"
    return column


def _ids_of(values: pl.Series, features: pl.DataFrame, offset: int) -> Ids:
    """Global id of each distinct value; that of the out-of-vocabulary feature where it has none."""
    found = (
        values.alias("value")
        .to_frame()
        .join(
            features.select("value", "code"), on="value", how="left", nulls_equal=True, maintain_order="left"
        )
    )
    return (found["code"].fill_null(0).to_numpy() + np.int64(offset)).astype(np.int32)


def text_hashes(values: pl.Series) -> NDArray[np.uint64]:
    """Hash of each text: the first 8 bytes of its BLAKE2b digest, little-endian; of null, 0."""
    digests = b"".join(
        bytes(8) if text is None else hashlib.blake2b(text.encode(), digest_size=8).digest()
        for text in values
    )
    return np.frombuffer(digests, "<u8")


def combine_hashes(hashes: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """One hash for several: the order matters."""
    total = np.zeros(hashes[0].shape, np.uint64)
    for each in hashes:
        total = mixed((total + each) + np.uint64(0x9E3779B97F4A7C15))
    return total


def _hashed_ids(values: pl.Series, n_buckets: int, offset: int) -> Ids:
    buckets = combine_hashes([text_hashes(values)]) % np.uint64(n_buckets)
    return (buckets.astype(np.int64) + (offset + 1)).astype(np.int32)


@dataclass(frozen=True)
class _CategoricalReader:
    codes: StoredArray
    ids: Ids

    def read(self, start: int, stop: int) -> tuple[Ids, None]:
        return self.ids[self.codes.read(start, stop)], None


@dataclass(frozen=True)
class _ListReader:
    column: ListColumn
    ids: Ids
    max_length: int
    offset: int
    is_mean: bool

    def read(self, start: int, stop: int) -> tuple[Ids, Weights]:
        ends = self.column.ends.read(max(0, start - 1), stop)
        if start == 0:
            ends = np.concatenate([[0], ends])
        lengths = np.minimum(np.diff(ends), self.max_length)
        found = self.ids[self.column.codes.read(int(ends[0]), int(ends[-1]))]
        places = np.arange(self.max_length)
        is_used = places < lengths[:, None]
        sources = (ends[:-1] - ends[0])[:, None] + places
        ids = np.where(is_used, found[np.minimum(sources, found.size - 1)], self.offset)
        scale = 1 / lengths if self.is_mean else np.ones(lengths.size)
        return ids.astype(np.int32), np.where(is_used, scale[:, None], 0.0).astype(np.float32)


@dataclass(frozen=True)
class _BinReader:
    numbers: StoredArray
    edges: tuple[float, ...]
    ids: Ids

    def read(self, start: int, stop: int) -> tuple[Ids, None]:
        return self.ids[bin_numbers(self.numbers.read(start, stop), self.edges)], None


@dataclass(frozen=True)
class _ScaledReader:
    numbers: StoredArray
    mean: float
    scale: float
    ids: Ids  # of the scaled feature, and of null
    offset: int

    def read(self, start: int, stop: int) -> tuple[Ids, Weights]:
        numbers = self.numbers.read(start, stop)
        is_number = is_scalable(numbers)
        ids = self.ids[np.where(is_number, 0, 1)]
        is_scaled = is_number & (self.ids[0] != self.offset)
        scaled = (np.where(is_scaled, numbers, self.mean) - self.mean) / self.scale
        scaled = np.clip(scaled, -LARGEST_SCALED, LARGEST_SCALED)
        return ids, np.where(is_scaled, scaled, 1.0).astype(np.float32)


class _LogReader:
    def __init__(self, numbers: StoredArray, features: pl.DataFrame, offset: int) -> None:
        self._numbers = numbers
        self._features = features
        self._offset = offset

    def read(self, start: int, stop: int) -> tuple[Ids, None]:
        squares, places = np.unique(log_square(self._numbers.read(start, stop)), return_inverse=True)
        return _ids_of(number_texts(squares), self._features, self._offset)[places], None


class _HashedReader:
    def __init__(self, columns: Sequence[CategoricalColumn], n_buckets: int, offset: int) -> None:
        self._parts = [(column.codes, text_hashes(column.values)) for column in columns]
        self._n_buckets = np.uint64(n_buckets)
        self._offset = offset

    def read(self, start: int, stop: int) -> tuple[Ids, None]:
        hashes = combine_hashes([texts[codes.read(start, stop)] for codes, texts in self._parts])
        return ((hashes % self._n_buckets).astype(np.int64) + (self._offset + 1)).astype(np.int32), None


@dataclass(frozen=True)
class _CrossPart:
    """A further column of a cross.

    Parameters
    ----------
    codes : StoredArray
        The column.
    ids : ndarray of int32
        Place from 1 of each of its values among those in kept combinations; 0 of all others.
    size : int
        Such places, and 0.
    keys : ndarray of int64
        Ascending: combinations up to this column, as place of the one before times ``size`` plus ``ids``;
        before them -1, which is none.
    """

    codes: StoredArray
    ids: Ids
    size: int
    keys: NDArray[np.int64]

    def combine(self, places: NDArray[np.int64], ids: Ids) -> NDArray[np.int64]:
        """Places from 1 of combinations with this column among ``keys``; 0 where it is none of them."""
        keys = places * self.size + ids
        found = np.minimum(np.searchsorted(self.keys, keys), self.keys.size - 1)
        return np.where(self.keys[found] == keys, found, 0)


class _CrossReader:
    """Combines column by column: the product of all their cardinalities need not fit an integer."""

    def __init__(self, columns: Sequence[CategoricalColumn], features: pl.DataFrame, offset: int) -> None:
        texts = [json.loads(value) for value in features["value"]]
        self._parts: list[_CrossPart] = []
        # of the kept features; all begin with the empty combination, which is place 1
        places = np.ones(len(texts), np.int64)
        for index, column in enumerate(columns):
            values = pl.Series("value", [each[index] for each in texts], dtype=pl.String)
            known = values.unique(maintain_order=True).to_frame().with_row_index("code", 1)
            own_ids = _ids_of(values, known, 0)
            size = known.height + 1
            keys = np.concatenate([[-1], np.unique(places * size + own_ids)])
            part = _CrossPart(column.codes, _ids_of(column.values, known, 0), size, keys)
            places = part.combine(places, own_ids)
            self._parts.append(part)
        self._ids = np.full(len(texts) + 1, offset, np.int32)
        self._ids[places] = features["code"].to_numpy() + np.int64(offset)

    def read(self, start: int, stop: int) -> tuple[Ids, None]:
        places = np.ones(stop - start, np.int64)
        for part in self._parts:
            places = part.combine(places, part.ids[part.codes.read(start, stop)])
        return self._ids[places], None
