"""``featsel predict`` writes the click probability of every row."""

import importlib.util
import json
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import polars as pl
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from featsel.artifacts.tensors import read_tensors
from featsel.cli.app import run

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "prediction.schema.json"
SMALL = ["--hidden", "8", "--threads", "1", "--epochs", "3", "--batch-size", "64", "--lr", ".02", "-q"]
REQUEST, DATA = 2, 3


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make_model(log, folder, *options):
    """Folder of a model that was trained on a log."""
    features, model = str(folder / "f.yaml"), folder / "m"
    arguments = ["--method", "all", "--dim", "4", "-o", features, "-q", *options]
    assert run(["select", str(log), *arguments]) == 0
    assert run(["train", features, str(log), "-o", str(model), *SMALL]) == 0
    return model


@pytest.fixture(scope="module")
def model(log, tmp_path_factory):
    options = ["--split", "ordered", "--min-count", "20", "--weight", "mass", "--cross", "user,item"]
    return make_model(log, tmp_path_factory.mktemp("model"), *options)


@pytest.fixture(scope="module")
def text_model(text_log, tmp_path_factory):
    return make_model(
        text_log, tmp_path_factory.mktemp("text"), "--multivalued", "tags=|", "--exclude", "mass"
    )


def predict(model, log, *options, output="scores.parquet"):
    """Table of predictions."""
    assert run(["predict", str(model), str(log), "-o", output, "-q", *options]) == 0
    return pl.read_parquet(output) if output.endswith(".parquet") else pl.read_csv(output)


def scores_of(model, frame, name="frame.parquet"):
    frame.write_parquet(name)
    return predict(model, name)["score"].to_numpy()


def test_every_row_has_a_probability_in_its_place(model, clicks):
    forward = scores_of(model, clicks)
    backward = scores_of(model, clicks.reverse())

    assert forward.shape == (800,)
    assert ((forward > 0) & (forward < 1)).all()
    assert np.allclose(backward[::-1], forward, atol=1e-3)  # batches are cut otherwise, and bf16 may be used


def test_the_document_fits_its_published_schema_and_says_how_good_predictions_are(model, log, clicks, capsys):
    arguments = ["-o", "s.parquet", "--keep", "user", "--keep", "mass", "--keep", "user", "--json", "-q"]
    assert run(["predict", str(model), str(log), *arguments]) == 0

    document = json.loads(capsys.readouterr().out)

    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    written = pl.read_parquet("s.parquet")
    assert written.columns == ["user", "mass", "score"]
    assert written.select("user", "mass").equals(clicks.select("user", "mass"))
    labels, scores, mass = clicks["click"], written["score"].cast(pl.Float64), clicks["mass"]
    assert document["auc"] == pytest.approx(roc_auc_score(labels, scores, sample_weight=mass), abs=1e-9)
    assert document["log_loss"] == pytest.approx(log_loss(labels, scores, sample_weight=mass), abs=1e-9)
    assert document["mean"] == pytest.approx(scores.mean())
    assert document["options"]["keep"] == ["user", "mass"]


def test_the_metrics_of_the_training_are_those_of_its_test_rows(model, clicks, capsys):
    clicks.tail(80).write_parquet("test.parquet")  # of an ordered split

    assert run(["predict", str(model), "test.parquet", "-o", "s.parquet", "--json", "-q"]) == 0

    document = json.loads(capsys.readouterr().out)
    test = json.loads((model / "metrics.json").read_text())["test"]
    assert document["auc"] == pytest.approx(test["auc"], abs=2e-3)
    assert document["log_loss"] == pytest.approx(test["log_loss"], abs=2e-3)


@pytest.mark.parametrize("dropped", [["click"], ["mass"], ["click", "mass"]])
def test_neither_label_nor_weight_are_needed(clicks, tmp_path_factory, log, dropped):
    model = make_model(log, tmp_path_factory.mktemp("model"), "--weight", "mass")

    scores = scores_of(model, clicks.drop(dropped))

    assert np.array_equal(scores, scores_of(model, clicks))


def test_a_log_of_one_label_has_no_auc(model, clicks, capsys):
    clicks.with_columns(click=0).write_parquet("log.parquet")

    assert run(["predict", str(model), "log.parquet", "-o", "s.parquet", "--json", "-q"]) == 0

    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert document["auc"] is None
    assert document["log_loss"] > 0


