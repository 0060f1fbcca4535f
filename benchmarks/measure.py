"""What does a command cost: wall time, CPU time, memory?

Only the standard library is imported here: on Linux a child begins with the peak memory of its parent.
"""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Cost of one run of a command.

    Parameters
    ----------
    wall_s : float
        Wall time.
    cpu_s : float
        User and system time of the process and of the children that it waited for.
    peak_bytes : int
        Peak resident memory of the largest of these processes.
    status : int
        Exit status; negative if a signal ended it.
    """

    wall_s: float
    cpu_s: float
    peak_bytes: int
    status: int


def measure(
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    output: Path | None = None,
    timeout_s: float = 3600.0,
) -> Cost:
    """Run a command in a fresh process and say what it cost.

    Parameters
    ----------
    command : sequence of str or Path
        Program and arguments.
    folder : Path, optional
        Working folder.
    environment : mapping, optional
        Added to the environment.
    output : Path, optional
        File that receives what it prints; otherwise that is dropped.
    timeout_s : float
        Wall time after which the process and its children are killed.

    Returns
    -------
    Cost
        What it cost, however it ended.
    """
    with (output or Path(os.devnull)).open("wb") as sink:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        watchdog = threading.Timer(timeout_s, _kill_group, [process.pid])
        watchdog.start()
        _, wait_status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        watchdog.cancel()
    process.returncode = os.waitstatus_to_exitcode(wait_status)
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, process.returncode)


def median_cost(costs: Sequence[Cost]) -> Cost:
    """Median of each number over repeated runs; the worst exit status."""
    return Cost(
        statistics.median(cost.wall_s for cost in costs),
        statistics.median(cost.cpu_s for cost in costs),
        int(statistics.median(cost.peak_bytes for cost in costs)),
        max((cost.status for cost in costs), key=abs),
    )


def script(name: str) -> Path:
    """Program that is installed beside the running Python, such as ``featsel``."""
    return Path(sys.executable).with_name(name)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown table: first column to the left, the others to the right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [header, rule, *rows])


def machine() -> str:
    """One line on the machine that runs."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(
            (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model
        )
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
