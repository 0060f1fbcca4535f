"""What is kept of a log so that later logs can be compared with it?

A profile is small, whatever the log: a few hundred values and counts a field. Values are kept as *marks*, 48
bits of a hash that is the same in every version and format, so that no value of a log leaves it unless a
user asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from featsel.core.schema import FieldKind

Marks = NDArray[np.uint64]
Counts = NDArray[np.int64]

RARE_ROWS = 10
"""A value with fewer rows is rare."""

KEPT_ROWS = 4096
"""Rows whose marks are kept, so that a later log can be asked whether it holds them: a share of .05 is then
known to within .01."""

SHOWN_FOREIGN = 6
"""Values that are no label, of which so many are shown."""

MOST_SLOTS = 1024
"""Of time; the slots become twice as long when there are more."""


class ValueType(StrEnum):
    """What a column holds, as far as it matters which."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    FLOAT = "float"
    NUMBER = "number"  # text that spells numbers, whole or not
    TEXT = "text"
    TIME = "time"
    LIST = "list"
    OTHER = "other"


class Oddity(StrEnum):
    """What the bytes of a text tell of it, mostly what is odd."""

    REPLACED = "replacement character"
    CONTROL = "control character"
    BYTE_ORDER_MARK = "byte order mark"
    PADDED = "blanks around it"
    GARBLED = "UTF-8 read as Latin-1"
    NUMBER = "a number"
    HEXADECIMAL = "hexadecimal digits"
    EMPTY = "empty"
    NULL = "the word null"
    NONE = "the word none"
    NAN = "the word nan"
    NA = "the word na"
    N_A = "the word n/a"
    BACKSLASH_N = "\\N"
    WORD = "without a digit"
    NOT_A_NUMBER = "NaN"
    INFINITE = "an infinity"


NULL_WORDS = (
    Oddity.EMPTY,
    Oddity.NULL,
    Oddity.NONE,
    Oddity.NAN,
    Oddity.NA,
    Oddity.N_A,
    Oddity.BACKSLASH_N,
)
"""Texts that mean null, each in its own dialect."""


@dataclass(frozen=True)
class ColumnType:
    """A column of a log, field or not.

    Parameters
    ----------
    name : str
        Of the column.
    type : ValueType
        What it holds.
    dtype : str
        How it is stored.
    """

    name: str
    type: ValueType
    dtype: str


@dataclass(frozen=True)
class Example:
    """A value and where it stands.

    Parameters
    ----------
    row : int
        Row of the log, from 1.
    text : str
        The value.
    """

    row: int
    text: str


@dataclass(frozen=True, eq=False)
class MarkCounts:
    """Counts of values by mark and label.

    Parameters
    ----------
    marks : ndarray of uint64, shape (n,)
        Values, by the upper 48 bits of their keys.
    counts : ndarray of int64, shape (n, 2)
        Negative and positive rows.
    """

    marks: Marks
    counts: Counts

    @cached_property
    def rows(self) -> Counts:
        """Rows of each value, shape (n,)."""
        rows: Counts = self.counts.sum(axis=1)
        return rows


def by_rows(marks: Marks, rows: Counts) -> NDArray[np.intp]:
    """Order of values from the most to the least frequent.

    Parameters
    ----------
    marks : ndarray of uint64, shape (n,)
        Values.
    rows : ndarray of int64, shape (n,)
        Their rows.

    Returns
    -------
    ndarray of int64
        Places. Equal values stand in an order that has nothing to do with that of their marks: whether a
        value is among the most frequent must not tell whether it is in the sample of the smallest marks.
    """
    return np.lexsort((marks * np.uint64(0x9E3779B97F4A7C15), -rows))


