"""``featsel train`` learns from the training rows of a log, and can be interrupted at any moment."""

import csv
import importlib.util
import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import numpy as np
import polars as pl
import pytest

from featsel.artifacts.tensors import read_tensors, write_tensors
from featsel.cli.app import run

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "metrics.schema.json"
SMALL = ["--hidden", "8", "--threads", "1", "--epochs", "3", "--batch-size", "64", "--lr", ".02", "-q"]
ALL = ["--method", "all", "--dim", "4", "-q"]
REQUEST, DATA, INTERRUPTED = 2, 3, 130
FILES = {
    *("checkpoint.safetensors", "features.values.parquet", "features.yaml", "history.csv"),
    *("metrics.json", "model.json", "model.safetensors"),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def select(log, *arguments, output="f.yaml"):
    assert run(["select", str(log), *ALL, *map(str, arguments), "-o", output]) == 0


def train(log, *arguments, features="f.yaml", output="m"):
    """Metrics of a training."""
    assert run(["train", str(features), str(log), "-o", output, *SMALL, *arguments]) == 0
    return json.loads(Path(output, "metrics.json").read_text())


def measured(metrics):
    """What a training led to, without names, options and times."""
    parts = ("model", "train", "valid", "test", "split", "epochs", "best_epoch", "history")
    return {part: metrics.get(part) for part in parts}


def weights(output="m"):
    return Path(output, "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def trained(log, tmp_path_factory):
    """Folder with a config ``f.yaml`` and a model ``m`` that was trained by it."""
    made = tmp_path_factory.mktemp("trained")
    features, model = str(made / "f.yaml"), str(made / "m")
    assert run(["select", str(log), *ALL, "-o", features]) == 0
    assert run(["train", features, str(log), "-o", model, *SMALL]) == 0
    return made


# the main path


def test_a_model_learns_the_planted_effects(trained):
    metrics = json.loads((trained / "m" / "metrics.json").read_text())

    # 80 test rows: the standard error of their AUC is at most 1 / (2 sqrt(min(n+, n-))), about .1
    assert metrics["test"]["auc"] > 0.6
    assert metrics["valid"]["log_loss"] < np.log(2)
    assert {path.name for path in (trained / "m").iterdir()} == FILES


def test_the_document_is_printed_alone_and_fits_its_published_schema(trained, log, capsys):
    features = str(trained / "f.yaml")
    assert run(["train", features, str(log), "-o", "m", *SMALL, "--group", "user", "--json"]) == 0

    document = json.loads(capsys.readouterr().out)

    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert document == json.loads(Path("m/metrics.json").read_text())


def test_metrics_without_held_out_rows_fit_the_schema_too(trained, log):
    metrics = train(log, "--valid", "0", "--test", "0", features=trained / "f.yaml")

    jsonschema.validate(metrics, json.loads(SCHEMA.read_text()))
    assert not metrics.keys() & {"valid", "test"}
    assert metrics["train"]["rows"] == 800


def test_the_history_is_a_table_too(trained):
    lines = list(csv.DictReader(io.StringIO((trained / "m" / "history.csv").read_text())))
    history = json.loads((trained / "m" / "metrics.json").read_text())["history"]

    assert [int(line["epoch"]) for line in lines] == [line["epoch"] for line in history]
    assert [float(line["valid_auc"]) for line in lines] == [line["valid"]["auc"] for line in history]


def test_a_parquet_file_and_its_csv_copy_train_the_same_model(log, text_log):
    select(log, "--cross", "user,item")
    select(text_log, "--cross", "user,item", "--multivalued", "tags=|", output="csv.yaml")

    one = train(log)
    two = train(text_log, features="csv.yaml", output="csv")

    assert measured(two) == measured(one)
    assert weights("csv") == weights("m")


def without_times(path):
    if path.name != "metrics.json":
        return path.read_bytes()
    document = json.loads(path.read_text())
    for name in ("timing", "elapsed_s", "rows_per_second"):
        document.pop(name)
    return json.dumps(document)


@pytest.mark.parametrize(
    "options", [[], ["--no-cache"], ["--threads", "3"]], ids=["again", "no cache", "threads"]
)
def test_the_same_request_makes_the_same_files(trained, log, options):
    train(log, *options, features=trained / "f.yaml")

    for name in FILES:
        assert without_times(Path("m", name)) == without_times(trained / "m" / name), name


def test_another_seed_makes_another_model_of_the_same_rows(trained, log):
    metrics = train(log, "--seed", "1", features=trained / "f.yaml")

    assert weights() != weights(trained / "m")
    assert metrics["split"]["seed"] == 0  # as the config says


def test_a_config_reads_a_log_like_its_own(trained, clicks):
    clicks.reverse().write_parquet("other.parquet")

    metrics = train("other.parquet", features=trained / "f.yaml")

    assert metrics["split"] == {"order": "random", "valid": 0.1, "test": 0.0, "seed": 0}


# held-out rows


def test_files_are_held_out_whole(trained, log, clicks):
    clicks.head(300).write_parquet("valid.parquet")
    clicks.tail(100).write_parquet("test.parquet")

    metrics = train(
        log,
        "--valid",
        "valid.parquet",
        "--test",
        "test.parquet",
        "--rows",
        "500",
        features=trained / "f.yaml",
    )

    assert [metrics[part]["rows"] for part in ("train", "valid", "test")] == [500, 300, 100]


def test_shares_are_held_out_of_the_training_log(trained, log):
    metrics = train(log, "--valid", ".25", "--test", ".125", features=trained / "f.yaml")

    assert [metrics[part]["rows"] for part in ("train", "valid", "test")] == [500, 200, 100]


@pytest.mark.parametrize(
    ("options", "is_told"),
    [([], False), (["--valid", "0"], False), (["--valid", ".2"], True), (["--rows", "400"], True)],
)
def test_it_is_told_where_features_have_seen_held_out_rows(trained, log, capsys, options, is_told):
    train(log, *options, features=trained / "f.yaml")

    assert ("rows are held out that were not" in capsys.readouterr().err) is is_told


def test_a_split_in_time_holds_out_the_last_rows(log, clicks):
    select(log, "--time", "hour")

    metrics = train(log)

    hours = clicks["hour"].sort()
    n_test = int((hours >= hours[-80]).sum())
    n_held = int((hours >= hours[-160]).sum())
    found = [metrics[part]["rows"] for part in ("train", "valid", "test")]
    assert found == [800 - n_held, n_held - n_test, n_test]
    assert metrics["split"]["order"] == "time"


def test_the_label_of_test_rows_changes_no_weight(clicks):
    clicks.write_parquet("log.parquet")
    flipped = pl.when(pl.int_range(pl.len()) >= 720).then(1 - pl.col("click")).otherwise(pl.col("click"))
    clicks.with_columns(flipped.alias("click")).write_parquet("flipped.parquet")

    for name in ("log", "flipped"):
        select(f"{name}.parquet", "--split", "ordered", output=f"{name}.yaml")
        train(f"{name}.parquet", features=f"{name}.yaml", output=name)

    assert weights("log") == weights("flipped")


@pytest.mark.parametrize("column", ["user", "price"])
def test_groups_have_an_auc_of_their_own(trained, log, clicks, column):
    metrics = train(log, "--group", column, features=trained / "f.yaml")

    assert 0 < metrics["test"]["gauc"]["groups"] <= clicks[column].n_unique()
    assert 0 <= metrics["test"]["gauc"]["auc"] <= 1


def test_a_column_that_is_no_field_can_group(log):
    select(log, "--exclude", "user")

    assert train(log, "--group", "user")["test"]["gauc"]["groups"] > 0


def test_a_row_of_weight_two_is_two_rows(clicks):
    # with a single batch an epoch the order of rows does not matter
    doubled = pl.concat([clicks, clicks]).with_columns(mass=1)
    clicks.with_columns(mass=2).write_parquet("heavy.parquet")
    doubled.write_parquet("doubled.parquet")
    options = ["--model", "lr", "--valid", "0", "--test", "0", "--batch-size", "1600", "--precision", "fp32"]
    for name in ("heavy", "doubled"):
        select(f"{name}.parquet", "--weight", "mass", "--valid", "0", "--test", "0", output=f"{name}.yaml")
        train(f"{name}.parquet", *options, features=f"{name}.yaml", output=name)

    heavy, _ = read_tensors(Path("heavy/model.safetensors"))
    double, _ = read_tensors(Path("doubled/model.safetensors"))

    assert heavy.keys() == double.keys()
    for name, tensor in heavy.items():
        # Adam divides by the gradient's size: where it is nearly 0, rounding shows
        assert np.allclose(tensor, double[name], atol=2e-3), name


# what fields can be


@pytest.mark.parametrize(
    "options",
    [
        ["--rest", "zero", "--min-count", "20"],
        ["--cross", "user,item", "--cross-buckets", "30"],
        ["--numeric-encoding", "standard", "--pooling", "sum", "--max-length", "1"],
        ["--numeric-encoding", "log2", "--cross", "user,item"],
    ],
    ids=lambda options: " ".join(options[:2]),
)
def test_every_encoding_can_be_trained(log, options):
    select(log, *options)

    assert train(log, "--model", "fm")["valid"]["log_loss"] < np.log(2)


@pytest.mark.parametrize(("scheme", "options"), [("hash", []), ("qr", []), ("unified", ["--lookups", "2"])])
def test_fields_can_share_a_table_of_few_rows(log, scheme, options):
    select(log, "--embedding", scheme, "--table-rows", "50", *options)

    metrics = train(log, "--model", "fm")

    tensors, _ = read_tensors(Path("m/model.safetensors"))
    assert tensors["table.weight"].shape[0] == 50
    assert metrics["valid"]["log_loss"] < np.log(2)


def test_less_memory_than_rows_trains_on_parts_of_them(clicks, monkeypatch):
    # sixteen copies of the log, in chunks of 256 rows, in buffers of one chunk
    pl.concat([clicks] * 16).write_parquet("log.parquet")
    monkeypatch.setattr("featsel.workflows.log_rows.CHUNK_ROWS", 256)
    monkeypatch.setattr("featsel.workflows.train_settings.BUFFER_SHARE", 1e-4)
    select("log.parquet", "--cross", "user,item")

    metrics = train("log.parquet", "--memory-limit", "16MB", "--epochs", "1")

    assert metrics["train"]["rows"] == 10_240
    assert metrics["test"]["auc"] > 0.75


# interruptions

LONG = ["--hidden", "8", "--threads", "1", "--epochs", "4", "--batch-size", "8", "--patience", "0"]
LONG += ["--dropout", ".2", "--checkpoint-steps", "5", "-q"]


@pytest.fixture(scope="module")
def undisturbed(trained, log):
    """Model of a training that nobody stopped."""
    model = trained / "undisturbed"
    assert run(["train", str(trained / "f.yaml"), str(log), "-o", str(model), *LONG]) == 0
    return model


def interrupted(features, log, number):
    """Exit code of a training that a signal stopped in the middle of an epoch."""
    command = [sys.executable, "-m", "featsel", "train", features, str(log), "-o", "m", *LONG]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = time.monotonic() + 60
    while not Path("m/checkpoint.safetensors").exists() and time.monotonic() < end:
        time.sleep(0.001)
    process.send_signal(number)
    _, err = process.communicate()
    assert b"Traceback" not in err
    assert not Path("m/model.safetensors").exists()
    assert not Path("m/metrics.json").exists()
    _, facts = read_tensors(Path("m/checkpoint.safetensors"))
    assert facts["progress"]["batch"] > 0  # of some epoch
    return process.returncode


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, INTERRUPTED)],
    ids=["kill", "ctrl-c"],
)
def test_a_training_that_was_stopped_goes_on_to_the_same_bits(trained, undisturbed, log, number, code):
    features = str(trained / "f.yaml")

    assert interrupted(features, log, number) == code
    assert run(["train", features, str(log), "-o", "m", *LONG, "--resume"]) == 0

    assert weights("m") == weights(undisturbed)
    metrics = [json.loads(Path(name, "metrics.json").read_text()) for name in ("m", undisturbed)]
    assert measured(metrics[0]) == measured(metrics[1])
    assert {path.name for path in Path("m").iterdir()} == FILES  # nothing half-written is left


