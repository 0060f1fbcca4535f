from __future__ import annotations

import csv
import io
import re
from unicodedata import category

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.report.table import Align, Column, Table, readable, to_markdown, to_tsv, visible

NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from("\t\n\r\\\"',|\x00\x1b\x85\u2028\u2029\u202e[]<>&*_` "), st.characters(codec="utf-8")
    ),
    max_size=12,
)


def one_column(*cells: str) -> Table:
    return Table("", (Column("first"), Column("second")), tuple((cell, "end") for cell in cells))


def unescaped(text: str) -> str:
    """Inverse of the escapes that to_tsv documents."""
    letters = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}
    return re.sub(
        r"\\(?:([tnr\\])|x([0-9a-f]{2})|u([0-9a-f]{4}))",
        lambda match: letters[match[1]] if match[1] else chr(int(match[2] or match[3], 16)),
        text,
    )


@given(st.lists(NASTY, max_size=4))
def test_tsv_round_trips_through_the_csv_reader(cells):
    written = to_tsv(one_column(*cells))

    read = list(csv.reader(io.StringIO(written), delimiter="\t"))

    assert [[unescaped(cell) for cell in row] for row in read[1:]] == [[cell, "end"] for cell in cells]


@given(st.lists(NASTY, max_size=4))
def test_tsv_has_one_line_per_row_and_nothing_that_steers_a_terminal(cells):
    written = to_tsv(one_column(*cells))

    assert len(written.splitlines()) == 1 + len(cells)
    assert not {character for character in written if category(character) == "Cc"} - {"\t", "\n"}


@given(st.floats(allow_nan=False))
def test_tsv_keeps_every_digit(number):
    table = Table("", (Column("score", Align.RIGHT, ".1f"), Column("z")), ((number, 1),))

    assert float(to_tsv(table).splitlines()[1].split("\t")[0]) == number


def test_numbers_of_numpy_are_written_without_their_type():
    table = Table("", (Column("a"), Column("b")), ((np.float64(0.1), None),))

    assert to_tsv(table) == "a\tb\n0.1\t\n"


@given(st.lists(NASTY, min_size=1, max_size=4))
def test_markdown_has_one_line_per_row_and_as_many_cells_as_columns(cells):
    lines = to_markdown(one_column(*cells)).splitlines()

    assert len(lines) == 2 + len(cells)
    # GitHub ends a cell at a bar that follows an even number of backslashes
    assert {len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in lines} == {3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        ("user_id", "user_id"),
        ("__init__", r"\_\_init\_\_"),
        ("<b>", "&lt;b&gt;"),
        ("x*y", r"x\*y"),
        ("[a](b)", r"\[a\](b)"),
        ("`code`", r"\`code\`"),
        ("a\\b", r"a\\b"),
        ("a\nb", r"a\\nb"),
    ],
)
def test_markdown_shows_text_literally(text, expected):
    assert to_markdown(one_column(text)).splitlines()[2] == f"| {expected} | end |"


def test_markdown_has_title_units_alignment_and_notes_and_leaves_bars_out():
    columns = (Column("name"), Column("gain", Align.RIGHT, ".2f", unit="mnat"), Column("bar", is_bar=True))

    written = to_markdown(Table("Best", columns, (("a", 1.234, 0.5),), ("One field.",)))

    assert written == ("### Best\n\n| name | gain (mnat) |\n| --- | ---: |\n| a | 1.23 |\n\nOne field.\n")


def test_notes_stay_out_of_tsv():
    table = Table("Title", (Column("a"), Column("b")), (("x", 1),), ("A note.",))

    assert to_tsv(table) == "a\tb\nx\t1\n"


@pytest.mark.parametrize(
    ("cell", "spec", "expected"),
    [
        (None, ".2f", "–"),
        (float("nan"), ".2f", "–"),
        (float("inf"), ".2f", "inf"),
        (-0.0001, "z.2f", "0.00"),
        (1234567, "", "1,234,567"),
        (0.000123456, "", "0.0001235"),
        ("a\tb", ".2f", r"a\tb"),
    ],
)
def test_readable_cells(cell, spec, expected):
    assert readable(cell, spec) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain é 字", "plain é 字"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb", r"a\u202eb"),
        ("\u2028", r"\u2028"),
        ("\ud800", r"\ud800"),
    ],
)
def test_invisible_characters_become_visible(text, expected):
    assert visible(text) == expected


def test_a_row_without_a_cell_for_each_column_is_a_bug():
    with pytest.raises(AssertionError, match="a row has a cell for each column"):
        Table("", (Column("a"),), (("x", "y"),))
