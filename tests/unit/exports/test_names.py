"""Fields have names that a library takes, and no two the same."""

import pytest

from featsel.exports.names import distinct_names, module_name, rename_notes, scope_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [("city", "city"), ("device.type", "device_type"), ("type", "type_"), ("C3*C7", "C3*C7"), ("_x", "_x_")],
)
def test_a_module_dictionary_takes_the_name(name, expected):
    assert module_name(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("city", "city"), ("C3*C7", "C3_C7"), ("_x", "f_x"), ("Stadt ü", "Stadt__")]
)
def test_tensorflow_takes_the_name_for_a_scope(name, expected):
    assert scope_name(name) == expected


def test_names_that_become_alike_are_told_apart():
    found = distinct_names(["a.b", "a_b", "a.b.c", "a_b.c"], module_name)
    assert found == {"a.b": "a_b_2", "a_b": "a_b", "a.b.c": "a_b_c", "a_b.c": "a_b_c_2"}


def test_a_new_name_is_told():
    assert rename_notes({"x": "x", "a.b": "a_b"}, "FuxiCTR") == (
        "field 'a.b' is called 'a_b' in FuxiCTR, which does not take its name",
    )
