"""How fast are ``featsel select`` and ``featsel train``, and how much memory do they take?

The same log, model, batches and learning rate beside FuxiCTR and DeepCTR-Torch, each used as its authors do.
Every step runs in a fresh process on ``--threads`` threads, and all libraries take turns. CPU time counts
every process that a step starts. Run ``python benchmarks/peers.py training`` first, then::

    python benchmarks/train_speed.py --folder FOLDER
    python benchmarks/train_speed.py --folder FOLDER --libraries fuxictr deepctr --models deepfm

Encoding is everything before the first step of training: FuxiCTR's ``build_dataset``, DeepCTR-Torch's reading
and label encoding, ``featsel select --method all`` and what ``featsel train`` says it spent on encoding.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from measure import Cost, machine, markdown_table, script
from peers import peer_program
from process_tree import measure_tree

LOG_FOLDER = Path(tempfile.gettempdir()) / "featsel-benchmarks"
FIELDS = 39
TEST_SHARE = 1 / 6
NAMES = {"featsel": "featsel", "fuxictr": "FuxiCTR", "deepctr": "DeepCTR-Torch"}

SPLIT = """
import sys, polars as pl
log, folder, n_train = sys.argv[1], sys.argv[2], int(sys.argv[3])
rows = pl.read_parquet(log).drop("day").with_columns(pl.all().exclude("label").cast(pl.String))
for name, part in (("train", rows.head(n_train)), ("test", rows.slice(n_train))):
    part.write_parquet(f"{folder}/{name}.parquet")
    part.write_csv(f"{folder}/{name}.csv", quote_style="never")
"""
"""Every field is text, as ids are; the log has no quotes and commas."""


@dataclass(frozen=True)
class Trained:
    """What one library took for one model.

    Parameters
    ----------
    encode : Cost
        All steps before training; memory is that of the largest.
    train : Cost
        The whole training step with start-up and evaluation.
    total_cpu_s : float
        From the Parquet files to the metrics.
    found : mapping
        ``auc``, ``log_loss``, ``rows_per_cpu_second`` of the epoch alone.
    """

    encode: Cost
    train: Cost
    total_cpu_s: float
    found: dict[str, float] = field(default_factory=dict)


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=LOG_FOLDER, help="where the logs are (%(default)s)")
    parser.add_argument("--rows", type=int, default=500_000, help="rows to train on (%(default)s)")
    parser.add_argument("--models", nargs="+", choices=("deepfm", "dcnv2"), default=["deepfm", "dcnv2"])
    parser.add_argument("--libraries", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--format", choices=("csv", "parquet"), default="parquet", help="of the log")
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--peer-python", type=Path, default=peer_program("training", "python"))
    options = parser.parse_args()
    log = split_log(options.folder, options.rows)
    ways: dict[str, Callable[[Path, argparse.Namespace], dict[str, Trained]]] = {
        "featsel": run_featsel,
        "fuxictr": run_fuxictr,
        "deepctr": run_deepctr,
    }
    turns: list[dict[str, dict[str, Trained]]] = []
    for turn in range(options.turns):
        turns.append({})
        for library in options.libraries:
            turns[-1][library] = ways[library](log, options)
            print(f"turn {turn}, {library}: {turns[-1][library]}", file=sys.stderr, flush=True)
    print(f"{machine()}\n")
    print(f"{options.rows:,} rows × {FIELDS} fields from {options.format}, {options.threads} threads\n")
    for model in options.models:
        print(f"{model}\n\n{_table(model, turns)}\n")


def split_log(folder: Path, n_train: int) -> Path:
    """Folder with the rows to train and to test on, as Parquet and as CSV; made if it is missing."""
    n_rows = round(n_train / (1 - TEST_SHARE))
    parts = folder / f"train-{n_train}x{FIELDS}"
    if not (parts / "test.csv").exists():
        parts.mkdir(parents=True, exist_ok=True)
        log = parts / "log.parquet"
        # 1.18M distinct values in the 500,000 rows
        shape = ["--rows", n_rows, "--fields", FIELDS, "--noise", 20, "--max-cardinality", n_rows * 11 // 12]
        _check([script("featsel"), "synth", log, *shape, "--quiet"])
        _check([sys.executable, "-c", SPLIT, log, parts, n_train])
        log.unlink()
    return parts


def run_featsel(log: Path, options: argparse.Namespace) -> dict[str, Trained]:
    """Encode with ``select``, then train each model, all through the command line."""
    trained: dict[str, Trained] = {}
    threads = ["--threads", options.threads, "--quiet"]
    train, test = (log / f"{part}.{options.format}" for part in ("train", "test"))
    for model in options.models:
        work = log / f"featsel-{model}"
        # with the cache of encoded columns, or the next model would find the log encoded
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        environment = _environment(options) | {"FEATSEL_CACHE": str(work / "cache")}
        features, out = work / "features.yaml", work / "model"
        select = [script("featsel"), "select", train, "--method", "all", "--label", "label", "--dim", 16]
        select += ["--categorical", "*", "--valid", 0, "--test", 0, "-o", features, *threads]
        encode = _measured(select, environment, work / "select.txt")
        command = [script("featsel"), "train", features, train, "-o", out, "--model", model]
        # as with FuxiCTR, whose run scripts want both
        command += ["--valid", test, "--test", test, "--epochs", 1, "--batch-size", 4096, "--lr", "1e-3"]
        # no L2 and the first embeddings of the other two: the same recipe
        command += ["--l2", 0, "--embedding-sd", "1e-4"]
        cost = _measured([*command, *threads], environment, work / "train.txt")
        metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
        timing = metrics["timing"]
        both = Cost(encode.wall_s, encode.cpu_s + timing["encode_cpu_s"], encode.peak_bytes, encode.status)
        found = {
            "auc": metrics["test"]["auc"],
            "log_loss": metrics["test"]["log_loss"],
            "rows_per_cpu_second": timing["rows_per_cpu_second"],
        }
        trained[model] = Trained(both, cost, encode.cpu_s + cost.cpu_s, found)
    return trained


def run_fuxictr(log: Path, options: argparse.Namespace) -> dict[str, Trained]:
    """Encode with ``build_dataset``, then train each model with FuxiCTR's loop."""
    shutil.rmtree(log / "fuxictr", ignore_errors=True)
    program = [options.peer_python, Path(__file__).with_name("fuxictr_peer.py")]
    environment = _environment(options)
    encode = _measured([*program, "encode", log, options.format], environment, log / "fuxictr-encode.txt")
    # not counted: FuxiCTR has two loaders, and the faster one reads another file
    _measured([*program, "pack", log], environment, log / "fuxictr-pack.txt")
    trained: dict[str, Trained] = {}
    for model in options.models:
        out = log / f"fuxictr-{model}.json"
        cost = _measured([*program, "train", log, model, out], environment, out.with_suffix(".txt"))
        found = json.loads(out.read_text(encoding="utf-8"))
        trained[model] = Trained(encode, cost, encode.cpu_s + cost.cpu_s, found)
    return trained


