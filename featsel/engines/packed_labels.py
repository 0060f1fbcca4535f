"""How are the labels of a log remembered while its fields are read group by group?"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray


class PackedLabels:
    """Labels of all rows, a bit each."""

    def __init__(self) -> None:
        self._packed: list[NDArray[np.uint8]] = []
        self._starts = [0]

    @property
    def n_rows(self) -> int:
        """Rows that were added."""
        return self._starts[-1]

    def add(self, labels: NDArray[np.uint8]) -> None:
        """Remember the labels of the next rows.

        Parameters
        ----------
        labels : ndarray of uint8, shape (n_rows,)
            0 or 1.
        """
        self._packed.append(np.packbits(labels))
        self._starts.append(self._starts[-1] + labels.size)

    def between(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Labels of some rows; they need not be cut as they were when they were added.

        Parameters
        ----------
        start, stop : int
            First row, and the row behind the last.

        Returns
        -------
        ndarray of uint8, shape (stop - start,)
            0 or 1.
        """
        parts: list[NDArray[np.uint8]] = []
        index = bisect_right(self._starts, start) - 1
        while start < stop:
            first, last = self._starts[index], self._starts[index + 1]
            labels = np.unpackbits(self._packed[index], count=last - first)
            parts.append(labels[start - first : stop - first])
            start = last
            index += 1
        return parts[0] if len(parts) == 1 else np.concatenate(parts)