def test_unseen_values_are_one_feature(model, clicks):
    one = clicks.with_columns(user=pl.lit("new"))
    other = clicks.with_columns(user=pl.concat_str(pl.lit("other"), pl.int_range(pl.len())))

    assert np.array_equal(scores_of(model, one), scores_of(model, other))


def test_dropped_values_are_the_feature_of_unseen_ones(model, clicks):
    counts = clicks.head(640)["user"].value_counts()
    rare = counts.filter(pl.col("count") < 20)["user"].to_list()
    assert rare
    rows = clicks.filter(pl.col("user").is_in(rare))

    assert np.array_equal(scores_of(model, rows), scores_of(model, rows.with_columns(user=pl.lit("new"))))


def test_values_that_were_kept_are_told_apart(model, clicks):
    scores = scores_of(model, clicks)

    assert not np.allclose(scores, scores_of(model, clicks.with_columns(user=pl.lit("new"))))


@pytest.mark.parametrize("rest", ["oov", "zero"])
def test_without_a_rest_unseen_values_add_nothing(clicks, tmp_path_factory, rest):
    # one field alone: all that an unseen value leaves of the logistic model is its bias
    clicks.select("click", "user").write_parquet("log.parquet")
    folder = tmp_path_factory.mktemp("rest")
    features, model = str(folder / "f.yaml"), str(folder / "m")
    options = ["--min-count", "35", "--rest", rest, "--dim", "4", "-q"]
    assert run(["select", "log.parquet", "--method", "all", *options, "-o", features]) == 0
    assert run(["train", features, "log.parquet", "-o", model, "--model", "lr", *SMALL]) == 0
    tensors, _ = read_tensors(Path(model, "model.safetensors"))
    (bias,) = [tensor.item() for tensor in tensors.values() if tensor.size == 1]

    score = scores_of(model, pl.DataFrame({"user": ["new"]}))[0]

    assert np.isclose(score, 1 / (1 + np.exp(-bias)), atol=1e-6) == (rest == "zero")


def test_a_parquet_file_and_its_csv_copy_have_the_same_predictions(text_model, text_log, clicks):
    clicks.drop("click").with_columns(pl.col("tags").list.join("|").replace("", None)).write_csv(
        "unlabelled.csv", datetime_format="%Y-%m-%dT%H:%M:%S"
    )

    assert predict(text_model, "unlabelled.csv")["score"].equals(predict(text_model, text_log)["score"])


@pytest.mark.parametrize("unit", ["ms", "ns"])
def test_the_unit_of_points_in_time_does_not_count(model, clicks, unit):
    other = clicks.with_columns(pl.col("hour").cast(pl.Datetime(unit)))

    assert np.array_equal(scores_of(model, other), scores_of(model, clicks))


def test_integers_that_became_floats_are_the_same_values(model, clicks):
    other = clicks.with_columns(pl.col("item").cast(pl.Float64))

    assert np.array_equal(scores_of(model, other), scores_of(model, clicks))


def test_the_first_rows_and_a_sample_can_be_predicted(model, log, clicks):
    whole = predict(model, log, "--keep", "user")

    assert predict(model, log, "--rows", "64", "--keep", "user")["user"].equals(clicks["user"].head(64))
    sample = predict(model, log, "--sample", "50", "--seed", "3", "--keep", "hour", "--keep", "user")
    assert sample.height == 50
    assert sample.join(clicks, on=["hour", "user"], how="anti").is_empty()
    assert whole.height == 800


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_tables_of_all_kinds_hold_the_same_scores(model, log, suffix):
    expected = predict(model, log)

    found = predict(model, log, "--keep", "user", output=f"s.{suffix}")

    assert np.allclose(found["score"], expected["score"], rtol=1e-6)


@pytest.mark.parametrize("options", [[], ["--threads", "3"], ["--no-cache"], ["--memory-limit", "16MB"]])
def test_the_same_request_writes_the_same_bytes(model, log, options):
    predict(model, log, "--keep", "user", output="one.parquet")
    predict(model, log, "--keep", "user", *options, output="two.parquet")

    assert Path("one.parquet").read_bytes() == Path("two.parquet").read_bytes()


def without(name):
    return lambda: Path("m", name).unlink()


def cut_short():
    path = Path("m/model.safetensors")
    path.write_bytes(path.read_bytes()[:-9])


def of_another_model():
    shutil.copy("m/checkpoint.safetensors", "m/model.safetensors")


def edited(name, old, new):
    def edit():
        text = Path("m", name).read_text()
        assert old in text
        Path("m", name).write_text(text.replace(old, new))

    return edit