def run_deepctr(log: Path, options: argparse.Namespace) -> dict[str, Trained]:
    """Encode and train in one process, as DeepCTR-Torch's examples do."""
    program = [options.peer_python, Path(__file__).with_name("deepctr_peer.py")]
    trained: dict[str, Trained] = {}
    for model in options.models:
        out = log / f"deepctr-{model}.json"
        command = [*program, log, options.format, model, out]
        cost = _measured(command, _environment(options), out.with_suffix(".txt"))
        found = json.loads(out.read_text(encoding="utf-8"))
        encode = Cost(float("nan"), found["encode_cpu_s"], cost.peak_bytes, cost.status)
        trained[model] = Trained(encode, cost, cost.cpu_s, found)
    return trained


def _environment(options: argparse.Namespace) -> dict[str, str]:
    return dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"), str(options.threads))


def _measured(command: Sequence[object], environment: dict[str, str], output: Path) -> Cost:
    cost = measure_tree([str(part) for part in command], environment=environment, output=output)
    if cost.status:
        raise SystemExit(f"{command[1]} {command[2]} ended with {cost.status}; see {output}")
    return cost


def _check(command: Sequence[object]) -> None:
    subprocess.run([str(part) for part in command], check=True)


def _table(model: str, turns: Sequence[dict[str, dict[str, Trained]]]) -> str:
    measures: dict[str, Callable[[Trained], float]] = {
        "rows / CPU s": lambda run: run.found["rows_per_cpu_second"],
        "test AUC": lambda run: run.found["auc"],
        "log loss": lambda run: run.found["log_loss"],
        "train MB": lambda run: run.train.peak_bytes / 1e6,
        "encode CPU s": lambda run: run.encode.cpu_s,
        "encode MB": lambda run: run.encode.peak_bytes / 1e6,
        "log to metrics CPU s": lambda run: run.total_cpu_s,
    }
    rows: list[list[str]] = []
    for library in turns[0]:
        runs = [turn[library][model] for turn in turns]
        cells = [_cell(statistics.median(measured(run) for run in runs)) for measured in measures.values()]
        rows.append([NAMES[library], *cells])
    for library in turns[0] if "featsel" in turns[0] else ():
        if library == "featsel":
            continue
        ratios = [
            statistics.median(
                measured(turn[library][model]) / measured(turn["featsel"][model]) for turn in turns
            )
            for measured in measures.values()
        ]
        rows.append([f"{NAMES[library]} ÷ featsel", *map(_cell, ratios)])
    return markdown_table(["library", *measures], rows)


def _cell(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.4f}"


if __name__ == "__main__":
    main()
