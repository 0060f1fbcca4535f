r"""What does featsel need for a log that is larger than its memory: CPU time, peak memory, temporary files?

Three logs: a long one, one of ids (every other row has a new one), and a wide one. Every command runs in a
process of its own with an empty cache; polars and DuckDB count the ids beside featsel. Run
``python benchmarks/peers.py out_of_core`` first. A minute or two, and the sizes of docs/benchmarks.md::

    python benchmarks/out_of_core.py
    python benchmarks/out_of_core.py --rows 100000000 --ids 100000000 --memory-limit 4GB 1GB \\
        --wide-rows 100000 --wide-fields 5000

The latter needs 15 GB of disk.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from measure import Cost, machine, markdown_table, measure
from peers import peer_program

HERE = Path(__file__).parent
PEER_PYTHON = peer_program("out_of_core", "python")
FEATSEL = (sys.executable, "-m", "featsel")
ID_COLUMNS = ("text", "integer", "float")
POLL_S = 0.2


@dataclass(frozen=True)
class Run:
    """A command that is measured.

    Parameters
    ----------
    title : str
        What the table calls it.
    command : tuple
        Program and arguments.
    n_cells : int
        Rows times fields that it reads.
    """

    title: str
    command: tuple[str | Path, ...]
    n_cells: int


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, help="where logs are kept; else they are deleted at the end")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the long log (%(default)s)")
    parser.add_argument("--fields", type=int, default=40, help="of the long log (%(default)s)")
    parser.add_argument("--ids", type=int, default=2_000_000, help="rows of the log of ids (%(default)s)")
    parser.add_argument("--wide-rows", type=int, default=20_000, help="of the wide log (%(default)s)")
    parser.add_argument("--wide-fields", type=int, default=300, help="of the wide log (%(default)s)")
    parser.add_argument("--memory-limit", nargs="+", default=["1GB"], help="one or several (%(default)s)")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument(
        "--skip", nargs="+", default=[], metavar="WORD", help="runs with a word in their title"
    )
    options = parser.parse_args()
    print(f"{machine()}\n")
    with _folder(options.folder) as folder:
        for part in options.parts:
            print(PARTS[part](folder, options), flush=True)


@contextmanager
def _folder(kept: Path | None) -> Generator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="featsel-out-of-core-") as folder:
        yield Path(folder)


def _long(folder: Path, options: argparse.Namespace) -> str:
    log = _planted(folder, options.rows, options.fields)
    n_cells = options.rows * options.fields
    runs = [
        Run(
            f"{command} --memory-limit {limit}",
            (*FEATSEL, command, log, "-q", "--memory-limit", limit),
            n_cells,
        )
        for command in ("rank", "check")
        for limit in options.memory_limit
    ]
    config = folder / "long.yaml"
    runs.append(
        Run("select --method all", (*FEATSEL, "select", log, "--method", "all", "-q", "-o", config), n_cells)
    )
    return _table(f"{options.rows:,} rows × {options.fields} fields", log, runs, folder, options.skip)


def _ids(folder: Path, options: argparse.Namespace) -> str:
    log = folder / f"ids-{options.ids}.parquet"
    if not log.exists():
        subprocess.run([sys.executable, HERE / "id_log.py", str(options.ids), log], check=True)
    runs: list[Run] = []
    peer = (PEER_PYTHON, HERE / "distinct_values_peer.py")
    spilled = folder / "duckdb"
    for column in ID_COLUMNS:
        for limit in options.memory_limit:
            own = ("--label", "label", "--include", column, "-q", "--memory-limit", limit)
            runs.append(Run(f"{column}: featsel rank, {limit}", (*FEATSEL, "rank", log, *own), options.ids))
            runs.append(
                Run(
                    f"{column}: DuckDB, {limit}",
                    (*peer, "duckdb", log, column, limit, spilled),
                    options.ids,
                )
            )
        runs.append(Run(f"{column}: polars, streaming", (*peer, "polars", log, column, "", ""), options.ids))
    own = ("--label", "label", "--include", "text", "-q")
    runs += [
        Run("text: featsel check", (*FEATSEL, "check", log, *own), options.ids),
        Run(
            "text: featsel select --method all",
            (*FEATSEL, "select", log, *own, "--method", "all", "-o", folder / "ids.yaml"),
            options.ids,
        ),
    ]
    return _table(f"{options.ids:,} rows of ids, half as many values", log, runs, folder, options.skip)


def _wide(folder: Path, options: argparse.Namespace) -> str:
    log = _planted(folder, options.wide_rows, options.wide_fields)
    config, model = folder / "wide.yaml", folder / "wide-model"
    commands: dict[str, tuple[str | Path, ...]] = {
        "rank": ("rank", log, "-q"),
        "rank --redundancy": ("rank", log, "-q", "--redundancy"),
        "rank --interactions 10": ("rank", log, "-q", "--interactions", "10"),
        "check": ("check", log, "-q"),
        "select --method all": ("select", log, "--method", "all", "-q", "-o", config),
        "train --model lr --epochs 1": (
            *("train", config, log, "--model", "lr", "--epochs", "1", "-q", "-o", model),
        ),
    }
    n_cells = options.wide_rows * options.wide_fields
    runs = [Run(title, (*FEATSEL, *command), n_cells) for title, command in commands.items()]
    title = f"{options.wide_rows:,} rows × {options.wide_fields:,} fields"
    table = _table(title, log, runs, folder, options.skip)
    shutil.rmtree(model, ignore_errors=True)
    return table


PARTS = {"long": _long, "ids": _ids, "wide": _wide}


def _planted(folder: Path, n_rows: int, n_fields: int) -> Path:
    log = folder / f"synth-{n_rows}x{n_fields}.parquet"
    if not log.exists():
        command = [*FEATSEL, "synth", log, "--rows", n_rows, "--fields", n_fields, "--quiet"]
        subprocess.run([str(part) for part in command], check=True)
    return log


def _table(title: str, log: Path, runs: Sequence[Run], folder: Path, skipped: Sequence[str]) -> str:
    rows: list[list[str]] = []
    for run in runs:
        if any(word in run.title for word in skipped) or (run.command[0] == PEER_PYTHON and not _is_there()):
            continue
        cost, spilled = _measure(run.command, folder)
        print(f"{run.title}: {cost}", file=sys.stderr, flush=True)
        rows.append(
            [
                run.title,
                f"{cost.cpu_s:.1f}",
                f"{cost.wall_s:.1f}",
                f"{cost.cpu_s / run.n_cells * 1e9:.0f}",
                f"{cost.peak_bytes / 1e6:,.0f}",
                f"{spilled / 1e6:,.0f}",
                # 1: a check found something
                ""
                if cost.status == 0 or (cost.status == 1 and "check" in run.title)
                else f"status {cost.status}",
            ]
        )
    header = ["command", "CPU s", "wall s", "CPU ns a cell", "peak MB", "temporary files, MB", "note"]
    return f"{title}, {log.stat().st_size / 1e6:,.0f} MB\n\n{markdown_table(header, rows)}\n"


def _is_there() -> bool:
    if not PEER_PYTHON.exists():
        print("no peers: run python benchmarks/peers.py out_of_core", file=sys.stderr)
    return PEER_PYTHON.exists()


def _measure(command: Sequence[str | Path], folder: Path) -> tuple[Cost, int]:
    """Cost of a command, and the most that its cache and its temporary files had on disk."""
    most = 0
    has_ended = threading.Event()
    with tempfile.TemporaryDirectory(dir=folder) as scratch:

        def watch() -> None:
            nonlocal most
            while not has_ended.wait(POLL_S):
                most = max(most, _files_in(Path(scratch)) + _deleted_files() + _files_in(folder / "duckdb"))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            cost = measure(command, environment={"FEATSEL_CACHE": f"{scratch}/cache", "TMPDIR": scratch})
        finally:
            has_ended.set()
            watcher.join()
    return cost, most


def _files_in(folder: Path) -> int:
    n_bytes = 0
    for parent, _, names in os.walk(folder):  # unlike rglob, it passes over what is gone
        for name in names:
            with contextlib.suppress(OSError):  # it may be gone
                n_bytes += (Path(parent) / name).stat().st_size
    return n_bytes


def _deleted_files() -> int:
    """Bytes of the files that children have open and that have no name, as spilled counts do; Linux only."""
    n_bytes = 0
    for children in Path("/proc/self/task").glob("*/children"):
        for child in children.read_text(encoding="utf-8").split():
            with contextlib.suppress(OSError):
                for handle in Path(f"/proc/{child}/fd").iterdir():
                    with contextlib.suppress(OSError):
                        if str(handle.readlink()).endswith(" (deleted)"):
                            n_bytes += handle.stat().st_size
    return n_bytes


if __name__ == "__main__":
    main()
