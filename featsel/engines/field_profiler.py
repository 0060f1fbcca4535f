"""How does one field become a profile, beside its counts?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

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
from featsel.engines.tallies import CountedValues, fill_bins, tally
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


@dataclass
class ProfileFacts:
    """What profiling leaves of a field beside the counts of its values.

    Parameters
    ----------
    n_rows, n_null, n_null_positive : int
        Rows, those whose value is null, and the positive ones of these.
    null_entries : tuple of int
        Entries that are null, by label: of a list each, else each row.
    n_nan, n_infinite, n_unreadable : int
        Numbers that are none.
    n_odd : ndarray of int64, shape (n_oddities,)
        Texts of each oddity.
    examples : dict of Oddity to Example
        The first of each.
    texts : dict of int to str
        Of some values, by their marks.
    """

    n_rows: int = 0
    n_null: int = 0
    n_null_positive: int = 0
    null_entries: tuple[int, int] = (0, 0)
    n_nan: int = 0
    n_infinite: int = 0
    n_unreadable: int = 0
    n_odd: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(ODDITIES), np.int64))
    examples: dict[Oddity, Example] = field(default_factory=dict[Oddity, Example])
    texts: dict[int, str] = field(default_factory=dict[int, str])

    def absorb(self, later: ProfileFacts, sizes: ProfileSizes) -> None:
        """Take over the facts of the rows that follow."""
        for name in ("n_rows", "n_null", "n_null_positive", "n_nan", "n_infinite", "n_unreadable"):
            setattr(self, name, getattr(self, name) + getattr(later, name))
        negative, positive = later.null_entries
        self.null_entries = self.null_entries[0] + negative, self.null_entries[1] + positive
        self.n_odd = self.n_odd + later.n_odd
        self.examples = later.examples | self.examples
        for mark, text in later.texts.items():
            if len(self.texts) >= sizes.texts:
                break
            self.texts.setdefault(mark, text)


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
    first_row : int
        Row of the log with which the rows begin that it counts.
    """

    def __init__(self, field: Field, values: ValueCounts, sizes: ProfileSizes, *, first_row: int = 0) -> None:
        self.field = field
        self.values = values
        self.facts = ProfileFacts()
        self._sizes = sizes
        self._first_row = first_row

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
        self.facts.n_rows += column.len()
        self.values.add(rows.keys, rows.labels, NO_WEIGHTS)
        return rows.row_keys

    def finish(self) -> Counted:
        """Profile and counts of all batches; the profiler is spent. See :func:`finish_profile`."""
        return finish_profile(self.field, self._sizes, self.facts, self.values.sorted_values())

    def _add_categories(self, column: pl.Series, labels: NDArray[np.uint8]) -> _Rows:
        if column.dtype.is_float():
            self.facts.n_odd[_NOT_A_NUMBER] += int(column.is_nan().sum())
            self.facts.n_odd[_INFINITE] += int(column.is_infinite().sum())
            column = column.fill_nan(None)
        rows = np.arange(column.len())
        keys = self._keys(column, rows)
        self._count_nulls(column, labels)
        self.facts.null_entries = (self.facts.n_null - self.facts.n_null_positive, self.facts.n_null_positive)
        self._remember(column, keys, rows)
        return _Rows(keys, labels, keys)

    def _add_lists(self, column: pl.Series, labels: NDArray[np.uint8]) -> _Rows:
        entries, lengths, n_null = flatten(column)
        self.facts.n_null += n_null
        self.facts.n_null_positive += int(labels[_is_empty(column)].sum()) if n_null else 0
        rows = np.repeat(np.arange(lengths.size), lengths)
        keys = self._keys(entries, rows)
        places = distinct_places(keys, lengths)
        rows = rows[places]
        if places.size < keys.size:
            keys, entries = keys[places], entries[places]
        entry_labels = labels[rows]
        is_null = keys == NULL_KEY
        n_positive = int(entry_labels[is_null].sum())
        n_negative = int(np.count_nonzero(is_null)) - n_positive
        before = self.facts.null_entries
        self.facts.null_entries = before[0] + n_negative, before[1] + n_positive
        self._remember(entries, keys, rows)
        starts = np.searchsorted(rows, np.arange(lengths.size))
        row_keys = np.add.reduceat(mix_keys(keys), starts)  # the order of a list does not matter
        return _Rows(keys, entry_labels, row_keys)

    def _add_numbers(self, column: pl.Series, labels: NDArray[np.uint8]) -> _Rows:
        if column.dtype.is_float():
            self.facts.n_nan += int(column.is_nan().sum())
        series = as_numbers(column)
        if column.dtype == pl.String:
            self.facts.n_unreadable += series.null_count() - column.null_count()
        self._count_nulls(series, labels)
        numbers = series.fill_null(0.0).to_numpy()
        self.facts.n_infinite += int(np.count_nonzero(np.isinf(numbers)))
        keys = number_keys(numbers)
        if not series.null_count():
            return _Rows(keys, labels, keys)
        is_number = series.is_not_null().to_numpy()
        return _Rows(keys[is_number], labels[is_number], np.where(is_number, keys, NULL_KEY))

    @property
    def _next_row(self) -> int:
        return self._first_row + self.facts.n_rows

    def _keys(self, column: pl.Series, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        if isinstance(column.dtype, pl.Int128 | pl.UInt128):
            column = column.cast(pl.String)
        if column.dtype != pl.String:
            return value_keys(column)
        keys, n_odd, first = text_keys(column)
        for oddity in np.flatnonzero((n_odd > 0) & (self.facts.n_odd == 0)).tolist():
            place = int(first[oddity])
            self.facts.examples[ODDITIES[oddity]] = Example(
                self._next_row + int(rows[place]) + 1, str(column[place])[:LONGEST_TEXT]
            )
        self.facts.n_odd += n_odd
        return keys

    def _count_nulls(self, column: pl.Series, labels: NDArray[np.uint8]) -> None:
        if column.null_count():
            self.facts.n_null += column.null_count()
            self.facts.n_null_positive += int(labels[column.is_null().to_numpy()].sum())

    def _remember(self, column: pl.Series, keys: NDArray[np.uint64], rows: NDArray[np.int64]) -> None:
        """Keep the text of values in the first rows and in some later ones, however the batches are cut."""
        texts = self.facts.texts
        if len(texts) >= self._sizes.texts or not rows.size:
            return
        is_looked_at = np.zeros(int(rows[-1]) + 1, np.bool_)
        is_looked_at[: max(0, self._sizes.texts - self._next_row)] = True
        is_looked_at[-self._next_row % TEXT_STEP :: TEXT_STEP] = True
        places = np.flatnonzero(is_looked_at[rows])
        # of equal values the first is looked at, in the order of the rows
        _, firsts = np.unique(keys[places], return_index=True)
        places = places[np.sort(firsts)]
        marks = (keys[places] >> MARK_SHIFT).tolist()
        new = [
            (place, mark)
            for place, mark, key in zip(places.tolist(), marks, keys[places], strict=True)
            if mark not in texts and key != NULL_KEY
        ]
        new = new[: self._sizes.texts - len(texts)]
        values = column.gather([place for place, _ in new]).cast(pl.String).to_list()
        texts.update((mark, value[:LONGEST_TEXT]) for (_, mark), value in zip(new, values, strict=True))


def finish_profile(
    field: Field, sizes: ProfileSizes, facts: ProfileFacts, values: Iterable[CountedValues]
) -> Counted:
    """Profile and counts of a field, from what was counted of it.

    Parameters
    ----------
    field : Field
        The column.
    sizes : ProfileSizes
        How much is kept.
    facts : ProfileFacts
        Of all rows.
    values : iterable of tuple of ndarray
        See :func:`featsel.engines.tallies.tally`.

    Returns
    -------
    FieldProfile
        Without scores.
    FieldCounts
        As ``featsel rank`` has them.
    """
    if field.kind is FieldKind.NUMERIC:
        return _finish_numbers(field, sizes, facts, values)
    seen = SeenCategories(sizes, NULL_KEY)
    n_values, table = tally(values, is_weighted=False, see=seen.see)
    categories = seen.categories()
    top_rows = facts.n_null
    top_text: str | None = "null"
    head = categories.head
    if head.marks.size and head.rows[0] >= top_rows:
        top_rows = int(head.rows[0])
        top_text = facts.texts.get(int(head.marks[0]))
    profile = FieldProfile(
        name=field.name,
        kind=field.kind,
        n_rows=facts.n_rows,
        n_null=facts.n_null,
        n_null_positive=facts.n_null_positive,
        top_rows=top_rows,
        top_text=top_text,
        values=categories,
        odd={oddity: int(n) for oddity, n in zip(ODDITIES, facts.n_odd, strict=True) if n},
        examples={oddity: facts.examples[oddity] for oddity in ODDITIES if oddity in facts.examples},
        texts=facts.texts,
    )
    return profile, _counts(field, facts, table, n_values, facts.null_entries)


def _finish_numbers(
    field: Field, sizes: ProfileSizes, facts: ProfileFacts, values: Iterable[CountedValues]
) -> Counted:
    seen = SeenNumbers()
    n_values, table, last_keys = fill_bins(values, sizes.bins, facts.n_rows - facts.n_null, see=seen.see)
    # the bins of the profile are finer than those of a ranking, which are made of them
    coarse = _coarser(table, RANK_BINS)
    nulls = (facts.n_null - facts.n_null_positive, facts.n_null_positive)
    if facts.n_null:
        counts = np.concatenate([coarse.counts, np.array([nulls], np.int64)])
        coarse = ContingencyTable(counts, np.ones(len(counts), np.int64))
    low = float(number_of_key(np.array([seen.low_key]))[0]) if seen.low_key is not None else math.nan
    numbers = Numbers(
        edges=number_of_key(last_keys),
        counts=table.counts.astype(np.int64),
        low=low,
        n_distinct=n_values,
        n_once=seen.n_once,
        n_nan=facts.n_nan,
        n_infinite=facts.n_infinite,
        n_unreadable=facts.n_unreadable,
    )
    top_rows, top_text = seen.top_rows, f"{number_of_key(np.array([seen.top_key]))[0]:.12g}"
    if facts.n_null > top_rows:
        top_rows, top_text = facts.n_null, "null"
    profile = FieldProfile(
        name=field.name,
        kind=field.kind,
        n_rows=facts.n_rows,
        n_null=facts.n_null,
        n_null_positive=facts.n_null_positive,
        top_rows=top_rows,
        top_text=top_text,
        values=numbers,
    )
    return profile, _counts(field, facts, coarse, n_values + (facts.n_null > 0), nulls)


def _counts(
    field: Field, facts: ProfileFacts, table: ContingencyTable, n_values: int, nulls: tuple[int, int]
) -> FieldCounts:
    null_counts = (float(nulls[0]), float(nulls[1]))
    return FieldCounts(field.name, table, n_values, facts.n_rows, facts.n_null, null_counts)


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