@dataclass(frozen=True, eq=False)
class Categories:
    """Distinct values of a categorical or multi-valued field.

    Parameters
    ----------
    head : MarkCounts
        The most frequent values, most frequent first.
    sample : MarkCounts
        The values with the smallest marks, all of these, ascending: a uniform sample of the distinct values.
    buckets : ndarray of int64, shape (n_buckets, 2)
        Rows of all values by the upper bits of their mark and by label; a power of two of buckets.
    n_distinct, n_once, n_rare_rows : int
        Distinct values; those with one row; rows of values with fewer than ten.
    """

    head: MarkCounts
    sample: MarkCounts
    buckets: Counts
    n_distinct: int
    n_once: int
    n_rare_rows: int

    @property
    def is_whole(self) -> bool:
        """Whether the sample holds every value."""
        return self.sample.marks.size >= self.n_distinct

    @property
    def n_entries(self) -> int:
        """Rows, or entries of lists."""
        return int(self.buckets.sum())

    def counts_of(self, marks: Marks) -> tuple[Counts, NDArray[np.bool_]]:
        """Look some values up among those that are kept.

        Parameters
        ----------
        marks : ndarray of uint64, shape (n,)
            Values.

        Returns
        -------
        counts : ndarray of int64, shape (n, 2)
            Their negative and positive rows; 0 where the value is not kept.
        is_kept : ndarray of bool, shape (n,)
            Whether it is in the head or in the sample, which know the same of it.
        """
        counts = np.zeros((marks.size, 2), np.int64)
        is_kept = np.zeros(marks.size, np.bool_)
        for kept in (self.sample, self.head):
            order = np.argsort(kept.marks, kind="stable")
            places = np.searchsorted(kept.marks, marks, sorter=order)
            is_found = places < kept.marks.size
            is_found[is_found] = kept.marks[order[places[is_found]]] == marks[is_found]
            counts[is_found] = kept.counts[order[places[is_found]]]
            is_kept |= is_found
        return counts, is_kept


def folded_alike(here: Counts, there: Counts) -> tuple[Counts, Counts]:
    """Buckets of a field in two logs, added up to as many as the coarser one has.

    Parameters
    ----------
    here, there : ndarray of int64, shape (n_buckets, ...)
        Rows by the upper bits of marks, see :class:`Categories`; a power of two of buckets each.

    Returns
    -------
    tuple of ndarray of int64
        Both, with equal numbers of buckets.
    """
    n_buckets = min(len(here), len(there))
    first, second = (
        buckets.reshape(n_buckets, -1, *buckets.shape[1:]).sum(axis=1, dtype=np.int64)
        for buckets in (here, there)
    )
    return first, second


@dataclass(frozen=True, eq=False)
class Numbers:
    """Distribution of a numeric field.

    Parameters
    ----------
    edges : ndarray of float64, shape (n_bins,)
        Largest number of each bin, ascending.
    counts : ndarray of int64, shape (n_bins, 2)
        Rows of the bins by label; nulls are in none.
    low : float
        Smallest number; NaN where there is none.
    n_distinct, n_once : int
        Distinct numbers; those with one row.
    n_nan, n_infinite : int
        Rows that hold NaN, which count as null, and infinities, which do not.
    n_unreadable : int
        Rows of text that is no number; they count as null.
    """

    edges: NDArray[np.float64]
    counts: Counts
    low: float
    n_distinct: int
    n_once: int
    n_nan: int
    n_infinite: int
    n_unreadable: int

    @cached_property
    def rows(self) -> Counts:
        """Rows of each bin, shape (n_bins,)."""
        rows: Counts = self.counts.sum(axis=1)
        return rows

    @property
    def finite_bins(self) -> tuple[NDArray[np.float64], Counts]:
        """Edges and rows of the bins that end at no infinity."""
        is_finite = np.isfinite(self.edges)
        return self.edges[is_finite], self.rows[is_finite]

    @property
    def high(self) -> float:
        """Largest number; NaN where there is none."""
        return float(self.edges[-1]) if self.edges.size else float("nan")


@dataclass(frozen=True)
class FieldScores:
    """How well a field tells the label.

    Parameters
    ----------
    usable_information : float
        Held-out log-loss gain, nats a row.
    held_out_auc : float
        Area under the curve of the leave-one-out click rates of its values.
    null_auc : float
        The same of the mere fact that it is null.
    q_value : float
        Of its mutual information.
    verdict : str
        As of ``featsel rank``.
    """

    usable_information: float
    held_out_auc: float
    null_auc: float
    q_value: float
    verdict: str


@dataclass(frozen=True, eq=False)
class FieldProfile:
    """What is kept of a field.

    Parameters
    ----------
    name : str
        Of the column.
    kind : FieldKind
        How its values were read.
    n_rows, n_null, n_null_positive : int
        Rows, those without a value, and the positive ones of these.
    top_rows : int
        Rows of the most frequent value, null among the values.
    top_text : str or None
        That value, where it may be shown.
    values : Categories or Numbers
        Its distribution.
    odd : mapping of Oddity to int
        Rows with odd text; without those where there is none.
    examples : mapping of Oddity to Example
        The first of each.
    texts : mapping of int to str
        Some values by their marks, where they may be shown.
    scores : FieldScores or None
        How it tells the label; None where there is no label.
    """

    name: str
    kind: FieldKind
    n_rows: int
    n_null: int
    n_null_positive: int
    top_rows: int
    top_text: str | None
    values: Categories | Numbers
    odd: Mapping[Oddity, int] = field(default_factory=dict[Oddity, int])
    examples: Mapping[Oddity, Example] = field(default_factory=dict[Oddity, Example])
    texts: Mapping[int, str] = field(default_factory=dict[int, str])
    scores: FieldScores | None = None

    @property
    def null_share(self) -> float:
        """Share of the rows without a value."""
        return self.n_null / self.n_rows if self.n_rows else 0.0

    @property
    def n_distinct(self) -> int:
        """Distinct values, null not counted."""
        return self.values.n_distinct


