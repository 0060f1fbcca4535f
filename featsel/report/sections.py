"""Which parts do pages share? Facts, figures, tables and options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from featsel.report.page import escaped
from featsel.report.table import Align, Cell, Column, Table

WIDE_FACTS = frozenset({"Log", "Fingerprint"})
"""Facts too long for one cell of the grid."""


WIDE_TEXT = 20
"""Characters from which a cell is a sentence, and not to be squeezed to a word a line on a phone."""


def header(heading: str, lead: str, facts: Iterable[tuple[str, object]]) -> str:
    """Top of a page: what it is about, the result in a line, and facts of the run.

    Parameters
    ----------
    heading : str
        HTML of the heading.
    lead : str
        A line of plain text.
    facts : iterable of tuple of str and object
        Names, and plain values; those that are None are left out.

    Returns
    -------
    str
        HTML.
    """
    return f'<header><h1>{heading}</h1><p class="lead">{escaped(lead)}.</p>{facts_list(facts)}</header>'


def facts_list(facts: Iterable[tuple[str, object]]) -> str:
    """Grid of facts: names, and plain values; those that are None are left out."""
    wide = ' class="wide"'
    items = "".join(
        f"<div{wide if name in WIDE_FACTS else ''}><dt>{name}</dt><dd>{escaped(plain(fact))}</dd></div>"
        for name, fact in facts
        if fact is not None
    )
    return f'<dl class="facts">{items}</dl>'


def tiles(label: str, items: Iterable[str]) -> str:
    """Row of boxes for the few numbers that matter most.

    Parameters
    ----------
    label : str
        What they tell.
    items : iterable of str
        HTML of each.

    Returns
    -------
    str
        HTML.
    """
    return f'<section aria-label="{escaped(label)}"><ul class="tiles">{"".join(items)}</ul></section>'


def tile(value: str, name: str, meaning: str) -> str:
    """Box of one number, escaped; see :func:`tiles`."""
    return (
        f"<li><strong>{escaped(value)}</strong>"
        f"{escaped(name[0].upper() + name[1:])}<small>{escaped(meaning)}</small></li>"
    )


def badge(word: str, style: str = "") -> str:
    """Word with a mark in front, escaped; the style is a class of the style sheet, the word if not given."""
    return f'<span class="badge {escaped(style or word)}">{escaped(word)}</span>'


def field_name(name: str) -> str:
    """Name of a field, escaped; one of right-to-left letters does not turn its neighbours around."""
    return f"<bdi>{escaped(name)}</bdi>"


def warnings_section(texts: Iterable[str]) -> str:
    """What to look at before anything else, escaped; empty where there is nothing."""
    items = "".join(f"<li>{escaped(text)}</li>" for text in texts)
    if not items:
        return ""
    return f'<section class="warnings"><h2>Look at this first</h2><ul>{items}</ul></section>'


def figure(title: str, caption: str, charts: str, *, is_paired: bool = False) -> str:
    """Chart with a heading and a caption.

    Parameters
    ----------
    title, caption : str
        Plain text.
    charts : str
        HTML; empty where there is nothing to draw.
    is_paired : bool
        Whether there are several charts of half the width, which stand beside each other.

    Returns
    -------
    str
        HTML.
    """
    content = f'<div class="chart{" pair" if is_paired else ""}">{charts}</div>' if charts else ""
    caption_html = f"<figcaption><h2>{escaped(title)}</h2><p>{escaped(caption)}</p></figcaption>"
    return f"<figure>{caption_html}{content}</figure>"


def plain_table(table: Table, *, heading: str, name: str) -> str:
    """Table whose first cells name its rows, under a heading, and what its columns mean.

    Parameters
    ----------
    table : Table
        What to show.
    heading : str
        Plain text.
    name : str
        Identifier of the heading within the page.

    Returns
    -------
    str
        HTML.
    """
    notes = "".join(f"<p>{escaped(note)}</p>" for note in table.notes)
    return (
        f'<section><h2 id="{escaped(name)}">{escaped(heading)}</h2>'
        f"{scrolling_table(table, label=name)}{notes}{column_guide(table.columns)}</section>"
    )


def scrolling_table(table: Table, *, label: str) -> str:
    """Table whose first cells name its rows, in a box that scrolls if it is large.

    Parameters
    ----------
    table : Table
        What to show.
    label : str
        Identifier of its heading within the page.

    Returns
    -------
    str
        HTML.
    """
    head = "".join(column_header(column) for column in table.columns)
    number = _class("n" if table.columns[0].align is Align.RIGHT else "")
    rows = "".join(
        f'<tr><th scope="row"{number}>{escaped(table.columns[0].readable(row[0]))}</th>'
        f"{''.join(map(cell_html, row[1:], table.columns[1:]))}</tr>\n"
        for row in table.rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{escaped(label)}">'
        f'<table aria-labelledby="{escaped(label)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def column_header(column: Column, *, attributes: str = "") -> str:
    """Header cell of a column, its explanation as a tooltip."""
    unit = f" <small>{escaped(column.unit)}</small>" if column.unit else ""
    style = ' class="n"' if column.align is Align.RIGHT else ""
    explanation = escaped(column.explanation)
    return f'<th scope="col"{style}{attributes} title="{explanation}">{escaped(column.name)}{unit}</th>'


def cell_html(cell: Cell, column: Column) -> str:
    """One cell of a table's body."""
    text = column.readable(cell)
    wide = "wide" if len(text) > WIDE_TEXT else ""
    return f"<td{_class('n' if column.align is Align.RIGHT else wide)}>{escaped(text)}</td>"


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def column_guide(columns: Iterable[Column]) -> str:
    """What the columns of a table mean."""
    items = definitions((column.name, column.explanation) for column in columns)
    return f"<details open><summary>What the columns mean</summary>{items}</details>"


def options_section(options: Mapping[str, object]) -> str:
    """Options of a run, folded away; those of an option that is a mapping have its name in front.

    Parameters
    ----------
    options : mapping of str to object
        As a document has them.

    Returns
    -------
    str
        HTML; empty where there are none.
    """
    if not options:
        return ""
    items = definitions((name, plain(value)) for name, value in sorted(_flat(options)))
    return f"<section><details><summary>Options of this run</summary>{items}</details></section>"


def definitions(items: Iterable[tuple[str, str]]) -> str:
    """List of names and what each stands for, as plain text."""
    return "".join(
        (
            "<dl>",
            *(f"<div><dt>{escaped(name)}</dt><dd>{escaped(text)}</dd></div>" for name, text in items),
            "</dl>",
        )
    )


def plain(value: object) -> str:
    """Value of a document as a person reads it.

    Parameters
    ----------
    value : object
        Of a JSON document.

    Returns
    -------
    str
        Plain text.

    Examples
    --------
    >>> plain(True), plain(10_000), plain(["a", 1]), plain(None)
    ('yes', '10,000', 'a, 1', 'not given')
    """
    if value is None or value in ((), [], ""):
        return "not given"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        # cast: any JSON array, whose items are shown as they are
        return ", ".join(str(item) for item in cast("Sequence[object]", value))
    return str(value)


def as_mapping(value: object) -> Mapping[str, object]:
    """Object of a document; empty where the document has none."""
    # cast: the keys of a JSON object are text
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def seconds(value: object) -> str | None:
    """Duration in seconds, to three digits; None where the document has none."""
    return f"{value:.3g} s" if isinstance(value, int | float) else None


def _flat(options: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    for name, value in options.items():
        parts = as_mapping(value)
        yield from ((f"{name}.{inner}", found) for inner, found in _flat(parts))
        if not parts:
            yield name, value
