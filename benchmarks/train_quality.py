"""How good are the bundled models on real logs, after ``select --method all``?

Every run goes through the command line, with its defaults: a fifth of the rows is held out for test (the last
ones where the log has an order), a tenth of them validates. The features are made once for each seed, every
model is trained on them, and test rows are looked at once::

    python benchmarks/train_quality.py --data FOLDER --logs frappe kuairand --models lr deepfm --seeds 3
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import machine, markdown_table, script

MODELS = ("lr", "fm", "deepfm", "dcn", "dcnv2", "ipnn", "autoint", "finalmlp", "mlp")


@dataclass(frozen=True)
class RealLog:
    """A log, how it is read and split, and what simple models of others reach on a fifth of it.

    Parameters
    ----------
    file : str
        Its name.
    reading : tuple of str
        Options of ``featsel select`` and, where they say how rows are split, of ``train``.
    splitting : tuple of str
        Options that say which rows are held out.
    lr, gbm : float
        Test AUC of a hashed logistic regression and of LightGBM, as published with the logs: another split of
        the same shares, one seed.
    """

    file: str
    reading: tuple[str, ...]
    splitting: tuple[str, ...]
    lr: float
    gbm: float


LOGS = {
    "frappe": RealLog("frappe_87k.parquet", ("--exclude", "split"), (), 0.931, 0.936),
    "movielens": RealLog("movielens1m_implicit_2m.parquet", (), (), 0.850, 0.867),
    "kuairand": RealLog(
        "kuairand_pure_92k.parquet",
        ("--exclude", "post_*", "--exclude", "stat_*"),
        ("--time", "ts"),
        0.719,
        0.733,
    ),
    "criteo": RealLog("criteo_kaggle_10k.parquet", (), ("--split", "ordered"), 0.737, 0.734),
}


def main() -> None:
    """Train everything and print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the logs")
    parser.add_argument("--logs", nargs="+", choices=LOGS, default=list(LOGS))
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--train-options", default="", help="more options of featsel train, as one text")
    options = parser.parse_args()
    rows: list[Sequence[str]] = []
    for name in options.logs:
        found = {model: [] for model in options.models}
        for seed in range(options.seeds):
            for model, metrics in _runs(LOGS[name], seed, options):
                found[model].append(metrics)
                print(name, model, seed, metrics, file=sys.stderr, flush=True)
        for model, metrics in found.items():
            rows.append(_line(name, model, metrics))
    print(f"{machine()}\n")
    heads = ("log", "model", "test AUC", "log loss", "best epoch", "CPU s", "LR", "GBM")
    print(markdown_table(heads, rows))


def _runs(log: RealLog, seed: int, options: argparse.Namespace) -> list[tuple[str, dict[str, float]]]:
    data = options.data / log.file
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shared = ["--seed", seed, "--threads", options.threads, "--cache", folder / "cache", "--quiet"]
        config = folder / "features.yaml"
        held = ["--valid", 0.1, "--test", 0.2]
        _run("select", data, "--method", "all", *log.reading, *log.splitting, *held, "-o", config, *shared)
        runs: list[tuple[str, dict[str, float]]] = []
        for model in options.models:
            output = folder / model
            more = options.train_options.split()
            text = _run("train", config, data, "--model", model, "-o", output, "--json", *more, *shared)
            metrics = json.loads(text)
            runs.append(
                (
                    model,
                    {
                        "auc": metrics["test"]["auc"],
                        "log_loss": metrics["test"]["log_loss"],
                        "epoch": metrics["best_epoch"],
                        "cpu_s": metrics["timing"]["fit_cpu_s"],
                    },
                )
            )
        return runs


def _run(command: str, *arguments: object) -> str:
    parts = [script("featsel"), command, *map(str, arguments)]
    return subprocess.run(parts, check=True, capture_output=True, text=True).stdout


def _line(name: str, model: str, metrics: Sequence[dict[str, float]]) -> Sequence[str]:
    def column(key: str) -> list[float]:
        return [each[key] for each in metrics]

    aucs = column("auc")
    spread = f" ± {statistics.stdev(aucs):.4f}" if len(aucs) > 1 else ""
    return (
        name,
        model,
        f"{statistics.mean(aucs):.4f}{spread}",
        f"{statistics.mean(column('log_loss')):.4f}",
        ", ".join(f"{epoch:.0f}" for epoch in column("epoch")),
        f"{statistics.mean(column('cpu_s')):.0f}",
        f"{LOGS[name].lr:.3f}",
        f"{LOGS[name].gbm:.3f}",
    )


if __name__ == "__main__":
    main()
