"""The programs in examples/ do what they say, on logs that are small or real."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from featsel.cli.app import run

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
CRITEO = ROOT.parent / "shared" / "data" / "raw" / "criteo_kaggle_10k_noheader.tsv"
STOPPED, REQUEST, DATA = 1, 2, 3

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Variables with the featsel and the python of the tests first on the path."""
    folder = tmp_path_factory.mktemp("bin")
    for name, command in (("python", ""), ("featsel", " -m featsel")):
        path = folder / name
        path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{command} "$@"\n')
        path.chmod(0o755)
    own = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    cache = tmp_path_factory.mktemp("cache")
    return {**own, "PATH": f"{folder}{os.pathsep}{own['PATH']}", "FEATSEL_CACHE": str(cache)}


def script(name, *arguments, environment, **variables):
    """Finished process of an example."""
    return subprocess.run(
        ["bash", str(EXAMPLES / name), *map(str, arguments)],
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


# criteo.sh


def test_criteos_text_file_becomes_a_model_and_predictions(environment, tmp_path):
    if not CRITEO.exists():
        pytest.skip(f"there is no {CRITEO.name} in shared/data/raw beside the project")
    out = tmp_path / "out"

    done = script("criteo.sh", CRITEO, out, "10%", environment=environment)

    assert done.returncode == 0, done.stderr
    metrics = json.loads((out / "model" / "metrics.json").read_text())
    assert metrics["split"]["order"] == "ordered"
    assert metrics["test"]["auc"] > 0.7  # a linear model on all of its features has .737
    assert pl.read_parquet(out / "scores.parquet").height == 10_000
    named = [line.strip() for line in done.stdout.splitlines() if line.endswith(".html")]
    pages = [line for line in named if not line.startswith("$")]
    assert len(pages) == 4
    assert all(Path(page).is_file() for page in pages)


@pytest.mark.parametrize("name", ["criteo.sh", "nightly.sh", "to_fuxictr.sh"])
def test_wrong_arguments_are_answered_with_the_usage(environment, name):
    done = script(name, environment=environment)

    assert done.returncode == REQUEST
    assert done.stderr.startswith(f"usage: {name} ")


# nightly.sh


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """Three good days, one that is damaged, and one on which a field tells nothing any more."""
    folder = tmp_path_factory.mktemp("days")
    rng = np.random.default_rng(0)
    effects = {name: np.linspace(-1.5, 1.5, 8) for name in ("site", "ad")}

    def day(name):
        codes = {field: rng.integers(0, 8, 3000) for field in effects}
        codes["page"] = rng.integers(0, 3000, 3000)
        scores = sum(effects[field][codes[field]] for field in effects) - 1.5
        clicks = (rng.random(3000) < 1 / (1 + np.exp(-scores))).astype(int)
        frame = pl.DataFrame({"click": clicks, **{f: [f"{f}{c}" for c in codes[f]] for f in codes}})
        frame.write_parquet(folder / f"{name}.parquet")
        return frame

    day("first")
    day("third")
    second = day("second")
    second.with_columns(click=1 - pl.col("click")).write_parquet(folder / "damaged.parquet")
    second.with_columns(pl.col("ad").shuffle(seed=0)).write_parquet(folder / "lost.parquet")
    return folder


class Nights:
    """Nights of one store, one after the other."""

    def __init__(self, store, days, environment):
        self.current = store / "current"
        self.store, self._days, self._environment = store, days, environment
        store.mkdir()

    def night(self, day):
        """Exit code of a night, and what it said."""
        done = script(
            *("nightly.sh", self.store, self._days / f"{day}.parquet"),
            environment=self._environment,
            BUDGET="2fields",
        )
        return done.returncode, done.stdout + done.stderr

    def model(self):
        return (self.current / "model" / "model.safetensors").read_bytes()


def test_a_good_day_moves_on_and_a_damaged_one_changes_nothing(days, environment, tmp_path):
    nights = Nights(tmp_path / "store", days, environment)

    code, told = nights.night("first")
    assert code == 0, told
    assert "features are chosen anew: there is no model yet" in told
    first, model = nights.current.resolve(), nights.model()
    assert {"profile.json", "ranking.json", "features.yaml", "model"} <= {
        each.name for each in first.iterdir()
    }

    code, told = nights.night("damaged")
    assert code == STOPPED
    page = Path(told.partition("the day is stopped; ")[2].partition(" says why")[0])
    assert "FS404" in page.read_text(encoding="utf-8")
    assert nights.current.resolve() == first

    code, told = nights.night("second")
    assert (code, "chosen anew" in told) == (0, False), told
    second = nights.current.resolve()
    assert second != first
    assert nights.model() == model
    assert json.loads((second / "ranking.json").read_text())["compare"]["path"].endswith(
        "current/ranking.json"
    )
    assert not list(nights.store.glob("*.link"))

    week = 7 * 24 * 3600
    features = nights.current / "features.yaml"
    os.utime(features, (features.stat().st_atime, features.stat().st_mtime - week))
    code, told = nights.night("third")
    assert code == 0, told
    assert "features are chosen anew: features were chosen 7 days ago" in told
    assert nights.model() != model


def test_features_are_chosen_anew_where_a_field_tells_nothing_any_more(days, environment, tmp_path):
    nights = Nights(tmp_path / "store", days, environment)
    # else the day would be stopped for it
    (nights.store / "checks.toml").write_text('ignore = ["FS4", "FS5"]\n')

    assert nights.night("first")[0] == 0
    code, told = nights.night("lost")

    assert code == 0, told
    assert "features are chosen anew: fields tell nothing any more: ad" in told


def test_a_log_that_cannot_be_read_ends_a_night_as_featsel_does(days, environment, tmp_path):
    nights = Nights(tmp_path / "store", days, environment)

    code, told = nights.night("none")

    assert code == DATA
    assert "featsel: hint: " in told
    assert not nights.current.exists()


# notebook.py


def test_the_cells_find_the_planted_leaks_and_need_half_of_the_columns(environment, tmp_path):
    log = ["synth", str(tmp_path / "log.csv"), "--rows", "10000", "--leak", "--quiet"]
    assert run(log) == 0

    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "notebook.py")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    leaks = json.loads((tmp_path / "log.truth.json").read_text())["leaks"]
    (told,) = (line for line in done.stdout.splitlines() if line.startswith("leak "))
    assert set(told.partition(" ")[2].partition(" ")[2].split(", ")) == set(leaks)
    last = done.stdout.splitlines()[-1]
    every, informative = (float(part.split()[-1]) for part in last.split(", the"))
    assert informative > every - 0.02


