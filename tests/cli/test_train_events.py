"""``featsel train`` tells programs how it goes: lines with ``--events``, curves with ``--tensorboard``."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry, Resource

from featsel.cli.app import run

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
SMALL = ["--hidden", "8", "--threads", "1", "--epochs", "3", "--batch-size", "64", "--lr", ".02", "-q"]
EVENTS = ["--events", "events.jsonl"]
REQUEST = 2


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def features(log, tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "f.yaml"
    assert run(["select", str(log), "--method", "all", "--dim", "4", "-q", "-o", str(path)]) == 0
    return str(path)


@pytest.fixture(scope="module")
def validator():
    read = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    named = [(name, Resource.from_contents(schema)) for name, schema in read.items()]
    registry = Registry().with_resources(named)
    return jsonschema.Draft202012Validator(read["events.schema.json"], registry=registry)


def lines(path="events.jsonl"):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def events(path="events.jsonl"):
    return [line["event"] for line in lines(path)]


def test_a_training_has_a_start_its_evaluations_and_an_end(features, log, validator):
    assert run(["train", features, str(log), "-o", "m", *SMALL, *EVENTS, "--group", "user"]) == 0

    start, *evaluations, end = lines()
    metrics = json.loads(Path("m/metrics.json").read_text())
    for line in lines():
        validator.validate(line)
    assert [start["event"], end["event"]] == ["start", "end"]
    told = [{key: line[key] for key in metrics["history"][0]} for line in evaluations]
    assert told == metrics["history"]
    assert start["rows"] == {part: metrics[part]["rows"] for part in ("train", "valid", "test")}
    assert {key: start[key] for key in ("input", "options", "model")} == {
        key: metrics[key] for key in ("input", "options", "model")
    }
    assert end["status"] == "done"
    for part in ("valid", "test"):
        assert end[part] == {key: value for key, value in metrics[part].items() if key != "calibration"}


def test_a_file_in_the_folder_of_the_model_is_fine_and_begins_anew(features, log):
    for _ in range(2):
        assert run(["train", features, str(log), "-o", "m", *SMALL, "--events", "m/events.jsonl"]) == 0

    assert events("m/events.jsonl") == ["start", *["evaluation"] * 3, "end"]


def test_without_held_out_rows_lines_fit_the_schema_too(features, log, validator):
    assert run(["train", features, str(log), "-o", "m", *SMALL, *EVENTS, "--valid", "0", "--test", "0"]) == 0

    for line in lines():
        validator.validate(line)
    assert {line["valid"] for line in lines() if line["event"] == "evaluation"} == {None}
    assert not lines()[-1].keys() & {"valid", "test"}


@pytest.mark.parametrize(
    ("number", "last"), [(signal.SIGKILL, None), (signal.SIGINT, "interrupted")], ids=["kill", "ctrl-c"]
)
def test_what_was_interrupted_goes_on_behind_its_lines(features, log, validator, number, last):
    often = ["--epochs", "30", "--patience", "0", "--checkpoint-steps", "3"]
    arguments = ["train", features, str(log), "-o", "m", *SMALL, *EVENTS, *often]
    command = [sys.executable, "-m", "featsel", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while not Path("m/checkpoint.safetensors").exists() and time.monotonic() < end:
            time.sleep(0.001)
        process.send_signal(number)
    before = Path("events.jsonl").read_text()
    assert lines()[-1].get("status") == last
    # a writer that is killed in the middle of a line leaves half of it
    Path("events.jsonl").write_text(before + '{"schema": "feats')

    assert run([*arguments, "--resume"]) == 0

    assert Path("events.jsonl").read_text().startswith(before)
    for line in lines():
        validator.validate(line)
    assert [line["is_resumed"] for line in lines() if line["event"] == "start"] == [False, True]
    assert lines()[-1]["status"] == "done"
    # the later line of a step counts, and with it the file tells all that the training did
    told = {line["step"]: line["train_loss"] for line in lines() if line["event"] == "evaluation"}
    history = json.loads(Path("m/metrics.json").read_text())["history"]
    assert told == {line["step"]: line["train_loss"] for line in history}


def test_a_failure_is_told_with_its_reason(features, log, told_error, validator):
    code = run(
        ["train", features, str(log), "-o", "m", *SMALL, *EVENTS, "--optimizer", "adagrad", "--lr", "1e38"]
    )

    assert code == REQUEST
    for line in lines():
        validator.validate(line)
    last = lines()[-1]
    assert (last["event"], last["status"]) == ("end", "failed")
    assert last["message"] in told_error()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none/events.jsonl", "there is no folder 'none'"),
        (".", "output '.' is a folder"),
        ("LOG", "is the log itself"),
    ],
)
def test_a_file_that_cannot_be_is_refused_before_training(features, log, told_error, path, message):
    code = run(["train", features, str(log), "-o", "m", *SMALL, "--events", path.replace("LOG", str(log))])

    assert message in told_error()
    assert code == REQUEST
    assert not Path("m").exists()


# TensorBoard


def test_tensorboard_gets_the_curves_of_the_history(features, log):
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

    assert run(["train", features, str(log), "-o", "m", *SMALL, "--tensorboard", "board"]) == 0

    curves = reading.EventAccumulator("board").Reload()
    history = json.loads(Path("m/metrics.json").read_text())["history"]
    for tag, values in {
        "log_loss/train": [line["train_loss"] for line in history],
        "log_loss/valid": [line["valid"]["log_loss"] for line in history],
        "auc/valid": [line["valid"]["auc"] for line in history],
    }.items():
        told = curves.Scalars(tag)
        assert [each.step for each in told] == [line["step"] for line in history]
        assert [each.value for each in told] == pytest.approx(values, rel=1e-6)  # float32


def test_without_tensorboard_it_is_said_what_to_install(features, log, told_error, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)

    code = run(["train", features, str(log), "-o", "m", *SMALL, "--tensorboard", "board"])

    assert "pip install 'featsel[tensorboard]'" in told_error()
    assert code == REQUEST
