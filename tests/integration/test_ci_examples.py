"""What is shipped for continuous integration does what it says: gate, action, hooks, pipelines."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import polars as pl
import pytest
import yaml

from featsel.cli.app import run

ROOT = Path(__file__).resolve().parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
CI = ROOT / "examples" / "ci"
PIPELINES = sorted(CI.glob("*.yml"))

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


def program(path, command):
    """Executable that runs a command with its own arguments behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    path.chmod(0o755)


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """Folder with the featsel and the python of the tests."""
    folder = tmp_path_factory.mktemp("bin")
    program(folder / "python", shlex.quote(sys.executable))
    program(folder / "featsel", f"{shlex.quote(sys.executable)} -m featsel")
    return folder


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """Folder with a good day, its profile and rules, and a bad day."""
    folder = tmp_path_factory.mktemp("days")
    rng = np.random.default_rng(0)
    site = rng.integers(0, 9, 1500)
    label = rng.random(1500) < np.linspace(0.1, 0.5, 9)[site]
    good = pl.DataFrame({"click": label.astype(int), "site": site, "device": rng.integers(0, 5, 1500)})
    good.write_parquet(folder / "good day.parquet")
    good.drop("site").write_parquet(folder / "bad.parquet")
    made = ["--save-profile", str(folder / "good-day.json"), "--init", str(folder / "checks.toml"), "-q"]
    assert run(["check", str(folder / "good day.parquet"), *made]) == 0
    return folder


