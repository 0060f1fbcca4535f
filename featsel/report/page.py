"""What is every page made of? One document that carries its style and script, and loads nothing."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib import resources

from featsel.report.table import visible


def render_page(title: str, body: str) -> str:
    """Page around a body, with style and script inside it and everything else forbidden to load or run.

    Parameters
    ----------
    title : str
        Title of the window, as plain text.
    body : str
        HTML of the content, escaped where it has to be.

    Returns
    -------
    str
        An HTML document.
    """
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escaped(title)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n{body}\n<script>{script}</script>\n</body>\n</html>\n"
    )


def escaped(text: str) -> str:
    """Text as HTML shows it literally, in content and in quoted attributes.

    Parameters
    ----------
    text : str
        Any text; invisible characters are written as escapes.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> escaped('<b> & "c"')
    '&lt;b&gt; &amp; &quot;c&quot;'
    """
    return escape(visible(text))


def _asset(name: str) -> str:
    return resources.files("featsel.report").joinpath(name).read_text(encoding="utf-8")


def _digest(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
