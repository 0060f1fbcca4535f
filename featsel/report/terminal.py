"""How does a table look on a terminal? As wide as there is room, with rich imported when it is needed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from featsel.report.table import MISSING, Align, Cell, Column, Table, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

BAR_WIDTH = 10
"""Characters of a full bar: wide enough to compare by eye, narrow enough to leave the numbers their room."""

COLUMN_GAP = 2
"""Characters between columns on a terminal: one of padding and one of the box."""


@dataclass(frozen=True)
class Paragraph:
    """Text that a terminal folds between words.

    Parameters
    ----------
    spans : tuple of (str, str)
        Texts and their terminal styles, which follow each other without a gap.
    indent : int
        Characters to its left.
    """

    spans: tuple[tuple[str, str], ...]
    indent: int = 0


def to_rich(table: Table, *, width: int | None = None, ascii_only: bool = False) -> RichTable:
    """Table for a terminal: numbers to the right, long names folded, nothing read as markup.

    Parameters
    ----------
    table : Table
        What to show.
    width : int, optional
        Characters of the terminal; columns with a drop order are left out until the others fit.
    ascii_only : bool
        Whether the terminal lacks Unicode.

    Returns
    -------
    rich.table.Table
        To be printed with a rich console.
    """
    from rich import box  # noqa: PLC0415 -- only a terminal pays for rich
    from rich.table import Table as RichTable  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    cells = [_terminal_row(table, row, ascii_only=ascii_only) for row in table.rows]
    headers = [_terminal_header(column, ascii_only=ascii_only) for column in table.columns]
    shown = _fitting_columns(table.columns, [headers, *cells], width)
    grid = RichTable(
        title=Text(_terminal_text(table.title, ascii_only=ascii_only), style="bold") if table.title else None,
        title_justify="left",
        box=box.ASCII_DOUBLE_HEAD if ascii_only else box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="bold",
    )
    for index in shown:
        grid.add_column(
            headers[index],
            justify="right" if table.columns[index].align is Align.RIGHT else "left",
            no_wrap=table.columns[index].wrap_at is None,
            overflow="fold",
        )
    for row in cells:
        grid.add_row(*(row[index] for index in shown))
    return grid


def print_rich(table: Table, console: Console | None = None) -> None:
    """Print a table and its notes on a terminal, as wide as the terminal is.

    Parameters
    ----------
    table : Table
        What to show.
    console : rich.console.Console, optional
        Where; standard output if not given. It decides about colour, and honours ``NO_COLOR``.
    """
    from rich.console import Console  # noqa: PLC0415 -- only a terminal pays for rich
    from rich.text import Text  # noqa: PLC0415

    console = console or Console()
    ascii_only = console.options.ascii_only
    console.print(to_rich(table, width=console.width, ascii_only=ascii_only))
    if table.notes:
        console.print()
    for note in table.notes:
        console.print(Text(_terminal_text(note, ascii_only=ascii_only), overflow="fold"))


def print_paragraphs(paragraphs: Iterable[Paragraph], console: Console | None = None) -> None:
    """Print text on a terminal, as wide as the terminal is; nothing in it is read as markup.

    Parameters
    ----------
    paragraphs : iterable of Paragraph
        What to show; one without text is an empty line.
    console : rich.console.Console, optional
        Where; standard output if not given. It decides about colour, and honours ``NO_COLOR``.
    """
    from rich.console import Console  # noqa: PLC0415 -- only a terminal pays for rich
    from rich.text import Text  # noqa: PLC0415

    console = console or Console()
    ascii_only = console.options.ascii_only
    for paragraph in paragraphs:
        indent = min(paragraph.indent, console.width // 2)
        spans = ((_terminal_text(text, ascii_only=ascii_only), style) for text, style in paragraph.spans)
        lines = Text.assemble(*spans).wrap(console, console.width - indent, overflow="fold")
        for line in lines or [Text()]:
            line.rstrip()
            console.print(Text.assemble(" " * indent if line else "", line), no_wrap=True, crop=False)


def _terminal_text(text: str, *, ascii_only: bool) -> str:
    shown = visible(text)
    return shown.replace(MISSING, "-").encode("ascii", "backslashreplace").decode() if ascii_only else shown


def _terminal_header(column: Column, *, ascii_only: bool) -> Text:
    from rich.text import Text  # noqa: PLC0415 -- only a terminal pays for rich

    lines = [_terminal_text(line, ascii_only=ascii_only) for line in (column.name, column.unit) if line]
    return Text("\n".join(lines))


def _terminal_row(table: Table, row: Sequence[Cell], *, ascii_only: bool) -> list[Text]:
    return [
        _terminal_cell(cell, column, ascii_only=ascii_only)
        for cell, column in zip(row, table.columns, strict=True)
    ]


def _fitting_columns(
    columns: Sequence[Column], grid: Sequence[Sequence[Text]], width: int | None
) -> list[int]:
    shown = list(range(len(columns)))
    wanted = [max(line.cell_len for row in grid for line in row[i].split()) for i in shown]
    for i, column in enumerate(columns):
        wanted[i] = min(wanted[i], column.wrap_at or wanted[i])
    droppable = sorted((i for i in shown if columns[i].drop_order), key=lambda i: columns[i].drop_order)
    while width is not None and droppable and sum(wanted[i] + COLUMN_GAP for i in shown) - COLUMN_GAP > width:
        shown.remove(droppable.pop())
    return shown


def _terminal_cell(cell: Cell, column: Column, *, ascii_only: bool) -> Text:
    from rich.text import Text  # noqa: PLC0415 -- only a terminal pays for rich

    if column.is_bar and isinstance(cell, float):
        return Text(_bar(cell, ascii_only=ascii_only), style=column.styles.get("", ""))
    text = _terminal_text(column.readable(cell), ascii_only=ascii_only)
    return Text(text, style=column.styles.get(text, ""))


def _bar(share: float, *, ascii_only: bool) -> str:
    eighths = 0 if math.isnan(share) else round(min(max(share, 0.0), 1.0) * BAR_WIDTH * 8)
    if ascii_only:
        return "#" * round(eighths / 8)
    return "█" * (eighths // 8) + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths % 8]