def environment(programs, **more):
    """Variables without those of a workflow that runs the tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "RUNNER_"))}
    return {**own, "PATH": f"{programs}{os.pathsep}{own['PATH']}", **more}


def test_the_gate_passes_a_good_day_and_stops_five_bad_ones(programs):
    done = subprocess.run(
        ["bash", str(CI / "gate.sh")],
        env=environment(programs),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "gate.sh: a good day passed, 5 bad days were stopped"
    assert sum("stopped by FS" in line for line in lines) == 5


def step(name):
    (found,) = (each for each in ACTION["runs"]["steps"] if each.get("name") == name)
    return found


class Runner:
    """Runs the steps of the action as GitHub does."""

    def __init__(self, folder, programs, workspace):
        self.temporary = folder / "runner"
        self.output = folder / "output"
        self.summary = folder / "summary.md"
        self.programs = programs
        self.workspace = workspace

    def run(self, name, **inputs):
        """Finished process of a step, with the outputs that it set."""
        found = step(name)
        assert found["shell"] == "bash"
        given = {key: str(each.get("default", "")) for key, each in ACTION["inputs"].items()}
        given |= {key.replace("_", "-"): value for key, value in inputs.items()}
        known = {f"inputs.{key}": value for key, value in given.items()} | {
            "github.action_path": "/checkout of the action"
        }
        variables = {
            key: re.sub(r"\$\{\{ (.+?) \}\}", lambda match: known[match[1]], value)
            for key, value in found["env"].items()
        }
        script = self.temporary / "script.sh"
        script.parent.mkdir(exist_ok=True)
        script.write_text(found["run"])
        self.output.write_text("")
        self.summary.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            env=environment(
                self.programs,
                GITHUB_ACTIONS="true",
                GITHUB_OUTPUT=str(self.output),
                GITHUB_STEP_SUMMARY=str(self.summary),
                RUNNER_TEMP=str(self.temporary),
                **variables,
            ),
            cwd=self.workspace,
            capture_output=True,
            text=True,
            check=False,
        )
        return done, dict(line.partition("=")[::2] for line in self.output.read_text().splitlines())


@pytest.fixture
def runner(tmp_path, programs, days):
    program(tmp_path / "runner" / "featsel" / "bin" / "featsel", f"{shlex.quote(sys.executable)} -m featsel")
    workspace = tmp_path / "workspace"
    shutil.copytree(days, workspace)
    return Runner(tmp_path, programs, workspace)


CHECK, INSTALL = "Check the log", "Install featsel"


def test_no_input_becomes_part_of_a_script():
    assert all("${{" not in each.get("run", "") for each in ACTION["runs"]["steps"])


def test_every_input_of_the_action_is_used_and_every_output_is_set():
    text = (ROOT / "action.yml").read_text()
    assert all(f"${{{{ inputs.{name} }}}}" in text for name in ACTION["inputs"])
    for name, output in ACTION["outputs"].items():
        assert output["value"] == f"${{{{ steps.check.outputs.{name} }}}}"


def test_the_action_passes_a_good_day(runner):
    done, outputs = runner.run(
        CHECK,
        data="\n  good day.parquet\n\n",
        reference="good-day.json",
        rules="checks.toml",
        args="--ignore=FS202\n--verbose",
        fail_on="warning",
        label="click",
    )
    assert done.returncode == 0, done.stderr
    assert outputs["exit-code"] == "0"
    assert set(outputs) == set(ACTION["outputs"])
    assert "FS" in runner.summary.read_text() or runner.summary.stat().st_size


def test_the_action_stops_a_bad_day_and_leaves_its_reports(runner):
    done, outputs = runner.run(CHECK, data="bad.parquet", reference="good-day.json", reports="out/of it")
    assert done.returncode == 1
    assert "::error title=FS001 missing-column::site: " in done.stdout
    assert outputs["exit-code"] == "1"
    assert outputs["junit"] == "out/of it/featsel-check.xml"
    assert ET.parse(runner.workspace / outputs["junit"]).findall(".//failure")
    assert json.loads((runner.workspace / outputs["sarif"]).read_text())["runs"]
    assert json.loads((runner.workspace / outputs["json"]).read_text())["summary"]["errors"]
    assert (runner.workspace / outputs["html"]).exists()
    assert "FS001" in runner.summary.read_text()


def test_the_action_forgets_the_reports_of_an_earlier_step(runner):
    runner.run(CHECK, data="bad.parquet", reference="good-day.json")
    done, outputs = runner.run(CHECK, data="absent.parquet")
    assert done.returncode == 3
    assert outputs == {"exit-code": "3"}
    assert "::error::featsel check could not run" in done.stdout
    assert "featsel: error: file 'absent.parquet' does not exist" in done.stderr


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"data": " \n"}, "the input data names no log"),
        ({"data": "bad.parquet", "reports": "a\njunit=b"}, "the input reports is more than one line"),
    ],
)
def test_the_action_refuses_inputs_that_it_would_misread(runner, inputs, message):
    done, outputs = runner.run(CHECK, **inputs)
    assert done.returncode == 2
    assert done.stdout == f"::error::{message}\n"
    assert outputs == {}


HOSTILE = "$(touch pwned) `touch pwned`; touch pwned & 'x' \"y\""


def test_inputs_are_never_run(runner):
    names = set(ACTION["inputs"]) - {"version", "python-version"}
    done, outputs = runner.run(CHECK, **{name.replace("-", "_"): HOSTILE for name in names})
    assert not list(runner.workspace.rglob("pwned"))
    assert done.returncode == 2
    assert outputs == {"exit-code": "2"}
    runner.run(CHECK, data=HOSTILE, reports=HOSTILE)
    assert not list(runner.workspace.rglob("pwned"))


def test_data_may_look_like_an_option(runner):
    done, _ = runner.run(CHECK, data="--help")
    assert done.returncode == 3
    assert "'--help' does not exist" in done.stderr


@pytest.mark.parametrize(
    ("version", "requirement"), [("0.1.0", "featsel==0.1.0"), ("", "/checkout of the action")]
)
def test_the_action_installs_what_was_asked_for(runner, tmp_path, version, requirement):
    said = tmp_path / "said"
    for path in (tmp_path / "bin" / "python", runner.temporary / "featsel" / "bin" / "python"):
        program(path, f"printf '%s\\n' >>{shlex.quote(str(said))}")
    runner.programs = tmp_path / "bin"
    done, _ = runner.run(INSTALL, version=version)
    assert done.returncode == 0, done.stderr
    words = said.read_text().splitlines()
    assert words[:2] == ["-m", "venv"]
    assert words[-1] == requirement


def test_the_action_installs_nothing_by_a_version_that_is_none(runner):
    done, _ = runner.run(INSTALL, version="0.1 @ https://example.org/x.whl")
    assert done.returncode == 2
    assert done.stdout == "::error::the input version is no version\n"


def run_hook(programs, folder, *files):
    hook = HOOKS["featsel-check-files"]
    return subprocess.run(
        [*shlex.split(hook["entry"]), *files],
        env=environment(programs),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_hook_takes_several_files(programs, days):
    done = run_hook(programs, days, "checks.toml", "good-day.json")
    assert done.returncode == 0, done.stderr
    assert "checks.toml: " in done.stdout
    assert "good-day.json: profile of 1,500 rows" in done.stdout


def test_the_hook_tells_of_every_file_that_is_wrong(programs, tmp_path):
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "checks.toml").write_text('select = ["FX"]\n')
    (tmp_path / "profile.json").write_text("{}\n")
    (tmp_path / "features.yaml").write_text("schema: featsel.features/1\n")
    # options for logs are none of its business
    (tmp_path / "featsel.toml").write_text('[check]\nreference = "absent.parquet"\noutput = "out.xml"\n')
    done = run_hook(programs, tmp_path, "a b/checks.toml", "profile.json", "features.yaml")
    assert done.returncode == 1
    assert done.stderr.count("featsel: error: ") == 3
    assert "'FX' is no rule" in done.stderr
    assert "profile 'profile.json'" in done.stderr


@pytest.mark.parametrize(
    ("path", "is_taken"),
    [
        ("checks.toml", True),
        ("ci/checks.toml", True),
        ("good-day.json", True),
        ("monday.profile.json", True),
        ("profile.json", True),
        ("model/features.yaml", True),
        ("pyproject.toml", False),
        ("package.json", False),
        ("mychecks.toml", False),
        ("my-features.yaml", False),
    ],
)
def test_the_hook_takes_the_files_of_a_gate(path, is_taken):
    assert bool(re.search(HOOKS["featsel-check-files"]["files"], path)) is is_taken


def test_the_hook_for_logs_runs_by_hand_alone():
    hook = HOOKS["featsel-check"]
    assert hook["stages"] == ["manual"]
    assert not hook["pass_filenames"]
    assert shlex.split(hook["entry"]) == ["featsel", "check"]


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.name)
def test_pipelines_use_options_that_exist(path, capsys):
    text = path.read_text()
    assert isinstance(yaml.safe_load(text), dict)
    assert run(["check", "--help"]) == 0
    known = set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", capsys.readouterr().out))
    commands = re.findall(r"featsel check .*(?:\n +-o .*)?", text) + re.findall(
        r"^ +--.*", text, re.MULTILINE
    )
    used = {word for command in commands for word in re.findall(r"(?<!\S)--?[a-z][a-z-]*", command)}
    assert used
    assert used <= known


def test_the_workflow_uses_inputs_and_outputs_of_the_action():
    text = (CI / "github.yml").read_text()
    jobs = yaml.safe_load(text)["jobs"]
    (used,) = (each for each in jobs["check"]["steps"] if each.get("id") == "featsel")
    assert set(used["with"]) <= set(ACTION["inputs"])
    outputs = set(re.findall(r"steps\.featsel\.outputs\.([a-z-]+)", text))
    assert outputs
    assert outputs <= set(ACTION["outputs"])


def test_pipelines_publish_the_report_that_they_write():
    job = yaml.safe_load((CI / "gitlab-ci.yml").read_text())["click-log"]
    (command,) = job["script"]
    words = shlex.split(command)
    assert job["artifacts"]["reports"]["junit"] in words
    assert set(job["artifacts"]["paths"]) <= set(words)
    steps = yaml.safe_load((CI / "azure-pipelines.yml").read_text())["steps"]
    (command,) = (each["script"] for each in steps if "featsel check" in each.get("script", ""))
    (tests,) = (each["inputs"] for each in steps if each.get("task", "").startswith("PublishTestResults"))
    (page,) = (each["publish"] for each in steps if "publish" in each)
    assert {tests["testResultsFiles"], page} <= set(shlex.split(command))
