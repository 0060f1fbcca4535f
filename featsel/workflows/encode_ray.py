"""How is a log encoded on a Ray cluster?

Workers parse shards and number the distinct values of each; this process gives the values their numbers in
the log and writes the columns. So the rows of all shards pass through here, as one to eight bytes a cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.schema import FieldKind
from featsel.encoding.dictionary import Dictionary
from featsel.engines.keys import as_numbers
from featsel.engines.ray_cluster import Ref, Workers
from featsel.engines.ray_pass import cut_for, lost_times
from featsel.engines.shards import Shard
from featsel.logs.log import Log
from featsel.workflows.column_writers import Coded, ColumnWriter, list_codes

MOST_SHARD_ROWS = 1 << 21
"""Rows of a shard: some megabytes a column wait to be written."""

GROUP_COLUMNS = 4
"""Columns that a worker reads together from a columnar log."""


@dataclass(frozen=True)
class ColumnRequest:
    """A column that is to be encoded.

    Parameters
    ----------
    name : str
        In the log.
    kind : FieldKind or None
        As what; None for a column that is sent as it stands.
    """

    name: str
    kind: FieldKind | None


def encode_on_ray(
    log: Log,
    columns: Sequence[tuple[ColumnRequest, ColumnWriter]],
    *,
    workers: Workers,
    advance: Callable[[int], None],
) -> None:
    """Write columns of a log.

    Parameters
    ----------
    log : Log
        The log; its files can be read by every worker.
    columns : sequence of tuple of ColumnRequest and ColumnWriter
        What is to be written, and by what.
    workers : Workers
        Read and number.
    advance : callable
        Told the number of cells after each shard.
    """
    shards = cut_for(log, workers, most_rows=MOST_SHARD_ROWS)
    requests = workers.keep([request for request, _ in columns])

    def submit(index: int) -> list[Ref]:
        return list(workers.submit(encode_shard, shards[index], requests, n_results=len(columns) + 1))

    lost: list[Mapping[str, int]] = []
    for references in workers.in_order(submit, len(shards)):
        n_rows, n_lost = workers.get(references.pop())
        lost.append(n_lost)
        for (_, writer), reference in zip(columns, references, strict=True):
            if n_rows:
                writer.add(workers.get(reference))
        advance(n_rows * len(columns))
    log.n_lost_times.update(lost_times(lost))


def encode_shard(
    shard: Shard, requests: Sequence[ColumnRequest]
) -> Iterator[pl.Series | Coded | tuple[int, dict[str, int]] | None]:
    """Read a shard, and number its values.

    Parameters
    ----------
    shard : Shard
        The rows.
    requests : sequence of ColumnRequest
        Columns.

    Yields
    ------
    Series, Coded or None
        For each column its rows; None where there are none.
    tuple of int and dict
        At last the number of rows, and of lost times.
    """
    n_together = GROUP_COLUMNS if shard.is_columnar else len(requests)
    n_rows = 0
    n_lost: dict[str, int] = {}
    for start in range(0, len(requests), n_together):
        group = requests[start : start + n_together]
        readers = [_READERS[request.kind]() for request in group]
        n_rows = 0
        for batch in shard.batches(list(dict.fromkeys(request.name for request in group))):
            for request, reader in zip(group, readers, strict=True):
                reader.add(batch[request.name])
            n_rows += batch.height
        n_lost.update(shard.n_lost_times)
        for reader in readers:
            yield reader.rows() if n_rows else None
    yield n_rows, n_lost


class _Plain:
    """Rows as they stand."""

    def __init__(self) -> None:
        self._parts: list[pl.Series] = []

    def add(self, values: pl.Series) -> None:
        self._parts.append(values)

    def rows(self) -> pl.Series:
        return pl.concat(self._parts)


class _Numbers(_Plain):
    """Rows as numbers, unless none of them is one: an error will then show what they are."""

    def rows(self) -> pl.Series:
        values = super().rows()
        if values.dtype.is_temporal():
            return values
        numbers = as_numbers(values)
        return numbers if numbers.null_count() < numbers.len() else values


class _Categories:
    """Rows as codes."""

    def __init__(self) -> None:
        self._dictionary = Dictionary()
        self._new: list[pl.Series] = []
        self._codes: list[NDArray[np.uint32]] = []

    def add(self, values: pl.Series) -> None:
        self._codes.append(self._number(values))

    def rows(self) -> Coded:
        codes = np.concatenate(self._codes)
        narrow = np.min_scalar_type(max(0, self._dictionary.n_values - 1))
        return Coded(pl.concat(self._new), codes.astype(narrow))

    def _number(self, values: pl.Series) -> NDArray[np.uint32]:
        codes, new = self._dictionary.number(values)
        self._new.append(new)
        return codes


class _Lists(_Categories):
    """Lists as codes."""

    def __init__(self) -> None:
        super().__init__()
        self._lengths: list[NDArray[np.int64]] = []

    def add(self, values: pl.Series) -> None:
        codes, lengths = list_codes(values, self._number)
        self._codes.append(codes)
        self._lengths.append(lengths)

    def rows(self) -> Coded:
        coded = super().rows()
        return Coded(coded.values, coded.codes, np.concatenate(self._lengths))


_READERS: Mapping[FieldKind | None, Callable[[], _Plain | _Categories]] = {
    None: _Plain,
    FieldKind.NUMERIC: _Numbers,
    FieldKind.CATEGORICAL: _Categories,
    FieldKind.MULTIVALUED: _Lists,
}
