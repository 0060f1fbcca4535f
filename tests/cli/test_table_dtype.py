"""A table of int8 predicts what its file says, and takes a quarter of the bytes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from featsel.artifacts.feature_configs import read_features
from featsel.artifacts.tensors import read_tensors
from featsel.cli.app import run
from featsel.core.feature_config import TableDtype

SMALL = ["--model", "fm", "--threads", "1", "--epochs", "2", "--batch-size", "64", "--lr", ".02", "-q"]
SPLIT = ["--split", "ordered"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def features(log):
    """Config of a full table."""
    assert run(["select", str(log), "--method", "all", "--dim", "8", *SPLIT, "-o", "f.yaml", "-q"]) == 0
    return "f.yaml"


def scores(model, log):
    options = ["--precision", "fp32", "-o", "s.parquet", "-q"]
    assert run(["predict", str(model), str(log), *options]) == 0
    return pl.read_parquet("s.parquet")["score"].to_numpy()


def test_the_file_of_an_int8_table_predicts_as_that_of_its_dequantised_numbers(features, log):
    for name in ("float32", "int8"):
        assert run(["train", features, str(log), "-o", name, "--table-dtype", name, *SMALL]) == 0
    learnt, _ = read_tensors(Path("float32/model.safetensors"))
    stored, _ = read_tensors(Path("int8/model.safetensors"))
    config, _ = read_features(Path("int8/features.yaml"))
    assert config.embedding.dtype is TableDtype.INT8

    codes, scales = stored["table.weight"], stored["table.weight.scales"]
    n_rows = [field.features + 1 for field in config.fields]
    numbers = codes.astype(np.float32) * np.repeat(scales, n_rows, axis=0)
    found = scores("int8", log)
    (Path("float32") / "model.safetensors").unlink()
    from featsel.artifacts.tensors import write_tensors

    write_tensors(Path("float32/model.safetensors"), learnt | {"table.weight": numbers})

    assert codes.dtype == np.int8
    assert np.abs(numbers - learnt["table.weight"]).max() > 0
    assert (np.abs(numbers - learnt["table.weight"]) <= 0.5001 * np.repeat(scales, n_rows, axis=0)).all()
    assert np.array_equal(scores("float32", log), found)
    n_bytes = codes.nbytes + scales.nbytes
    assert n_bytes == learnt["table.weight"].nbytes / 4 + 4 * 9 * len(n_rows)


def test_the_metrics_of_the_training_are_those_of_the_file(features, log, clicks, capsys):
    assert run(["train", features, str(log), "-o", "m", "--table-dtype", "int8", *SMALL]) == 0
    clicks.tail(80).write_parquet("test.parquet")  # of an ordered split
    capsys.readouterr()

    assert run(["predict", "m", "test.parquet", "-o", "s.parquet", "--json", "-q"]) == 0

    document = json.loads(capsys.readouterr().out)
    test = json.loads(Path("m/metrics.json").read_text())["test"]
    assert document["auc"] == pytest.approx(test["auc"], abs=1e-6)
    assert document["log_loss"] == pytest.approx(test["log_loss"], abs=1e-6)


def test_a_trained_model_loses_less_than_a_thousandth_of_auc():
    shape = "--rows 8000 --fields 10 --noise 4 --interactions 1 --redundant 0 --drift 0 --seed 6"
    assert run(["synth", "p.parquet", *shape.split(), "--max-cardinality", "300", "-q"]) == 0
    split = ["--split", "ordered", "--test", ".3", "--exclude", "day"]
    assert run(["select", "p.parquet", "--method", "all", "--dim", "8", *split, "-o", "f.yaml", "-q"]) == 0
    tested = {}
    for dtype in TableDtype:
        assert run(["train", "f.yaml", "p.parquet", "-o", dtype, "--table-dtype", dtype, *SMALL]) == 0
        tested[dtype] = json.loads((Path(dtype) / "metrics.json").read_text())["test"]

    change = tested[TableDtype.INT8]["auc"] - tested[TableDtype.FLOAT32]["auc"]
    assert tested[TableDtype.FLOAT32]["auc"] > 0.6
    assert change != 0
    assert abs(change) < 0.001


def test_a_budget_in_bytes_buys_about_four_times_the_features_of_int8(log):
    bought = {}
    for dtype in TableDtype:
        options = ["--method", "frequency", "--budget", "2000bytes", "--dim", "16", "--table-dtype", dtype]
        short = ["--model", "fm", "--epochs", "1", "--threads", "1", "-o", f"{dtype}.yaml", "-q"]
        assert run(["select", str(log), *options, *short]) == 0
        config, _ = read_features(Path(f"{dtype}.yaml"))
        used = config.selection.used
        assert used.bytes <= 2000
        bought[dtype] = used.features + used.fields  # each field has a row for what is unknown

    assert bought[TableDtype.FLOAT32] == 2000 // 64
    assert bought[TableDtype.INT8] > 3 * bought[TableDtype.FLOAT32]


def test_a_resumed_training_may_store_another_type(features, log):
    options = ["-o", "m", *SMALL]
    assert run(["train", features, str(log), *options]) == 0

    assert run(["train", features, str(log), *options, "--table-dtype", "int8", "--resume"]) == 0

    stored, _ = read_tensors(Path("m/model.safetensors"))
    assert stored["table.weight"].dtype == np.int8


def test_a_file_of_another_type_is_none_of_the_model(features, log, capsys):
    for name in ("float32", "int8"):
        assert run(["train", features, str(log), "-o", name, "--table-dtype", name, *SMALL]) == 0
    Path("float32/model.safetensors").replace("int8/model.safetensors")
    capsys.readouterr()

    assert run(["predict", "int8", str(log), "-o", "s.parquet", "-q"]) == 3

    assert "model.safetensors' holds the weights of another model" in capsys.readouterr().err
