"""A config file may hold the rules of a check among its options."""

import pytest

from featsel.cli.config import config_file, read_defaults
from featsel.core.errors import ConfigError

KNOWN = {"check": {"label", "reference", "select", "ignore", "fail_on"}, "rank": {"label", "top"}}
RULES = """
[check]
reference = "good.json"
select = ["FS1", "FS2"]
ignore = "FS203"
fail-on = "warning"
[check.per-field-ignores]
"user_*" = ["FS104"]
[check.per_column_ignores]
"ad" = ["FS104"]
[check.severity]
FS401 = "error"
[check.thresholds]
FS101 = { error = 0.9 }
[[check.field]]
pattern = "x"
[[check.waiver]]
code = "FS1"
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="featsel.toml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_the_rules_of_a_check_are_no_options(write):
    path = write('label = "click"\n' + RULES)
    assert read_defaults(path, command="check", known=KNOWN) == {
        "label": "click",
        "reference": ["good.json"],
        "select": ["FS1", "FS2"],
        "ignore": ["FS203"],
        "fail_on": "warning",
    }
    assert read_defaults(path, command="rank", known=KNOWN) == {"label": "click"}


def test_so_it_is_in_a_project_file(write):
    text = RULES.replace("[check", "[tool.featsel.check").replace("[[check", "[[tool.featsel.check")
    path = write(text, "pyproject.toml")
    assert read_defaults(path, command="check", known=KNOWN)["reference"] == ["good.json"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[check]\nlabel = { a = 1 }", "'check.label' is {'a': 1}"),
        ("[check.threshold]\nFS101 = { error = 1 }", "has the unknown key 'check.threshold'"),
        ("[check]\nselct = []", "has the unknown key 'check.selct'"),
    ],
)
def test_other_tables_are_errors_as_before(write, text, message):
    with pytest.raises(ConfigError, match=message):
        read_defaults(write(text), command="check", known=KNOWN)


def test_tables_of_a_check_belong_to_no_other_command(write):
    with pytest.raises(ConfigError, match=r"has the unknown key 'rank\.thresholds'"):
        read_defaults(write("[rank.thresholds]\nFS101 = 1"), command="rank", known=KNOWN)


def test_the_config_file_is_the_one_named_or_the_one_that_is_there(write, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert config_file(None) is None
    write("", "pyproject.toml")
    assert str(config_file(None)) == "pyproject.toml"
    own = write("")
    assert str(config_file(None)) == "featsel.toml"
    assert config_file(own) == own
