"""Damaged files and killed processes do no harm: a few of the cases that docs/reliability.md counts."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def run(script, *options):
    done = subprocess.run(
        [sys.executable, HERE / script, *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="limits of memory are set as on Unix")
def test_no_damaged_file_makes_a_crash_a_hang_or_half_a_file():
    assert run("fuzz.py", "--cases", "60", "--jobs", "1", "--seed", "7").startswith("60 cases: ")


def test_no_kill_leaves_a_broken_file_or_a_misleading_cache():
    assert run("kills.py", "--kills", "6", "--only", "rank", "check", "select").endswith(
        "0 left anything wrong\n"
    )
