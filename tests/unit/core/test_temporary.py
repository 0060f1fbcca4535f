from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from featsel.core.temporary import temporary_folder


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
