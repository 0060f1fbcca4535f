"""Profiles made of rows, value by value."""

import math

import numpy as np

from featsel.core.profile import (
    RARE_ROWS,
    Categories,
    ColumnType,
    FieldProfile,
    FieldScores,
    LabelProfile,
    LogProfile,
    MarkCounts,
    Numbers,
    RowCounts,
    ValueType,
    by_rows,
)
from featsel.core.schema import FieldKind

MARK_BITS = 48
LARGE = {"n_buckets": 1024, "n_head": 256, "n_sample": 1024}


def mark_of(value):
    """The upper bits of a value's hash."""
    return int(value) * 0x9E3779B97F4A7C15 % (1 << 64) >> 16


def categories_of(counts, *, n_buckets=8, n_head=4, n_sample=4):
    """What is kept of values, of which there are negative and positive rows by value."""
    marks = np.array([mark_of(value) for value in counts], np.uint64)
    rows = np.array(list(counts.values()), np.int64).reshape(-1, 2)
    order = np.argsort(marks)
    marks, rows = marks[order], rows[order]
    totals = rows.sum(axis=1)
    top = by_rows(marks, totals)[:n_head]
    buckets = np.zeros((n_buckets, 2), np.int64)
    shift = np.uint64(MARK_BITS - (n_buckets.bit_length() - 1))
    np.add.at(buckets, (marks >> shift).astype(np.int64), rows)
    return Categories(
        MarkCounts(marks[top], rows[top]),
        MarkCounts(marks[:n_sample], rows[:n_sample]),
        buckets,
        len(counts),
        int(np.count_nonzero(totals == 1)),
        int(totals[totals < RARE_ROWS].sum()),
    )


def numbers_of(numbers, labels, *, n_bins=256):
    """What is kept of numbers, in bins of equal rows."""
    values, places = np.unique(np.asarray(numbers, np.float64), return_inverse=True)
    counts = np.zeros((values.size, 2), np.int64)
    np.add.at(counts, (places, np.asarray(labels, np.int64)), 1)
    rows = counts.sum(axis=1)
    cumulative = np.cumsum(counts, axis=0)
    if values.size > n_bins:
        targets = np.arange(1, n_bins + 1) / n_bins * rows.sum()
        kept = np.unique(np.searchsorted(cumulative.sum(axis=1), targets))
    else:
        kept = np.arange(values.size)
    return Numbers(
        values[kept],
        np.diff(cumulative[kept], axis=0, prepend=np.zeros((1, 2), np.int64)),
        float(values[0]) if values.size else math.nan,
        values.size,
        int(np.count_nonzero(rows == 1)),
        0,
        0,
        0,
    )


def field_of(name, values, **others):
    """A field of some values."""
    is_numeric = isinstance(values, Numbers)
    n_rows = int(values.counts.sum() if is_numeric else values.buckets.sum())
    facts = {
        "n_rows": n_rows,
        "n_null": 0,
        "n_null_positive": 0,
        "top_rows": int((values if is_numeric else values.head).rows.max(initial=0)),
        "top_text": None,
        **others,
    }
    kind = FieldKind.NUMERIC if is_numeric else FieldKind.CATEGORICAL
    return FieldProfile(name, kind, values=values, **facts)


def log_of(*fields, n_rows=None, **others):
    """A log of some fields."""
    sample = MarkCounts(np.empty(0, np.uint64), np.empty((0, 2), np.int64))
    facts = {"label": None, "time": None, "rows": RowCounts(0, 0, 0, 0, sample, ()), **others}
    rows = max((field.n_rows for field in fields), default=0) if n_rows is None else n_rows
    columns = tuple(ColumnType(field.name, ValueType.TEXT, "String") for field in fields)
    return LogProfile(rows, columns, fields, **facts)


def label_of(n_positive, name="click"):
    """A label without anything odd."""
    return LabelProfile(name, n_positive, 0, 0, (), 1)


SCORES = FieldScores(0.012345678901234, 0.612345678901234, 0.5, 1.2345678901234e-05, "informative")


def as_plain(value):
    """A profile as values that compare."""
    if isinstance(value, np.ndarray):
        return [str(value.dtype), as_plain(value.tolist())]
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, tuple | list):
        return [as_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: as_plain(item) for key, item in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return {key: as_plain(getattr(value, key)) for key in value.__dataclass_fields__}
    return value
