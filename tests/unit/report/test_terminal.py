from __future__ import annotations

import io
import subprocess
import sys

import pytest
from rich.console import Console

from featsel.report.ranking import ranking_overview
from featsel.report.table import Align, Column, Table
from featsel.report.terminal import print_rich, to_rich

NAMES = (
    "site",
    "[red]x",
    "[bold]y[/bold]",
    ":smile:",
    "<script>alert(1)</script>",
    "a_name_that_is_much_too_long_for_one_line_of_a_narrow_terminal",
    "字段名称很长很长很长很长很长很长",
)


def printed(table: Table, *, width: int, terminal: bool = False) -> str:
    file = io.StringIO()
    print_rich(
        table,
        Console(
            file=file, width=width, force_terminal=terminal, color_system="truecolor" if terminal else None
        ),
    )
    return file.getvalue()


def second_column(text: str) -> str:
    """Text of the second column, its folded lines put together."""
    lines = text.splitlines()
    start = next(line.index("field") for line in lines if "field" in line)
    return "".join(line[start:].split("  ")[0] for line in lines if len(line) > start)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_no_name_is_lost_at_any_width(width, make_ranking):
    shown = second_column(printed(ranking_overview(make_ranking(NAMES)), width=width))

    assert [name for name in NAMES if name not in shown] == []


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_lines_fit_the_terminal_and_nothing_is_cut(width, mixed_ranking):
    text = printed(ranking_overview(mixed_ranking), width=width)

    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text


def test_a_hundred_columns_show_what_a_person_asks_first(mixed_ranking):
    header = printed(ranking_overview(mixed_ranking), width=100).split("─")[0].split()

    asked = ["#", "field", "kind", "values", "coverage", "corrected", "of", "label", "usable", "z", "verdict"]
    assert [word for word in asked if word not in header] == []


def test_a_wide_terminal_shows_every_column(mixed_ranking):
    table = ranking_overview(mixed_ranking)

    assert len(to_rich(table, width=200).columns) == len(table.columns)


def test_a_name_cannot_steer_the_terminal(make_ranking):
    text = printed(ranking_overview(make_ranking(["a\x1b]0;title\x07b", "c\r\nd"])), width=200)

    assert "\x1b" not in text
    assert r"a\x1b]0;title\x07b" in text
    assert r"c\r\nd" in text


def test_verdicts_are_coloured_on_a_terminal(mixed_ranking):
    assert "\x1b[1;31mleak" in printed(ranking_overview(mixed_ranking), width=100, terminal=True)


def test_no_color_is_honoured(mixed_ranking, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    text = printed(ranking_overview(mixed_ranking), width=100, terminal=True)

    assert "31m" not in text
    assert "leak" in text


def test_numbers_stand_to_the_right():
    table = Table("Title", (Column("n", Align.RIGHT), Column("name")), ((5, "a"), (1234, "b")))

    lines = [line.rstrip() for line in printed(table, width=40).splitlines()]

    assert lines == ["Title", "    n  name", "─" * 11, "    5  a", "1,234  b"]


def test_bars_have_eighths_of_a_character():
    table = Table("", (Column("bar", is_bar=True),), ((1.0,), (0.5,), (0.0125,), (0.0,), (-3.0,), (7.0,)))

    lines = [line.strip() for line in printed(table, width=40).splitlines()[2:]]

    assert lines == ["█" * 10, "█" * 5, "▏", "", "", "█" * 10]


def test_a_terminal_without_unicode_gets_ascii(mixed_ranking, make_ranking):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    console = Console(file=file, width=120)

    print_rich(ranking_overview(mixed_ranking), console)
    print_rich(ranking_overview(make_ranking(["prénom"])), console)
    file.flush()

    assert rb"pr\xe9nom" in raw.getvalue()
    assert b"####" in raw.getvalue()


def test_a_table_prints_on_standard_output_by_default(capsys):
    print_rich(Table("", (Column("a"),), (("x",),), ("A note.",)))

    assert capsys.readouterr().out.split() == ["a", "─", "x", "A", "note."]


def test_rich_and_polars_are_not_imported_before_they_are_needed():
    modules = "featsel.report.terminal, featsel.report.html, featsel.report.ranking"
    heavy = "{'rich', 'polars', 'numpy'} & set(sys.modules)"

    code = f"import sys, {modules}; sys.exit(str({heavy}) if {heavy} else 0)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).stderr == b""
