"""What is kept of the values of one field, when all of them are known?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featsel.core.profile import RARE_ROWS, Categories, MarkCounts, by_rows
from featsel.engines.keys import SIGN_BIT

MARK_BITS = 48
MARK_SHIFT = np.uint64(64 - MARK_BITS)
"""Of a key, so many upper bits are kept: two of a million values share them with odds of one in six
hundred."""


@dataclass(frozen=True)
class ProfileSizes:
    """How much is kept of a field.

    Parameters
    ----------
    buckets : int
        Of hashes; a power of two.
    head, sample : int
        Most frequent values, and values with the smallest marks.
    bins : int
        Of a numeric field.
    texts : int
        Values whose text is remembered.
    """

    buckets: int = 1024
    head: int = 256
    sample: int = 1024
    bins: int = 256
    texts: int = 1024


def sizes_for(n_fields: int) -> ProfileSizes:
    """What may be kept of each of so many fields, so that a profile stays below two megabytes."""
    if n_fields <= 100:
        return ProfileSizes()
    if n_fields <= 300:
        return ProfileSizes(buckets=512, head=128, sample=256, bins=128, texts=512)
    return ProfileSizes(buckets=256, head=32, sample=64, bins=64, texts=128)


class SeenCategories:
    """Head, sample and buckets of values that come in the order of their keys.

    Parameters
    ----------
    sizes : ProfileSizes
        How much is kept.
    null_key : numpy.uint64
        Key of what is no value.
    """

    def __init__(self, sizes: ProfileSizes, null_key: np.uint64) -> None:
        self._sizes = sizes
        self._null_key = null_key
        self._head = _nothing()
        self._sample = _nothing()
        self._buckets = np.zeros((sizes.buckets, 2), np.int64)
        self._n_distinct = 0
        self._n_once = 0
        self._n_rare_rows = 0

    def see(self, keys: NDArray[np.uint64], sums: NDArray[Any]) -> None:
        """Take the next values, in ascending order, with their rows by label."""
        is_value = keys != self._null_key
        marks, counts = keys[is_value] >> MARK_SHIFT, sums[is_value].astype(np.int64)
        rows = counts.sum(axis=1)
        self._n_distinct += marks.size
        self._n_once += int(np.count_nonzero(rows == 1))
        self._n_rare_rows += int(rows[rows < RARE_ROWS].sum())
        bucket_shift = np.uint64(MARK_BITS - (self._sizes.buckets.bit_length() - 1))
        bucket = (marks >> bucket_shift).astype(np.int64)
        for label in (0, 1):
            self._buckets[:, label] += np.bincount(
                bucket, counts[:, label], minlength=self._sizes.buckets
            ).astype(np.int64)
        n_wanted = self._sizes.sample - self._sample.marks.size
        self._sample = _joined(self._sample, marks[:n_wanted], counts[:n_wanted])
        if marks.size > self._sizes.head:
            part = np.argpartition(-rows, self._sizes.head)[: self._sizes.head]
            # equal rows: all that reach the last place are looked at, so that the order below decides
            is_candidate = rows >= rows[part].min()
            marks, counts = marks[is_candidate], counts[is_candidate]
        self._head = _most_frequent(_joined(self._head, marks, counts), self._sizes.head)

    def categories(self) -> Categories:
        """All that was seen."""
        return Categories(
            self._head, self._sample, self._buckets, self._n_distinct, self._n_once, self._n_rare_rows
        )


class SeenNumbers:
    """Distinct numbers and the most frequent of them."""

    def __init__(self) -> None:
        self.n_once = 0
        self.top_rows = 0
        self.top_key = np.uint64(0)
        self.low_key: np.uint64 | None = None

    def see(self, keys: NDArray[np.uint64], sums: NDArray[Any]) -> None:
        """Take the next numbers, in ascending order, with their rows by label."""
        rows = sums.sum(axis=1)
        self.n_once += int(np.count_nonzero(rows == 1))
        if self.low_key is None and keys.size:
            self.low_key = keys[0]
        if rows.size and rows.max() > self.top_rows:
            self.top_rows = int(rows.max())
            self.top_key = keys[int(rows.argmax())]


class SeenRows:
    """How often rows repeat, from their keys."""

    def __init__(self, n_sample: int) -> None:
        self._n_sample = n_sample
        self._sample = _nothing()
        self.n_distinct = 0
        self.n_once = 0
        self.n_repeated = 0
        self.n_conflicting = 0

    def see(self, keys: NDArray[np.uint64], sums: NDArray[Any]) -> None:
        """Take the next rows, in ascending order of their keys, with their number by label."""
        negatives, positives = sums[:, 0], sums[:, 1]
        self.n_distinct += keys.size
        self.n_once += int(np.count_nonzero(negatives + positives == 1))
        # every row but the first of its label repeats one
        n_kinds = np.count_nonzero(negatives) + np.count_nonzero(positives)
        self.n_repeated += int(negatives.sum()) + int(positives.sum()) - int(n_kinds)
        is_both = (negatives > 0) & (positives > 0)
        self.n_conflicting += int(sums[is_both].sum())
        n_wanted = self._n_sample - self._sample.marks.size
        self._sample = _joined(self._sample, keys[:n_wanted] >> MARK_SHIFT, sums[:n_wanted].astype(np.int64))

    def absorb(self, later: SeenRows) -> None:
        """Take over rows whose keys are all larger."""
        for name in ("n_distinct", "n_once", "n_repeated", "n_conflicting"):
            setattr(self, name, getattr(self, name) + getattr(later, name))
        n_wanted = self._n_sample - self._sample.marks.size
        more = later.sample
        self._sample = _joined(self._sample, more.marks[:n_wanted], more.counts[:n_wanted])

    @property
    def sample(self) -> MarkCounts:
        """Rows with the smallest marks."""
        return self._sample


def number_of_key(keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Numbers of their keys: the inverse of :func:`featsel.engines.keys.number_keys`."""
    bits = keys.view(np.int64)
    # a key with its upper bit set is of a number that is not negative
    return np.where(bits < 0, bits ^ SIGN_BIT, ~bits).view(np.float64)


def _nothing() -> MarkCounts:
    return MarkCounts(np.empty(0, np.uint64), np.empty((0, 2), np.int64))


def _joined(first: MarkCounts, marks: NDArray[np.uint64], counts: NDArray[np.int64]) -> MarkCounts:
    if not marks.size:
        return first
    return MarkCounts(np.concatenate([first.marks, marks]), np.concatenate([first.counts, counts]))


def _most_frequent(values: MarkCounts, n: int) -> MarkCounts:
    order = by_rows(values.marks, values.rows)[:n]
    return MarkCounts(values.marks[order], values.counts[order])
