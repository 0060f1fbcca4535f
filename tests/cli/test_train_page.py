"""``featsel train --html`` writes a page, and refuses one that it could not write before it trains."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from featsel.artifacts.feature_configs import write_features
from featsel.cli.app import run
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
from featsel.core.table_size import table_bytes

NAME = "<img src=x onerror=alert(1)>"
OPTIONS = ["--model", "lr", "--epochs", "2", "--batch-size", "32", "--no-cache", "-q"]


@pytest.fixture
def log(tmp_path, monkeypatch):
    """A log with a config for it, whose file and column have hostile names."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 400)
    clicks = (rng.random(400) < 0.1 + 0.2 * codes).astype(np.uint8)
    name = f"{NAME}.parquet"
    pl.DataFrame({"click": clicks, NAME: [f"v{code}" for code in codes]}).write_parquet(tmp_path / name)
    draft = FeatureConfig(
        label=ConfigLabel("click"),
        data=ConfigData((name,), 400, f"sha256:{'0' * 64}"),
        selection=Selection("all", 0, Used(0, 0, 0)),
        embedding=EmbeddingTable(EmbeddingScheme.FULL, 4),
        fields=(EncodedField(NAME, EncodedKind.CATEGORICAL, Encoding.VOCABULARY, 4, 4, 4, values=NAME),),
        featsel="0.1.0",
    )
    config = replace(draft, selection=replace(draft.selection, used=Used(1, 4, table_bytes(draft))))
    values = pl.DataFrame(
        {
            "field": [NAME] * 4,
            "value": [f"v{code}" for code in range(4)],
            "code": [1, 2, 3, 4],
            "count": [100] * 4,
            "score": [None] * 4,
        }
    )
    write_features(tmp_path / "features.yaml", config, values)
    return name


@pytest.mark.parametrize("shares", [["--valid", "0.1", "--test", "0.2"], ["--valid", "0", "--test", "0"]])
def test_a_page_is_written_even_into_the_new_folder_of_the_model(log, tmp_path, shares):
    page = ["--html", "model/page.html"]
    assert run(["train", "features.yaml", log, "-o", "model", *page, *shares, *OPTIONS]) == 0
    html = (tmp_path / "model" / "page.html").read_text(encoding="utf-8")
    assert "How well does <em>lr</em> predict?" in html
    assert "&lt;img src=x onerror=alert(1)&gt;.parquet" in html
    assert NAME not in html


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("page.txt", "--html 'page.txt' does not end in .html"),
        ("model/page.txt", "page.txt' does not end in .html"),
        ("none/page.html", "there is no folder 'none'"),
    ],
)
def test_a_page_that_cannot_be_written_is_refused_before_any_work(log, tmp_path, capsys, page, message):
    assert run(["train", "features.yaml", log, "-o", "model", "--html", page, *OPTIONS]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "model").exists()
