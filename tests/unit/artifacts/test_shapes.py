"""Shapes are judged as a complete validator of JSON Schema judges them."""

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.artifacts.shapes import shape_problems

SCHEMAS = {
    "number": {"type": "number", "minimum": -1, "exclusiveMaximum": 3},
    "whole": {"type": "integer", "exclusiveMinimum": 0, "maximum": 5},
    "maybe": {"type": ["string", "null"]},
    "word": {"enum": ["a", "b", None]},
    "fixed": {"const": "a"},
    "code": {"type": "string", "pattern": "^a[0-9]?$"},
    "list": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2},
    "flag": {"type": "boolean"},
    "none or mapping": {"oneOf": [{"type": "null"}, {"type": "object", "required": ["a"]}]},
    "mapping": {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"$ref": "#/$defs/a"}, "b": False},
        "additionalProperties": {"type": "integer"},
        "$defs": {"a": {"type": ["integer", "array"], "items": {"type": "string"}}},
    },
    "either": {
        "type": "object",
        "if": {"properties": {"a": {"const": "a"}}, "required": ["a"]},
        "then": {"required": ["b"]},
        "else": {"properties": {"b": False}},
    },
}

words = st.sampled_from(["a", "b", "a1", "ab", ""])
numbers = st.integers(-3, 7) | st.sampled_from([-1.5, 0.5, 2.9, 3.1])
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("name", SCHEMAS)
@given(value=values)
def test_shapes_are_what_json_schema_says(name, value):
    schema = SCHEMAS[name]
    expected = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert (shape_problems(value, schema) == []) == expected


@pytest.mark.parametrize(
    ("value", "schema", "told"),
    [
        (
            {"a": [1, "x"]},
            {"properties": {"a": {"items": {"type": "integer"}}}},
            "a[1]: 'x', expected a whole number",
        ),
        ({"a b": 1}, {"properties": {"a b": False}}, "['a b']: should not be here"),
        ({}, {"required": ["a", "b"]}, "'a', 'b' are missing"),
        ({}, {"required": ["a"]}, "'a' is missing"),
        ("c", {"enum": ["a", "b"]}, "'c', expected one of a, b"),
        ("c", {"const": "a"}, "'c', expected 'a'"),
        ("c", {"pattern": "^a"}, "'c', expected text of the form ^a"),
        ("x" * 99, {"type": ["number", "null"]}, f"'{'x' * 59}..., expected a number or null"),
        ([], {"minItems": 1, "maxItems": 2}, "a list, expected a list of 1 or 2 values"),
        ({}, {"type": "array"}, "a mapping, expected a list"),
        (0, {"minimum": 1}, "0, expected at least 1"),
        (2.5, {"exclusiveMaximum": 1}, "2.5, expected less than 1"),
        (float("inf"), {"type": "number"}, "inf, expected a finite number"),
        (10**30, {"type": "integer"}, "a huge number, expected at most 9223372036854775807"),
        ("2026-02-31", {"format": "date"}, "'2026-02-31', expected a date such as 2026-01-31"),
    ],
)
def test_problems_have_a_place_and_say_what_was_found(value, schema, told):
    assert [str(problem) for problem in shape_problems(value, schema)] == [told]


def test_keys_that_a_schema_does_not_know_are_passed_over():
    assert (
        shape_problems({"new": 1}, {"type": "object", "properties": {}, "additionalProperties": False}) == []
    )


def test_no_more_problems_are_told_than_anybody_reads():
    assert len(shape_problems(["x"] * 1000, {"items": {"type": "integer"}})) == 100