def test_a_training_that_has_ended_stays_as_it_is(trained, log):
    train(log, features=trained / "f.yaml")
    before = weights()

    metrics = train(log, "--resume", features=trained / "f.yaml")

    assert weights() == before
    jsonschema.validate(metrics, json.loads(SCHEMA.read_text()))


def test_resuming_nothing_begins(trained, log, capsys):
    train(log, "--resume", features=trained / "f.yaml")

    assert "m has no checkpoint" not in capsys.readouterr().err  # quiet
    assert weights() == weights(trained / "m")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--hidden", "16"], "began with other options: --model deepfm and its sizes"),
        (["--model", "lr"], "began with other options: --model deepfm and its sizes"),
        (["--seed", "4"], "--seed was 0 and is 4"),
        (["--batch-size", "32"], "--batch-size was 64 and is 32"),
        (["--optimizer", "adagrad"], "--optimizer was adam and is adagrad"),
        (["--valid", ".3"], "began with other options: the log, or the rows that are held out"),
        (["--split", "ordered"], "began with other options: the log, or the rows that are held out"),
    ],
)
def test_a_training_does_not_go_on_as_another(trained, log, told_error, options, message):
    features = str(trained / "f.yaml")
    before = {path.name: path.read_bytes() for path in (trained / "m").iterdir()}

    code = run(["train", features, str(log), "-o", str(trained / "m"), *SMALL, *options, "--resume"])

    assert message in told_error()
    assert code == REQUEST
    assert {path.name: path.read_bytes() for path in (trained / "m").iterdir()} == before


