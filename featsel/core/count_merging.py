"""What are the counts of two logs together, as far as their profiles know?

Counts add. Where a profile keeps a sample of the values alone, how many of them two logs have in common is
known in the sample and scaled to all values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.core.profile import RARE_ROWS, Categories, Counts, MarkCounts, Numbers, by_rows, folded_alike

MOST_VALUES = 1024
"""Values that are kept of logs whose values are all known."""

MOST_HEAD = 256
"""Frequent values that are kept of such logs."""

MOST_BINS = 256
"""Bins of such logs."""


@dataclass(frozen=True, eq=False)
class _Overlap:
    """What two samples say together, below the smallest of their last marks.

    Parameters
    ----------
    first, second, both : MarkCounts
        Each sample, and their sum.
    n_values : int
        Values of each log, added up.
    is_exact : bool
        Whether both hold all values.
    limit : int
        Values to keep.
    """

    first: MarkCounts
    second: MarkCounts
    both: MarkCounts
    n_values: int
    is_exact: bool
    limit: int

    @property
    def kept(self) -> MarkCounts:
        """Sum of the samples, of the size of the larger."""
        return MarkCounts(self.both.marks[: self.limit], self.both.counts[: self.limit])

    def scaled(self, here: int, there: int, count: Callable[[MarkCounts], int]) -> int:
        """Count of all values of both logs.

        Parameters
        ----------
        here, there : int
            The same count of each log.
        count : callable
            The same count of a sample.

        Returns
        -------
        int
            Exact where the samples hold all values; else what the logs have in common is scaled.
        """
        together = count(self.both)
        if self.is_exact:
            return together
        n_sampled = self.first.marks.size + self.second.marks.size
        scale = self.n_values / n_sampled if n_sampled else 0.0
        in_common = count(self.first) + count(self.second) - together
        return max(0, here + there - round(in_common * scale))


def merge_categories(here: Categories, there: Categories) -> Categories:
    """Distinct values of two logs.

    Parameters
    ----------
    here, there : Categories
        Of the same field.

    Returns
    -------
    Categories
        Buckets are those of the coarser one. Counts of a frequent value leave out a log that does not know
        it. Numbers of values are exact where both samples hold all values, else estimates.
    """
    overlap = _overlap(here.sample, here.n_distinct, there.sample, there.n_distinct, most=MOST_VALUES)
    n_distinct = overlap.scaled(here.n_distinct, there.n_distinct, _n_values)
    least, most = max(here.n_distinct, there.n_distinct), here.n_distinct + there.n_distinct
    n_distinct = min(max(n_distinct, least), most)
    n_once = overlap.scaled(here.n_once, there.n_once, _n_once)
    buckets = np.add(*folded_alike(here.buckets, there.buckets))
    return Categories(
        head=_merge_heads(here, there),
        sample=overlap.kept,
        buckets=buckets,
        n_distinct=n_distinct,
        n_once=min(n_once, n_distinct),
        n_rare_rows=min(
            overlap.scaled(here.n_rare_rows, there.n_rare_rows, _n_rare_rows), int(buckets.sum())
        ),
    )


def merge_samples(
    here: MarkCounts, n_here: int, there: MarkCounts, n_there: int, *, most: int
) -> tuple[MarkCounts, Callable[[int, int, Callable[[MarkCounts], int]], int]]:
    """Sum of two samples, and what scales a count from it to all values.

    Parameters
    ----------
    here, there : MarkCounts
        Values with the smallest marks, all of these, ascending.
    n_here, n_there : int
        How many values there are.
    most : int
        Values to keep where both samples hold all.

    Returns
    -------
    sample : MarkCounts
        The same of both logs.
    scaled : callable
        Takes a count of each log and how it is counted in a sample; gives that of both.
    """
    overlap = _overlap(here, n_here, there, n_there, most=most)
    return overlap.kept, overlap.scaled


def _overlap(here: MarkCounts, n_here: int, there: MarkCounts, n_there: int, *, most: int) -> _Overlap:
    incomplete = [
        sample for sample, n_values in ((here, n_here), (there, n_there)) if sample.marks.size < n_values
    ]
    # an empty sample of many values says nothing of any mark
    lasts = [int(sample.marks[-1]) if sample.marks.size else -1 for sample in incomplete]
    last = min(lasts, default=None)
    first, second = _up_to(here, last), _up_to(there, last)
    limit = max(
        (sample.marks.size for sample in incomplete), default=max(most, here.marks.size, there.marks.size)
    )
    return _Overlap(first, second, _sum(first, second), n_here + n_there, not incomplete, limit)


def _up_to(values: MarkCounts, last: int | None) -> MarkCounts:
    if last is None:
        return values
    n_kept = int(np.searchsorted(values.marks, np.uint64(last), side="right")) if last >= 0 else 0
    return MarkCounts(values.marks[:n_kept], values.counts[:n_kept])


def _sum(here: MarkCounts, there: MarkCounts) -> MarkCounts:
    marks, places = np.unique(np.concatenate([here.marks, there.marks]), return_inverse=True)
    counts = np.zeros((marks.size, 2), np.int64)
    np.add.at(counts, places, np.concatenate([here.counts, there.counts]))
    return MarkCounts(marks, counts)


def _n_values(values: MarkCounts) -> int:
    return values.marks.size


def _n_once(values: MarkCounts) -> int:
    return int(np.count_nonzero(values.rows == 1))


def _n_rare_rows(values: MarkCounts) -> int:
    return int(values.rows[values.rows < RARE_ROWS].sum())


def _merge_heads(here: Categories, there: Categories) -> MarkCounts:
    marks = np.union1d(here.head.marks, there.head.marks)
    counts = here.counts_of(marks)[0] + there.counts_of(marks)[0]
    order = by_rows(marks, counts.sum(axis=1))
    sizes = [each.head.marks.size for each in (here, there) if each.head.marks.size < each.n_distinct]
    most = max(MOST_HEAD, here.head.marks.size, there.head.marks.size)
    kept = order[: max(sizes, default=most)]
    return MarkCounts(marks[kept], counts[kept])


def merge_numbers(here: Numbers, there: Numbers) -> Numbers:
    """Distribution of a numeric field in two logs.

    Parameters
    ----------
    here, there : Numbers
        Of the same field.

    Returns
    -------
    Numbers
        Rows of a bin are spread evenly over it, unless each number has its own; then all is exact. The total
        of each label is exact at any rate. The number of distinct numbers is what Good & Turing (Biometrika
        40, 1953) expect of the shorter log to be new.
    """
    edges = np.union1d(here.edges, there.edges)
    upto = _rows_upto(here, edges) + _rows_upto(there, edges)
    totals = here.counts.sum(axis=0) + there.counts.sum(axis=0)
    cumulative = np.minimum(np.rint(upto).astype(np.int64), totals)
    if edges.size:
        cumulative[-1] = totals
    are_whole = _is_whole(here) and _is_whole(there)
    n_distinct = edges.size if are_whole else _n_distinct(here, there)
    kept = _bins(cumulative.sum(axis=1), _most_bins(here, there))
    counts = np.diff(cumulative[kept], axis=0, prepend=np.zeros((1, 2), np.int64))
    if are_whole:
        rows = np.diff(cumulative.sum(axis=1), prepend=0)
        n_once = int(np.count_nonzero(rows == 1))
    else:
        apart = here.n_distinct + there.n_distinct
        n_once = round((here.n_once + there.n_once) * n_distinct / apart) if apart else 0
    return Numbers(
        edges=edges[kept],
        counts=counts,
        low=float(np.fmin(here.low, there.low)),
        n_distinct=n_distinct,
        n_once=min(n_once, n_distinct),
        n_nan=here.n_nan + there.n_nan,
        n_infinite=here.n_infinite + there.n_infinite,
        n_unreadable=here.n_unreadable + there.n_unreadable,
    )


def _is_whole(values: Numbers) -> bool:
    """Whether each number has a bin of its own."""
    return values.edges.size >= values.n_distinct


def _rows_upto(values: Numbers, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of each label with numbers up to some points, shape (n_points, 2)."""
    edges = values.edges
    cumulative = np.concatenate([np.zeros((1, 2)), np.cumsum(values.counts, axis=0)])
    bins = np.searchsorted(edges, points, side="right")
    found: NDArray[np.float64] = cumulative[bins].astype(np.float64)
    if _is_whole(values):
        return found
    is_inside = bins < edges.size
    inside = bins[is_inside]
    left = np.concatenate([[values.low], edges[:-1]])[inside]
    # half of each, so that the width of a bin of all numbers is finite; an infinity is a point, not a stretch
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        part = (points[is_inside] / 2 - left / 2) / (edges[inside] / 2 - left / 2)
    part = np.where(np.isfinite(left) & np.isfinite(edges[inside]) & np.isfinite(part), part, 0.0)
    found[is_inside] += np.clip(part, 0.0, 1.0)[:, None] * values.counts[inside]
    return found


def _most_bins(here: Numbers, there: Numbers) -> int:
    most = max(MOST_BINS, here.edges.size, there.edges.size)
    return max((each.edges.size for each in (here, there) if not _is_whole(each)), default=most)


def _bins(cumulative: Counts, n_bins: int) -> NDArray[np.intp]:
    """Places of the edges that make bins of about equal rows, the last edge among them."""
    if cumulative.size <= n_bins:
        return np.arange(cumulative.size)
    targets = np.arange(1, n_bins + 1) / n_bins * int(cumulative[-1])
    places: NDArray[np.intp] = np.searchsorted(cumulative, targets)
    places[-1] = cumulative.size - 1  # the largest number, even if its rows were rounded away
    return np.unique(places)


def _n_distinct(here: Numbers, there: Numbers) -> int:
    longer, shorter = sorted((here, there), key=lambda each: int(each.rows.sum()), reverse=True)
    n_rows = int(longer.rows.sum())
    odds_of_new = longer.n_once / n_rows if n_rows else 1.0
    n_new = min(shorter.n_distinct, round(odds_of_new * int(shorter.rows.sum())))
    return max(longer.n_distinct + n_new, shorter.n_distinct)
