"""``featsel export --to onnx`` writes a graph that predicts what ``featsel predict`` does."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from featsel import __version__
from featsel.artifacts.feature_configs import read_features, write_features
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
    Pooling,
    Rest,
    Selection,
    TableDtype,
    Used,
)
from featsel.core.table_size import table_bytes

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

HEADS = ["lr", "fm", "dcn", "dcnv2", "ipnn", "autoint", "finalmlp", "mlp"]
TABLES = {
    "full": EmbeddingTable(EmbeddingScheme.FULL, 4),
    "hash": EmbeddingTable(EmbeddingScheme.HASH, 4, rows=13, salt=5),
    "qr": EmbeddingTable(EmbeddingScheme.QR, 4, rows=12),
    "unified": EmbeddingTable(EmbeddingScheme.UNIFIED, 4, rows=13, lookups=2, salt=5),
    "int8": EmbeddingTable(EmbeddingScheme.FULL, 4, TableDtype.INT8),
}
CITIES = ("Oslo", "Rome", "Łódź")
TAGS = ("a", "b", "c", "d")

CITY = EncodedField("city", EncodedKind.CATEGORICAL, Encoding.VOCABULARY, 4, 9, 4, values="city")
PRICE = EncodedField(
    "price", EncodedKind.NUMERIC, Encoding.STANDARD, 2, 2, 2, values="price", mean=1.5, scale=2.0
)
TAG = EncodedField(
    "tags",
    EncodedKind.MULTIVALUED,
    Encoding.VOCABULARY,
    4,
    4,
    4,
    values="tags",
    pooling=Pooling.MEAN,
    max_length=3,
)
VALUES = pl.DataFrame(
    {
        "field": ["city"] * 4 + ["price"] * 2 + ["tags"] * 4,
        "value": [*CITIES, None, "x", None, *TAGS],
        "code": [1, 2, 3, 4, 1, 2, 1, 2, 3, 4],
        "count": [1] * 10,
        "score": [None] * 10,
    }
)


@pytest.fixture(scope="module")
def log() -> pl.DataFrame:
    """Rows with nulls, unknown values, empty lists and lists that are too long."""
    rng = np.random.default_rng(0)
    n_rows = 400
    cities = rng.choice([*CITIES, "Paris", None], n_rows).tolist()
    lists = [rng.choice([*TAGS, "z"], rng.integers(0, 5)).tolist() for _ in range(n_rows)]
    prices = [None if each > 4 else float(each) for each in rng.normal(1.5, 2.0, n_rows)]
    is_click = [city == "Oslo" or "a" in tags for city, tags in zip(cities, lists, strict=True)]
    clicks = (np.array(is_click) ^ (rng.random(n_rows) < 0.2)).astype(np.uint8)
    return pl.DataFrame({"click": clicks, "city": cities, "price": prices, "tags": lists})


@pytest.fixture
def train(log, tmp_path, monkeypatch):
    """Trainer of small models, and what they predict."""
    monkeypatch.chdir(tmp_path)
    log.write_parquet("log.parquet")

    def train_model(model="deepfm", scheme="full", rest=Rest.OOV, fields=(CITY, PRICE, TAG)) -> np.ndarray:
        draft = FeatureConfig(
            label=ConfigLabel("click"),
            data=ConfigData(("log.parquet",), log.height, f"sha256:{'0' * 64}"),
            selection=Selection("all", 0, Used(0, 0, 0)),
            embedding=TABLES[scheme],
            fields=tuple(
                replace(field, dim=4) if scheme == "unified" or model == "lr" else field for field in fields
            ),
            featsel=__version__,
            rest=rest,
        )
        used = Used(len(fields), sum(field.features for field in fields), table_bytes(draft))
        config = replace(draft, selection=replace(draft.selection, used=used))
        values = VALUES.filter(pl.col("field").is_in([field.name for field in fields]))
        write_features(tmp_path / "features.yaml", config, values)
        options = [
            "--epochs",
            "2",
            "--batch-size",
            "32",
            "--lr",
            ".05",
            "--hidden",
            "8,6",
            "--no-cache",
            "-q",
        ]
        command = ["train", "features.yaml", "log.parquet", "-o", "model", "--model", model, *options]
        assert run(command) == 0
        scores = ["predict", "model", "log.parquet", "-o", "scores.parquet", "--precision", "fp32", "-q"]
        assert run([*scores, "--no-cache"]) == 0
        return pl.read_parquet("scores.parquet")["score"].to_numpy()

    return train_model


def encoded_by_a_server(log: pl.DataFrame, session) -> dict[str, np.ndarray]:
    """Batch made with nothing but the config, its values and the metadata of the graph."""
    config, values = read_features(Path("model/features.yaml"))
    layout = json.loads(session.get_modelmeta().custom_metadata_map["layout"])
    codes = {(field, value): code for field, value, code in values.select("field", "value", "code").rows()}
    columns = sum(len(field["weights"]) for field in layout["fields"])
    ids = np.zeros((log.height, layout["slots"]), np.int64)
    weights = np.zeros((log.height, columns), np.float32)
    for field, encoded in zip(layout["fields"], config.fields, strict=True):
        for row, value in enumerate(log[field["name"]].to_list()):
            found = [1.0] * len(field["weights"])
            items = [value]
            if field["encoding"] == "standard":
                items = [value if value is None else "x"]
                found = [1.0 if value is None else (value - encoded.mean) / encoded.scale]
            elif field["kind"] == "multivalued":
                items = list(dict.fromkeys(value))[: len(field["slots"])] or [None]
                found = [1 / len(items) if place < len(items) else 0.0 for place in range(len(found))]
            known = [codes.get((field["name"], item), 0) for item in items]
            known += [0] * (len(field["slots"]) - len(known))
            ids[row, field["slots"]] = [field["offset"] + code for code in known]
            weights[row, field["weights"]] = found
    return {"ids": ids, "weights": weights} if columns else {"ids": ids}


def exported(*options: str):
    assert run(["export", "model", "--to", "onnx", "-o", "model.onnx", "-q", *options]) == 0
    return runtime.InferenceSession("model.onnx")


@pytest.mark.parametrize("scheme", ["full", "int8"])
def test_the_graph_predicts_what_predict_does(train, log, scheme):
    expected = train(scheme=scheme)
    session = exported()
    (scores,) = session.run(["score"], encoded_by_a_server(log, session))
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)
    assert np.ptp(scores) > 0.05  # it has learnt something that could have come out otherwise


@pytest.mark.slow
@pytest.mark.parametrize("rest", list(Rest))
@pytest.mark.parametrize(
    ("model", "scheme"),
    [*((model, "full") for model in HEADS), *(("deepfm", scheme) for scheme in TABLES)],
)
def test_every_head_and_scheme_predicts_what_predict_does(train, log, model, scheme, rest):
    expected = train(model, scheme, rest)
    session = exported()
    (scores,) = session.run(None, encoded_by_a_server(log, session))
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_a_model_without_weighted_slots_has_one_input(train, log):
    expected = train("lr", fields=(CITY,))
    session = exported()
    assert [(each.name, each.type, each.shape) for each in session.get_inputs()] == [
        ("ids", "tensor(int64)", ["batch", 1])
    ]
    (scores,) = session.run(None, encoded_by_a_server(log, session))
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_the_batch_may_have_any_size(train, log):
    expected = train("lr")
    session = exported()
    batch = encoded_by_a_server(log, session)
    (first,) = session.run(None, {name: values[:1] for name, values in batch.items()})
    (none,) = session.run(None, {name: values[:0] for name, values in batch.items()})
    np.testing.assert_allclose(first, expected[:1], rtol=0, atol=1e-5)
    assert none.shape == (0,)


def test_the_metadata_says_what_a_server_must_know(train, tmp_path, capfd):
    train("lr")
    capfd.readouterr()
    assert run(["export", "model", "--to", "onnx", "-o", "model.onnx"]) == 0
    captured = capfd.readouterr()
    model = onnx.load("model.onnx")
    facts = {each.key: each.value for each in model.metadata_props}
    digest = hashlib.sha256((tmp_path / "model" / "features.yaml").read_bytes()).hexdigest()
    assert (captured.out, captured.err) == ("", "featsel: note: wrote model.onnx\n")
    assert {key: facts[key] for key in ("featsel", "features")} == {
        "featsel": __version__,
        "features": f"sha256:{digest}",
    }
    assert json.loads(facts["layout"]) == {
        "schema": "featsel.onnx/1",
        "ids": 13,
        "slots": 5,
        "fields": [
            {
                "name": "city",
                "kind": "categorical",
                "encoding": "vocabulary",
                "offset": 0,
                "features": 4,
                "slots": [0],
                "weights": [],
            },
            {
                "name": "price",
                "kind": "numeric",
                "encoding": "standard",
                "offset": 5,
                "features": 2,
                "slots": [1],
                "weights": [0],
            },
            {
                "name": "tags",
                "kind": "multivalued",
                "encoding": "vocabulary",
                "offset": 8,
                "features": 4,
                "slots": [2, 3, 4],
                "weights": [1, 2, 3],
            },
        ],
    }
    onnx.checker.check_model(model)


@pytest.mark.slow
def test_the_same_model_gives_the_same_bytes_without_paths_of_this_machine(train, tmp_path):
    train("lr")
    exported()
    first = (tmp_path / "model.onnx").read_bytes()
    exported()
    assert (tmp_path / "model.onnx").read_bytes() == first
    assert b"site-packages" not in first
    assert b"featsel/models" not in first


@pytest.mark.slow
def test_a_large_table_stands_beside_the_graph(train, log, tmp_path, monkeypatch, capsys):
    from featsel.workflows import export_model

    expected = train("lr")
    monkeypatch.setattr(export_model, "LARGEST_FILE", 0)
    out = tmp_path / "out"
    out.mkdir()
    capsys.readouterr()
    assert run(["export", "model", "--to", "onnx", "-o", "out"]) == 0
    assert capsys.readouterr().err == "featsel: note: wrote out/model.onnx, out/model.onnx.data\n"
    assert {path.name for path in out.iterdir()} == {"model.onnx", "model.onnx.data"}
    session = runtime.InferenceSession(out / "model.onnx")
    (scores,) = session.run(None, encoded_by_a_server(log, session))
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("log.parquet", 2, "--to onnx exports a trained model, and 'log.parquet' is a file"),
        (".", 3, "folder '.' holds no model: there is no model.json"),
        ("none", 3, "folder 'none' holds no model: there is no model.json"),
    ],
)
def test_what_is_no_model_writes_nothing(log, tmp_path, monkeypatch, capsys, name, code, message):
    monkeypatch.chdir(tmp_path)
    log.write_parquet("log.parquet")
    assert run(["export", name, "--to", "onnx", "-o", "model.onnx"]) == code
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["log.parquet"]


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (("onnx", "onnxscript"), "--to onnx needs onnx and onnxscript, which are not installed"),
        (("onnxscript",), "--to onnx needs onnxscript, which is not installed"),
        (("torch",), "featsel export --to onnx needs torch and safetensors, which are not installed"),
    ],
)
def test_a_missing_extra_is_named_with_its_install_line(tmp_path, monkeypatch, capsys, missing, message):
    monkeypatch.chdir(tmp_path)
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name in missing else find_spec(name, *rest)
    )
    assert run(["export", "model", "--to", "onnx", "-o", "model.onnx"]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "pip install 'featsel[onnx]'" in error