@pytest.mark.parametrize("part", ["model.table.weight", "best.table.weight", "losses"])
def test_a_checkpoint_that_lacks_a_part_is_refused(trained, log, told_error, part):
    train(log, features=trained / "f.yaml")
    tensors, facts = read_tensors(Path("m/checkpoint.safetensors"))
    del tensors[part]
    write_tensors(Path("m/checkpoint.safetensors"), tensors, facts)

    code = run(["train", str(trained / "f.yaml"), str(log), "-o", "m", *SMALL, "--resume"])

    assert "the checkpoint does not hold what this model had learnt" in told_error()
    assert code == DATA


def test_a_training_does_not_go_on_with_another_log_of_as_many_rows(trained, log, told_error):
    pl.read_parquet(log).reverse().write_parquet("reversed.parquet")

    code = run(
        ["train", str(trained / "f.yaml"), "reversed.parquet", "-o", str(trained / "m"), *SMALL, "--resume"]
    )

    assert "began with other options: the log, or the rows that are held out" in told_error()
    assert code == REQUEST


def test_a_training_does_not_go_on_with_other_features(trained, log, told_error):
    select(log, "--min-count", "2", "--exclude", "mass", output="other.yaml")

    code = run(["train", "other.yaml", str(log), "-o", str(trained / "m"), *SMALL, "--resume"])

    assert "began with other options: the feature config" in told_error()
    assert code == REQUEST


