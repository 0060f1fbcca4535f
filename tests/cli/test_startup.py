"""Help costs no more than a bare typer program: nothing heavy is loaded before a command needs it."""

import subprocess
import sys

import pytest

HEAVY = {
    "numpy",
    "polars",
    "sklearn",
    "scipy",
    "torch",
    "numba",
    "pandas",
    "pyarrow",
    "rich",
    "pydantic",
    "zstandard",
    "yaml",
    "safetensors",
}


COMMANDS = ("rank", "select", "train", "predict", "bench", "report", "config", "export", "convert", "synth")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)])
def test_help_loads_nothing_heavy(arguments):
    program = f"""
import sys
from featsel.cli.app import run
code = run({arguments!r})
print(*sorted({{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout
    assert not HEAVY & set(done.stderr.split())


def test_the_package_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "featsel", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("featsel ")


def test_all_features_are_selected_without_torch(log, tmp_path):
    program = f"""
import sys
from featsel.cli.app import run
code = run(["select", {str(log)!r}, "--method", "all", "-o", {str(tmp_path / "f.yaml")!r}, "-q"])
assert "torch" not in sys.modules
sys.exit(code)
"""
    subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
