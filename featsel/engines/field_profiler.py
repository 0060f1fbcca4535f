"""How does one field become a profile, beside its counts?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable, FieldCounts
from featsel.core.profile import Example, FieldProfile, Numbers, Oddity
from featsel.core.schema import Field, FieldKind
from featsel.engines.keys import as_numbers, number_keys
from featsel.engines.lists import distinct_places, flatten
from featsel.engines.profile_values import (
    MARK_SHIFT,
    ProfileSizes,
    SeenCategories,
    SeenNumbers,
    number_of_key,
)
from featsel.engines.text_keys import NULL_KEY, ODDITIES, mix_keys, text_keys, value_keys
from featsel.engines.value_counts import ValueCounts
from featsel.engines.weights import NO_WEIGHTS

RANK_BINS = 32
"""Bins of a numeric field whose information on the label is measured; as of ``featsel rank``."""

TEXT_STEP = 509
LONGEST_TEXT = 200
"""Of later rows the text of one in so many is remembered, and how much of it."""

_NOT_A_NUMBER, _INFINITE = (ODDITIES.index(oddity) for oddity in (Oddity.NOT_A_NUMBER, Oddity.INFINITE))

Counted = tuple[FieldProfile, FieldCounts]


@dataclass(frozen=True)
class _Rows:
    """Keys of what counts in one batch, and of each row."""

    keys: NDArray[np.uint64]
    labels: NDArray[np.uint8]
    row_keys: NDArray[np.uint64]


class FieldProfiler:
    """Counts and profiles one field.

    Parameters
    ----------
    field : Field
        The column.
    values : ValueCounts
        Counts its values.
    sizes : ProfileSizes
        How much is kept.
    """

    def __init__(self, field: Field, values: ValueCounts, sizes: ProfileSizes) -> None:
        self.field = field
        self._values = values
        self._sizes = sizes
        self._n_rows = 0
        self._n_entries = 0
        self._n_null = 0
        self._n_null_positive = 0
        self._null_entries = (0, 0)
        self._n_nan = 0
        self._n_infinite = 0
        self._n_unreadable = 0
        self._n_odd = np.zeros(len(ODDITIES), np.int64)
        self._examples: dict[Oddity, Example] = {}
        self._texts: dict[int, str] = {}

    def add(self, column: pl.Series, labels: NDArray[np.uint8]) -> NDArray[np.uint64]:
        """Count one batch.

        Parameters
        ----------
        column : polars.Series
            Values.
        labels : ndarray of uint8, shape (n_rows,)
            0 or 1.

        Returns
        -------
        ndarray of uint64, shape (n_rows,)
            Equal for rows of equal values.
        """
        add: Callable[[pl.Series, NDArray[np.uint8]], _Rows] = {
            FieldKind.NUMERIC: self._add_numbers,
            FieldKind.MULTIVALUED: self._add_lists,
            FieldKind.CATEGORICAL: self._add_categories,
        }[self.field.kind]
        rows = add(column, labels)
        self._n_rows += column.len()
        self._n_entries += rows.keys.size
        self._values.add(rows.keys, rows.labels, NO_WEIGHTS)
        return rows.row_keys

    def finish(self) -> Counted:
        """Profile and counts of all batches; the profiler is spent.

        Returns
        -------
        FieldProfile
            Without scores.
        FieldCounts
            As ``featsel rank`` has them.
        """
        if self.field.kind is FieldKind.NUMERIC:
            return self._finish_numbers()
        seen = SeenCategories(self._sizes, NULL_KEY)
        n_values, table = self._values.tally(seen.see)
        values = seen.categories()
        top_rows = self._n_null
        top_text: str | None = "null"
        if values.head.marks.size and values.head.rows[0] >= top_rows:
            top_rows = int(values.head.rows[0])
            top_text = self._texts.get(int(values.head.marks[0]))
        profile = FieldProfile(
            name=self.field.name,
            kind=self.field.kind,
            n_rows=self._n_rows,
            n_null=self._n_null,
            n_null_positive=self._n_null_positive,
            top_rows=top_rows,
            top_text=top_text,
            values=values,
            odd={oddity: int(n) for oddity, n in zip(ODDITIES, self._n_odd, strict=True) if n},
            examples=self._examples,
            texts=self._texts,
        )
        return profile, self._counts(table, n_values, self._null_entries)

    def _finish_numbers(self) -> Counted:
        seen = SeenNumbers()
        n_numbers = self._n_rows - self._n_null
        n_values, table, last_keys = self._values.bin(self._sizes.bins, n_numbers, seen.see)
        # the bins of the profile are finer than those of a ranking, which are made of them
        coarse = _coarser(table, RANK_BINS)
        nulls = (self._n_null - self._n_null_positive, self._n_null_positive)
        if self._n_null:
            counts = np.concatenate([coarse.counts, np.array([nulls], np.int64)])
            coarse = ContingencyTable(counts, np.ones(len(counts), np.int64))
        low = float(number_of_key(np.array([seen.low_key]))[0]) if seen.low_key is not None else math.nan
        numbers = Numbers(
            edges=number_of_key(last_keys),
            counts=table.counts.astype(np.int64),
            low=low,
            n_distinct=n_values,
            n_once=seen.n_once,
            n_nan=self._n_nan,
            n_infinite=self._n_infinite,
            n_unreadable=self._n_unreadable,
        )
        top_rows, top_text = seen.top_rows, f"{number_of_key(np.array([seen.top_key]))[0]:.12g}"
        if self._n_null > top_rows:
            top_rows, top_text = self._n_null, "null"
        profile = FieldProfile(
            name=self.field.name,
            kind=self.field.kind,
            n_rows=self._n_rows,
            n_null=self._n_null,
            n_null_positive=self._n_null_positive,
            top_rows=top_rows,
            top_text=top_text,
            values=numbers,
        )
        return profile, self._counts(coarse, n_values + (self._n_null > 0), nulls)

    def _counts(self, table: ContingencyTable, n_values: int, nulls: tuple[int, int]) -> FieldCounts:
        return FieldCounts(
            self.field.name,
            table,
            n_values,
            self._n_rows,
            self._n_null,
            (float(nulls[0]), float(nulls[1])),
        )

    def _add_categories(self, column: pl.Series, labels: NDArray[np.uint8]) -> _Rows:
        if column.dtype.is_float():
            self._n_odd[_NOT_A_NUMBER] += int(column.is_nan().sum())
            self._n_odd[_INFINITE] += int(column.is_infinite().sum())
            column = column.fill_nan(None)
        keys = self._keys(column)
        self._count_nulls(column, labels)
        self._null_entries = (self._n_null - self._n_null_positive, self._n_null_positive)
        self._remember(column, keys)
        return _Rows(keys, labels, keys)

    def _add_lists(self, column: pl.Series, labels: NDArray[np.uint8]) -> _Rows:
        entries, lengths, n_null = flatten(column)
        self._n_null += n_null
        self._n_null_positive += int(labels[_is_empty(column)].sum()) if n_null else 0
        keys = self._keys(entries)
        places = distinct_places(keys, lengths)
        rows = np.repeat(np.arange(lengths.size), lengths)[places]
        if places.size < keys.size:
            keys, entries = keys[places], entries[places]
        entry_labels = labels[rows]
        is_null = keys == NULL_KEY
        n_positive = int(entry_labels[is_null].sum())
        n_negative = int(np.count_nonzero(is_null)) - n_positive
        self._null_entries = (self._null_entries[0] + n_negative, self._null_entries[1] + n_positive)
        self._remember(entries, keys)
        starts = np.searchsorted(rows, np.arange(lengths.size))
        row_keys = np.add.reduceat(mix_keys(keys), starts)  # the order of a list does not matter
        return _Rows(keys, entry_labels, row_keys)

    def _add_numbers(self, column: pl.Series, labels: NDArray[np.uint8]) -> _Rows:
        if column.dtype.is_float():
            self._n_nan += int(column.is_nan().sum())
        series = as_numbers(column)
        if column.dtype == pl.String:
            self._n_unreadable += series.null_count() - column.null_count()
        self._count_nulls(series, labels)
        numbers = series.fill_null(0.0).to_numpy()
        self._n_infinite += int(np.count_nonzero(np.isinf(numbers)))
        keys = number_keys(numbers)
        if not series.null_count():
            return _Rows(keys, labels, keys)
        is_number = series.is_not_null().to_numpy()
        return _Rows(keys[is_number], labels[is_number], np.where(is_number, keys, NULL_KEY))

    def _keys(self, column: pl.Series) -> NDArray[np.uint64]:
        if isinstance(column.dtype, pl.Int128 | pl.UInt128):
            column = column.cast(pl.String)
        if column.dtype != pl.String:
            return value_keys(column)
        keys, n_odd, first = text_keys(column)
        for oddity in np.flatnonzero((n_odd > 0) & (self._n_odd == 0)).tolist():
            place = int(first[oddity])
            self._examples[ODDITIES[oddity]] = Example(
                self._n_rows + place + 1, str(column[place])[:LONGEST_TEXT]
            )
        self._n_odd += n_odd
        return keys

    def _count_nulls(self, column: pl.Series, labels: NDArray[np.uint8]) -> None:
        if column.null_count():
            self._n_null += column.null_count()
            self._n_null_positive += int(labels[column.is_null().to_numpy()].sum())

    def _remember(self, column: pl.Series, keys: NDArray[np.uint64]) -> None:
        """Keep the text of the first values and of some later ones, however the batches are cut."""
        if len(self._texts) >= self._sizes.texts:
            return
        first = self._n_entries
        n_early = max(0, min(keys.size, self._sizes.texts - first))
        later = np.arange(n_early + -(first + n_early) % TEXT_STEP, keys.size, TEXT_STEP)
        places = np.concatenate([np.arange(n_early), later])
        # of equal values the first is looked at, in the order of the rows
        _, firsts = np.unique(keys[places], return_index=True)
        places = places[np.sort(firsts)]
        marks = (keys[places] >> MARK_SHIFT).tolist()
        is_new = [
            mark not in self._texts and key != NULL_KEY for mark, key in zip(marks, keys[places], strict=True)
        ]
        n_room = self._sizes.texts - len(self._texts)
        places, marks = (
            places[is_new][:n_room],
            [mark for mark, new in zip(marks, is_new, strict=True) if new],
        )
        values = column.gather(places).cast(pl.String).to_list()
        self._texts.update((mark, value[:LONGEST_TEXT]) for mark, value in zip(marks, values, strict=False))


def _is_empty(lists: pl.Series) -> NDArray[np.bool_]:
    if isinstance(lists.dtype, pl.Array):
        lists = lists.arr.to_list()
    return (lists.list.len().fill_null(0) == 0).to_numpy()


def _coarser(table: ContingencyTable, n_bins: int) -> ContingencyTable:
    """Bins of about equal rows, each made of neighbouring ones."""
    rows = table.counts.sum(axis=1)
    if rows.size <= n_bins:
        return table
    before = np.cumsum(rows) - rows
    target = np.minimum((before + rows / 2) * n_bins / rows.sum(), n_bins - 1).astype(np.int64)
    counts = np.zeros((n_bins, 2), np.int64)
    np.add.at(counts, target, table.counts.astype(np.int64))
    counts = counts[counts.sum(axis=1) > 0]
    return ContingencyTable(counts, np.ones(len(counts), np.int64))
