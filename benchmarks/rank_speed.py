"""How fast is ``featsel rank``, and how much memory does it take?

Every way runs in a fresh process; all ways take turns, so that a busy machine slows all of them, and ratios
are medians over the turns. Logs are generated once into ``--folder``. Run ``python benchmarks/peers.py``
first, then::

    python benchmarks/rank_speed.py --folder FOLDER --rows 1000000 --fields 40
    python benchmarks/rank_speed.py --folder FOLDER --rows 5000000 --fields 36 --skip-outrank
    python benchmarks/rank_speed.py --folder FOLDER --memory
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from measure import Cost, machine, markdown_table, measure, median_cost, script
from outrank_command import run_outrank
from peers import peer_program

WAYS_SCRIPT = Path(__file__).with_name("counting_ways.py")
PEER_PYTHON = peer_program("peers", "python")
LOG_FOLDER = Path(tempfile.gettempdir()) / "featsel-benchmarks"
MAX_CARDINALITY = 2_000_000

LABELS = {
    "parquet": "featsel rank, Parquet",
    "csv": "featsel rank, CSV",
    "start": "featsel rank, Parquet, 1,000 rows (start-up)",
    "decode": "polars decode, column by column",
    "polars": "polars streaming group_by of hashes",
    "pandas": "pandas groupby loop",
    "factorize": "pandas factorize alone",
    "sklearn": "factorize + scikit-learn mutual_info_score loop",
    "outrank-all": "OutRank, every row",
    "outrank-default": "OutRank, its default (every tenth row)",
}

MEMORY_LOGS = ((1_000_000, 20), (10_000_000, 20), (200_000, 1_000))
"""Rows and fields: ten times the rows, and a wide log."""

CSV_COPY = """
import sys, polars as pl
log = pl.scan_parquet(sys.argv[1])
log.drop("day").sink_csv(sys.argv[2], quote_style="never")
"""
"""The log has no quotes and commas; OutRank could not read them."""


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, default=LOG_FOLDER, help="where the logs are kept (%(default)s)"
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--fields", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3, help="turns of all ways but OutRank (%(default)s)")
    parser.add_argument("--ways", nargs="*", choices=LABELS, help="only these and featsel; all by default")
    parser.add_argument("--skip-outrank", action="store_true")
    parser.add_argument("--outrank-rows", type=int, default=200_000, help="rows of its slice (%(default)s)")
    parser.add_argument("--memory", action="store_true", help="peak memory of logs of several shapes instead")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    print(f"{machine()}\n")
    if options.memory:
        _memory(options.folder)
    else:
        _speed(options)


def planted_log(folder: Path, n_rows: int, n_fields: int) -> Path:
    """Log of the folder, generated if it is missing."""
    path = folder / f"synth-{n_rows}x{n_fields}.parquet"
    if not path.exists():
        command = [script("featsel"), "synth", path, "--rows", n_rows, "--fields", n_fields, "--quiet"]
        command += ["--max-cardinality", min(MAX_CARDINALITY, n_rows // 2)]
        subprocess.run([str(part) for part in command], check=True)
    return path


def csv_copy(log: Path, n_rows: int | None = None) -> Path:
    """CSV of a log, or of its first rows, in a folder of its own as OutRank wants it."""
    folder = log.with_name(f"{log.stem}-csv" if n_rows is None else f"{log.stem}-csv-{n_rows}")
    path = folder / "data.csv"
    if not path.exists():
        folder.mkdir(exist_ok=True)
        if n_rows is None:
            subprocess.run([PEER_PYTHON, "-c", CSV_COPY, log, path], check=True)
        else:
            with csv_copy(log).open("rb") as whole:
                path.write_bytes(b"".join(islice(whole, n_rows + 1)))
    return path


def _speed(options: argparse.Namespace) -> None:
    log = planted_log(options.folder, options.rows, options.fields)
    csv = csv_copy(log)
    runs: dict[str, Callable[[], Cost]] = {
        "parquet": lambda: measure(_rank_command(log)),
        "csv": lambda: measure(_rank_command(csv)),
        "start": lambda: measure([*_rank_command(log), "--rows", "1000"]),
    }
    for way in ("decode", "polars", "pandas", "factorize", "sklearn"):
        runs[way] = lambda way=way: measure([PEER_PYTHON, WAYS_SCRIPT, way, log])
    runs = {
        way: run for way, run in runs.items() if not options.ways or way in {"parquet", "csv", *options.ways}
    }
    # compiles the kernels, which are kept on disk from then on, and shows at once if something is wrong
    subprocess.run([str(part) for part in _rank_command(log)], check=True, stdout=subprocess.DEVNULL)
    turns: list[dict[str, Cost]] = []
    for turn in range(options.repeats):
        turns.append({way: run() for way, run in runs.items()})
        print(f"turn {turn}: {turns[-1]}", file=sys.stderr, flush=True)
    costs = {way: [turn[way] for turn in turns] for way in runs}
    notes: list[str] = []
    if not options.skip_outrank:
        _measure_outrank(log, options, costs, notes)
    print(f"{options.rows:,} rows × {options.fields} fields, median of {options.repeats} turns\n")
    print(_table(costs))
    for note in notes:
        print(f"\n{note}")


def _measure_outrank(
    log: Path, options: argparse.Namespace, costs: dict[str, list[Cost]], notes: list[str]
) -> None:
    n_rows = min(options.outrank_rows, options.rows)
    scale = options.rows / n_rows
    csv = csv_copy(log, None if n_rows == options.rows else n_rows)
    for way, every in (("outrank-all", 1), ("outrank-default", 10)):
        if options.ways and way not in options.ways:
            continue
        # two thousand rows, an eighth of a batch, cost what it costs to start; the rest grows with the rows
        start = run_outrank(csv_copy(log, 20_000).parent, 10)
        found = run_outrank(csv.parent, every)
        if found.status:
            notes.append(f"{LABELS[way]}: ended with status {found.status}, see outrank.txt beside the CSV.")
            continue
        grown = Cost(
            start.wall_s + max(0.0, found.wall_s - start.wall_s) * scale,
            start.cpu_s + max(0.0, found.cpu_s - start.cpu_s) * scale,
            found.peak_bytes,
            found.status,
        )
        costs[way] = [grown]
        if scale > 1:
            notes.append(
                f"{LABELS[way]}: measured on the first {n_rows:,} rows ({found.cpu_s:.0f} CPU-s, "
                f"{found.wall_s:.0f} s; of that start-up {start.cpu_s:.1f} CPU-s, {start.wall_s:.1f} s); "
                f"what is beyond start-up counts {scale:g} times."
            )


def _rank_command(log: Path) -> list[str | Path]:
    command = [script("featsel"), "rank", log, "--label", "label", "--quiet"]
    return [*command, "--exclude", "day"] if log.suffix == ".parquet" else command


def _table(costs: dict[str, list[Cost]]) -> str:
    rows = []
    for way, measured in costs.items():
        cost = median_cost(measured)
        cells = [LABELS[way], f"{cost.cpu_s:.1f}", f"{cost.wall_s:.1f}", f"{cost.peak_bytes / 1e6:.0f}"]
        for base in ("parquet", "csv"):
            cells += [_ratio(measured, costs[base], "cpu_s"), _ratio(measured, costs[base], "wall_s")]
        rows.append([*cells, "" if cost.status == 0 else f"status {cost.status}"])
    header = [
        "way",
        "CPU s",
        "wall s",
        "peak MB",
        "CPU ÷ Parquet",
        "wall ÷ Parquet",
        "CPU ÷ CSV",
        "wall ÷ CSV",
    ]
    return markdown_table([*header, "note"], rows)


def _ratio(costs: Sequence[Cost], base: Sequence[Cost], what: str) -> str:
    own, other = ([getattr(cost, what) for cost in side] for side in (costs, base))
    if len(own) < len(other):
        own = [statistics.median(own)] * len(other)
    ratio = statistics.median(mine / theirs for mine, theirs in zip(own, other, strict=True))
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def _memory(folder: Path) -> None:
    rows = []
    for n_rows, n_fields in MEMORY_LOGS:
        log = planted_log(folder, n_rows, n_fields)
        cost = measure(_rank_command(log))
        size = f"{log.stat().st_size / 1e6:.0f}"
        rows.append(
            [
                f"{n_rows:,} × {n_fields:,}",
                size,
                f"{cost.peak_bytes / 1e6:.0f}",
                f"{cost.cpu_s:.1f}",
                f"{cost.wall_s:.1f}",
            ]
        )
    print(markdown_table(["rows × fields", "file MB", "peak MB", "CPU s", "wall s"], rows))


if __name__ == "__main__":
    main()
