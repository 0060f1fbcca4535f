"""``featsel train --shards`` reads the rows that a training without shards reads, each process its own."""

import itertools
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import polars as pl
import pytest

from featsel.artifacts.feature_configs import read_features
from featsel.artifacts.tensors import read_tensors
from featsel.cli import app, options
from featsel.cli.app import run
from featsel.cli.progress import TerminalReporter
from featsel.core.errors import ConfigError, DataError
from featsel.core.feature_config import SplitOrder
from featsel.training.distributed import Team
from featsel.workflows.encode import EncodeResources
from featsel.workflows.request import LogRequest
from featsel.workflows.train_rows import HeldOut, open_train_rows
from featsel.workflows.train_shards import open_train_shards

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "metrics.schema.json"
SMALL = ["--hidden", "8", "--threads", "1", "--batch-size", "64", "--lr", ".02", "--weight", "mass"]
REQUEST, DATA = 2, 3


class Silent:
    """A reporter that keeps warnings."""

    def __init__(self):
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)

    def __getattr__(self, name):
        return lambda *_: None


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def made(clicks, tmp_path_factory):
    """Folder with the log as three files, as Parquet and as CSV, and a config of it."""
    folder = tmp_path_factory.mktemp("made")
    bounds = [0, 300, 350, clicks.height]
    for kind in ("parquet", "csv"):
        (folder / kind).mkdir()
    for start, stop in itertools.pairwise(bounds):
        clicks[start:stop].write_parquet(folder / "parquet" / f"{start:03}.parquet")
        text = clicks[start:stop].with_columns(pl.col("tags").list.join("|").replace("", None))
        text.write_csv(folder / "csv" / f"{start:03}.csv")
    for kind, lists in (("parquet", []), ("csv", ["--multivalued", "tags=|"])):
        options = [*lists, "--method", "all", "--dim", "4", "-q", "-o", str(folder / f"{kind}.yaml")]
        assert run(["select", str(folder / kind), *options]) == 0
    return folder


def train(made, *arguments, kind="parquet", output="m"):
    command = ["train", str(made / f"{kind}.yaml"), str(made / kind), "-o", output, *SMALL, "-q"]
    return run([*command, *arguments])


def metrics_of(output="m"):
    return json.loads(Path(output, "metrics.json").read_text())