# wrong requests and wrong data


def edited(old, new):
    def edit(_):
        text = Path("f.yaml").read_text()
        assert old in text
        Path("f.yaml").write_text(text.replace(old, new, 1))

    return edit


def without_values(_):
    Path("f.values.parquet").unlink()


def with_other_values(_):
    Path("f.values.parquet").write_bytes(Path("f.values.parquet").read_bytes() + b"x")


def log_of(change):
    return lambda clicks: change(clicks).write_parquet("log.parquet")


def with_full_folder(_):
    Path("m").mkdir()
    Path("m/mine.txt").write_text("mine")


def with_file(_):
    Path("m").write_text("mine")


def nothing(_):
    pass


WRONG = {
    "unknown key": (edited("rest:", "rset:"), [], REQUEST, "rset: unknown key; did you mean 'rest'?"),
    "no values file": (without_values, [], REQUEST, "f.values.parquet"),
    "another checksum": (with_other_values, [], REQUEST, "sha256"),
    "no config": (lambda _: Path("f.yaml").unlink(), [], DATA, "feature config 'f.yaml' does not exist"),
    "no column": (log_of(lambda log: log.drop("item")), [], DATA, "column 'item' is not in the log"),
    "no label": (log_of(lambda log: log.drop("click")), [], DATA, "column 'click' is not in the log"),
    "no lists": (
        log_of(lambda log: log.with_columns(tags=pl.lit("t1"))),
        [],
        DATA,
        "column 'tags' holds String, but is multivalued in the feature config",
    ),
    "lists": (
        log_of(lambda log: log.with_columns(user=pl.concat_list("user"))),
        [],
        DATA,
        "column 'user' holds List(String), but is categorical in the feature config",
    ),
    "text": (
        log_of(lambda log: log.with_columns(price=pl.lit("cheap"))),
        [],
        DATA,
        "column 'price' holds 'cheap' and no numbers, but is a numeric field",
    ),
    "no rows": (log_of(lambda log: log.clear()), [], DATA, "'log.parquet' holds no rows"),
    "one label": (log_of(lambda log: log.with_columns(click=1)), [], DATA, "training rows have label 1"),
    "labels": (log_of(lambda log: log.with_columns(click=pl.col("item"))), [], DATA, "is not 0/1"),
    "no weight": (nothing, ["--weight", "heft"], DATA, "column 'heft' is not in the log"),
    "wrong weight": (nothing, ["--weight", "price"], DATA, "weight 'price' holds None"),
    "no time": (nothing, ["--split", "time"], REQUEST, "--split time needs the time of the rows"),
    "null time": (nothing, ["--time", "price"], DATA, "time 'price' holds None"),
    "no group": (nothing, ["--group", "usr"], DATA, "column 'usr' is not in the log"),
    "groups of lists": (nothing, ["--group", "tags"], REQUEST, "column 'tags' holds lists"),
    "all held out": (nothing, ["--valid", ".5", "--test", ".5"], DATA, "leaves none of the 800 rows"),
    "a share above 1": (nothing, ["--valid", "10"], REQUEST, "--valid '10' is no share of the rows"),
    "no share": (nothing, ["--test", "nan"], REQUEST, "--test 'nan' is no share of the rows"),
    "no file": (nothing, ["--test", "test.parquet"], DATA, "file 'test.parquet' does not exist"),
    "no widths": (nothing, ["--hidden", "8,x"], REQUEST, "--hidden '8,x' is no list of widths"),
    "no model": (nothing, ["--model", "deepfn"], REQUEST, "Invalid value for '--model'"),
    "other things": (with_full_folder, [], REQUEST, "output 'm' is a folder with other things in it"),
    "a file": (with_file, [], REQUEST, "output 'm' is a file"),
    "no parent": (nothing, ["-o", "a/b"], REQUEST, "there is no folder 'a'"),
}


@pytest.mark.parametrize(("make", "options", "code", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_request_is_one_error_and_writes_nothing(clicks, told_error, make, options, code, message):
    clicks.write_parquet("log.parquet")
    select("log.parquet")
    make(clicks)
    before = sorted(Path().rglob("*"))

    found = run(["train", "f.yaml", "log.parquet", "-o", "m", *SMALL, *options])

    assert message in told_error()
    assert found == code
    assert sorted(Path().rglob("*")) == before


def test_without_torch_it_is_said_how_to_install_it(trained, log, told_error, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "torch" else find(name))

    code = run(["train", str(trained / "f.yaml"), str(log), "-o", "m"])

    error = told_error()
    assert code == REQUEST
    assert "featsel train needs torch and safetensors, which are not installed" in error
    assert "pip install 'featsel[train]'" in error
    assert not list(Path().iterdir())


def test_an_error_is_one_document_too(trained, capsys):
    assert run(["train", str(trained / "f.yaml"), "no.parquet", "-o", "m", "--json"]) == DATA

    assert json.loads(capsys.readouterr().out)["error"]["code"] == "missing-file"
