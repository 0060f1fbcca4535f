"""Files appear whole or not at all."""

import pytest

from featsel.artifacts.atomic import check_target, replacing, write_text
from featsel.core.errors import ConfigError


def interrupted_write(target):
    with replacing(target) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "out.json"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        interrupted_write(target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_a_new_file_replaces_the_old_one(tmp_path):
    target = tmp_path / "out.json"
    target.write_text("old")
    write_text(target, "new\n")
    assert target.read_bytes() == b"new\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_a_new_file_can_be_read_by_others_as_any_new_file(tmp_path):
    write_text(tmp_path / "ours", "")
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"there is no folder '.*absent'"):
        check_target(tmp_path / "absent" / "out.json")


def test_a_folder_is_no_output(tmp_path):
    with pytest.raises(ConfigError, match="is a folder"):
        check_target(tmp_path)


def test_a_read_only_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("featsel.artifacts.atomic.os.access", lambda *_: False)
    with pytest.raises(ConfigError, match=r"folder '.*' is read-only"):
        check_target(tmp_path / "out.json")


def test_what_a_killed_writer_left_is_removed_by_the_next_and_nothing_else(tmp_path):
    rest = tmp_path / ".out.json.0123456789ab"
    rest.mkdir()
    (rest / "out.json").write_text("half")
    kept = [".hidden", ".git", ".out.json.0123456789ab.txt", ".other.json.0123456789ab", "in.json"]
    for name in kept:
        (tmp_path / name).write_text("kept")

    write_text(tmp_path / "out.json", "whole")

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, "out.json"])
