"""The examples of the page on Python give what the page shows."""

import doctest
import re
from pathlib import Path

from featsel.cli.app import run

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "python.md"


def blocks(language, page=PAGE):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [text for named, text in found if named == language]


def test_the_examples_give_what_the_page_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (command,) = blocks("")
    assert run(command.split()[1:]) == 0
    examples = doctest.DocTestParser().get_doctest("".join(blocks("python")), {}, PAGE.name, str(PAGE), 0)
    report = []
    result = doctest.DocTestRunner().run(examples, out=report.append)
    assert result.attempted > 10
    assert not result.failed, "".join(report)


def test_the_program_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["synth", "log.parquet", "--rows", "2000", "--leak", "--quiet"]) == 0
    (program,) = blocks("python", ROOT / "README.md")
    exec(program, {})
    assert "'c19'" in capsys.readouterr().out
