"""Delimited text becomes rows, none lost and none made up."""

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featsel.core.errors import UnreadableFileError
from featsel.logs import compression, text_rows
from featsel.logs.dialect import Dialect
from featsel.logs.text_rows import count_text_rows, text_frames

BLOCK_SIZES = st.sampled_from([7, 64, 1 << 20])
ABC = ("a", "b", "c")


def read(path, dialect):
    frames = list(text_frames(str(path), dialect.columns, dialect=dialect))
    rows = [row for frame in frames for row in frame.iter_rows()]
    assert count_text_rows(str(path), dialect=dialect) == len(rows)
    return rows


def rows_of(folder, text, *, columns=ABC, has_header=False, separator=",", has_quotes=True, null_values=()):
    path = folder / "log.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, Dialect(columns, has_header, separator, has_quotes, null_values))


@settings(max_examples=150, deadline=None)
@given(
    table=st.lists(st.tuples(*[st.text(alphabet='ab1,;" \n|é', max_size=4)] * 3), min_size=1, max_size=12),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    block_size=BLOCK_SIZES,
)
def test_what_the_csv_module_writes_comes_back(table, separator, line_end, quoting, block_size):
    written = io.StringIO()
    csv.writer(written, delimiter=separator, lineterminator=line_end, quoting=quoting).writerows(table)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_rows, "BLOCK_BYTES", block_size)
        patch.setattr(compression, "PLAIN_BLOCK_BYTES", block_size)
        found = rows_of(Path(folder), written.getvalue(), separator=separator)
    missing = "" if quoting == csv.QUOTE_ALL else None
    assert found == [tuple(value or missing for value in row) for row in table]


@settings(max_examples=50, deadline=None)
@given(
    table=st.lists(st.tuples(*[st.text(alphabet='ab"', min_size=1, max_size=4)] * 3), min_size=1, max_size=9),
    block_size=BLOCK_SIZES,
)
def test_quotes_are_text_where_the_dialect_has_none(table, block_size):
    text = "".join("\t".join(row) + "\n" for row in table)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_rows, "BLOCK_BYTES", block_size)
        patch.setattr(compression, "PLAIN_BLOCK_BYTES", block_size)
        assert rows_of(Path(folder), text, separator="\t", has_quotes=False) == table


@pytest.mark.parametrize("block_size", [1, 5, 1 << 20])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,2,3\n\n4,5,6\n\n\n", [("1", "2", "3"), ("4", "5", "6")]),
        ("\r\n1,2,3\r\n\r\n4,5,6\r\n\r\n", [("1", "2", "3"), ("4", "5", "6")]),
        ('1,"x\n\ny",3\n\n4,5,6', [("1", "x\n\ny", "3"), ("4", "5", "6")]),
        (",,\n4,,6\n", [(None, None, None), ("4", None, "6")]),
        ('1,"",3\n', [("1", "", "3")]),
        ('1,5" pipe,3\n4,6" pipe,6\n', [("1", '5" pipe', "3"), ("4", '6" pipe', "6")]),
        ('1,"x"y,3\n', [("1", '"x"y', "3")]),
        ('1,"a ""b"" c",3\n', [("1", 'a "b" c', "3")]),
        (" 1, 2,3 \n", [(" 1", " 2", "3 ")]),
        ("\ufeff1,2,3\n", [("1", "2", "3")]),
        ("1,2,3", [("1", "2", "3")]),
        ("", []),
        ("\n\n", []),
    ],
)
def test_rows_are_those_that_a_person_sees(tmp_path, monkeypatch, text, expected, block_size):
    monkeypatch.setattr(text_rows, "BLOCK_BYTES", block_size)
    # the byte order mark is three bytes
    monkeypatch.setattr(compression, "PLAIN_BLOCK_BYTES", max(3, block_size))
    assert rows_of(tmp_path, text) == expected


def test_a_separator_of_several_characters_keeps_single_ones_in_values(tmp_path):
    assert rows_of(tmp_path, "1::a:b::\n", separator="::", has_quotes=False) == [("1", "a:b", None)]


def test_a_separator_with_a_space_keeps_quotes_and_its_own_text_in_them(tmp_path):
    assert rows_of(tmp_path, '1, "a, b", c\n', separator=", ") == [("1", "a, b", "c")]


def test_texts_that_mean_null_are_null(tmp_path):
    assert rows_of(tmp_path, "1,?,NA\n", null_values=("?", "NA")) == [("1", None, None)]


def test_the_header_is_no_row_even_over_two_lines(tmp_path):
    assert rows_of(tmp_path, 'a,"b\nb",c\n1,2,3\n', has_header=True) == [("1", "2", "3")]


def test_columns_come_in_the_order_asked_for(tmp_path):
    (tmp_path / "log.csv").write_text("1,2,3\n")
    dialect = Dialect(ABC, has_header=False, separator=",")
    (frame,) = text_frames(str(tmp_path / "log.csv"), ["c", "a"], dialect=dialect)
    assert frame.to_dicts() == [{"c": "3", "a": "1"}]


@pytest.mark.parametrize("block_size", [8, 1 << 20])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3\n\n4,5\n", "line 3: 2 values, expected 3"),
        ("1,2,3\n4,5,6,\n", "line 2: 4 values, expected 3"),
        ("1,2,3\n4,5\n7,8,9,10\n", "line 2: 2 values, expected 3"),
        ("1,2,3\n4\n", "line 2: 1 value, expected 3"),
        ('1,"x\ny",3\n4,"5,6"\n', "line 3: 2 values, expected 3"),
        ('1,2,3\n4,"5,6\n7,8,9\n', "line 2: a quote is opened and never closed"),
        ("1,2,3\n4,\0,6\n", "line 2: a NUL byte stands in the text"),
        (b"1,2,3\n4,caf\xe9,6\n", "line 2: the text is not UTF-8"),
        (b"1,2,3\n\n\n4,caf\xe9,6\n", "line 4: the text is not UTF-8"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, monkeypatch, text, message, block_size):
    monkeypatch.setattr(text_rows, "BLOCK_BYTES", block_size)
    monkeypatch.setattr(compression, "PLAIN_BLOCK_BYTES", block_size)
    with pytest.raises(UnreadableFileError) as caught:
        rows_of(tmp_path, text)
    assert caught.value.message == f"file {str(tmp_path / 'log.csv')!r}, {message}"
    assert caught.value.hint
