"""The blocks of the tutorial run in order, and lead to what its text says."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from featsel.artifacts.feature_configs import read_features

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)

pytestmark = [
    pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash"),
    pytest.mark.skipif(shutil.which("awk") is None, reason="needs awk"),
    pytest.mark.xdist_group("tutorial"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tutorial")


@pytest.fixture(scope="module")
def told(folder, tmp_path_factory):
    """What each block said."""
    programs = tmp_path_factory.mktemp("bin")
    featsel = programs / "featsel"
    featsel.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m featsel "$@"\n')
    featsel.chmod(0o755)
    own = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    path = f"{programs}{os.pathsep}{own['PATH']}"
    environment = {**own, "PATH": path, "FEATSEL_CACHE": str(folder / "cache")}
    outputs = []
    for block in BLOCKS:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}"
        outputs.append(done.stdout)
    return outputs


def test_a_wrong_label_is_told_with_what_to_do(told):
    assert "column 'clik' is not in the log" in told[1]
    assert "featsel: hint: " in told[1]
    assert told[1].endswith("exit code 3\n")


@pytest.mark.usefixtures("told")
def test_the_ranking_has_the_verdicts_of_the_text(folder):
    truth = json.loads((folder / "tutorial.truth.json").read_text())
    fields = json.loads((folder / "ranking.json").read_text())["fields"]
    verdicts = {each["name"]: each["verdict"] for each in fields}
    assert [name for name in verdicts if verdicts[name] == "leak"] == ["c04", "c07"]
    assert sorted(truth["leaks"]) == ["c04", "c07"]
    assert [name for name in verdicts if verdicts[name] == "identifier"] == ["c11"]
    assert list(verdicts.values()).count("informative") == 5
    assert list(verdicts.values()).count("noise") == 4
    assert "https://" not in (folder / "ranking.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("told")
def test_the_copy_is_found(folder):
    (pair,) = (
        each
        for each in json.loads((folder / "pairs.json").read_text())["redundancy"]["pairs"]
        if set(each["fields"]) == {"c06", "c08"}
    )
    assert pair["relation"] == "one_to_one"


def test_options_come_from_the_file(told):
    assert "options from featsel.toml" in told[4]
    ranked = [line.split("\t")[0] for line in told[4].splitlines() if re.match(r"\w+\t", line)]
    assert ranked == ["name", "id05", "c06", "c08"]


def test_sunday_passes_with_a_warning_and_the_damaged_day_is_stopped(told, folder):
    _, _, sunday = told[5].rpartition("code\t")
    failed = [line.split("\t") for line in sunday.splitlines() if "\tfail\t" in line]
    assert [(line[0], line[3]) for line in failed] == [("FS006", "warning")]
    passed, _, damaged = told[6].rpartition("code\t")
    assert "\tfail\t" not in passed
    assert re.search(r"^FS101\t.*\terror\tid05\tfail\t", damaged, re.MULTILINE)
    assert told[6].endswith("stopped: exit code 1\n")
    assert (folder / "checks.html").is_file()


def test_the_model_has_the_features_of_the_text_and_is_better_than_chance(told, folder):
    config, _ = read_features(folder / "features.yaml")
    assert config.selection.used.features == 300
    assert len(config.fields) == 4
    assert re.search(r"^c08\t.*copy: one to one with 'c06'", told[7], re.MULTILINE)
    metrics = json.loads((folder / "model" / "metrics.json").read_text())
    assert metrics["split"]["order"] == "time"
    # 2,000 rows with about 200 clicks: the standard error of the AUC is about .02
    assert metrics["test"]["auc"] > 0.56
    assert pl.read_csv(folder / "scores.csv").height == 2000
    assert float(re.search(r"AUC ([.\d]+)", told[7].rpartition("scores.csv")[2])[1]) > 0.56
