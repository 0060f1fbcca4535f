"""How fast are pairs of fields compared, and what do other tools take for it?

Columns follow Zipf's law with cardinalities from 2 to two million. featsel takes all pairs; scikit-learn a
few of them, and OutRank a smaller log, for all would take days: what is compared is the CPU time of a row and
pair. Run ``python benchmarks/peers.py outrank`` first, then::

    python benchmarks/pair_speed.py
    python benchmarks/pair_speed.py --rows 1000000 --skip-outrank
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from measure import machine, markdown_table, measure
from numpy.typing import NDArray
from outrank_command import OUTRANK
from sklearn.metrics import mutual_info_score

from featsel.engines.coarse_codes import CoarseCodes, coarse
from featsel.engines.joint_codes import CountedCodes, count_jointly, counted_codes
from featsel.ranking.field_pairs import screen_pairs

MOST_VALUES = 2_000_000
SKLEARN_PAIRS = 12
OUTRANK_ROWS, OUTRANK_FIELDS = 20_000, 12
N_THREADS = 2
WARM_ROWS = 1000


@dataclass(frozen=True)
class PairCost:
    """CPU time of a way to compare pairs, in nanoseconds a row and pair."""

    way: str
    n_pairs: int
    nanoseconds: float


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--fields", type=int, default=39)
    parser.add_argument("--skip-outrank", action="store_true")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    sizes = np.geomspace(2, min(MOST_VALUES, arguments.rows), arguments.fields).astype(int).tolist()
    labels = (rng.random(arguments.rows) < 0.2).astype(np.uint8)
    fields = [zipf(size, arguments.rows, rng) for size in sizes]
    costs = [screen_cost(fields, labels), *exact_costs(fields), sklearn_cost(fields)]
    if not arguments.skip_outrank:
        costs.append(outrank_cost(rng))
    exact = costs[1].nanoseconds
    rows = [
        (cost.way, f"{cost.n_pairs:,}", f"{cost.nanoseconds:,.2f}", f"{cost.nanoseconds / exact:,.2f}")
        for cost in costs
    ]
    sys.stdout.write(f"{machine()}\n\n")
    sys.stdout.write(markdown_table(("way", "pairs", "CPU ns a row and pair", "÷ featsel, exact"), rows))


def zipf(n_values: int, n_rows: int, rng: np.random.Generator) -> NDArray[np.uint32]:
    """Codes of which the k-th is about as frequent as 1 / k, most frequent first."""
    drawn = (n_values ** rng.random(n_rows)).astype(np.int64) - 1
    counts = np.bincount(np.minimum(drawn, n_values - 1), minlength=n_values)
    rank = np.empty(n_values, np.uint32)
    rank[np.argsort(-counts, kind="stable")] = np.arange(n_values, dtype=np.uint32)
    codes: NDArray[np.uint32] = rank[np.minimum(drawn, n_values - 1)]
    return codes


def screen_cost(fields: Sequence[NDArray[np.uint32]], labels: NDArray[np.uint8]) -> PairCost:
    """All pairs in coarse codes with the label: redundancy and synergy."""
    codes = CoarseCodes(np.stack([coarse(field) for field in fields]), labels)
    screen_pairs(CoarseCodes(np.ascontiguousarray(codes.codes[:2, :WARM_ROWS]), labels[:WARM_ROWS]))
    started = time.process_time()
    screen_pairs(codes, n_threads=N_THREADS)
    n_pairs = len(fields) * (len(fields) + 1) // 2
    return _cost("featsel, all pairs in coarse codes, label included", started, n_pairs, labels.size)


def exact_costs(fields: Sequence[NDArray[np.uint32]]) -> list[PairCost]:
    """All pairs with all values, and those of the ten widest fields alone."""
    counted = [counted_codes(field, int(field.max()) + 1) for field in fields]
    count_jointly(*(CountedCodes(each.codes[:0], each.counts * 0) for each in counted[:2]))
    wide = counted[-10:]
    ways = {"featsel, all pairs, exact": counted, "featsel, pairs of the ten widest fields, exact": wide}
    costs: list[PairCost] = []
    for way, among in ways.items():
        pairs = list(combinations(among, 2))
        started = time.process_time()
        for first, second in pairs:
            count_jointly(first, second)
        costs.append(_cost(way, started, len(pairs), fields[0].size))
    return costs


def sklearn_cost(fields: Sequence[NDArray[np.uint32]]) -> PairCost:
    """Mutual information alone, of pairs evenly spaced among all of them."""
    pairs = list(combinations(fields, 2))
    pairs = pairs[:: max(len(pairs) // SKLEARN_PAIRS, 1)][:SKLEARN_PAIRS]
    started = time.process_time()
    for first, second in pairs:
        mutual_info_score(first, second)
    return _cost("scikit-learn mutual_info_score", started, len(pairs), fields[0].size)


def outrank_cost(rng: np.random.Generator) -> PairCost:
    """OutRank with pairs less OutRank without them, every row."""
    columns: dict[str, Any] = {"label": rng.integers(0, 2, OUTRANK_ROWS)}
    for place in range(OUTRANK_FIELDS):
        columns[f"f{place}"] = zipf(10 ** (1 + place % 4), OUTRANK_ROWS, rng)
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pl.DataFrame(columns).write_csv(folder / "data.csv")
        for only_label in ("True", "False"):
            command: list[str | Path] = [OUTRANK, "--task", "ranking", "--data_source", "csv-raw"]
            command += ["--data_path", folder]
            command += [
                "--output_folder",
                folder / only_label,
                "--subsampling",
                "1",
                "--disable_tqdm",
                "True",
            ]
            command += ["--label_column", "label", "--target_ranking_only", only_label]
            command += ["--num_threads", str(N_THREADS)]
            cost = measure(command, folder=folder, output=folder / "outrank.txt")
            if cost.status != 0:
                raise SystemExit(f"OutRank failed: {(folder / 'outrank.txt').read_text()[-500:]}")
            seconds[only_label] = cost.cpu_s
    n_pairs = OUTRANK_FIELDS * (OUTRANK_FIELDS - 1) // 2
    each = (seconds["False"] - seconds["True"]) / (n_pairs * OUTRANK_ROWS)
    return PairCost(f"OutRank, pairwise, {OUTRANK_ROWS:,} rows", n_pairs, each * 1e9)


def _cost(way: str, started: float, n_pairs: int, n_rows: int) -> PairCost:
    return PairCost(way, n_pairs, (time.process_time() - started) / (n_pairs * n_rows) * 1e9)


if __name__ == "__main__":
    main()
