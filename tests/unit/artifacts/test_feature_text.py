"""A feature config is written one field to a line, the same for equal configs."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from featsel.artifacts.feature_text import to_json_text, to_yaml
from featsel.core.feature_config import ConfigLabel

GOLDEN = Path(__file__).parent / "golden"


def test_yaml_has_its_golden_form(config):
    assert to_yaml(config) == (GOLDEN / "features.yaml").read_text(encoding="utf-8")


def test_json_has_its_golden_form(config):
    assert to_json_text(config) == (GOLDEN / "features.json").read_text(encoding="utf-8")


def test_both_forms_say_the_same_to_any_reader(config):
    assert yaml.safe_load(to_yaml(config)) == json.loads(to_json_text(config))


def test_every_field_has_a_line_of_its_own(config):
    lines = to_yaml(config).splitlines()
    starts = [next(at for at, line in enumerate(lines) if f"name: {name}," in line) for name in ("C1", "I1")]
    assert starts[1] == starts[0] + 1


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "a",
            "a b",
            "no",
            "Off",
            "y",
            "NULL",
            "~",
            "true",
            "1",
            "1.5",
            "0.1",
            "1e5",
            "0x1f",
            "0b1",
        ),
        *(
            "1_0",
            "12:30",
            "2020-01-01",
            "=",
            "<<",
            "-",
            "- a",
            "a: b",
            "a #b",
            "#a",
            "a,b",
            "{a}",
            "[a]",
            "*a",
        ),
        *("&a", "!a", "%a", "@a", "`a", "|", ">", "'a'", '"a"', "\\", "a:", ":a", "a\nb", "\t", "\r", "\x00"),
        *("\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "\u202e", "\ufffe", "é", "点击", "😀", "\U0010ffff"),
        *("30%", "0.1.0", "64MB", "C3*C7", "sha256:00", ".inf", ".nan", "nan", "inf", "a" * 2000),
    ],
)
@pytest.mark.parametrize("write", [to_yaml, to_json_text])
def test_any_text_is_read_back_as_itself_by_others(config, write, text):
    written = write(replace(config, label=ConfigLabel(text, text)))
    read = json.loads(written) if write is to_json_text else yaml.safe_load(written)
    assert read["label"] == {"name": text, "positive": text}
    assert all(line.isprintable() for line in written.split("\n"))


@pytest.mark.parametrize("number", [1e-300, 5e-324, 1.7976931348623157e308, 0.1, -0.0, 1e16, 123456789.123])
def test_a_number_is_read_back_exactly_by_others(config, number):
    field = replace(config.fields[0], score=number)
    read = yaml.safe_load(to_yaml(replace(config, fields=(field,))))["fields"][0]["score"]
    assert (read, math.copysign(1, read)) == (number, math.copysign(1, number))


@pytest.mark.parametrize("write", [to_yaml, to_json_text])
@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_number_that_is_not_finite_is_refused(config, write, number):
    with pytest.raises(ValueError, match=r"no place in a feature config|not JSON compliant"):
        write(replace(config, fields=(replace(config.fields[0], score=number),)))


@pytest.mark.parametrize("write", [to_yaml, to_json_text])
def test_half_a_character_is_refused(config, write):
    with pytest.raises(ValueError, match="half a character"):
        write(replace(config, label=ConfigLabel("\ud800")))