# to_fuxictr.sh


def test_fuxictr_gets_codes_of_every_log(environment, tmp_path):
    pytest.importorskip("duckdb", reason="DuckDB makes the codes")
    frame = pl.DataFrame({"click": [0, 1, 1, 0] * 50, "site": ["a", "b", "b", "it's"] * 50})
    frame.write_parquet(tmp_path / "log.parquet")
    log, features, out = tmp_path / "log.parquet", tmp_path / "f.yaml", tmp_path / "out"
    assert run(["select", str(log), "--method", "all", "-q", "-o", str(features)]) == 0

    done = script("to_fuxictr.sh", features, log, log, log, out, environment=environment)

    assert done.returncode == 0, done.stderr
    codes = {part: pl.read_parquet(out / "f" / f"{part}.parquet") for part in ("train", "valid", "test")}
    assert {len(each) for each in codes.values()} == {200}
    assert codes["train"]["site"].value_counts(sort=True)["count"].to_list() == [100, 50, 50]
    assert (out / "f" / "feature_map.json").is_file()
    assert "--expid DeepFM_f" in done.stdout


def test_without_duckdb_it_is_said_what_to_install(environment, tmp_path):
    hidden = tmp_path / "duckdb.py"
    hidden.write_text("raise ImportError\n")

    done = script("to_fuxictr.sh", *"abcde", environment=environment, PYTHONPATH=str(tmp_path))

    assert done.returncode == REQUEST
    assert "pip install duckdb" in done.stderr
