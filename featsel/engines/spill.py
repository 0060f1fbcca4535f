"""Where do sorted keys wait that do not fit into memory?"""

from __future__ import annotations

import os
import tempfile
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from featsel.core.errors import DataError

INDEX_STEP = 512
"""Every so many keys of a run on disk stay in memory, so that a search reads one block of 4 kB."""


@dataclass(frozen=True, eq=False)
class SortedRun:
    """Ascending keys with their weights in the spill file.

    Parameters
    ----------
    n_keys : int
        Length.
    offset : int
        Byte where the keys start; the weights follow.
    index : ndarray of uint64
        Every 512th key.
    weight_dtype : dtype or None
        Of the weights; None where all are 1 and none are kept.
    """

    n_keys: int
    offset: int
    index: NDArray[np.uint64]
    weight_dtype: np.dtype[Any] | None


class RunStore:
    """One temporary file of sorted runs, shared by the fields that are counted together."""

    def __init__(self) -> None:
        self._file: Any = None  # a temporary file of a private class
        self._end = 0
        self._lock = threading.Lock()

    def __enter__(self) -> RunStore:
        """Open nothing; the file appears when it is needed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Delete the file."""
        if self._file is not None:
            self._file.close()

    def write(self, keys: NDArray[np.uint64], weights: NDArray[Any]) -> SortedRun:
        """Put a sorted run on disk.

        Parameters
        ----------
        keys : ndarray of uint64, shape (n_keys,)
            Ascending, at least one.
        weights : ndarray, shape (n_keys,) or (0,)
            Beside them, or empty where all are 1.

        Returns
        -------
        SortedRun
            For :meth:`between`.

        Raises
        ------
        DataError
            The temporary folder is full.
        """
        with self._lock:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="featsel-spill-")  # noqa: SIM115 - closed by __exit__
            offset = self._end
            self._end += keys.nbytes + weights.nbytes
        self._write(keys, offset)
        self._write(weights, offset + keys.nbytes)
        return SortedRun(
            keys.size, offset, keys[::INDEX_STEP].copy(), weights.dtype if weights.size else None
        )

    def between(self, run: SortedRun, low: int, high: int) -> tuple[NDArray[np.uint64], NDArray[Any]]:
        """Keys of a run with ``low <= key <= high``, and their weights.

        Parameters
        ----------
        run : SortedRun
            Written here.
        low, high : int
            Bounds, both included.

        Returns
        -------
        tuple of ndarray
            Keys and weights (empty where all are 1).
        """
        start = self._position(run, low, side="left")
        stop = self._position(run, high, side="right")
        keys = self._read(np.dtype(np.uint64), run.offset + 8 * start, stop - start)
        if run.weight_dtype is None:
            return keys, np.empty(0, np.int64)
        return keys, self._read(run.weight_dtype, run.offset + 8 * (run.n_keys + start), stop - start)

    def _position(self, run: SortedRun, key: int, *, side: Literal["left", "right"]) -> int:
        bound = np.uint64(key)
        block = max(0, int(np.searchsorted(run.index, bound, side=side)) - 1)
        start = block * INDEX_STEP
        keys = self._read(np.dtype(np.uint64), run.offset + 8 * start, min(INDEX_STEP, run.n_keys - start))
        return start + int(np.searchsorted(keys, bound, side=side))

    def _write(self, values: NDArray[Any], offset: int) -> None:
        view = values.view(np.uint8).data
        try:
            while len(view):
                written = os.pwrite(self._file.fileno(), view, offset)
                view, offset = view[written:], offset + written
        except OSError as error:
            folder = tempfile.gettempdir()
            raise DataError(
                f"the temporary folder {folder!r} cannot take more spilled counts: {error.strerror}",
                "Point TMPDIR to a disk with more room, or raise --memory-limit.",
            ) from error

    def _read(self, dtype: np.dtype[Any], offset: int, n_values: int) -> NDArray[Any]:
        block = os.pread(self._file.fileno(), n_values * dtype.itemsize, offset)
        return np.frombuffer(block, dtype)
