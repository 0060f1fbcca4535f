"""What are the label and the weight of each row, for every group of fields that is counted?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.errors import DataError
from featsel.core.schema import LogSchema
from featsel.engines.packed_labels import PackedLabels
from featsel.engines.weights import NO_WEIGHTS, sum_by_label

LARGEST_WEIGHT = 1e12
"""Beside a larger one, the weights of other rows would vanish in the last digits of a sum."""


class RoleReader:
    """Labels and weights of the batches, and their sums.

    A log is read once per group of fields. Labels are read with the first group and remembered, a bit each;
    weights are read with every group.

    Parameters
    ----------
    schema : LogSchema
        Names label and weight.
    read_label : callable
        Turns a label column into 0/1.
    """

    def __init__(self, schema: LogSchema, read_label: Callable[[pl.Series], NDArray[np.uint8]]) -> None:
        self._schema = schema
        self._read_label = read_label
        self._labels = PackedLabels()
        self._row = 0
        self._is_first = True
        self.n_positive = 0
        self.label_sums = (0.0, 0.0)

    @property
    def n_rows(self) -> int:
        """Rows that were read with the first group."""
        return self._labels.n_rows

    def begin(self) -> list[str]:
        """Begin a group; returns the columns that are to be read beside its fields."""
        self._is_first = not self._labels.n_rows
        self._row = 0
        names = [self._schema.label] if self._is_first else []
        return [*names, self._schema.weight] if self._schema.weight is not None else names

    def read(self, batch: pl.DataFrame) -> tuple[NDArray[np.uint8], NDArray[Any]]:
        """Labels and weights of the next batch of the group.

        Parameters
        ----------
        batch : polars.DataFrame
            With the columns that :meth:`begin` named.

        Returns
        -------
        labels : ndarray of uint8, shape (n_rows,)
            0 or 1.
        weights : ndarray of float64, shape (n_rows,), or ``NO_WEIGHTS``
            Weights.

        Raises
        ------
        DataError
            A weight is missing, negative or not finite.
        """
        weights = NO_WEIGHTS if self._schema.weight is None else read_weights(batch[self._schema.weight])
        stop = self._row + batch.height
        labels = self._remember(batch, weights) if self._is_first else self._labels.between(self._row, stop)
        self._row = stop
        return labels, weights

    def _remember(self, batch: pl.DataFrame, weights: NDArray[Any]) -> NDArray[np.uint8]:
        labels = self._read_label(batch[self._schema.label])
        self._labels.add(labels)
        self.n_positive += int(np.count_nonzero(labels))
        self.label_sums = sum_by_label(labels, weights, start=self.label_sums)
        return labels


def read_weights(column: pl.Series) -> NDArray[np.float64]:
    """Row weights of a batch; a :class:`DataError` where one is missing, negative or not finite."""
    weights = column.cast(pl.Float64, strict=False)
    numbers = weights.to_numpy()
    is_bad = ~((numbers >= 0) & (numbers <= LARGEST_WEIGHT))
    if weights.null_count() or is_bad.any():
        found = column[int(np.argmax(is_bad))]
        raise DataError(
            f"weight {column.name!r} holds {found!r}",
            f"Weights are numbers from 0 to {LARGEST_WEIGHT:g}; fill or drop the rows without one.",
        )
    return numbers
