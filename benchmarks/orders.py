"""In which order does each tool put the fields of a log?"""

from __future__ import annotations

import json
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from measure import script
from outrank_command import PeerError, run_outrank

FEATSEL_SCORES = ("usable", "corrected", "z", "mi", "ami", "outrank")
"""All that ``featsel rank --score`` takes without a time; ``outrank`` is the idea of the package, on all rows
at once."""


@dataclass(frozen=True)
class Order:
    """Fields, best first, and the scores that put them there."""

    names: tuple[str, ...]
    scores: dict[str, float]


def featsel_ranking(log: Path, score: str, options: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Entries of ``featsel rank --json``, best first."""
    command = [
        script("featsel"),
        "rank",
        log,
        "--label",
        "label",
        "--score",
        score,
        "--json",
        "--quiet",
        *options,
    ]
    done = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["fields"]


def featsel_orders(log: Path, options: Sequence[str] = ()) -> tuple[dict[str, Order], list[dict[str, Any]]]:
    """Order of every score of featsel, and the entries of its default."""
    rankings = {score: featsel_ranking(log, score, options) for score in FEATSEL_SCORES}
    orders = {
        score: Order(
            tuple(entry["name"] for entry in ranking), {entry["name"]: entry["score"] for entry in ranking}
        )
        for score, ranking in rankings.items()
    }
    return orders, rankings[FEATSEL_SCORES[0]]


def outrank_order(frame: pl.DataFrame, every: int) -> Order:
    """Order of the OutRank package, its default score, on every ``every``-th row; 10 is its default.

    The frame holds the label as ``label``; fields alone are ordered. Raises ``PeerError`` if there is no
    ranking.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_outrank_csv(frame, folder / "data.csv")
        cost = run_outrank(folder, every)
        ranks = folder / "ranks" / "pairwise_ranks.tsv"
        if cost.status or not ranks.exists():
            raise PeerError(f"OutRank ended with status {cost.status} and no ranking")
        found = pl.read_csv(ranks, separator="\t", schema_overrides={"Score": pl.Float64})
    batches: dict[str, list[float]] = defaultdict(list)
    for first, second, score in found.iter_rows():
        batches[first if second == "label" else second].append(score)
    scores = {name: statistics.median(batches.get(name, [0.0])) for name in frame.columns if name != "label"}
    return Order(tuple(sorted(scores, key=lambda name: (-scores[name], name))), scores)


def write_outrank_csv(frame: pl.DataFrame, path: Path) -> None:
    """CSV as OutRank reads it: split at every comma, no quotes."""
    texts = pl.col(pl.String).str.replace_all(r"[,\"\r\n]", ";")
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.with_columns(texts).write_csv(path, quote_style="never")
