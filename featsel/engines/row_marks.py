"""Which rows of a log are equal, and which rows are looked at together?

Columns are read in groups, each over all rows, so what belongs to a row is gathered group by group.
"""

from __future__ import annotations

import hashlib
import tempfile
from types import TracebackType
from typing import IO

import numpy as np
from numpy.typing import NDArray

from featsel.core.profile import RowCounts
from featsel.engines import kernels
from featsel.engines.profile_values import SeenRows
from featsel.engines.text_keys import mix, mix_keys


class RowKeys:
    """Keys of whole rows, gathered column by column.

    The key of a row is the sum of what its columns contribute, so that the order of columns does not matter.
    Between two groups of columns the keys wait in a temporary file: eight bytes a row.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="featsel-")  # noqa: SIM115 - closed in __exit__
        self._names: list[str] = []

    def __enter__(self) -> RowKeys:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(
        self, start: int, columns: dict[str, NDArray[np.uint64]], *, is_first: bool, is_last: bool
    ) -> NDArray[np.uint64] | None:
        """Add some columns of some rows.

        Parameters
        ----------
        start : int
            First row.
        columns : dict of str to ndarray of uint64
            Keys of the values, by column.
        is_first, is_last : bool
            Whether these are the first, and the last, columns of all.

        Returns
        -------
        ndarray of uint64, shape (n_rows,), or None
            Keys of the rows, once they are whole.
        """
        n_rows = next(iter(columns.values())).size
        if is_first:
            keys = np.zeros(n_rows, np.uint64)
        else:
            self._file.seek(8 * start)
            keys = np.frombuffer(bytearray(self._file.read(8 * n_rows)), np.uint64)
        for name, column in columns.items():
            _add_column(keys, kernels.read_only(column), _salt(name))
        if start == 0:
            self._names.extend(columns)
        if is_last:
            return mix_keys(keys)
        self._file.seek(8 * start)
        self._file.write(keys.tobytes())
        return None

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that are part of the keys."""
        return tuple(sorted(self._names))


def row_counts(seen: SeenRows, names: tuple[str, ...]) -> RowCounts:
    """How often rows repeat, once the keys of all were seen."""
    return RowCounts(seen.n_distinct, seen.n_once, seen.n_repeated, seen.n_conflicting, seen.sample, names)


class RowSample:
    """The same uniform sample of rows, whichever columns are read and however the batches are cut.

    Parameters
    ----------
    capacity : int
        Rows that are kept at most.
    limit : int
        Hashes of rows from which none is kept; what a sample of the same rows ended with saves work.
    first_row : int
        Row of the log with which these rows begin.
    """

    def __init__(self, capacity: int, limit: int = 1 << 64, *, first_row: int = 0) -> None:
        self._capacity = capacity
        self.limit = limit
        self._first_row = first_row
        self._order: list[NDArray[np.uint64]] = []
        self._parts: list[NDArray[np.uint64]] = []
        self._n = 0

    def picks(self, start: int, n_rows: int) -> NDArray[np.int64]:
        """Rows of a batch, from its first, that are in the sample as far as is known."""
        start += self._first_row + 1
        self._hashes = mix_keys(np.arange(start, start + n_rows, dtype=np.uint64))
        if self.limit == 1 << 64:
            return np.arange(n_rows)
        return np.flatnonzero(self._hashes < np.uint64(self.limit))

    def add(self, picks: NDArray[np.int64], columns: NDArray[np.uint64]) -> None:
        """Keep the picked rows.

        Parameters
        ----------
        picks : ndarray of int64, shape (n_picked,)
            What :meth:`picks` gave last.
        columns : ndarray of uint64, shape (n_picked, n_columns)
            What is kept of them.
        """
        self._order.append(self._hashes[picks])
        self._parts.append(columns)
        self._n += picks.size
        self._fit()

    def absorb(self, later: RowSample) -> None:
        """Take over the sample of the rows that follow."""
        if not later._n:
            return
        self._order.extend(later._order)
        self._parts.extend(later._parts)
        self._n += later._n
        if later.limit != self.limit:
            self.limit = min(self.limit, later.limit)
            self._thin()
        self._fit()

    def again(self) -> RowSample:
        """Empty sample that will pick the same rows."""
        return RowSample(self._capacity, self.limit, first_row=self._first_row)

    def with_columns(self, columns: NDArray[np.uint64]) -> RowSample:
        """Sample of the same rows, with other columns, shape (n_rows, n_columns)."""
        other = RowSample(self._capacity, self.limit)
        if self._n:
            other._order, other._parts, other._n = [np.concatenate(self._order)], [columns], self._n
        return other

    def rows(self) -> NDArray[np.uint64]:
        """The sample in the order of the log, shape (n_rows, n_columns)."""
        return np.concatenate(self._parts) if self._parts else np.empty((0, 0), np.uint64)

    def _fit(self) -> None:
        while self._n > self._capacity:
            self.limit //= 2
            self._thin()

    def _thin(self) -> None:
        order, parts = np.concatenate(self._order), np.concatenate(self._parts)
        is_kept = order < np.uint64(self.limit)
        self._order, self._parts = [order[is_kept]], [parts[is_kept]]
        self._n = int(np.count_nonzero(is_kept))


def _salt(name: str) -> np.uint64:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


@kernels.compiled
def _add_column(keys: NDArray[np.uint64], column: NDArray[np.uint64], salt: np.uint64) -> None:
    for row in range(keys.size):
        keys[row] += mix(column[row] ^ salt)
