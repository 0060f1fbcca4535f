"""How does a browser see a page?"""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "input", "br", "img", "link", "hr"}


class Page(HTMLParser):
    """Elements and texts of a page, as a browser sees them; fails where tags do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.owners: list[str] = []  # the element that each text stands in
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag not in VOID  # they need no slash
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)
        self.owners.append(self.open[-1] if self.open else "")

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    def text_of(self, tag: str) -> list[str]:
        return [text for owner, text in zip(self.owners, self.texts, strict=True) if owner == tag]
