"""Fill the console blocks of README.md with what the commands print on a terminal of 100 columns."""

import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def filled(text: str) -> str:
    """Text of the README with every console block run anew, in order, in one empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        return BLOCK.sub(lambda match: f"```console\n{_transcript(match[1], Path(folder))}```", text)


def _transcript(block: str, folder: Path) -> str:
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"$ {command}\n{_run(command, folder)}" for command in commands)


def _run(command: str, folder: Path) -> str:
    main, terminal = pty.openpty()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        **os.environ,
        "PATH": path,
        "COLUMNS": "100",
        "TERM": "xterm",
        "NO_COLOR": "1",
        "LC_ALL": "C.UTF-8",
    }
    with subprocess.Popen(
        command, shell=True, cwd=folder, stdout=terminal, stderr=subprocess.STDOUT, env=environment
    ) as process:
        os.close(terminal)
        parts: list[bytes] = []
        while part := _read(main):
            parts.append(part)
    os.close(main)
    if process.returncode:
        raise RuntimeError(f"{command!r} ended with exit code {process.returncode}")
    lines = ESCAPE.sub("", b"".join(parts).decode()).splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # the other end was closed
        return b""


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
