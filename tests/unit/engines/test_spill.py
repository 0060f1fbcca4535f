from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from featsel.core.errors import DataError
from featsel.engines.spill import RunStore

NO_WEIGHTS = np.empty(0, np.int64)


@pytest.mark.parametrize(
    ("low", "high"), [(0, 2**64 - 1), (5, 5), (100, 2000), (0, 4), (9999, 2**64 - 1), (6, 6)]
)
def test_a_range_of_a_run_is_read_back(low: int, high: int, rng: np.random.Generator) -> None:
    keys = np.sort(np.append(rng.integers(7, 9000, 5000), [5, 5])).astype(np.uint64)

    with RunStore() as store:
        store.write(np.array([1], np.uint64), NO_WEIGHTS)
        found, weights = store.between(store.write(keys, NO_WEIGHTS), low, high)

    np.testing.assert_array_equal(found, keys[(keys >= np.uint64(low)) & (keys <= np.uint64(high))])
    assert weights.size == 0


def test_weights_are_read_beside_their_keys(rng: np.random.Generator) -> None:
    keys = np.sort(rng.integers(0, 9000, 5000)).astype(np.uint64)
    weights = rng.random(5000)

    with RunStore() as store:
        found_keys, found_weights = store.between(store.write(keys, weights), 1000, 2000)

    is_inside = (keys >= 1000) & (keys <= 2000)
    np.testing.assert_array_equal(found_keys, keys[is_inside])
    np.testing.assert_array_equal(found_weights, weights[is_inside])


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with RunStore() as store:
        store.write(np.arange(1000, dtype=np.uint64), NO_WEIGHTS)
        descriptor = store._file.fileno()

    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_full_disk_is_reported_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", no_room)

    with RunStore() as store, pytest.raises(DataError, match="No space left on device") as caught:
        store.write(np.arange(10, dtype=np.uint64), NO_WEIGHTS)

    assert tempfile.gettempdir() in caught.value.message
    assert caught.value.hint == "Point TMPDIR to a disk with more room, or raise --memory-limit."


def test_a_write_cut_short_is_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, view, offset: write(file, view[:100], offset))
    keys = np.arange(1, 1001, dtype=np.uint64)

    with RunStore() as store:
        found, _ = store.between(store.write(keys, NO_WEIGHTS), 0, 2**64 - 1)

    np.testing.assert_array_equal(found, keys)