def run_two(*commands):
    """Exit code, output and errors of two processes, as torchrun would start them."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    shared |= {"MASTER_ADDR": "localhost", "MASTER_PORT": str(port)}
    members = [
        subprocess.Popen(
            [sys.executable, "-m", "featsel", "train", *map(str, command)],
            env={**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank, command in enumerate(commands)
    ]
    told = [member.communicate(timeout=120) for member in members]
    return [(member.returncode, *texts) for member, texts in zip(members, told, strict=True)]


# which rows


def all_rows(rows):
    """Ids and labels of rows, or of the shards of one process."""
    parts = getattr(rows, "own", [rows])
    blocks = [part.read(np.arange(-(-part.n_rows // part.chunk_rows))) for part in parts]
    return (
        np.concatenate([block.ids for block in blocks]),
        np.concatenate([block.labels for block in blocks]),
        np.concatenate([block.weights for block in blocks]),
        np.concatenate([block.row_weights for block in blocks]),
    )


@pytest.mark.parametrize(
    ("kind", "n_shards", "asked"),
    [
        ("parquet", 4, {}),
        ("parquet", 1, {"order": SplitOrder.ORDERED, "share": 0.45}),
        ("parquet", 5, {"order": SplitOrder.ORDERED, "share": 0.45}),
        ("parquet", 4, {"time": "hour"}),
        ("parquet", 4, {"rows": 700, "sample": 500}),
        ("parquet", 2, {"path": "parquet/300.parquet"}),
        ("csv", 3, {}),
        ("csv", 2, {"rows": 400}),
        ("csv", 2, {"path": "csv/300.csv"}),
    ],
)
def test_shards_train_on_and_hold_out_the_rows_of_the_whole_log(made, kind, n_shards, asked):
    config, values = read_features(made / f"{kind}.yaml")
    path = asked.get("path")
    held_out = {
        "valid": HeldOut(share=asked.get("share")),
        "test": HeldOut(path=path and str(made / path), share=asked.get("share")),
    }
    request = LogRequest(
        (str(made / kind),),
        weight="mass",
        time=asked.get("time"),
        rows=asked.get("rows"),
        sample=asked.get("sample"),
    )
    common = {"held_out": held_out, "order": asked.get("order")}
    whole_told, cut_told = Silent(), Silent()
    with (
        open_train_rows(
            request, config, values, **common, group=None, resources=EncodeResources(None, 1, whole_told)
        ) as whole,
        open_train_shards(
            request,
            config,
            values,
            **common,
            n_shards=n_shards,
            team=Team(),
            resources=EncodeResources(None, 1, cut_told),
        ) as cut,
    ):
        assert len(cut.train.sizes) == n_shards
        assert (cut.split, cut.fingerprint, cut.n_log_rows) == (
            whole.split,
            whole.fingerprint,
            whole.n_log_rows,
        )
        assert (cut.row_bytes, cut_told.warnings) == (whole.row_bytes, whole_told.warnings)
        assert cut.held.keys() == whole.held.keys()
        pairs = [(cut.train, whole.train)]
        pairs += [(cut.held[name].rows, whole.held[name].rows) for name in whole.held]
        for shards, rows in pairs:
            assert sum(shards.sizes) == rows.n_rows
            for found, expected in zip(all_rows(shards), all_rows(rows), strict=True):
                np.testing.assert_array_equal(found, expected)


def test_shards_of_one_log_have_codes_of_their_own_in_the_cache(made):
    assert train(made, "--shards", "2", "--cache", "kept", "--epochs", "1", output="a") == 0
    assert train(made, "--shards", "4", "--cache", "kept", "--epochs", "1", output="b") == 0
    assert train(made, "--cache", "kept", "--epochs", "1", output="c") == 0
    assert len([log for log in Path("kept").iterdir() if log.is_dir()]) == 2 + 4 + 1
    before = Path("b/model.safetensors").read_bytes()
    assert train(made, "--shards", "4", "--cache", "kept", "--epochs", "1", output="b") == 0
    assert Path("b/model.safetensors").read_bytes() == before
    assert train(made, "--shards", "4", "--no-cache", "--epochs", "1", output="b") == 0
    assert Path("b/model.safetensors").read_bytes() == before


def test_metrics_of_shards_fit_the_published_schema(made):
    assert train(made, "--shards", "4", "--epochs", "1") == 0
    metrics = metrics_of()
    jsonschema.validate(metrics, json.loads(SCHEMA.read_text()))
    assert metrics["processes"]["number"] == 1
    assert len(metrics["processes"]["shards"]) == 4
    assert sum(metrics["processes"]["shards"]) == metrics["train"]["rows"] == 640


# wrong requests


@pytest.mark.parametrize(
    ("arguments", "kind", "code", "message", "hint"),
    [
        (["--group", "user"], "parquet", REQUEST, "--group needs all rows in one process", "featsel predict"),
        ([], "csv", REQUEST, "3 shards can be made", "featsel convert"),
        (["--rows", "3"], "parquet", REQUEST, "3 shards can be made", "Ask for fewer"),
        (["--weight", "nope"], "parquet", DATA, "column 'nope' is not in the log", "The log has"),
    ],
)
def test_what_shards_cannot_do_is_told(made, capsys, arguments, kind, code, message, hint):
    assert train(made, "--shards", "4", *arguments, kind=kind) == code
    told = capsys.readouterr().err
    assert message in told
    assert hint in told


def test_standard_input_is_not_cut(made, capsys):
    assert run(["train", str(made / "parquet.yaml"), "-", "--shards", "2", "-o", "m"]) == REQUEST
    assert "--shards: standard input cannot be cut" in capsys.readouterr().err


def test_processes_have_as_many_shards_each(made):
    config, values = read_features(made / "parquet.yaml")
    request = LogRequest((str(made / "parquet"),))
    held_out = {"valid": HeldOut(), "test": HeldOut()}
    with (
        pytest.raises(ConfigError, match="--shards 3: 2 processes cannot have as many") as found,
        open_train_shards(
            request,
            config,
            values,
            n_shards=3,
            team=Team(1, 2),
            held_out=held_out,
            order=None,
            resources=EncodeResources(None, 1, Silent()),
        ),
    ):
        pass
    assert "multiple of 2" in found.value.hint


def test_training_rows_of_one_label_are_refused_for_all_shards_together(made, folder, clicks, capsys):
    # each shard has one label, which is no error as long as the log has both
    for label in (0, 1):
        clicks.filter(pl.col("click") == label).head(200).write_parquet(folder / f"{label}.parquet")
    command = ["train", str(made / "parquet.yaml"), "-o", "m", *SMALL, "-q", "--epochs", "1", "--shards", "2"]
    assert run([*command, "0.parquet", "1.parquet"]) == 0
    assert run([*command, "0.parquet", "0.parquet"]) == DATA
    assert "training rows have label 0" in capsys.readouterr().err


def test_of_several_processes_one_tells_of_an_error_that_all_have(made, capsys, monkeypatch):
    monkeypatch.setattr(app, "TELLING_S", 0.0)
    for rank in ("0", "1"):
        monkeypatch.setenv("WORLD_SIZE", "2")
        monkeypatch.setenv("RANK", rank)
        assert run(["train", "--bogus"]) == REQUEST
        assert run(["train", str(made / "parquet.yaml"), "x", "-o", "m", "--hidden", "x"]) == REQUEST
        told = capsys.readouterr().err
        assert told.count("featsel: error:") == (2 if rank == "0" else 0)


def test_an_error_that_one_process_has_is_told_by_that_one(capsys, monkeypatch):
    monkeypatch.setattr(app, "TELLING_S", 0.0)
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    for is_told_elsewhere in (True, False):
        error = DataError("a file is broken")
        error.is_told_elsewhere = is_told_elsewhere

        def fail(*_, error=error, **__):
            raise error

        monkeypatch.setattr(app, "app", fail)
        assert run(["train"]) == DATA
        assert ("a file is broken" in capsys.readouterr().err) is not is_told_elsewhere


def test_a_silent_reporter_says_nothing(capsys):
    with TerminalReporter(quiet=False, verbose=True, is_silent=True) as reporter:
        reporter.start("reading", 2)
        reporter.advance(1)
        reporter.note("note")
        reporter.warn("warning")
        reporter.detail("detail")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("asked", "n_processes", "n_threads"), [(None, 1, 8), (None, 2, 4), (None, 16, 1), (3, 2, 3)]
)
def test_processes_of_one_machine_divide_its_cores(monkeypatch, asked, n_processes, n_threads):
    monkeypatch.setattr(options, "available_cores", lambda: 8)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(n_processes))
    for name in ("POLARS_MAX_THREADS", "POLARS_ROW_GROUP_PREFETCH_SIZE", "_RJEM_MALLOC_CONF"):
        monkeypatch.setenv(name, "1")
    assert options.use_threads(asked) == n_threads


# two processes


@pytest.mark.slow
def test_two_processes_give_the_model_and_the_metrics_of_one_and_go_on_for_each_other(made):
    command = [made / "parquet.yaml", made / "parquet", *SMALL, "--precision", "fp32", "--shards", "2"]
    assert train(made, "--precision", "fp32", "--shards", "2", "--epochs", "4", output="one") == 0
    # the second process has no folder for the model, and a cache of its own
    first = [*command, "--epochs", "2", "-o", "two", "--cache", "cache0"]
    second = [*command, "--epochs", "2", "-o", "nowhere/two", "--cache", "cache1"]
    (code, out, told), (other_code, other_out, other_told) = run_two(first, second)
    assert (code, other_code, other_out, other_told) == (0, 0, "", "")
    assert out.startswith("part\trows")
    assert told.count("featsel: note: epoch") == 2
    assert [len(list(Path(cache).iterdir())) for cache in ("cache0", "cache1")] == [1, 1]
    assert metrics_of("two")["processes"]["number"] == 2
    # one goes on for two, and two for one
    assert train(made, "--precision", "fp32", "--shards", "2", "--epochs", "3", "--resume", output="two") == 0
    again = [*command, "--epochs", "4", "--resume", "-o"]
    assert [code for code, _, _ in run_two([*again, "two"], [*again, "nowhere/two"])] == [0, 0]

    (expected, _), (found, _) = (read_tensors(Path(name, "model.safetensors")) for name in ("one", "two"))
    for name, weight in expected.items():
        # float32 sums in another order, over 40 steps of at most .02
        np.testing.assert_allclose(found[name], weight, rtol=0, atol=2e-5, err_msg=name)
    ours, theirs = metrics_of("one"), metrics_of("two")
    assert ours["processes"]["shards"] == theirs["processes"]["shards"]
    for part in ("train", "valid", "test"):
        assert theirs[part]["log_loss"] == pytest.approx(ours[part]["log_loss"], rel=1e-5)
        assert theirs[part]["rows"] == ours[part]["rows"]


@pytest.mark.slow
def test_a_process_reads_its_own_files_alone_and_tells_what_is_wrong_with_them(made, clicks):
    clicks.write_parquet("a.parquet")
    # as many rows as the other, by its footer, and pages that cannot be read
    whole = Path("a.parquet").read_bytes()
    Path("b.parquet").write_bytes(whole[:4] + bytes(len(whole) // 2) + whole[len(whole) // 2 + 4 :])
    command = [made / "parquet.yaml", "a.parquet", "b.parquet", *SMALL, "--shards", "2", "-o", "m"]
    (code, _, told), (other_code, _, other_told) = run_two(command, command)
    assert (code, other_code, told) == (DATA, DATA, "")
    assert other_told.count("featsel: error:") == 1
    assert "'b.parquet' cannot be read" in other_told
