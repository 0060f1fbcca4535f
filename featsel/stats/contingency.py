"""How do rows become counts, and how do counts combine?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable, CountArray


def contingency_table(
    codes: NDArray[np.integer],
    labels: NDArray[np.integer] | NDArray[np.bool_],
    cardinality: int,
    *,
    weights: NDArray[np.floating] | NDArray[np.integer] | None = None,
    n_labels: int = 2,
) -> ContingencyTable:
    """Count the rows of each code and label: a plain table, one row per code.

    Parameters
    ----------
    codes : ndarray of integers, shape (n_rows,)
        Code of the field's value in each row, from 0 to ``cardinality - 1``.
    labels : ndarray of integers or bool, shape (n_rows,)
        Label of each row, from 0 to ``n_labels - 1``.
    cardinality : int
        Number of codes; a code without rows becomes a row of zeros.
    weights : ndarray, shape (n_rows,), optional
        Weight of each row, not negative. The counts are then floats.
    n_labels : int, default 2
        Number of labels.

    Returns
    -------
    ContingencyTable
        Counts of shape (cardinality, n_labels), int64 without weights and float64 with them.

    Raises
    ------
    ValueError
        If a code or a label is out of range, or if the arrays differ in length.

    Examples
    --------
    >>> import numpy as np
    >>> contingency_table(np.array([0, 1, 1, 2]), np.array([1, 0, 1, 0]), 3).counts
    array([[0, 1],
           [1, 1],
           [1, 0]])
    """
    if codes.shape != labels.shape:
        raise ValueError(f"{codes.size} codes but {labels.size} labels")
    _check_range("code", codes, cardinality)
    _check_range("label", labels, n_labels)
    # codes may be uint32, where the product would wrap around
    cells = codes.astype(np.int64) * n_labels + labels
    counts = np.bincount(cells, weights, minlength=cardinality * n_labels).reshape(cardinality, n_labels)
    return _plain(counts)


def group(table: ContingencyTable) -> ContingencyTable:
    """Merge the values with equal counts; what every formula sees stays the same.

    Parameters
    ----------
    table : ContingencyTable
        Any table, plain or grouped.

    Returns
    -------
    ContingencyTable
        Distinct rows in lexicographic order with their multiplicities, rows of zeros dropped.

    Examples
    --------
    >>> import numpy as np
    >>> plain = contingency_table(np.array([0, 1, 2, 2]), np.array([1, 1, 0, 1]), 4)
    >>> grouped = group(plain)
    >>> grouped.counts
    array([[0, 1],
           [1, 1]])
    >>> grouped.multiplicity
    array([2, 1])
    """
    occupied = (table.counts > 0).any(axis=1) & (table.multiplicity > 0)
    counts, multiplicity = table.counts[occupied], table.multiplicity[occupied]
    if not len(counts):
        return ContingencyTable(counts, multiplicity)
    order = _lexicographic_order(counts)
    counts, multiplicity = counts[order], multiplicity[order]
    starts = np.flatnonzero(np.r_[True, (counts[1:] != counts[:-1]).any(axis=1)])
    return ContingencyTable(counts[starts], np.add.reduceat(multiplicity, starts))


def add(first: ContingencyTable, second: ContingencyTable) -> ContingencyTable:
    """Add the counts of two batches of rows.

    Parameters
    ----------
    first, second : ContingencyTable
        Plain tables of the same codes and labels.

    Returns
    -------
    ContingencyTable
        The plain table of all rows.

    Raises
    ------
    ValueError
        If the shapes differ, or if a table is grouped and its rows no longer stand for codes.
    """
    if first.counts.shape != second.counts.shape:
        raise ValueError(f"tables of shape {first.counts.shape} and {second.counts.shape} do not add up")
    if (first.multiplicity != 1).any() or (second.multiplicity != 1).any():
        raise ValueError("grouped tables do not add up: their rows no longer stand for codes")
    counts: CountArray = np.add(first.counts, second.counts)
    return _plain(counts)


def concatenate(tables: Sequence[ContingencyTable]) -> ContingencyTable:
    """Join tables of disjoint sets of values, such as the shards of one column.

    Parameters
    ----------
    tables : sequence of ContingencyTable
        At least one table, plain or grouped, all with the same number of labels.

    Returns
    -------
    ContingencyTable
        All rows, in the order of the tables; :func:`group` merges the equal ones.

    Raises
    ------
    ValueError
        If there is no table, or if they differ in their number of labels.
    """
    if len({table.counts.shape[1] for table in tables}) != 1:
        raise ValueError("tables to concatenate need one common number of labels")
    counts: CountArray = np.concatenate([table.counts for table in tables])
    return ContingencyTable(counts, np.concatenate([table.multiplicity for table in tables]))


def _plain(counts: CountArray) -> ContingencyTable:
    return ContingencyTable(counts, np.ones(len(counts), dtype=np.int64))


def _check_range(name: str, values: NDArray[np.integer] | NDArray[np.bool_], size: int) -> None:
    if values.size and not 0 <= int(values.min()) <= int(values.max()) < size:
        raise ValueError(f"{name}s from {values.min()} to {values.max()} are not below {size}")


def _lexicographic_order(counts: CountArray) -> NDArray[np.intp]:
    n_labels = counts.shape[1]
    radices = [int(counts[:, label].max()) + 1 for label in range(n_labels)]
    if counts.dtype != np.int64 or math.prod(radices) > np.iinfo(np.int64).max:
        return np.lexsort(counts.T[::-1])
    # one key per row sorts several times faster than a sort per label
    keys = np.zeros(len(counts), dtype=np.int64)
    for label, radix in enumerate(radices):
        keys = keys * radix + counts[:, label].astype(np.int64)
    return np.argsort(keys, kind="stable")
