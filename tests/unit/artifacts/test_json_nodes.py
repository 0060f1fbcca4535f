"""JSON is read with paths, and with an eye for repeated keys."""

import pytest

from featsel.artifacts import json_nodes
from featsel.artifacts.json_nodes import parse_json
from featsel.artifacts.nodes import Node, node_at
from featsel.core.errors import ConfigError


def read(text):
    problems = []
    return parse_json(text, title="x", problems=problems), [str(problem) for problem in problems]


def test_values_have_paths():
    root, problems = read('{"a": [{"b c": 1.5}], "d": true}')
    assert node_at(root, "a", 0, "b c") == Node("a[0]['b c']", 1.5)
    assert node_at(root, "d") == Node("d", value=True)
    assert problems == []


def test_a_repeated_key_is_a_problem():
    assert read('{"a": {"b": 1, "b": 2}}')[1] == ["a.b: the key is there twice"]


def test_a_number_beyond_reason_is_no_whole_number():
    assert node_at(read(f"[{'9' * 5000}]")[0], 0).value == float("inf")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n"a": 1,\n}', "x, line [23]: no JSON: "),
        ("", "x, line 1: no JSON: Expecting value"),
        ("[" * 40 + "]" * 40, "x: more than 16 levels of values inside values"),
        ("[" * 200_000 + "]" * 200_000, "x: more than 16 levels of values inside values"),
    ],
)
def test_a_text_without_the_form_of_a_document_is_an_error(text, message):
    with pytest.raises(ConfigError, match=message):
        read(text)


def test_too_many_values_are_an_error(monkeypatch):
    monkeypatch.setattr(json_nodes, "MAX_VALUES", 3)
    with pytest.raises(ConfigError, match="x: more than 3 values"):
        read("[1, 2, 3, 4]")