@dataclass(frozen=True)
class LabelProfile:
    """What is kept of the label.

    Parameters
    ----------
    name : str
        Of the column.
    n_positive, n_null, n_foreign : int
        Positive rows, rows without a label, rows with another value than the two.
    foreign : tuple of str
        Some of those values.
    n_runs : int
        Runs of equal labels in the order of the log.
    """

    name: str
    n_positive: int
    n_null: int
    n_foreign: int
    foreign: tuple[str, ...]
    n_runs: int


@dataclass(frozen=True, eq=False)
class TimeProfile:
    """What is kept of the times of the rows.

    Parameters
    ----------
    name : str
        Of the column.
    low, high : float
        First and last, seconds since 1970 or in the column's own unit; NaN where there is none.
    n_null, n_backward : int
        Rows without a time, and rows whose time is before that of the row above.
    width : float
        Length of a slot, in the same unit.
    slots : ndarray of int64, shape (n_slots,)
        Rows of each slot, the first of which begins at a whole multiple of ``width`` at or below ``low``.
    is_calendar : bool
        Whether times are seconds since 1970.
    """

    name: str
    low: float
    high: float
    n_null: int
    n_backward: int
    width: float
    slots: Counts
    is_calendar: bool


@dataclass(frozen=True, eq=False)
class RowCounts:
    """How often rows repeat.

    Parameters
    ----------
    n_distinct, n_once : int
        Distinct rows, their label left out, and those that occur once.
    n_repeated : int
        Rows that repeat an earlier one with its label.
    n_conflicting : int
        Rows that equal another one but for the label.
    sample : MarkCounts
        The rows with the smallest marks, all of these, ascending.
    columns : tuple of str
        What rows were compared by, sorted.
    """

    n_distinct: int
    n_once: int
    n_repeated: int
    n_conflicting: int
    sample: MarkCounts
    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class SampledRows:
    """A uniform sample of the rows of a log, in its order.

    Parameters
    ----------
    names : tuple of str
        Fields.
    keys : tuple of ndarray of uint64, shape (n_rows,)
        By field: equal for rows of equal values.
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1.
    """

    names: tuple[str, ...]
    keys: tuple[NDArray[np.uint64], ...]
    labels: NDArray[np.uint8]


@dataclass(frozen=True)
class Relations:
    """Which fields say the same, on a sample of rows, with equal counts of values on all rows.

    Parameters
    ----------
    n_rows : int
        Rows of the sample.
    equal : tuple of tuple of str
        Groups of fields that determine each other.
    nested : tuple of (str, str)
        Fields of which the first determines the second.
    leaks : tuple of (str, str, float)
        Pairs of fields that tell the label together, with their held-out area under the curve, though neither
        does alone.
    """

    n_rows: int = 0
    equal: tuple[tuple[str, ...], ...] = ()
    nested: tuple[tuple[str, str], ...] = ()
    leaks: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True, eq=False)
class LogProfile:
    """What is kept of a log.

    Parameters
    ----------
    n_rows : int
        Rows.
    columns : tuple of ColumnType
        All columns, in the order of the log.
    fields : tuple of FieldProfile
        Its fields, in the order of the log.
    label : LabelProfile or None
        Its label; None where it has none.
    time : TimeProfile or None
        Its times; None where no column was named.
    rows : RowCounts
        How often rows repeat.
    relations : Relations
        Which fields say the same.
    rank_agreement : float
        Spearman correlation of the rankings of two random halves, by held-out information; NaN where there
        are fewer than three fields or no label.
    n_days : int
        Logs that were merged into it.
    """

    n_rows: int
    columns: tuple[ColumnType, ...]
    fields: tuple[FieldProfile, ...]
    label: LabelProfile | None
    time: TimeProfile | None
    rows: RowCounts
    relations: Relations = Relations()
    rank_agreement: float = float("nan")
    n_days: int = 1

    @cached_property
    def by_name(self) -> Mapping[str, FieldProfile]:
        """Fields by name."""
        return {each.name: each for each in self.fields}

    @property
    def click_rate(self) -> float:
        """Share of positive rows; NaN where there is no label."""
        if self.label is None or not self.n_rows:
            return float("nan")
        return self.label.n_positive / self.n_rows
