from __future__ import annotations

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from featsel.core.columns import NumericColumn
from featsel.logs import cache as module
from featsel.logs.cache import ColumnCache, default_cache, open_cache
from featsel.logs.stored import ArrayWriter, write_column


def write(kept: ColumnCache, key: str, numbers: list[float]) -> None:
    with kept.adding() as folder:
        column = folder / kept.folder_name(key)
        column.mkdir()
        writer = ArrayWriter(column / "numbers", np.dtype("<f8"))
        writer.append(np.array(numbers))
        write_column(column, NumericColumn(writer.finish()))


def found(kept: ColumnCache, key: str) -> list[float] | None:
    column = kept.find(key)
    assert column is None or isinstance(column, NumericColumn)
    return None if column is None else column.numbers.read().tolist()


def add(root: Path, log: str, key: str, numbers: list[float]) -> None:
    with open_cache(root, {"log": log}) as kept:
        write(kept, key, numbers)


def look_up(root: Path, log: str, key: str) -> list[float] | None:
    with open_cache(root, {"log": log}) as kept:
        return found(kept, key)


def test_what_was_added_is_found_again(tmp_path: Path) -> None:
    add(tmp_path, "a", "x", [1.0, 2.0])

    assert look_up(tmp_path, "a", "x") == [1.0, 2.0]


@pytest.mark.parametrize(("log", "key"), [("a", "y"), ("b", "x")])
def test_another_log_and_another_key_are_not_found(tmp_path: Path, log: str, key: str) -> None:
    add(tmp_path, "a", "x", [1.0])

    assert look_up(tmp_path, log, key) is None


def test_another_version_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, "a", "x", [1.0])

    monkeypatch.setattr(module, "CACHE_VERSION", module.CACHE_VERSION + 1)

    assert look_up(tmp_path, "a", "x") is None


def test_what_an_error_interrupts_is_not_kept(tmp_path: Path) -> None:
    with open_cache(tmp_path, {}) as kept:
        with pytest.raises(ValueError, match="could not convert"):
            write(kept, "x", ["no number"])  # type: ignore[list-item]

        assert found(kept, "x") is None
        assert list(kept.folder.iterdir()) == []


def test_a_broken_column_is_written_anew(tmp_path: Path) -> None:
    with open_cache(tmp_path, {}) as kept:
        write(kept, "x", [1.0])
        (kept.folder / kept.folder_name("x") / "numbers").write_bytes(b"short")
        assert found(kept, "x") is None

        write(kept, "x", [2.0])

        assert found(kept, "x") == [2.0]


def test_a_column_that_is_there_already_stays(tmp_path: Path) -> None:
    with open_cache(tmp_path, {}) as kept:
        write(kept, "x", [1.0])
        write(kept, "x", [1.0])

        assert found(kept, "x") == [1.0]
        assert len(list(kept.folder.iterdir())) == 1


def test_writers_of_one_column_do_each_other_no_harm(tmp_path: Path) -> None:
    n_writers = 8
    barrier = Barrier(n_writers)

    def work(_: int) -> list[float] | None:
        with open_cache(tmp_path, {}) as kept:
            barrier.wait()
            write(kept, "x", [1.0, 2.0])
            return found(kept, "x")

    with ThreadPoolExecutor(n_writers) as pool:
        results = list(pool.map(work, range(n_writers)))

    assert results == [[1.0, 2.0]] * n_writers
    (log,) = tmp_path.iterdir()
    assert len(list(log.iterdir())) == 1


def test_without_a_folder_nothing_is_kept() -> None:
    with open_cache(None, {}) as kept:
        write(kept, "x", [1.0])
        assert found(kept, "x") == [1.0]

    assert not kept.folder.exists()


@pytest.mark.parametrize("kind", ["file", "denied"])
def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    root = tmp_path / "cache"
    if kind == "file":
        root.write_text("no folder")
    else:  # the tests may run as a user who may write everywhere
        monkeypatch.setattr(os, "access", lambda *_: False)

    with open_cache(root, {}) as kept:
        write(kept, "x", [1.0])
        assert found(kept, "x") == [1.0]

    assert not kept.folder.exists()


def fill(root: Path, *logs: str) -> None:
    """A kilobyte of each log, each used a second after the one before."""
    for second, log in enumerate(logs):
        add(root, log, "x", [0.0] * 128)
        with open_cache(root, {"log": log}) as kept:
            folder = kept.folder
        os.utime(folder, (second, second))


def test_the_logs_that_were_not_used_for_longest_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "oldest", "old", "new")
    monkeypatch.setattr(module, "CACHE_BYTES", 3 * 1200)

    add(tmp_path, "newest", "x", [0.0] * 128)

    kept = [log for log in ("oldest", "old", "new", "newest") if look_up(tmp_path, log, "x") is not None]
    assert kept == ["old", "new", "newest"]


def test_a_log_that_is_used_again_is_not_the_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "a", "b")
    look_up(tmp_path, "a", "x")
    monkeypatch.setattr(module, "CACHE_BYTES", 2 * 1200)

    add(tmp_path, "c", "x", [0.0] * 128)

    assert look_up(tmp_path, "b", "x") is None
    assert look_up(tmp_path, "a", "x") is not None


def test_a_log_in_use_is_not_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "old", "new")
    monkeypatch.setattr(module, "CACHE_BYTES", 100)

    with open_cache(tmp_path, {"log": "old"}) as kept:
        add(tmp_path, "other", "x", [0.0] * 128)

        assert found(kept, "x") is not None


def test_one_log_larger_than_the_cache_is_kept_for_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CACHE_BYTES", 100)

    add(tmp_path, "a", "x", [0.0] * 128)

    assert look_up(tmp_path, "a", "x") is not None


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    add(tmp_path, "a", "x", [1.0])
    (log,) = tmp_path.iterdir()
    (log / ".new-killed").mkdir()

    look_up(tmp_path, "a", "x")

    assert not (log / ".new-killed").exists()
    assert look_up(tmp_path, "a", "x") == [1.0]


def test_a_file_system_without_locks_keeps_columns_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)

    add(tmp_path, "a", "x", [1.0])

    assert look_up(tmp_path, "a", "x") == [1.0]


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"FEATSEL_CACHE": "/c", "XDG_CACHE_HOME": "/x"}, "/c"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/featsel"),
        ({"HOME": "/home/u"}, "/home/u/.cache/featsel"),
    ],
)
def test_the_cache_stands_where_users_keep_such_things(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], folder: str
) -> None:
    for name in ("FEATSEL_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert default_cache() == Path(folder)
