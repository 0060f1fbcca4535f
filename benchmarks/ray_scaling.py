r"""What does a Ray cluster cost, what does it gain, and does it give the same numbers?

Ranks a planted log, or those that are named, in one process and on clusters of several sizes on this machine;
every document is compared with the first. With ``--kill`` a worker is killed in the middle of every run::

    python benchmarks/ray_scaling.py
    python benchmarks/ray_scaling.py --rows 20000000 --workers 1 2 4 --kill
    python benchmarks/ray_scaling.py --command check --data a.parquet b.parquet
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import machine, markdown_table

FEATSEL = (sys.executable, "-m", "featsel")
MARK = "FEATSEL_BENCHMARK_RUN"
POLL_S = 0.1
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
WORKER = b"ray::"
COUNTING = (b"ray::count_shard", b"ray::profile_shard")
MILLION = 1e6


@dataclass
class Seen:
    """What a command and all that it started took.

    Parameters
    ----------
    wall_s, cpu_s : float
        Time by the clock, and of all processors.
    worker_bytes : int
        Most memory of a worker, what it shares with others not counted.
    store_bytes : int
        Most memory of what is sent between workers.
    is_same : bool
        Whether its document is that of the first run.
    n_killed : int
        Workers that were killed.
    """

    wall_s: float = 0.0
    cpu_s: float = 0.0
    worker_bytes: int = 0
    store_bytes: int = 0
    is_same: bool = True
    n_killed: int = 0


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=4_000_000, help="of the planted log (%(default)s)")
    parser.add_argument("--fields", type=int, default=40, help="of the planted log (%(default)s)")
    parser.add_argument("--data", nargs="+", type=Path, help="logs to use instead")
    parser.add_argument("--command", choices=("rank", "check"), default="rank")
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2, 4])
    parser.add_argument("--memory-limit", default="1GB", help="of each worker (%(default)s)")
    parser.add_argument("--kill", action="store_true", help="kill a worker in the middle of each run")
    options = parser.parse_args()
    print(f"{machine()}\n")
    with tempfile.TemporaryDirectory(prefix="featsel-benchmark-") as folder:
        logs = options.data
        if logs is None:
            logs = [Path(folder) / "planted.parquet"]
            size = ("--rows", str(options.rows), "--fields", str(options.fields))
            subprocess.run([*FEATSEL, "synth", logs[0], *size, "--quiet"], check=True)
        for log in logs:
            print(_table(log, options), flush=True)


def _table(log: Path, options: argparse.Namespace) -> str:
    command = [*FEATSEL, options.command, log, "--json", "--quiet", "--memory-limit", options.memory_limit]
    expected, alone = _run([*command, "--threads", "1"], kills=False)
    rows = [["one process, one thread", *_cells(alone)]]
    for n_workers in options.workers:
        ray = ["--engine", "ray", "--threads", str(n_workers)]
        found, seen = _run([*command, *ray], kills=options.kill)
        seen.is_same = found == expected
        rows.append([f"Ray, {n_workers} worker{'s' if n_workers > 1 else ''}", *_cells(seen)])
    columns = ["", "wall s", "CPU-s", "worker MB", "store MB", "killed", "same numbers"]
    return f"`featsel {options.command} {log.name}`\n\n{markdown_table(columns, rows)}\n"


def _cells(seen: Seen) -> list[str]:
    return [
        f"{seen.wall_s:.1f}",
        f"{seen.cpu_s:.1f}",
        f"{seen.worker_bytes / MILLION:.0f}" if seen.worker_bytes else "–",
        f"{seen.store_bytes / MILLION:.0f}" if seen.worker_bytes else "–",
        str(seen.n_killed),
        "yes" if seen.is_same else "NO",
    ]


def _run(command: Sequence[str | Path], *, kills: bool) -> tuple[dict[str, object], Seen]:
    mark = uuid.uuid4().hex
    seen = Seen()
    cpu_s: dict[str, float] = {}
    with tempfile.TemporaryFile() as out:
        started, shared = time.perf_counter(), _shared_bytes()
        process = subprocess.Popen(
            [str(part) for part in command], stdout=out, env={**os.environ, MARK: mark}
        )
        while process.poll() is None:
            _look(f"{MARK}={mark}".encode(), cpu_s, seen, kills=kills)
            seen.store_bytes = max(seen.store_bytes, _shared_bytes() - shared)
            time.sleep(POLL_S)
        seen.wall_s = time.perf_counter() - started
        seen.cpu_s = sum(cpu_s.values())
        out.seek(0)
        document = json.load(out)
    document.pop("elapsed_s")
    return document, seen


def _shared_bytes() -> int:
    """Shared memory of the machine, where Ray keeps what is sent between workers."""
    lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("Shmem:"))


def _look(mark: bytes, cpu_s: dict[str, float], seen: Seen, *, kills: bool) -> None:
    """Note what the processes with the mark have used so far; kill the first worker that counts."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if mark not in (folder / "environ").read_bytes():
                continue
            numbers = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            cpu_s[f"{folder.name} {numbers[19]}"] = (int(numbers[11]) + int(numbers[12])) / TICKS_PER_S
            name = (folder / "cmdline").read_bytes()
            sizes = dict(
                line.split(":", 1) for line in (folder / "status").read_text(encoding="utf-8").splitlines()
            )
            if name.startswith(WORKER):
                seen.worker_bytes = max(seen.worker_bytes, 1024 * int(sizes["RssAnon"].split()[0]))
                if kills and not seen.n_killed and name.startswith(COUNTING):
                    os.kill(int(folder.name), signal.SIGKILL)
                    seen.n_killed += 1


if __name__ == "__main__":
    main()
