"""Write docs/cli.md from the commands' own help."""

import os
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).with_name("cli.md")

INTRODUCTION = """# Command line

Written from `--help` by `make docs`.

Results go to standard output, everything else to standard error. A terminal gets a table, a pipe gets
tab-separated text, `--json` one JSON document. Exit codes: 0 done, 1 a check found something, 2 wrong
request, 3 wrong data, 70 a bug in featsel, 130 interrupted.

Options can also stand in a TOML file: `featsel.toml` or `[tool.featsel]` of `pyproject.toml` in the working
folder, or what `--config` names. Keys at the top hold for every command, a table `[rank]` for one; the
command line wins.
"""

COMMANDS = (
    *("", "rank", "check", "select", "train", "predict", "bench"),
    *("config", "config validate", "config show", "config diff"),
    *("report", "export", "convert", "synth"),
)


def page() -> str:
    """Text of the page."""
    parts = [INTRODUCTION]
    for command in COMMANDS:
        title = f"featsel {command}".strip()
        arguments = [*command.split(), "--help"]
        environment = {**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1"}
        help_text = subprocess.run(
            [sys.executable, "-m", "featsel", *arguments],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        ).stdout
        lines = "\n".join(line.rstrip() for line in help_text.strip().splitlines())
        parts.append(f"## {title}\n\n```\n{lines}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
