"""What is a page about one result made of, so that it can stand alone or among others?"""

from __future__ import annotations

from dataclasses import dataclass

from featsel.report.page import render_page
from featsel.report.sections import header


@dataclass(frozen=True)
class Article:
    """Everything that a page tells of one result.

    Parameters
    ----------
    title : str
        Plain text, for the window.
    heading : str
        HTML of the question that it answers.
    lead : str
        The answer in a line of plain text.
    facts : tuple of tuple of str and object
        Names, and plain values; those that are None are not shown.
    body : str
        HTML of its sections, whose headings are of the second level.
    """

    title: str
    heading: str
    lead: str
    facts: tuple[tuple[str, object], ...]
    body: str


def article_page(article: Article) -> str:
    """Page of one result alone.

    Parameters
    ----------
    article : Article
        What it tells.

    Returns
    -------
    str
        An HTML document, the same for the same article.
    """
    top = header(article.heading, article.lead, article.facts)
    return render_page(article.title, f"{top}<main>{article.body}</main>")
