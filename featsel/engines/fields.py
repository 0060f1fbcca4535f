"""How does one field, of whatever kind, become counts?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable, FieldCounts
from featsel.core.schema import Field, FieldKind
from featsel.engines.keys import as_numbers, category_keys, number_keys
from featsel.engines.lists import distinct_places, flatten
from featsel.engines.tallies import CountedValues, fill_bins, tally
from featsel.engines.value_counts import ValueCounts
from featsel.engines.weights import sum_by_label


@dataclass(frozen=True)
class FieldFacts:
    """What counting leaves of a field beside the counts of its values; facts of parts of a log add up.

    Parameters
    ----------
    n_rows : int
        Rows.
    n_null : int
        Rows whose value is null.
    n_unreadable : int
        Rows of a numeric field with text that is no number.
    null_sums : tuple of float
        Entries that are null, by label.
    """

    n_rows: int = 0
    n_null: int = 0
    n_unreadable: int = 0
    null_sums: tuple[float, float] = (0.0, 0.0)

    def __add__(self, other: FieldFacts) -> FieldFacts:
        return FieldFacts(
            self.n_rows + other.n_rows,
            self.n_null + other.n_null,
            self.n_unreadable + other.n_unreadable,
            (self.null_sums[0] + other.null_sums[0], self.null_sums[1] + other.null_sums[1]),
        )


class FieldCounter:
    """Counts one field as its kind asks for.

    Parameters
    ----------
    field : Field
        The column.
    values : ValueCounts
        Counts its values.
    """

    def __init__(self, field: Field, values: ValueCounts) -> None:
        self.field = field
        self.n_unreadable = 0
        self._values = values
        self._n_rows = 0
        self._n_null = 0
        self._null_sums = (0.0, 0.0)

    def add(self, column: pl.Series, labels: NDArray[np.uint8], weights: NDArray[Any]) -> None:
        """Count one batch.

        Parameters
        ----------
        column : polars.Series
            Values.
        labels : ndarray of uint8, shape (n_rows,)
            0 or 1.
        weights : ndarray, shape (n_rows,) or (0,)
            Weights, or an empty array where all are 1.
        """
        self._n_rows += column.len()
        if self.field.kind is FieldKind.NUMERIC:
            self._add_numbers(column, labels, weights)
        elif self.field.kind is FieldKind.MULTIVALUED:
            self._add_lists(column, labels, weights)
        else:
            if column.dtype.is_float():
                column = column.fill_nan(None)
            self._n_null += column.null_count()
            self._count_nulls(column, labels, weights)
            self._values.add(category_keys(column), labels, weights)

    @property
    def facts(self) -> FieldFacts:
        """What was counted beside the values."""
        return FieldFacts(self._n_rows, self._n_null, self.n_unreadable, self._null_sums)

    def sorted_values(self) -> Iterator[CountedValues]:
        """Finish: all values with their counts, in the order of their keys; the counter is spent."""
        return self._values.sorted_values()

    def finish(self, *, n_bins: int, total: float) -> FieldCounts:
        """Counts of all batches; the counter is spent. See :func:`finish_field`."""
        return finish_field(
            self.field,
            self.facts,
            self.sorted_values(),
            n_bins=n_bins,
            total=total,
            is_weighted=self._values.is_weighted,
        )

    def _add_numbers(self, column: pl.Series, labels: NDArray[np.uint8], weights: NDArray[Any]) -> None:
        numbers = as_numbers(column)
        if column.dtype == pl.String:
            self.n_unreadable += numbers.null_count() - column.null_count()
        if numbers.null_count():
            self._n_null += numbers.null_count()
            self._count_nulls(numbers, labels, weights)
            is_number = numbers.is_not_null().to_numpy()
            numbers, labels = numbers.drop_nulls(), labels[is_number]
            weights = weights[is_number] if weights.size else weights
        self._values.add(number_keys(numbers.to_numpy()), labels, weights)

    def _add_lists(self, column: pl.Series, labels: NDArray[np.uint8], weights: NDArray[Any]) -> None:
        entries, lengths, n_null = flatten(column)
        self._n_null += n_null
        keys = category_keys(entries)
        places = distinct_places(keys, lengths)
        rows = np.repeat(np.arange(lengths.size), lengths)[places]
        labels, weights = labels[rows], weights[rows] if weights.size else weights
        if places.size < keys.size:
            keys, entries = keys[places], entries[places]
        self._count_nulls(entries, labels, weights)
        self._values.add(keys, labels, weights)

    def _count_nulls(self, values: pl.Series, labels: NDArray[np.uint8], weights: NDArray[Any]) -> None:
        if values.null_count():
            is_null = values.is_null().to_numpy()
            weights = weights[is_null] if weights.size else weights
            self._null_sums = sum_by_label(labels[is_null], weights, start=self._null_sums)


def finish_field(
    field: Field,
    facts: FieldFacts,
    values: Iterable[CountedValues],
    *,
    n_bins: int,
    total: float,
    is_weighted: bool = False,
) -> FieldCounts:
    """Make of all values of a field what its kind asks for.

    Parameters
    ----------
    field : Field
        The column.
    facts : FieldFacts
        Of all rows.
    values : iterable of tuple of ndarray
        See :func:`featsel.engines.tallies.tally`.
    n_bins : int
        Bins of a numeric field.
    total : float
        Sum of all weights, or the number of rows.
    is_weighted : bool
        Whether rows carry weights.

    Returns
    -------
    FieldCounts
        The same wherever, and in how many parts, the rows were counted.
    """
    bin_ends = None
    if field.kind is FieldKind.NUMERIC:
        n_left = total - sum(facts.null_sums)
        n_values, table, bin_ends = fill_bins(values, n_bins, n_left, is_weighted=is_weighted)
        if facts.n_null:
            nulls = np.array([facts.null_sums], table.counts.dtype)
            counts = np.concatenate([table.counts, nulls])
            table = ContingencyTable(counts, np.append(table.multiplicity, 1))
            n_values += 1
    else:
        n_values, table = tally(values, is_weighted=is_weighted)
    return FieldCounts(field.name, table, n_values, facts.n_rows, facts.n_null, facts.null_sums, bin_ends)
