"""A temporary folder vanishes with its block, and with the next one of its kind where it could not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from featsel.core.temporary import remove_abandoned, temporary_folder


def test_a_folder_is_there_until_it_is_left(tmp_path: Path) -> None:
    with temporary_folder(prefix="a-", folder=tmp_path) as name:
        assert [path.name.startswith("a-") for path in tmp_path.iterdir()] == [True]
        assert Path(name).parent == tmp_path
        (Path(name) / "file").write_text("content")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_while_it_is_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Path.mkdir

    def interrupted(path: Path, mode: int) -> None:
        make(path, mode)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "mkdir", interrupted)
    with pytest.raises(KeyboardInterrupt), temporary_folder(prefix="a-", folder=tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_while_it_is_removed_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = shutil.rmtree

    def interrupted(*_: object, **__: object) -> None:
        monkeypatch.setattr(shutil, "rmtree", remove)
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt), temporary_folder(prefix="a-", folder=tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_appears_while_it_is_removed_goes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = shutil.rmtree

    def removed_too_early(path: Path, **_: object) -> None:
        monkeypatch.setattr(shutil, "rmtree", remove)
        (path / "last").write_text("content")

    monkeypatch.setattr(shutil, "rmtree", removed_too_early)
    with temporary_folder(prefix="a-", folder=tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


MAKER = """
import sys, pathlib, os
from featsel.core.temporary import temporary_folder
with temporary_folder(prefix="a-", folder=pathlib.Path(sys.argv[1])) as name:
    pathlib.Path(name, "file").write_text("half")
    print(name, flush=True)
    sys.stdin.read()
    os._exit(9)
"""
"""Makes a folder, and once its standard input ends dies without removing it."""


def test_the_folder_of_a_dead_process_goes_and_that_of_a_living_one_stays(tmp_path: Path) -> None:
    run = [sys.executable, "-c", MAKER, str(tmp_path)]
    with subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        theirs = Path(process.stdout.readline().strip())
        with temporary_folder(prefix="a-", folder=tmp_path):
            assert (theirs / "file").exists()
        process.communicate("")
    assert process.returncode == 9
    assert (theirs / "file").exists()
    with temporary_folder(prefix="b-", folder=tmp_path):
        assert theirs.exists()
    with temporary_folder(prefix="a-", folder=tmp_path):
        assert not theirs.exists()


def test_own_folders_in_use_stay(tmp_path: Path) -> None:
    with (
        temporary_folder(prefix="a-", folder=tmp_path) as first,
        temporary_folder(prefix="a-", folder=tmp_path),
    ):
        (Path(first) / "file").write_text("content")
        remove_abandoned(tmp_path, prefix="a-")
        assert (Path(first) / "file").exists()


def test_a_folder_that_is_just_being_made_stays_for_a_minute(tmp_path: Path) -> None:
    made = tmp_path / "a-0123456789ab"
    made.mkdir()
    remove_abandoned(tmp_path, prefix="a-")
    assert made.exists()
    os.utime(made, (0, 0))
    remove_abandoned(tmp_path, prefix="a-")
    assert not made.exists()


def test_what_only_looks_like_it_stays(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("content")
    (tmp_path / "a-0123456789ab").symlink_to(elsewhere)
    (tmp_path / "a-ba9876543210").write_text("a file")
    (tmp_path / "a-notes").mkdir()
    remove_abandoned(tmp_path, prefix="a-")
    assert (elsewhere / "file").exists()
    assert len(list(tmp_path.iterdir())) == 4


def test_folders_of_other_users_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = tmp_path / "a-0123456789ab"
    theirs.mkdir()
    (theirs / "file").write_text("content")
    monkeypatch.setattr(os, "geteuid", lambda: theirs.stat().st_uid + 1)
    remove_abandoned(tmp_path, prefix="a-")
    assert theirs.exists()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    remove_abandoned(tmp_path / "absent", prefix="a-")
