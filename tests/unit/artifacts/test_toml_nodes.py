"""TOML is read with paths, and nothing in it ends a program."""

import pytest

from featsel.artifacts import toml_nodes
from featsel.artifacts.nodes import Node, node_at
from featsel.artifacts.toml_nodes import read_toml
from featsel.core.errors import ConfigError


@pytest.fixture
def read(tmp_path):
    path = tmp_path / "x.toml"

    def read(content):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_toml(path, title="x")

    return read


def test_values_have_paths(read):
    root = read('a = [1, {"b c" = 1.5}]\nd = true\nday = 2026-12-31\n[e]\ntime = 07:32:00\n')
    assert node_at(root, "a", 1, "b c") == Node("a[1]['b c']", 1.5)
    assert node_at(root, "d") == Node("d", value=True)
    assert node_at(root, "day") == Node("day", "2026-12-31")
    assert node_at(root, "e", "time") == Node("e.time", "07:32:00")


@pytest.mark.parametrize(("text", "value"), [(f"a = 0x{'f' * 5000}", "inf"), (f"a = -1{'0' * 40}", "-inf")])
def test_a_number_beyond_reason_is_no_whole_number(read, text, value):
    assert node_at(read(text), "a").value == float(value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a = ", "x is no TOML: Invalid value"),
        ("a = 1\na = 2", "x is no TOML: Cannot overwrite"),
        (b"a = '\xff'", "x is no TOML: 'utf-8' codec"),
        (f"a = {'9' * 5000}", "x is no TOML: Exceeds the limit"),
        (f"a = {'[' * 20}{']' * 20}", "has more than 16 levels of values inside values"),
        (f"a = {'[' * 5000}{']' * 5000}", "x has values inside values without end"),
    ],
)
def test_a_text_without_the_form_of_a_document_is_an_error(read, content, message):
    with pytest.raises(ConfigError, match=message):
        read(content)


def test_a_file_beyond_reason_is_an_error(read, monkeypatch):
    monkeypatch.setattr(toml_nodes, "LARGEST_BYTES", 3)
    with pytest.raises(ConfigError, match="x is larger than 0 MiB"):
        read("a = 1")


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="x cannot be read: No such file"):
        read_toml(tmp_path / "absent.toml", title="x")