def test_a_hashed_table_of_an_earlier_featsel_is_refused_and_others_are_read(log, clicks, told_error):
    features = ["select", str(log), "--method", "all", "--dim", "4", "-o", "f.yaml", "-q"]
    hashed = ["--embedding", "hash", "--table-rows", "40"]
    for name, arguments in (("full", []), ("hash", hashed)):
        assert run([*features, *arguments]) == 0
        assert run(["train", "f.yaml", str(log), "-o", name, *SMALL]) == 0
    expected = scores_of("full", clicks)
    for name in ("full", "hash"):
        path = Path(name) / "model.json"
        path.write_text(path.read_text().replace("featsel.model/2", "featsel.model/1"))

    assert (scores_of("full", clicks) == expected).all()
    assert run(["predict", "hash", str(log), "-o", "s.parquet", "-q"]) == DATA
    err = told_error()
    assert "holds a model of an earlier featsel, whose fields share all rows of a table of scheme hash" in err
    assert "Train it again" in err
    assert run(["train", "f.yaml", str(log), "-o", "hash", *SMALL, "--resume"]) == DATA
    assert "holds a model of an earlier featsel" in told_error()


def log_of(change):
    return lambda: change(pl.read_parquet("log.parquet")).write_parquet("log.parquet")


def nothing():
    pass


WRONG = {
    "no folder": (lambda: shutil.rmtree("m"), [], DATA, "folder 'm' holds no model"),
    "no model": (without("model.json"), [], DATA, "there is no model.json"),
    "no weights": (without("model.safetensors"), [], DATA, "holds no trained model"),
    "no features": (without("features.yaml"), [], DATA, "feature config 'm/features.yaml' does not exist"),
    "no values": (without("features.values.parquet"), [], REQUEST, "features.values.parquet"),
    "weights cut short": (cut_short, [], DATA, "cannot be read as safetensors"),
    "other weights": (of_another_model, [], DATA, "holds the weights of another model"),
    "another model": (edited("model.json", '"deepfm"', '"best"'), [], DATA, "does not describe a model"),
    "a text for a size": (
        edited("model.json", '"cross_layers": 3', '"cross_layers": "x"'),
        [],
        DATA,
        "is 'x'",
    ),
    "an absurd size": (
        edited("model.json", '"cross_layers": 3', '"cross_layers": 99999'),
        [],
        DATA,
        "is 99999",
    ),
    "no json": (lambda: Path("m/model.json").write_text("{"), [], DATA, "does not describe a model"),
    "a newer model": (edited("model.json", "model/2", "model/9"), [], DATA, "does not describe a model"),
    "no column": (log_of(lambda log: log.drop("item")), [], DATA, "column 'item' is not in the log"),
    "no lists": (
        log_of(lambda log: log.with_columns(tags=pl.lit("t"))),
        [],
        DATA,
        "column 'tags' holds String",
    ),
    "no rows": (log_of(lambda log: log.clear()), [], DATA, "'log.parquet' holds no rows"),
    "labels": (log_of(lambda log: log.with_columns(click=pl.col("item"))), [], DATA, "is not 0/1"),
    "nothing to keep": (nothing, ["--keep", "usr"], DATA, "column 'usr' is not in the log"),
    "scores to keep": (
        nothing,
        ["--keep", "score"],
        REQUEST,
        "--keep 'score' is the name of the predictions",
    ),
    "lists in text": (nothing, ["--keep", "tags", "-o", "s.csv"], REQUEST, "column 'tags' holds lists"),
    "no format": (nothing, ["-o", "scores.xlsx"], REQUEST, "no extension that can be written"),
    "no parent": (nothing, ["-o", "a/scores.csv"], REQUEST, "there is no folder 'a'"),
}


@pytest.mark.parametrize(("make", "options", "code", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_request_is_one_error_and_writes_nothing(
    model, clicks, told_error, make, options, code, message
):
    shutil.copytree(model, "m")
    clicks.write_parquet("log.parquet")
    make()
    before = sorted(Path().rglob("*"))

    found = run(["predict", "m", "log.parquet", "-o", "s.parquet", "-q", *options])

    assert message in told_error()
    assert found == code
    assert sorted(Path().rglob("*")) == before


def test_without_torch_it_is_said_how_to_install_it(model, log, told_error, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "torch" else find(name))

    assert run(["predict", str(model), str(log), "-o", "s.parquet"]) == REQUEST

    assert "pip install 'featsel[train]'" in told_error()
