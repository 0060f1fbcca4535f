"""YAML is read as version 1.2 means it, with lines, and without indirection."""

import pytest

from featsel.artifacts import nodes, yaml_nodes
from featsel.artifacts.nodes import Node
from featsel.artifacts.yaml_nodes import parse_yaml
from featsel.core.errors import ConfigError


@pytest.fixture(params=["compiled", "plain"], autouse=True)
def loader(request, monkeypatch):
    """Both parsers of PyYAML: which one is there depends on the platform."""
    import yaml

    if request.param == "plain":
        monkeypatch.setattr(yaml_nodes, "_LOADER", yaml.SafeLoader)


def plain(node):
    match node.value:
        case tuple() as items:
            return [plain(item) for item in items]
        case dict() as entries:
            return {key: plain(entry) for key, entry in entries.items()}
        case value:
            return value


def read(text):
    problems = []
    return parse_yaml(text, title="x", problems=problems), [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("yes", "yes"),
        ("NO", "NO"),
        ("on", "on"),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("012", "012"),
        ("0x1f", "0x1f"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("1e-5", 1e-5),
        ("1.0e-05", 1e-5),
        (".5", 0.5),
        ("+1.5E3", 1500.0),
        ("1.2.3", "1.2.3"),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("2020-01-01", "2020-01-01"),
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        ("'12'", "12"),
        ('"true"', "true"),
        ('"\\x00\\u2028\\U0001F600"', "\x00\u2028😀"),
        ("=", "="),
        ("30%", "30%"),
    ],
)
def test_a_scalar_is_what_yaml_1_2_says(text, value):
    root, problems = read(f"key: {text}\n")
    found = plain(root)["key"]
    assert (found, type(found)) == (value, type(value))
    assert problems == []


def test_a_number_beyond_reason_is_no_whole_number():
    assert plain(read(f"[{'9' * 5000}]")[0]) == [float("inf")]


def test_values_have_paths_and_lines():
    root, _ = read("a: 1\nb:\n  - {c: [2, 3],\n     'd e': 4}\n")
    first = root.value["b"].value[0]
    assert root.value["a"] == Node("a", 1, 1)
    assert (first.path, first.line) == ("b[0]", 3)
    assert first.value["c"].value[1] == Node("b[0].c[1]", 3, 3)
    assert first.value["d e"] == Node("b[0]['d e']", 4, 4)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3, a: the key is there twice, first in line 1"),
        ("b: {a: &x 1}\n", "line 1, b.a: anchor '&x': a feature config says everything in place"),
        ("a: &x [1]\nb: *x\n", "line 2, b: alias '*x': a feature config says everything in place"),
        ("a: !!python/name:os.system x\n", "line 1, a: tag 'tag:yaml.org,2002:python/name:os.system'"),
        ("a: !!str 1\n", "line 1, a: tag 'tag:yaml.org,2002:str'"),
        ("1: 2\n", "line 1: a key is 1, expected text"),
        ("true: 2\n", "line 1: a key is True, expected text"),
        ("? [a, b]\n: 2\n", "line 1: a key is a list or mapping, expected text"),
    ],
)
def test_what_hides_what_a_document_says_is_a_problem(text, problem):
    assert any(problem in found for found in read(text)[1])


def test_a_bomb_of_aliases_does_not_explode():
    levels = "".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 30))
    _, problems = read("a0: &a0 [x]\n" + levels)
    assert len(problems) == nodes.MAX_PROBLEMS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb: 2\n", r"x, line \d: no YAML: while parsing a flow sequence .*expected ',' or ']'"),
        ("a: 1\n\tb: 2\n", r"x, line 2: no YAML: "),
        ("a: \x01\n", r"x.*: no YAML: "),
        ("a: 1\n---\nb: 2\n", "x, line 3: a second document begins; expected one"),
        ("[" * 40 + "]" * 40, "x, line 1: more than 16 levels of values inside values"),
        ("a: " + "{a: " * 5000, "x, line 1: more than 16 levels of values inside values"),
    ],
)
def test_a_text_without_the_form_of_a_document_is_an_error(text, message):
    with pytest.raises(ConfigError, match=message):
        read(text)


def test_too_many_values_are_an_error(monkeypatch):
    monkeypatch.setattr(yaml_nodes, "MAX_VALUES", 5)
    with pytest.raises(ConfigError, match="x, line 2: more than 5 values"):
        read("a: [1, 2,\n3]\n")


def test_an_empty_text_is_null():
    assert plain(read("# nothing\n")[0]) is None
