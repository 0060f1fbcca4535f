"""Documents say what the program does."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_command_line_page_is_the_help():
    written = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert written == load(ROOT / "docs" / "write_cli.py").page(), "run make docs"


def test_the_readme_shows_what_its_commands_print():
    written = (ROOT / "README.md").read_text(encoding="utf-8")
    assert written == load(ROOT / "docs" / "write_readme.py").filled(written), "run make docs"


PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_package_reads_documents_by_the_published_schemas():
    copies = load(ROOT / "docs" / "write_schemas.py").copies()
    assert len(copies) == 6
    assert {path: path.read_text(encoding="utf-8") for path in copies} == copies, "run make docs"
