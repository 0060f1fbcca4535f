"""Which selection leaves the better model, budget by budget?

Every method orders the features once. A DeepFM is then trained anew on what each budget leaves, with the
better of two L2 by validation log loss (that of ``featsel train`` and a fifth of it), and asked about test
rows that no method has seen. Planted logs also have the features that truly matter, as a goal::

    python benchmarks/select_quality.py --planted 101 102 103 --budgets 1 5 10 30
    python benchmarks/select_quality.py --data FOLDER --logs kuairand frappe criteo
    python benchmarks/select_quality.py --unit fields --budgets 25 50 --planted 101 --methods adafs lpfs
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import torch
from measure import machine, markdown_table, script
from numpy.typing import NDArray

from featsel.artifacts.feature_configs import read_features
from featsel.cli.progress import TerminalReporter
from featsel.core.feature_config import Method
from featsel.models.settings import ModelSettings
from featsel.selection.backbone import Backbone
from featsel.selection.budget import cut, parse_budget
from featsel.selection.candidates import Candidates
from featsel.selection.evidence import Trained, compare
from featsel.selection.subsets import SubsetRows, subset_of
from featsel.training.batches import Rows
from featsel.training.devices import Precision, choose_precision, keep_freed_memory
from featsel.training.predictions import evaluate, labelled_predictions
from featsel.training.recipe import EPOCHS, PATIENCE, PLATEAU, usual_batch_size, usual_table_l2
from featsel.training.settings import TrainSettings
from featsel.workflows.choose import METHODS, ChooseOptions, order_for_budget
from featsel.workflows.encode import EncodeResources
from featsel.workflows.request import LogRequest
from featsel.workflows.train_rows import HeldOut, open_train_rows
from featsel.workflows.train_settings import Wishes

ASKED = ("deletion", "optfs", "information", "chi2", "frequency", "gbdt", "random")
SHARES_OF_L2 = (1.0, 0.2)
"""Of the L2 that ``featsel train`` would take."""

PLANTED = "--fields 24 --redundant 2 --interactions 2 --drift 0 --max-cardinality 20000"
REAL = {
    "kuairand": (
        "kuairand_pure_92k.parquet",
        ["--exclude", "post_*", "--exclude", "stat_*", "--time", "ts"],
        "ts",
    ),
    "frappe": ("frappe_87k.parquet", ["--exclude", "split"], None),
    "criteo": ("criteo_kaggle_10k.parquet", ["--split", "ordered"], None),
    "movielens": ("movielens1m_implicit_2m.parquet", [], None),
}


@dataclass(frozen=True)
class Task:
    """A log, its rows by part, and what is known of it."""

    name: str
    candidates: Candidates
    test: Rows
    oracle: NDArray[np.int64] | None = None
    noise: NDArray[np.int64] | None = None


def main() -> None:
    """Order, cut, train, test; print a table a log."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--planted", nargs="*", type=int, default=[], help="seeds of planted logs")
    parser.add_argument("--data", type=Path, help="folder with real logs")
    parser.add_argument("--logs", nargs="*", choices=REAL, default=[])
    parser.add_argument("--methods", nargs="+", default=ASKED)
    parser.add_argument("--budgets", nargs="+", type=float, default=[1, 5, 10, 30], help="per cent")
    parser.add_argument("--unit", choices=("features", "fields"), default="features", help="of which")
    parser.add_argument("--rows", type=int, default=300_000, help="of planted logs")
    parser.add_argument(
        "--one-l2", action="store_true", help="only the L2 of featsel train, not the better of two"
    )
    options = parser.parse_args()
    shares = SHARES_OF_L2[:1] if options.one_l2 else SHARES_OF_L2
    torch.set_num_threads(1)
    keep_freed_memory()
    print(f"{machine()}\n", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for seed in options.planted:
            with planted(Path(folder), seed, options.rows) as task:
                report(task, options.methods, options.budgets, shares, unit=options.unit)
        for name in options.logs:
            with real(Path(folder), options.data, name) as task:
                report(task, options.methods, options.budgets, shares, unit=options.unit)


def report(
    task: Task, methods: Sequence[str], budgets: Sequence[float], shares: Sequence[float], *, unit: str
) -> None:
    """Print the table of a log."""
    n_all = int(task.candidates.is_feature.sum())
    whole = np.flatnonzero(task.candidates.is_feature)
    full, outcome = trained(task, whole, shares)
    rows = [line("all", "100 %", whole, outcome, full, full, task)]
    if task.oracle is not None:
        model, outcome = trained(task, task.oracle, shares)
        rows.append(
            line("oracle", f"{task.oracle.size / n_all:.1%}", task.oracle, outcome, model, full, task)
        )
    seconds: list[str] = []
    for name in methods:
        method = Method(name)
        started = time.process_time()
        model = backbone(task, 1.0)
        wanted = asked(method, model, unit)
        order = METHODS[method](task.candidates, model, wanted)
        order = order_for_budget(order, task.candidates, wanted)
        seconds.append(f"{name} {time.process_time() - started:.0f}")
        done: tuple[int, list[str]] | None = None
        for percent in budgets:
            ids = cut(order, task.candidates, parse_budget(budget_of(percent, unit, task)))
            if done is not None and done[0] == ids.size:  # the budget has more room than there are features
                rows.append([name, f"{percent:g} %", *done[1]])
                continue
            result, outcome = trained(task, ids, shares)
            found = line(name, f"{percent:g} %", ids, outcome, result, full, task)
            done = (ids.size, found[2:])
            rows.append(found)
            print(task.name, found, file=sys.stderr, flush=True)
    heads = (
        "method",
        "budget",
        "features",
        "fields",
        "test AUC",
        "log loss",
        "against all (95 %)",
        "noise kept",
    )
    print(f"### {task.name}\n\n{markdown_table(heads, rows)}\n", flush=True)
    print(f"CPU seconds of the orders: {', '.join(seconds)}.\n", flush=True)


def budget_of(percent: float, unit: str, task: Task) -> str:
    """A share of the features, or of the fields, as ``--budget`` has it."""
    if unit == "features":
        return f"{percent:g}%"
    return f"{math.ceil(percent / 100 * task.candidates.layout.n_fields)}fields"


def line(
    name: str, budget: str, ids: NDArray[np.int64], auc: float, model: Trained, full: Trained, task: Task
) -> list[str]:
    """Cells of a row."""
    change = compare(full, model)
    noise = "" if task.noise is None else f"{np.isin(task.noise, ids).mean():.1%}"
    return [
        name,
        budget,
        f"{ids.size:,}",
        str(np.unique(task.candidates.field_of_id[ids]).size),
        f"{auc:.4f}",
        f"{model.log_loss:.4f}",
        "" if model is full else f"{change.mean:+.4f} ({change.low:+.4f} to {change.high:+.4f})",
        noise,
    ]


def backbone(task: Task, share_of_l2: float) -> Backbone:
    """The model of the search and of the test, as ``featsel train`` has it."""
    batch_size = usual_batch_size(task.candidates.train.n_rows)
    settings = TrainSettings(
        epochs=EPOCHS,
        batch_size=batch_size,
        table_l2=share_of_l2 * usual_table_l2(batch_size),
        patience=PATIENCE,
        plateau_factor=PLATEAU,
        precision=choose_precision(Precision.AUTO, torch.device("cpu")),
    )
    return Backbone("deepfm", ModelSettings(), settings)


def asked(method: Method, model: Backbone, unit: str = "features") -> ChooseOptions:
    """What ``featsel select`` would ask of a method for a budget of features, or of fields."""
    budget = parse_budget("1%" if unit == "features" else "1fields")
    return ChooseOptions(method, budget, model.model, model.sizes, model.settings, Wishes())


def trained(task: Task, ids: NDArray[np.int64], shares: Sequence[float]) -> tuple[Trained, float]:
    """How the model with some features does on test rows, with the L2 that validates better."""
    subset = subset_of(task.candidates, ids)
    train, valid, test = (
        SubsetRows(rows, subset, task.candidates.layout)
        for rows in (task.candidates.train, task.candidates.valid, task.test)
    )
    models = [backbone(task, share) for share in shares]
    fitted = [model.fit(subset.config, train, valid=valid) for model in models]
    model = min(fitted, key=lambda each: each[1].valid.log_loss)[0]
    settings = models[0].settings
    found = evaluate(model, test, device=settings.device, precision=settings.precision)
    labels, chances, weights = labelled_predictions(
        model, test, device=settings.device, precision=settings.precision
    )
    return Trained(found.auc, found.log_loss, labels, chances, weights), found.auc


class planted:  # noqa: N801 - a context, as the function below
    """A synthetic log whose truth is known."""

    def __init__(self, folder: Path, seed: int, n_rows: int = 300_000) -> None:
        self._n_rows = n_rows
        self._path = folder / f"planted{seed}.parquet"
        self._seed = seed

    def __enter__(self) -> Task:
        subprocess.run(
            [
                script("featsel"),
                "synth",
                str(self._path),
                *PLANTED.split(),
                "--rows",
                str(self._n_rows),
                "--seed",
                str(self._seed),
                "-q",
            ],
            check=True,
        )
        self._opened = opened(self._path, ["--exclude", "day", "--min-count", "2"], None)
        candidates, test, values = next(self._opened)
        truth = json.loads(self._path.with_suffix(".truth.json").read_text())
        return Task(f"planted, seed {self._seed}", candidates, test, *known(candidates, values, truth))

    def __exit__(self, *_: object) -> None:
        self._opened.close()


class real:  # noqa: N801 - a context, as the one above
    """A real log."""

    def __init__(self, folder: Path, data: Path, name: str) -> None:
        file, reading, time_name = REAL[name]
        self._name = name
        self._opened = opened(data / file, [*reading, "--test", "0.2"], time_name, folder=folder)

    def __enter__(self) -> Task:
        candidates, test, _ = next(self._opened)
        return Task(self._name, candidates, test)

    def __exit__(self, *_: object) -> None:
        self._opened.close()


def opened(
    path: Path, reading: list[str], time_name: str | None, *, folder: Path | None = None
) -> Iterator[tuple[Candidates, Rows, pl.DataFrame]]:
    """Rows of a log by part, as ids of all its features; open until closed."""
    config_path = (folder or path.parent) / f"{path.stem}.yaml"
    subprocess.run(
        [script("featsel"), "select", str(path), "--method", "all", *reading, "-o", str(config_path), "-q"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    config, values = read_features(config_path)
    with (
        TerminalReporter(quiet=True, verbose=False) as reporter,
        open_train_rows(
            LogRequest(paths=(str(path),), time=time_name),
            config,
            values,
            held_out={"valid": HeldOut(), "test": HeldOut()},
            order=None,
            group=None,
            resources=EncodeResources(None, 1, reporter),
        ) as rows,
    ):
        yield Candidates(config, rows.train, rows.held["valid"].rows), rows.held["test"].rows, values


def known(
    candidates: Candidates, values: pl.DataFrame, truth: dict[str, object]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids of the features that matter, and of those that mean nothing."""
    fields, copies, listed = truth["fields"], truth["copies"], truth["informative_features"]
    oracle: list[int] = []
    noise: list[int] = []
    for index, field in enumerate(candidates.config.fields):
        start = candidates.layout.offsets[index]
        every = range(start + 1, start + 1 + field.features)
        if fields[field.name]["role"] in {"noise", "identifier"}:
            noise += every
        elif field.name not in copies:
            known_values = listed.get(field.name, {})
            texts = known_values.get("values")
            if texts is None or known_values["count"] > len(texts):
                oracle += every
            else:
                codes = values.filter((pl.col("field") == field.name) & pl.col("value").is_in(texts))["code"]
                oracle += [start + code for code in codes]
    return np.array(oracle, np.int64), np.array(noise, np.int64)


if __name__ == "__main__":
    main()
