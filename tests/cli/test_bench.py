"""``featsel bench`` compares methods that order fields, and loses nothing that it has finished."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import jsonschema
import numpy as np
import polars as pl
import pytest

from featsel.cli import options
from featsel.cli.app import run
from featsel.core.feature_config import Method
from featsel.stats.aukc import aukc
from featsel.workflows import bench_pool
from featsel.workflows.bench_cells import Cells

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
REQUEST, DATA = 2, 3
FAST = ["--model", "lr", "--dim", "2", "--epochs", "1", "--lr", ".05", "--threads", "1", "-q"]
SMALL = [*FAST, "--method", "usable", "--method", "lasso", "--k", "1,3,all", "--seeds", "2"]
TIMES = {"cpu_s", "elapsed_s", "peak_bytes"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A log with five true fields and seven of noise."""
    path = tmp_path_factory.mktemp("planted") / "log.parquet"
    shape = "--rows 3000 --fields 12 --noise 7 --interactions 0 --redundant 0 --drift 0 --seed 3"
    assert run(["synth", str(path), *shape.split(), "--max-cardinality", "50", "-q"]) == 0
    return path


def told(arguments, capsys):
    """Document of a bench."""
    capsys.readouterr()
    assert run(["bench", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def timeless(value):
    """A document without what differs from run to run."""
    if isinstance(value, dict):
        return {key: timeless(inner) for key, inner in value.items() if key not in TIMES}
    return [timeless(inner) for inner in value] if isinstance(value, list) else value


def curves(document, measure="auc"):
    """Measurements of each method: (n_sizes, n_seeds)."""
    return {
        (result["model"], result["method"]): np.array(
            [point[measure]["by_seed"] for point in result["points"]]
        )
        for result in document["results"]
    }


@pytest.fixture(scope="module")
def document(planted, tmp_path_factory):
    """A small bench of a planted log."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEATSEL_CACHE", str(tmp_path_factory.mktemp("document")))
        output = tmp_path_factory.mktemp("out") / "bench.json"
        arguments = [str(planted), "--exclude", "day", *SMALL, "--model", "fm", "-o", str(output)]
        assert run(["bench", *arguments]) == 0
        return json.loads(output.read_text())


def test_the_document_fits_its_published_schema(document):
    jsonschema.validate(document, json.loads((SCHEMAS / "bench.schema.json").read_text()))


def test_every_method_is_measured_at_every_k(document):
    assert document["k"] == [1, 3, 12]
    assert document["seeds"] == [0, 1]
    assert [entry["method"] for entry in document["methods"]] == ["usable", "lasso", "random", "oracle"]
    found = curves(document)
    assert set(found) == {
        (model, method) for model in ("lr", "fm") for method in ("usable", "lasso", "random", "oracle")
    }
    assert {each.shape for each in found.values()} == {(3, 2)}


def test_all_methods_are_the_same_where_every_field_is_read(document):
    for measure in ("auc", "log_loss"):
        for model in ("lr", "fm"):
            ends = [each[-1] for (name, _), each in curves(document, measure).items() if name == model]
            for end in ends[1:]:
                np.testing.assert_array_equal(end, ends[0])
    for result in document["results"]:
        for over in ("over_random", "over_best"):
            assert result["points"][-1][over]["auc"] == {"mean": 0, "low": 0, "high": 0}
            assert result["points"][-1][over]["log_loss_of_rows"] == {"mean": 0, "low": 0, "high": 0}


def test_the_same_first_fields_are_trained_once(document):
    orders = {entry["method"]: entry["orders"] for entry in document["methods"]}
    subsets = {
        (order["seed"], frozenset(order["fields"][:size]))
        for entries in orders.values()
        for order in entries
        for size in document["k"]
    }

    assert document["cost"]["trainings"] == 2 * len(subsets)
    # four methods, of which chance gives three orders a seed
    assert document["cost"]["points"] == 2 * 2 * 3 * (3 + 3)


def test_areas_are_those_of_the_curves(document):
    for result in document["results"]:
        by_seed = np.array([point["auc"]["by_seed"] for point in result["points"]])
        areas = [aukc(document["k"], by_seed[:, seed].tolist()) for seed in range(2)]

        assert result["aukc"]["by_seed"] == pytest.approx(areas, abs=1e-12)
        assert result["aukc"]["mean"] == pytest.approx(np.mean(areas), abs=1e-12)


def test_results_stand_best_first_and_name_the_best(document):
    for model in ("lr", "fm"):
        results = [result for result in document["results"] if result["model"] == model]
        areas = [result["aukc"]["mean"] for result in results]
        best = next(result for result in results if result["is_best"])

        assert areas == sorted(areas, reverse=True)
        candidates = [result for result in results if result["method"] not in {"random", "oracle"}]
        assert best is candidates[0]


def test_orders_hold_every_field_once(document):
    for entry in document["methods"]:
        for order in entry["orders"]:
            assert len(order["fields"]) == len(set(order["fields"])) == document["fields"] == 12


def test_chance_is_unstable_and_all_fields_have_no_stability(document):
    stability = {
        entry["method"]: [each["index"] for each in entry["stability"]] for entry in document["methods"]
    }

    assert all(indexes[-1] is None for indexes in stability.values())
    assert stability["random"][1] < 0.5 < stability["usable"][1]


def test_differences_to_chance_are_paired_by_seed(document):
    found = curves(document)
    result = next(each for each in document["results"] if each["method"] == "lasso")

    for index, point in enumerate(result["points"]):
        difference = found[result["model"], "lasso"][index] - found[result["model"], "random"][index]
        assert point["over_random"]["auc"]["mean"] == pytest.approx(difference.mean(), abs=1e-12)


def test_methods_that_know_something_beat_chance_and_no_one_the_truth(document):
    for model in ("lr", "fm"):
        areas = {
            result["method"]: result["aukc"]["mean"]
            for result in document["results"]
            if result["model"] == model
        }

        assert areas["random"] < min(areas["usable"], areas["lasso"])
        # of 300 test rows an AUC is sure to .03, and an area is twice an AUC
        assert max(areas["usable"], areas["lasso"]) < areas["oracle"] + 0.06


def test_what_was_known_is_not_done_again(log, capsys, monkeypatch, tmp_path):
    arguments = [log, *SMALL, "--cache", tmp_path / "cache"]
    first = told(arguments, capsys)

    monkeypatch.delattr(Cells, "run")
    second = told(arguments, capsys)

    # even its seconds are those of the first time
    for document in (first, second):
        del document["elapsed_s"]
    assert second == first


def test_one_more_seed_costs_only_itself(log, capsys, monkeypatch, tmp_path):
    arguments = [log, *SMALL, "--cache", tmp_path / "cache"]
    told(arguments, capsys)
    seeds = set()
    inner = Cells.run

    def watched(self, cell):
        seeds.add(cell.seed)
        inner(self, cell)

    monkeypatch.setattr(Cells, "run", watched)
    told([*arguments, "--seeds", "3"], capsys)

    assert seeds == {2}


def test_other_settings_are_other_cells(log, capsys, tmp_path):
    arguments = [log, *SMALL, "--cache", tmp_path / "cache"]

    assert curves(told(arguments, capsys))["lr", "lasso"].tolist() != (
        curves(told([*arguments, "--lr", ".02"], capsys))["lr", "lasso"].tolist()
    )


def test_an_end_in_the_middle_loses_no_finished_cell(log, capsys, monkeypatch, tmp_path):
    whole = told([log, *SMALL, "--cache", tmp_path / "whole"], capsys)
    done = []
    inner = Cells.run

    def mortal(self, cell):
        if len(done) == 14:
            raise KeyboardInterrupt
        inner(self, cell)
        done.append(cell)

    arguments = [log, *SMALL, "--cache", tmp_path / "cache"]
    with monkeypatch.context() as patch:
        patch.setattr(Cells, "run", mortal)
        assert run(["bench", *map(str, arguments)]) == 130
    again = []

    def watched(self, cell):
        again.append(cell)
        inner(self, cell)

    monkeypatch.setattr(Cells, "run", watched)
    resumed = told(arguments, capsys)

    assert not set(done) & set(again)
    assert timeless(resumed) == timeless(whole)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_killed_bench_goes_on_where_it_was(log, capsys, tmp_path):
    whole = told([log, *SMALL, "--cache", tmp_path / "whole"], capsys)
    cache = tmp_path / "cache"
    arguments = ["bench", *map(str, [log, *SMALL]), "--cache", str(cache), "--jobs", "2", "--json"]
    killed = subprocess.Popen([sys.executable, "-m", "featsel", *arguments], stdout=subprocess.DEVNULL)
    while len(list(cache.rglob("bench-*.safetensors"))) < 4 and killed.poll() is None:
        time.sleep(0.002)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    kept = {path: path.stat().st_mtime_ns for path in cache.rglob("bench-*.safetensors")}

    resumed = told(arguments[1:-1], capsys)

    assert len(kept) >= 4
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert timeless(resumed) == timeless(whole)


def test_processes_change_nothing(log, capsys, tmp_path):
    one, two = (
        told([log, *SMALL, "--seeds", "1", "--jobs", jobs, "--cache", tmp_path / jobs], capsys)
        for jobs in ("1", "2")
    )

    assert timeless(two) == timeless(one)


def test_nothing_is_kept_without_a_cache(log, capsys, tmp_path, monkeypatch):
    kept = told([log, *SMALL, "--seeds", "1"], capsys)
    monkeypatch.setenv("FEATSEL_CACHE", str(tmp_path / "none"))

    assert timeless(told([log, *SMALL, "--seeds", "1", "--no-cache"], capsys)) == timeless(kept)
    assert not (tmp_path / "none").exists()


def test_test_rows_are_not_learnt_from(clicks, capsys):
    # the last tenth has the labels turned around: only who learnt from it would do well there
    turned = pl.when(pl.int_range(pl.len()) >= 720).then(1 - pl.col("click")).otherwise(pl.col("click"))
    clicks.with_columns(turned.alias("click")).write_parquet("turned.parquet")
    arguments = [*SMALL, "--split", "ordered", "--exclude", "hour", "--epochs", "3"]

    told_of = curves(told(["turned.parquet", *arguments], capsys))

    assert told_of["lr", "usable"].max() < 0.5


def test_time_splits_hold_out_the_last_rows(log, capsys):
    document = told([log, *SMALL, "--time", "hour"], capsys)

    assert document["options"]["split"]["order"] == "time"
    assert document["fields"] == 5


def test_weights_of_rows_count(log, capsys):
    arguments = [log, *SMALL, "--exclude", "mass"]

    plain, weighted = told(arguments, capsys), told([log, *SMALL, "--weight", "mass"], capsys)

    assert weighted["fields"] == plain["fields"] == 5
    assert curves(weighted)["lr", "usable"].tolist() != curves(plain)["lr", "usable"].tolist()
    point = weighted["results"][0]["points"][0]["over_best"]
    assert point["log_loss_of_rows"]["low"] <= point["log_loss_of_rows"]["mean"]


@pytest.mark.slow
def test_every_method_of_select_takes_part(log, capsys):
    document = told([log, *FAST, "--method", "all", "--k", "2", "--seeds", "1"], capsys)

    names = {method.value for method in Method if method is not Method.ALL}
    assert {entry["method"] for entry in document["methods"]} == {*names, "usable"}


@pytest.mark.slow
def test_all_sensible_methods_beat_chance_and_hardly_any_the_truth(capsys):
    shape = "--rows 20000 --fields 14 --noise 8 --interactions 0 --redundant 0 --drift 0 --seed 5"
    assert run(["synth", "log.parquet", *shape.split(), "--max-cardinality", "200", "-q"]) == 0
    settings = ["--model", "lr", "--epochs", "5", "--lr", ".02", "--dim", "4", "-q", "--exclude", "day"]

    document = told(["log.parquet", *settings, "--seeds", "3"], capsys)

    areas = {result["method"]: np.array(result["aukc"]["by_seed"]) for result in document["results"]}
    for method in ("information", "usable", "mrmr", "lasso", "gbdt", "deletion"):
        assert (areas["random"] < areas[method]).all()
        # of 2,000 test rows an AUC is sure to .015, and an area is twice an AUC
        assert areas[method].mean() < areas["oracle"].mean() + 0.03


def test_a_pipe_gets_every_number(log, capsys):
    assert run(["bench", str(log), *SMALL]) == 0

    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out), delimiter="\t"))

    assert [(line["method"], line["k"]) for line in lines if line["method"] == "random"] == [
        ("random", "1"),
        ("random", "3"),
        ("random", "6"),
    ]
    assert len(lines) == 9
    assert all(0 < float(line["auc"]) < 1 for line in lines)
    assert {line["stability"] for line in lines if line["k"] == "6"} == {""}


@pytest.mark.parametrize("name", ["b.json", "b.csv", "b.tsv", "b.parquet", "b.md"])
def test_the_extension_says_the_format(name, log):
    assert run(["bench", str(log), *SMALL, "-o", name]) == 0

    text = Path(name).read_bytes()
    if name.endswith(".parquet"):
        assert pl.read_parquet(name).height == 9
    elif name.endswith(".md"):
        assert text.decode().startswith("### lr: 3 methods on the first k of 6 fields, 2 seeds, 80 test rows")
    elif name.endswith(".json"):
        assert json.loads(text)["schema"] == "featsel.bench/1"
    else:
        assert pl.read_csv(name, separator="," if name.endswith(".csv") else "\t").height == 9


def test_the_page_shows_curves_and_areas(log):
    assert run(["bench", str(log), *SMALL, "--model", "fm", "--html", "b.html"]) == 0

    page = Path("b.html").read_text()
    assert page.count('<svg viewBox="') == 4
    assert "AUC over k: fm" in page
    assert "<script src" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_rare_values_may_leave_a_field_without_any_feature(clicks, capsys):
    clicks.with_columns(pl.int_range(pl.len()).cast(pl.String).alias("row_id")).write_parquet("ids.parquet")
    arguments = [argument for argument in SMALL if argument != "-q"]

    capsys.readouterr()
    assert run(["bench", "ids.parquet", *arguments, "--min-count", "2", "-o", "b.json"]) == 0

    err = capsys.readouterr().err
    assert err.count("field 'row_id' is left out: none of its values stands in 2 training rows") == 1
    assert json.loads(Path("b.json").read_text())["fields"] == 6


def test_progress_is_told_when_asked_for(log, capsys):
    arguments = [argument for argument in SMALL if argument != "-q"]
    assert run(["bench", str(log), *arguments, "-v", "--seed", "7"]) == 0

    assert "finished: order by lasso, seed 7" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--method", "magic"], "--method 'magic' is no method"),
        (["--model", "gpt"], "--model 'gpt' is no model"),
        (["--k", "7"], "--k 7 asks for 7 of 6 fields"),
        (["--k", "x"], "--k 'x' is no number of fields"),
        (["--test", "0"], "no row is left for test"),
        (["--valid", "0"], "no row is left for validation"),
        (["--split", "time"], "--split time needs the time of the rows"),
        (["-o", "b.txt"], "--output 'b.txt' has no extension that a bench can have"),
        (["--html", "b.txt"], "--html 'b.txt' does not end in .html"),
    ],
)
def test_a_wrong_request_is_one_error(arguments, message, log, told_error):
    assert run(["bench", str(log), *FAST, "--method", "deletion", *arguments]) == REQUEST
    assert message in told_error()


def test_a_truth_that_is_not_there_is_named(log, told_error):
    assert run(["bench", str(log), *FAST, "--truth", "none.json"]) == DATA
    assert "truth 'none.json' does not exist" in told_error()


def test_a_cell_that_is_impossible_is_named(log, told_error):
    arguments = ["--model", "fm", "--lr", "1e30", "--method", "deletion", "-q"]

    assert run(["bench", str(log), *arguments]) == REQUEST
    assert "order by deletion, seed 0: the training loss is no number any more" in told_error()


def test_a_log_of_rare_values_alone_is_refused(clicks, told_error):
    clicks.select("click", pl.int_range(pl.len()).cast(pl.String).alias("row_id")).write_parquet(
        "ids.parquet"
    )

    assert run(["bench", "ids.parquet", *SMALL, "--min-count", "2", "--include", "row_id"]) == DATA
    assert "no value of any field stands in 2 training rows" in told_error()


def test_one_label_in_the_test_rows_is_refused(clicks, told_error):
    clicks.sort("click").write_parquet("sorted.parquet")

    assert run(["bench", "sorted.parquet", *SMALL, "--split", "ordered"]) == DATA
    assert "validation rows have label 1" in told_error()


def test_it_says_which_extra_is_missing(log, told_error, monkeypatch):
    monkeypatch.setattr(options.importlib.util, "find_spec", {}.get)

    assert run(["bench", str(log)]) == REQUEST
    assert "featsel bench needs torch and safetensors" in told_error()


def test_a_process_that_is_ended_from_outside_is_one_error(log, told_error, monkeypatch, tmp_path):
    def broken(_):
        raise BrokenProcessPool

    monkeypatch.setattr(bench_pool, "as_completed", broken)

    arguments = [str(log), *SMALL, "--jobs", "2", "--cache", str(tmp_path / "cache")]
    assert run(["bench", *arguments]) == REQUEST
    assert "a process of --jobs was ended from outside" in told_error()
