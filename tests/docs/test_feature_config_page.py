"""What the page on feature configs shows is right, and its program runs."""

import json
import re
from pathlib import Path

import jsonschema
import polars as pl
import yaml

from featsel.artifacts.feature_configs import write_features
from featsel.artifacts.feature_document import parse_config
from featsel.artifacts.feature_text import to_yaml
from featsel.artifacts.feature_values import VALUES_SCHEMA
from featsel.artifacts.yaml_nodes import parse_yaml
from featsel.core.feature_config import (
    ConfigData,
    ConfigLabel,
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    Encoding,
    FeatureConfig,
    Selection,
    Used,
)

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "feature-config.md").read_text(encoding="utf-8")


def block(language):
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return found


def test_the_config_on_the_page_is_right_and_in_its_canonical_form():
    text = block("yaml").replace("9d0e…", "9d0e" * 16).replace("41d6…", "41d6" * 16)
    problems = []
    config = parse_config(parse_yaml(text, title="page", problems=problems), problems, title="page")
    assert problems == []
    assert to_yaml(config) == text
    schema = json.loads((DOCS / "schemas" / "features.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load(text), schema)


def test_the_program_on_the_page_runs(tmp_path, monkeypatch, capsys):
    field = EncodedField("C1", EncodedKind.CATEGORICAL, Encoding.VOCABULARY, 1, 1, 4, values="C1")
    config = FeatureConfig(
        ConfigLabel("click"),
        ConfigData((), 1, "sha256:" + "0" * 64),
        Selection("all", 0, Used(1, 1, 32)),
        EmbeddingTable(EmbeddingScheme.FULL, 4),
        (field,),
        "0.1.0",
    )
    values = pl.DataFrame([("C1", "some value", 1, 1, None)], schema=VALUES_SCHEMA, orient="row")
    write_features(tmp_path / "features.yaml", config, values)
    monkeypatch.chdir(tmp_path)
    exec(block("python"), {})
    assert capsys.readouterr().out == "C1 ids 0 to 1 1\n"
