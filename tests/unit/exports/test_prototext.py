"""Messages are written in the text format of protocol buffers."""

import pytest

from featsel.exports.prototext import prototext


def test_messages_nest_and_fields_repeat():
    text = prototext({"a": [1, 2], "b": {"c": True, "d": b"ENUM"}, "e": [{"f": 0.5}, {}]})
    assert text == "a: 1\na: 2\nb {\n  c: true\n  d: ENUM\n}\ne {\n  f: 0.5\n}\ne {\n}\n"


@pytest.mark.parametrize(
    ("text", "written"), [('a"b\\c', r'"a\"b\\c"'), ("x\ny\t", r'"x\ny\t"'), ("\x01ü", '"\\001ü"')]
)
def test_text_is_quoted(text, written):
    assert prototext({"a": text}) == f"a: {written}\n"
