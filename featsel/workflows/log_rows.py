"""Which rows does a training read from an encoded log?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featsel.core.columns import EncodedLog
from featsel.core.errors import DataError
from featsel.encoding.rows import FeatureReader
from featsel.training.batches import CHUNK_ROWS, Block


class LogRows:
    """Some rows of an encoded log, in chunks of neighbours.

    Parameters
    ----------
    log : EncodedLog
        The log.
    reader : FeatureReader
        Its fields as ids.
    is_chosen : ndarray of bool, shape (n_rows,), optional
        Which rows; all where absent.
    """

    def __init__(
        self, log: EncodedLog, reader: FeatureReader, is_chosen: NDArray[np.bool_] | None = None
    ) -> None:
        self._log = log
        self._reader = reader
        self._is_chosen = is_chosen
        self.chunk_rows = CHUNK_ROWS
        self.n_rows = log.n_rows if is_chosen is None else int(np.count_nonzero(is_chosen))
        self._starts = _chunk_starts(is_chosen, log.n_rows)

    @property
    def n_log_rows(self) -> int:
        """Rows of the log, chosen or not."""
        return self._log.n_rows

    @property
    def row_bytes(self) -> int:
        """Bytes of a row in memory."""
        block = self._span(0, 1, None)
        n_weighted = 0 if block.weights is None else int(block.weights.shape[1])
        return 4 * (int(block.ids.shape[1]) + n_weighted + 2)

    def read(self, chunks: NDArray[np.int64]) -> Block:
        """Rows of some chunks, in their order; of none, arrays of their shapes."""
        if not chunks.size:
            return self._span(0, 1, np.zeros(1, np.bool_))
        first = self._chunk(int(chunks[0]))
        if chunks.size == 1:
            return first
        n_last = self.n_rows - (self._starts.size - 2) * self.chunk_rows
        n_rows = chunks.size * self.chunk_rows
        if self._starts.size - 2 in chunks:
            n_rows -= self.chunk_rows - n_last
        # filled chunk by chunk: joining them at the end would take the memory twice
        whole = Block(
            np.empty((n_rows, first.ids.shape[1]), first.ids.dtype),
            np.empty(n_rows, first.labels.dtype),
            None if first.weights is None else np.empty((n_rows, first.weights.shape[1]), np.float32),
            None if first.row_weights is None else np.empty(n_rows, np.float32),
        )
        row = 0
        for index, chunk in enumerate(chunks.tolist()):
            block = first if index == 0 else self._chunk(chunk)
            span = slice(row, row + block.labels.size)
            whole.ids[span], whole.labels[span] = block.ids, block.labels
            if whole.weights is not None:
                whole.weights[span] = block.weights
            if whole.row_weights is not None:
                whole.row_weights[span] = block.row_weights
            row = span.stop
        return whole

    def where(self, is_chosen: NDArray[np.bool_]) -> LogRows:
        """Rows of the whole log that are chosen."""
        return LogRows(self._log, self._reader, is_chosen)

    def labels(self) -> NDArray[np.uint8]:
        """Labels of all its rows."""
        assert self._log.label is not None
        labels = self._log.label.read()
        return labels if self._is_chosen is None else labels[self._is_chosen]

    def check_labels(self, title: str, hint: str) -> None:
        """Refuse rows that do not hold both labels, or hold one with no weight at all.

        Parameters
        ----------
        title : str
            What the rows are for, such as ``training``.
        hint : str
            What to do.

        Raises
        ------
        DataError
            With what was found.
        """
        check_label_sums(self.label_sums(), title, hint)

    def label_sums(self) -> NDArray[np.float64]:
        """For each label, how many rows have it, and what they weigh; shape (2, 2)."""
        labels = self.labels()
        counts = np.bincount(labels, minlength=2).astype(np.float64)
        if self._log.weights is None:
            return np.stack([counts, counts], axis=1)
        weights = self._log.weights.read()
        weights = weights if self._is_chosen is None else weights[self._is_chosen]
        masses = np.bincount(labels, weights, minlength=2).astype(np.float64)
        return np.stack([counts, masses], axis=1)

    def _chunk(self, chunk: int) -> Block:
        start, stop = int(self._starts[chunk]), int(self._starts[chunk + 1])
        return self._span(start, stop, None if self._is_chosen is None else self._is_chosen[start:stop])

    def _span(self, start: int, stop: int, rows: NDArray[np.bool_] | None) -> Block:
        ids, weights = self._reader.read(start, stop)
        log = self._log
        labels = np.zeros(stop - start, np.uint8) if log.label is None else log.label.read(start, stop)
        row_weights = None if log.weights is None else log.weights.read(start, stop).astype(np.float32)
        if rows is None:
            return Block(ids, labels, weights, row_weights)
        return Block(
            ids[rows],
            labels[rows],
            None if weights is None else weights[rows],
            None if row_weights is None else row_weights[rows],
        )


def check_label_sums(sums: NDArray[np.float64], title: str, hint: str) -> None:
    """Refuse rows that do not hold both labels, or hold one with no weight at all.

    Parameters
    ----------
    sums : ndarray of float64, shape (2, 2)
        See :meth:`LogRows.label_sums`; those of several parts add up.
    title : str
        What the rows are for, such as ``training``.
    hint : str
        What to do.

    Raises
    ------
    DataError
        With what was found.
    """
    counts, weights = sums.T
    if not counts.all():
        raise DataError(f"all {int(counts.sum()):,} {title} rows have label {counts.argmax()}", hint)
    for label, weight in enumerate(weights):
        if not weight > 0:
            raise DataError(f"the {title} rows of label {label} weigh nothing together", hint)


def _chunk_starts(is_chosen: NDArray[np.bool_] | None, n_rows: int) -> NDArray[np.int64]:
    """Row of the log at which each chunk begins, and at last the number of rows."""
    if is_chosen is None:
        return np.append(np.arange(0, n_rows, CHUNK_ROWS), n_rows)
    starts: list[NDArray[np.int64]] = []
    n_passed = 0
    for start in range(0, n_rows, 1 << 20):
        rows = np.flatnonzero(is_chosen[start : start + (1 << 20)])
        starts.append(rows[(-n_passed) % CHUNK_ROWS :: CHUNK_ROWS] + start)
        n_passed += rows.size
    return np.append(np.concatenate(starts), n_rows)
