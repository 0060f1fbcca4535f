"""Do rankings of logs with planted truth find what was planted, and only that?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from measure import markdown_table
from orders import featsel_orders, featsel_ranking, outrank_order
from outrank_command import PeerError

from featsel.synth.plan import plan_log
from featsel.synth.rows import batches
from featsel.synth.truth import truth

N_INFORMATIVE = 12
N_NOISE = 80
MAX_CARDINALITY = 50_000
FOUND = frozenset({"informative", "leak"})


def planted_log(seed: int, *, n_rows: int, designed_rows: int) -> tuple[pl.DataFrame, dict[str, Any]]:
    """First rows of a planted log, and its truth.

    Effects are planted so strong that a log of ``designed_rows`` shows them; fewer rows make it hard.
    """
    plan = plan_log(
        n_rows=designed_rows,
        n_fields=N_INFORMATIVE + N_NOISE,
        n_noise=N_NOISE,
        n_redundant=0,
        n_interactions=0,
        n_drift=0,
        max_cardinality=MAX_CARDINALITY,
        seed=seed,
    )
    frames: list[pl.DataFrame] = []
    for batch in batches(plan):
        frames.append(batch)
        if sum(frame.height for frame in frames) >= n_rows:
            break
    return pl.concat(frames).head(n_rows).drop("day"), truth(plan)


def planted_study(seeds: Sequence[int], *, n_rows: int, designed_rows: int, outrank: bool) -> str:
    """Average precision of the informative fields in every order, mean over seeds, as Markdown."""
    results: dict[str, list[tuple[float, float, float, float]]] = defaultdict(list)
    n_false, n_noise, n_missed = 0, 0, 0
    for seed in seeds:
        frame, planted = planted_log(seed, n_rows=n_rows, designed_rows=designed_rows)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "log.parquet"
            frame.write_parquet(path)
            orders, entries = featsel_orders(path)
        for every, name in ((1, "OutRank package, all rows"), (10, "OutRank package, its default")):
            if outrank:
                try:
                    orders[name] = outrank_order(frame, every)
                except PeerError as error:
                    print(f"seed {seed}: {error}", flush=True)
        informative = planted["informative"]
        amounts = [planted["fields"][name]["information"] for name in informative]
        for name, order in orders.items():
            hits = np.isin(order.names, informative)
            places = {field: place for place, field in enumerate(order.names)}
            agreement = -_spearman([places[field] for field in informative], amounts)
            first_12, first_20 = float(hits[:12].mean()), float(hits[:20].sum())
            results[name].append((average_precision(hits), first_12, first_20, agreement))
        silent = {*planted["noise"], *planted["identifiers"]}
        n_false += sum(entry["verdict"] in FOUND for entry in entries if entry["name"] in silent)
        n_missed += sum(entry["verdict"] not in FOUND for entry in entries if entry["name"] in informative)
        n_noise += len(silent)
    rows = [
        [name, *(f"{mean:.3f}" for mean in np.mean(values, axis=0)), f"{min(v[0] for v in values):.3f}"]
        for name, values in results.items()
    ]
    header = ["order", "average precision", "precision@12", "informative in top 20", "Spearman with truth"]
    verdicts = (
        f"Noise called informative: {n_false} of {n_noise} fields over {len(seeds)} logs; informative fields "
        f"not called so: {n_missed} of {N_INFORMATIVE * len(seeds)}."
    )
    return f"{markdown_table([*header, 'lowest average precision'], rows)}\n\n{verdicts}"


def random_label_study(logs: dict[str, pl.DataFrame], seeds: Sequence[int]) -> str:
    """How often fields are called informative when the labels are shuffled, as Markdown."""
    rows: list[list[str]] = []
    for log, frame in logs.items():
        called, below, any_called, n_fields = 0, 0, 0, 0
        for seed in seeds:
            labels = frame["label"].shuffle(seed=seed)
            with TemporaryDirectory() as folder:
                path = Path(folder) / "log.parquet"
                frame.with_columns(labels.alias("label")).write_parquet(path)
                entries = featsel_ranking(path, "usable")
            entries = [entry for entry in entries if entry["cardinality"] > 1]
            n_called = sum(entry["verdict"] in FOUND for entry in entries)
            called, any_called = called + n_called, any_called + (n_called > 0)
            below += sum(entry["p_value"] <= 0.05 for entry in entries)
            n_fields += len(entries)
        rows.append(
            [
                log,
                f"{n_fields // len(seeds)}",
                f"{len(seeds)}",
                f"{below / n_fields:.3f}",
                f"{called / n_fields:.4f}",
            ]
        )
        rows[-1].append(f"{any_called} of {len(seeds)}")
    header = ["log", "fields", "shuffles", "share with p <= .05", "share called informative", "logs with any"]
    return markdown_table(header, rows)


def average_precision(hits: np.ndarray) -> float:
    """Mean over the relevant items of the precision at their place."""
    precision = np.cumsum(hits) / np.arange(1, hits.size + 1)
    return float(precision[hits].mean())


def _spearman(first: Sequence[float], second: Sequence[float]) -> float:
    ranks = [np.argsort(np.argsort(values)) for values in (first, second)]
    return float(np.corrcoef(ranks)[0, 1])
