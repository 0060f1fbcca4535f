"""What does a pass over the rows leave behind? Tables of counts, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CountArray = NDArray[np.int64 | np.float64]


@dataclass(frozen=True, eq=False)
class ContingencyTable:
    """Joint counts of the values of one field and the label; values with equal counts share a row.

    No formula of featsel needs to know *which* value has which counts, so a column of two million values
    becomes a few thousand rows. A plain table, one row per value, has multiplicity 1 everywhere.

    Parameters
    ----------
    counts : ndarray of int64 or float64, shape (n_rows, n_labels)
        Rows of each label, per value; the last column of a two-label table counts the positives.
        Integers for plain counts, floats where rows carry weights.
    multiplicity : ndarray of int64, shape (n_rows,)
        How many values have exactly these counts.
    """

    counts: CountArray
    multiplicity: NDArray[np.int64]

    @property
    def n_values(self) -> int:
        """Number of values of the field, the null among them."""
        return int(self.multiplicity.sum())

    @property
    def label_totals(self) -> NDArray[np.float64]:
        """Rows of each label, shape (n_labels,)."""
        totals: NDArray[np.float64] = self.multiplicity.astype(np.float64) @ self.counts.astype(np.float64)
        return totals

    @property
    def total(self) -> float:
        """Rows (or the sum of their weights) in the table."""
        return float(self.label_totals.sum())


@dataclass(frozen=True, eq=False)
class FieldCounts:
    """What counting leaves of one field.

    Parameters
    ----------
    name : str
        Name of the field.
    table : ContingencyTable
        Joint counts of its features (values, or the bins of a numeric field) and the label. Nulls are one
        feature among them.
    cardinality : int
        Number of distinct values, null included; for a numeric field before binning.
    n_rows : int
        Rows that were counted; a multi-valued row is one.
    n_null : int
        Rows whose value is null (or NaN, or an empty list).
    null_counts : tuple of float
        Entries of the null feature by label: (negatives, positives). Zeros where there is none.
    bin_ends : ndarray of uint64, shape (n_bins,), optional
        Of a numeric field: the key of the last number of each bin, see
        :func:`featsel.engines.keys.number_keys`.
    """

    name: str
    table: ContingencyTable
    cardinality: int
    n_rows: int
    n_null: int
    null_counts: tuple[float, float] = (0.0, 0.0)
    bin_ends: NDArray[np.uint64] | None = None

    @property
    def coverage(self) -> float:
        """Share of rows that are not null."""
        return (self.n_rows - self.n_null) / self.n_rows if self.n_rows else 0.0
