"""What do widths of fields buy where bytes are the budget?

Features are ordered once, by deletion. For each way to choose widths and each seed, the order is cut at the
same bytes, a DeepFM (settings of ``featsel train``) is trained on what is left, and tested once::

    python benchmarks/select_dims.py --planted 201 --data FOLDER --logs frappe kuairand
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from measure import machine, markdown_table
from select_quality import REAL, Task, asked, backbone, planted, real

from featsel.core.feature_config import Dims, Method
from featsel.core.table_size import table_bytes
from featsel.selection.budget import cut, parse_budget
from featsel.selection.subsets import SubsetRows, subset_of
from featsel.selection.widths import chosen_widths, with_widths
from featsel.training.devices import keep_freed_memory
from featsel.training.predictions import evaluate
from featsel.workflows.choose import METHODS


def main() -> None:
    """Order, choose widths, cut, train, test; print a table a log."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--planted", nargs="*", type=int, default=[], help="seeds of planted logs")
    parser.add_argument("--rows", type=int, default=300_000, help="of planted logs")
    parser.add_argument("--data", type=Path, help="folder with real logs")
    parser.add_argument("--logs", nargs="*", choices=REAL, default=[])
    parser.add_argument("--dims", nargs="+", default=list(Dims))
    parser.add_argument("--budgets", nargs="+", type=float, default=[3, 10], help="per cent of all bytes")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    print(f"{machine()}\n", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for seed in options.planted:
            with planted(Path(folder), seed, options.rows) as task:
                report(task, options.dims, options.budgets, options.seeds)
        for name in options.logs:
            with real(Path(folder), options.data, name) as task:
                report(task, options.dims, options.budgets, options.seeds)


def report(task: Task, ways: Sequence[str], budgets: Sequence[float], seeds: Sequence[int]) -> None:
    """Print the table of a log."""
    model = backbone(task, 1.0)
    order = METHODS[Method.DELETION](task.candidates, model, asked(Method.DELETION, model))
    n_all = table_bytes(task.candidates.config)
    rows: list[list[str]] = []
    for way in map(Dims, ways):
        found: dict[float, list[tuple[int, int, float, float, float]]] = {budget: [] for budget in budgets}
        for seed in seeds:
            seeded = replace(model, settings=replace(model.settings, seed=seed))
            candidates, started = task.candidates, time.process_time()
            if way is not Dims.FIXED:
                candidates = with_widths(candidates, chosen_widths(way, candidates, order.ids, seeded))
            seconds = time.process_time() - started
            for budget in budgets:
                subset = subset_of(
                    candidates, cut(order, candidates, parse_budget(f"{int(budget * n_all / 100)}bytes"))
                )
                parts = (
                    SubsetRows(part, subset, candidates.layout)
                    for part in (candidates.train, candidates.valid, task.test)
                )
                train, valid, test = parts
                trained, _ = seeded.fit(subset.config, train, valid=valid)
                settings = seeded.settings
                score = evaluate(trained, test, device=settings.device, precision=settings.precision)
                line = (table_bytes(subset.config), subset.ids.size, score.log_loss, score.auc, seconds)
                found[budget].append(line)
                print(task.name, way, seed, budget, line, file=sys.stderr, flush=True)
        rows += [[way.value, f"{budget:g} %", *cells(found[budget])] for budget in budgets]
    heads = ("dims", "budget", "bytes", "features", "test log loss (sd)", "test AUC (sd)", "widths, CPU s")
    print(f"### {task.name}, {n_all:,} bytes\n\n{markdown_table(heads, rows)}\n", flush=True)


def cells(found: Sequence[tuple[int, int, float, float, float]]) -> list[str]:
    """Means over seeds."""
    sizes, features, losses, areas, seconds = zip(*found, strict=True)
    spread = [f" ({np.std(values, ddof=1):.4f})" if len(values) > 1 else "" for values in (losses, areas)]
    return [
        f"{statistics.mean(sizes):,.0f}",
        f"{statistics.mean(features):,.0f}",
        f"{statistics.mean(losses):.4f}{spread[0]}",
        f"{statistics.mean(areas):.4f}{spread[1]}",
        f"{statistics.mean(seconds):.0f}",
    ]


if __name__ == "__main__":
    main()
