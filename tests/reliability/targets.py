"""Which files does featsel read, and which commands read them?"""

from __future__ import annotations

import gzip
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

OUT = "out"
"""Folder of everything that a command writes."""

QUICK = ("--model", "fm", "--epochs", "1", "--no-cache", "-q")
"""Of every training."""


@dataclass(frozen=True)
class Target:
    """A file that is damaged, and the commands of which one then reads it.

    Parameters
    ----------
    path : str
        In the folder of a case.
    commands : tuple of tuple of str
        What runs there.
    is_document : bool
        Whether it is JSON or YAML, so that single values can be damaged.
    """

    path: str
    commands: tuple[tuple[str, ...], ...]
    is_document: bool = False


def _of_log(path: str, *more: str) -> Target:
    return Target(
        path,
        (
            ("rank", path, *more, "-o", f"{OUT}/r.json", "--html", f"{OUT}/r.html", "-q"),
            ("rank", path, *more, "--redundancy", "--json", "-q"),
            ("check", path, *more, "-o", f"{OUT}/c.sarif", "--save-profile", f"{OUT}/p.json", "-q"),
            ("convert", path, f"{OUT}/log.parquet", *(more if more[:1] == ("--format",) else ()), "-q"),
            ("select", path, *more, "--method", "all", "-o", f"{OUT}/f.yaml", "--no-cache", "-q"),
        ),
    )


TRAIN = ("train", "f.yaml", "log.parquet", "-o", f"{OUT}/m", *QUICK)
PREDICT = ("predict", "model", "log.parquet", "-o", f"{OUT}/s.parquet", "-q")
RESUME = ("train", "f.yaml", "log.parquet", "-o", "model", "--resume", *QUICK)

REPORT = ("report", "results", "-o", f"{OUT}/report.html", "-q")

TARGETS = (
    *(
        _of_log(f"log.{suffix}")
        for suffix in ("parquet", "arrow", "csv", "tsv", "ndjson", "csv.gz", "csv.zst")
    ),
    _of_log("log.criteo", "--format", "criteo"),
    _of_log("log.libsvm", "--format", "libsvm"),
    _of_log("log.libffm", "--format", "libffm"),
    _of_log("log.vw", "--format", "vw"),
    Target(
        "f.yaml",
        (
            ("config", "validate", "f.yaml"),
            ("config", "show", "f.yaml", "--json"),
            ("config", "diff", "f.yaml", "other.yaml"),
            ("check", "log.parquet", "--features", "f.yaml", "-o", f"{OUT}/c.json", "-q"),
            ("export", "f.yaml", "--to", "sql", "-o", f"{OUT}/f.sql", "-q"),
            ("export", "f.yaml", "--to", "fuxictr", "-o", f"{OUT}/fux", "-q"),
            TRAIN,
        ),
        is_document=True,
    ),
    Target("f.values.parquet", (("config", "validate", "f.yaml"), TRAIN)),
    Target(
        "profile.json",
        (("check", "log.parquet", "--reference", "profile.json", "-o", f"{OUT}/c.xml", "-q"),),
        is_document=True,
    ),
    Target("rules.toml", (("check", "log.parquet", "--rules", "rules.toml", "-q"),)),
    Target(
        "ranking.json",
        (
            ("rank", "log.parquet", "--compare", "ranking.json", "-o", f"{OUT}/r.json", "-q"),
            (
                *("select", "log.parquet", "--ranking", "ranking.json", "--method", "information"),
                *("--budget", "3fields", "-o", f"{OUT}/f.yaml", "--no-cache", "-q"),
            ),
        ),
        is_document=True,
    ),
    Target("featsel.toml", (("rank", "log.parquet", "--config", "featsel.toml", "-q"),)),
    Target("model/model.safetensors", (PREDICT,)),
    Target("model/features.yaml", (PREDICT, RESUME), is_document=True),
    Target("model/features.values.parquet", (PREDICT,)),
    Target("model/model.json", (PREDICT, RESUME), is_document=True),
    Target("model/metrics.json", (PREDICT, RESUME), is_document=True),
    Target("model/history.csv", (RESUME,)),
    Target("model/checkpoint.safetensors", (RESUME,)),
    Target("events.jsonl", ((*RESUME, "--events", "events.jsonl"),)),
    *(
        Target(f"results/{name}.json", (REPORT, (*REPORT, f"results/{name}.json")), is_document=True)
        for name in ("ranking", "check", "selection", "bench", "tables", "metrics")
    ),
    Target("results/f.yaml", (REPORT,), is_document=True),
    Target(
        "log.truth.json",
        (
            (
                *(
                    "bench",
                    "log.parquet",
                    "--method",
                    "information",
                    "--model",
                    "fm",
                    "--k",
                    "2",
                    "--seeds",
                    "1",
                ),
                *("--truth", "log.truth.json", "--epochs", "1", "-o", f"{OUT}/b.json", "-q"),
            ),
        ),
        is_document=True,
    ),
)
"""Everything that a person could hand to featsel."""


