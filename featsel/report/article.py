"""What is a page about one result made of, so that it can stand alone or among others?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from featsel.report.page import escaped, render_page
from featsel.report.sections import facts_list, header


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


def folded(html: str) -> str:
    """Markup with what can be folded away folded away."""
    return html.replace("<details open>", "<details>")


def nested_article(article: Article, *, source: str, name: str) -> str:
    """Article among others on one page.

    Its headings go one level down, and what it calls by name within the page gets a name of its own. Both is
    done on the markup: values stand in it escaped, so that no value has a tag, or a quote that ends one.

    Parameters
    ----------
    article : Article
        What it tells.
    source : str
        File that it was made from, as plain text.
    name : str
        Identifier of the article within the page.

    Returns
    -------
    str
        HTML.
    """
    body = re.sub(r"(</?)h2\b", r"\1h3", article.body)
    body = re.sub(r' (id|aria-labelledby)="', rf' \1="{name}-', body)
    body = folded(body)
    return (
        f'<article id="{name}" aria-labelledby="{name}-title"><h2 id="{name}-title">{article.heading}</h2>'
        f'<p class="lead">{escaped(article.lead)}.</p><p class="source">From {escaped(source)}</p>'
        f"{facts_list(article.facts)}{body}</article>"
    )
