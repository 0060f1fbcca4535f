"""What is a table of results? Cells under named columns, written as text for programs and documents."""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Cell = str | int | float | None

MISSING = "–"
"""Stands for an absent or undefined number where people read; an empty cell looks like a fault."""

_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# These reorder the text around them, so that a name could show as another one.
_BIDIRECTIONAL = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Align(StrEnum):
    """Side on which the cells of a column line up."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True)
class Column:
    """How one column is headed and shown.

    Parameters
    ----------
    name : str
        Header, and the key in machine-readable forms.
    align : Align
        Right for numbers.
    format : str
        Format specification of the numbers where people read, such as ``".3f"``; machine-readable forms
        write every digit.
    unit : str
        Unit of the numbers; machine-readable forms omit it.
    explanation : str
        A sentence for a legend or a tooltip.
    wrap_at : int, optional
        Characters after which a narrow terminal may fold the text onto more lines; never if not given.
    is_bar : bool
        Whether the cells are shares from 0 to 1 that a terminal draws as bars and other forms leave out.
    drop_order : int
        Which columns a narrow terminal leaves out: the highest number first, those of 0 never.
    styles : mapping of str to str
        Terminal style of a cell by its text.
    factor : float
        What turns its numbers into that unit where people read.
    """

    name: str
    align: Align = Align.LEFT
    format: str = ""
    unit: str = ""
    explanation: str = ""
    wrap_at: int | None = None
    is_bar: bool = False
    drop_order: int = 0
    styles: Mapping[str, str] = field(default_factory=dict[str, str])
    factor: float = 1.0

    def readable(self, cell: Cell) -> str:
        """Cell as a person reads it, in the unit of the column; see :func:`readable`."""
        return readable(cell * self.factor if isinstance(cell, float) else cell, self.format)


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns.

    Parameters
    ----------
    title : str
        What the table shows.
    columns : tuple of Column
        Left to right.
    rows : tuple of tuple of (str or int or float or None)
        Top to bottom, one cell per column.
    notes : tuple of str
        Sentences below the table; machine-readable forms leave them out.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.columns) for row in self.rows), "a row has a cell for each column"


def to_tsv(table: Table) -> str:
    r"""Tab-separated text for pipes: a header, then one line per row, whole and with every digit.

    Backslashes are doubled and characters that would break or hide a line are written as ``\t``, ``\n``,
    ``\r``, ``\xNN`` or ``\uNNNN``. A value that contains a quote is quoted as in CSV.

    Parameters
    ----------
    table : Table
        What to write.

    Returns
    -------
    str
        Lines that end in a newline.

    Examples
    --------
    >>> to_tsv(Table("", (Column("name"), Column("score")), (("a\tb", 0.25), ("c", None))))
    'name\tscore\na\\tb\t0.25\nc\t\n'
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(_reversible(column.name) for column in table.columns)
    writer.writerows([_reversible(_exact(cell)) for cell in row] for row in table.rows)
    return buffer.getvalue()


def to_markdown(table: Table) -> str:
    r"""Markdown table with its title and notes, as GitHub reads it.

    Parameters
    ----------
    table : Table
        What to write.

    Returns
    -------
    str
        Lines that end in a newline.

    Examples
    --------
    >>> table = Table("", (Column("name"), Column("score", Align.RIGHT, ".1f")), (("a|b", 0.25),))
    >>> print(to_markdown(table), end="")
    | name | score |
    | --- | ---: |
    | a\|b | 0.2 |
    """
    shown = [index for index, column in enumerate(table.columns) if not column.is_bar]
    columns = [table.columns[index] for index in shown]
    headers = [f"{column.name} ({column.unit})" if column.unit else column.name for column in columns]
    lines = [f"### {markdown_text(table.title)}", ""] if table.title else []
    lines.append(_markdown_row(headers))
    lines.append(_markdown_rule(columns))
    lines += [_markdown_row([table.columns[i].readable(row[i]) for i in shown]) for row in table.rows]
    for note in table.notes:
        lines += ["", markdown_text(note)]
    return "\n".join(lines) + "\n"


def readable(cell: Cell, spec: str = "") -> str:
    r"""Cell as a person reads it: rounded numbers, no invisible characters.

    Parameters
    ----------
    cell : str or int or float or None
        Content of the cell.
    spec : str
        Format specification for numbers; thousands are set apart, and four digits shown, if it is empty.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> readable(12345), readable(0.123456), readable(float("nan")), readable("a\nb")
    ('12,345', '0.1235', '–', 'a\\nb')
    """
    if isinstance(cell, str):
        return visible(cell)
    if cell is None or math.isnan(cell):
        return MISSING
    if isinstance(cell, int):
        return format(cell, spec or ",")
    return format(cell, spec or ".4g")


def visible(text: str) -> str:
    r"""Text with every control character, line separator and direction mark written as an escape.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Text that stays on its line and cannot steer a terminal.

    Examples
    --------
    >>> visible("red \x1b[31m\n")
    'red \\x1b[31m\\n'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible_character(character) for character in text)


def markdown_text(text: str) -> str:
    r"""Text as Markdown shows it literally, on one line.

    Parameters
    ----------
    text : str
        Any text; invisible characters are written as escapes.

    Returns
    -------
    str
        Markdown, also for the cell of a table.

    Examples
    --------
    >>> markdown_text("<b> a|b user_id")
    '&lt;b&gt; a\\|b user_id'
    """
    escaped = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # An underscore inside a word is no emphasis, and user_id reads better than user\_id.
    return re.sub(r"[\\`*\[\]|~#!]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", escaped)


def _visible_character(character: str) -> str:
    if unicodedata.category(character) in _INVISIBLE_CATEGORIES or character in _BIDIRECTIONAL:
        code = ord(character)
        return _ESCAPES.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
    return character


def _reversible(text: str) -> str:
    # Doubled backslashes tell an escape apart from a value that looks like one.
    return visible(text.replace("\\", "\\\\"))


def _exact(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        # numpy's scalars are floats too, but their own repr names their type
        return float.__repr__(cell)
    return str(cell)


def _markdown_row(texts: Sequence[str]) -> str:
    return f"| {' | '.join(markdown_text(text) for text in texts)} |"


def _markdown_rule(columns: Sequence[Column]) -> str:
    return f"| {' | '.join('---:' if column.align is Align.RIGHT else '---' for column in columns)} |"
