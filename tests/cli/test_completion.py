"""Shells complete commands, options and the values of options."""

import os
import shutil
import subprocess
import sys

import pytest

SHELLS = {
    "bash": "complete -o default -F _featsel_completion featsel",
    "zsh": "compdef _featsel_completion featsel",
    "fish": "complete --command featsel",
}


def featsel(*arguments, **variables):
    """What a featsel says that a shell asks for something."""
    program = "import sys; from featsel.cli.app import main; sys.argv[0] = 'featsel'; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(("shell", "registration"), SHELLS.items(), ids=SHELLS)
def test_there_is_a_script_for_each_shell(shell, registration):
    assert registration in featsel(_FEATSEL_COMPLETE=f"source_{shell}")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("featsel ra", {"rank"}),
        ("featsel config ", {"validate", "show", "diff"}),
        ("featsel select --bud", {"--budget"}),
        ("featsel train --optimizer ", {"adam", "adagrad", "dense-adam"}),
        ("featsel check --fail-on w", {"warning"}),
    ],
)
def test_commands_options_and_values_are_completed(typed, expected):
    words = typed.split(" ")

    told = featsel(
        _FEATSEL_COMPLETE="complete_bash", COMP_WORDS=" ".join(words), COMP_CWORD=str(len(words) - 1)
    )

    assert set(told.split()) == expected


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_with_the_script(tmp_path):
    program = tmp_path / "featsel"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m featsel "$@"\n')
    program.chmod(0o755)
    typed = f"""
eval "$(_FEATSEL_COMPLETE=source_bash '{program}')"
COMP_WORDS=(featsel rank --engine "") COMP_CWORD=3
_featsel_completion '{program}'
echo "${{COMPREPLY[@]}}"
"""

    done = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, check=True)

    assert done.stdout == "local ray\n"


def test_completion_loads_nothing_heavy():
    program = """
import atexit, os, sys
os.environ.update(_FEATSEL_COMPLETE="complete_bash", COMP_WORDS="featsel rank --sc", COMP_CWORD="2")
atexit.register(lambda: print("loaded", *{"numpy", "polars", "torch", "rich"} & sys.modules.keys()))
from featsel.cli.app import run
run([])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["--score", "loaded"]
