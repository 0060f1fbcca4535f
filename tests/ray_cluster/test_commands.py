"""Every command that reads a log gives on a cluster what it gives here."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from featsel.cli.app import app

pytestmark = pytest.mark.usefixtures("workers")
RAY = ("--engine", "ray", "--threads", "2")


@pytest.fixture
def log(frame, tmp_path, monkeypatch):
    monkeypatch.setenv("FEATSEL_CACHE", str(tmp_path / "cache"))
    frame.drop("weight").write_parquet(tmp_path / "log.parquet")
    return tmp_path / "log.parquet"


def printed(*arguments: object) -> dict[str, object]:
    """The document that a command prints, but for the time that it took."""
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code in {0, 1}, result.stderr
    return {name: value for name, value in json.loads(result.stdout).items() if name != "elapsed_s"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("rank", "--redundancy", "--stability", "3", "--no-cache"),
        ("check",),
    ],
)
def test_documents_are_the_same(log, arguments):
    command, *options = arguments
    assert printed(command, log, *options) == printed(command, log, *options, *RAY)


def test_a_model_from_a_cluster_is_the_model_from_here(log, tmp_path):
    models = []
    for name, options in (("here", ()), ("there", RAY)):
        config = tmp_path / name / "features.yaml"
        config.parent.mkdir()
        printed("select", log, "--method", "all", "-o", config, "--no-cache", *options)
        printed(
            "train", config, log, "-o", tmp_path / name / "model", "--model", "lr", "--no-cache", *options
        )
        weights = (tmp_path / name / "model" / "model.safetensors").read_bytes()
        values = (tmp_path / name / "features.values.parquet").read_bytes()
        models.append((config.read_text(), values, weights))
    assert models[0] == models[1]


def test_an_address_needs_the_engine(log):
    result = CliRunner().invoke(app, ["rank", str(log), "--ray-address", "auto"])
    assert result.exit_code != 0
    assert "--ray-address names a cluster, but the engine is local" in str(result.exception)
