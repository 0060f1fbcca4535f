"""What does a command cost with all that it starts, even what outlives its parent?

Some tools start servers whose processes are nobody's children when they end. Every process that inherits the
command's environment is found in ``/proc`` while it runs. Linux only.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from measure import Cost

MARK = "FEATSEL_BENCHMARK_RUN"
POLL_S = 0.5
"""Reading the memory of a process walks its page tables, which is not free."""

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def measure_tree(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    output: Path | None = None,
    timeout_s: float = 3600.0,
) -> Cost:
    """Run a command and say what it and everything it started cost.

    Parameters
    ----------
    command : sequence of str or Path
        Program and arguments.
    environment : mapping, optional
        Added to the environment.
    output : Path, optional
        File that receives what it prints; otherwise that is dropped.
    timeout_s : float
        Wall time after which the command is killed.

    Returns
    -------
    Cost
        CPU time of all processes, up to the last look at each; the peak of
        their memory together, shared pages counted once.
    """
    mark = uuid.uuid4().hex
    with (output or Path(os.devnull)).open("wb") as sink:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {}), MARK: mark},
            start_new_session=True,
        )
        cpu_s: dict[str, float] = {}
        peak_bytes = 0
        while True:
            ended, wait_status, usage = os.wait4(process.pid, os.WNOHANG)
            peak_bytes = max(peak_bytes, _look(f"{MARK}={mark}".encode(), cpu_s))
            if ended:
                break
            if time.perf_counter() - started > timeout_s:
                process.kill()
            time.sleep(POLL_S)
        wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(wait_status)
    # the first counts the children it waited for, exactly; the sum counts those that nobody waited for
    total_s = max(usage.ru_utime + usage.ru_stime, sum(cpu_s.values()))
    # a short run may end before the first look
    return Cost(wall_s, total_s, max(peak_bytes, usage.ru_maxrss * 1024), process.returncode)


def _look(mark: bytes, cpu_s: dict[str, float]) -> int:
    """Note the CPU time of every process with the mark, and say how much memory they hold."""
    memory = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if mark not in (folder / "environ").read_bytes():
                continue
            numbers = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            # a number of a process may come again: its start tells it apart
            cpu_s[f"{folder.name} {numbers[19]}"] = (int(numbers[11]) + int(numbers[12])) / TICKS_PER_S
            for line in (folder / "smaps_rollup").read_text(encoding="utf-8").splitlines():
                if line.startswith("Pss:"):
                    memory += 1024 * int(line.split()[1])
    return memory