def make_files(folder: Path) -> None:
    """One good file of each kind, from a log of 300 rows."""
    folder.mkdir(parents=True)
    _featsel(folder, "synth", "log.parquet", "--rows", "300", "--fields", "6", "--seed", "3", "-q")
    for suffix in ("arrow", "csv", "tsv", "ndjson"):
        _featsel(folder, "convert", "log.parquet", f"log.{suffix}", "-q")
    text = (folder / "log.csv").read_bytes()
    (folder / "log.csv.gz").write_bytes(gzip.compress(text, mtime=0))
    pl.read_csv(folder / "log.csv").write_csv(
        folder / "log.csv.zst", compression="zstd", check_extension=False
    )
    _write_sparse(folder)
    shutil.copy(folder / "log.parquet", folder / "day.parquet")
    _featsel(
        folder, "select", "log.parquet", "--method", "all", "--dim", "4", "-o", "f.yaml", "--no-cache", "-q"
    )
    _featsel(
        *(folder, "select", "log.parquet", "--method", "information", "--budget", "3fields", "--dim", "4"),
        *("-o", "other.yaml", "--no-cache", "-q"),
    )
    _featsel(folder, "rank", "log.parquet", "-o", "ranking.json", "-q")
    _featsel(folder, "check", "log.parquet", "--save-profile", "profile.json", "--fail-on", "never", "-q")
    _featsel(folder, "check", "log.parquet", "--init", "rules.toml", "--fail-on", "never", "-q")
    (folder / "featsel.toml").write_text(
        '[rank]\ntop = 3\nscore = "z"\nexclude = ["day"]\n', encoding="utf-8"
    )
    _featsel(folder, "train", "f.yaml", "log.parquet", "-o", "model", "--events", "events.jsonl", *QUICK)
    _make_results(folder)
    (folder / OUT).mkdir()


def _make_results(folder: Path) -> None:
    """One of each kind that a report shows."""
    results = folder / "results"
    results.mkdir()
    shutil.copy(folder / "ranking.json", results)
    shutil.copy(folder / "model" / "metrics.json", results)
    _featsel(folder, "check", "log.parquet", "-o", "results/check.json", "--fail-on", "never", "-q")
    bench = ("bench", "log.parquet", "--model", "fm", "--seeds", "1", "--epochs", "1", "--no-cache", "-q")
    _featsel(folder, *bench, "--method", "information", "--k", "2,all", "-o", "results/bench.json")
    _featsel(
        *(folder, *bench, "--embeddings", "--scheme", "hash", "--budgets", ".5", "--dim", "4"),
        *("-o", "results/tables.json"),
    )
    selection = _featsel(
        *(
            folder,
            "select",
            "log.parquet",
            "--method",
            "information",
            "--budget",
            "3fields,60%",
            "--dim",
            "4",
        ),
        *("-o", "results/f.yaml", "--no-cache", "--json", "-q"),
    )
    (results / "selection.json").write_bytes(selection)


def _write_sparse(folder: Path) -> None:
    """Formats of which every line is a row of its own making."""
    dice = random.Random(0)
    lines: dict[str, list[str]] = {"criteo": [], "libsvm": [], "libffm": [], "vw": []}
    for _ in range(300):
        label = dice.randrange(2)
        numbers = [str(dice.randrange(50)) if dice.random() < 0.8 else "" for _ in range(13)]
        hashes = [f"{dice.randrange(40):08x}" if dice.random() < 0.9 else "" for _ in range(26)]
        lines["criteo"].append("\t".join([str(label), *numbers, *hashes]))
        chosen = sorted(dice.sample(range(1, 30), 5))
        lines["libsvm"].append(f"{label} " + " ".join(f"{index}:{dice.random():.3f}" for index in chosen))
        lines["libffm"].append(
            f"{label} " + " ".join(f"{field}:{index}:1" for field, index in enumerate(chosen))
        )
        lines["vw"].append(f"{label * 2 - 1} |a x{dice.randrange(9)} |b price:{dice.random():.3f}")
    for suffix, rows in lines.items():
        (folder / f"log.{suffix}").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _featsel(folder: Path, *arguments: str) -> bytes:
    """What it prints."""
    return subprocess.run(featsel_command(arguments), cwd=folder, check=True, capture_output=True).stdout


def featsel_command(arguments: Sequence[str]) -> list[str]:
    """How another process runs featsel."""
    return [sys.executable, "-m", "featsel", *arguments]


def choose(number: int, dice: random.Random) -> tuple[Target, Sequence[str]]:
    """Target and command of a case: targets in turn, one of their commands."""
    target = TARGETS[number % len(TARGETS)]
    return target, dice.choice(target.commands)
