"""Do the intervals of a ranking hold what they promise? Simulated fields, halves and samples of real logs.

For example::

    python benchmarks/stability_quality.py coverage
    python benchmarks/stability_quality.py resampling
    python benchmarks/stability_quality.py movement --logs FOLDER
    python benchmarks/stability_quality.py sample --logs FOLDER
    python benchmarks/stability_quality.py drift
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from measure import machine
from numpy.typing import NDArray
from real_study import LOGS

from featsel.cli.app import run
from featsel.core.counts import ContingencyTable
from featsel.engines.block_cells import deal_blocks
from featsel.engines.pair_cells import count_cells
from featsel.ranking.measures import measure
from featsel.ranking.scores import Score
from featsel.ranking.stability import N_BLOCKS, draw_pairs, measure_halves
from featsel.stats import contingency_table, group, standard_errors

LOG_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"
SIMULATED_ROWS = 20_000
STRENGTHS = {"noise": 0.0, "weak": 0.1, "medium": 0.6, "strong": 1.5}
RARE_VALUES = 50
"""Rows a value below which a field counts as one of high cardinality."""


def main() -> None:
    """Run one of the studies and print its tables as Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("study", choices=("coverage", "resampling", "movement", "sample", "drift"))
    parser.add_argument("--repeats", type=int, default=200, help="simulations, splits or samples")
    parser.add_argument("--logs", type=Path, default=LOG_FOLDER, help="folder of the real logs")
    parser.add_argument("--only", nargs="*", help="names of the real logs to study; all by default")
    options = parser.parse_args()
    print(f"{machine()}\n")
    paths = [options.logs / f"{name}.parquet" for name in options.only or LOGS]
    paths = [path for path in paths if path.exists()]
    if options.study == "coverage":
        _coverage(options.repeats)
    elif options.study == "resampling":
        _resampling(options.repeats)
    elif options.study == "movement":
        _movement(paths, options.repeats)
    elif options.study == "drift":
        _drift(options.repeats)
    else:
        _samples(paths, options.repeats)


def _draw(
    rng: np.random.Generator, n_values: int, strength: float, *, rate: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares and click rates of the values of a field."""
    shares = 1.0 / np.arange(1, n_values + 1) ** (0.9 if n_values > 10 else 0.3)
    logits = np.log(rate / (1 - rate)) + strength * rng.standard_normal(n_values)
    return shares / shares.sum(), 1.0 / (1.0 + np.exp(-logits))


def _table(
    rng: np.random.Generator, shares: NDArray[np.float64], rates: NDArray[np.float64], n_rows: int
) -> ContingencyTable:
    sizes = rng.multinomial(n_rows, shares)
    positives = rng.binomial(sizes, rates)
    return group(
        ContingencyTable(np.column_stack([sizes - positives, positives]), np.ones(sizes.size, np.int64))
    )


def _coverage(n_repeats: int) -> None:
    print(
        "Standard error over true spread, and share of intervals of 1.96 standard errors that hold the mean "
        f"of logs of {SIMULATED_ROWS:,} rows:\n"
    )
    print("| values | effect | positive | corrected: error/spread | covers | usable: error/spread | covers |")
    print("|---:|---|---:|---:|---:|---:|---:|")
    rng = np.random.default_rng(0)
    for n_values in (2, 10, 300, 3000, 20_000):
        for effect, strength in STRENGTHS.items():
            for rate in (0.2, 0.03):
                shares, rates = _draw(rng, n_values, strength, rate=rate)
                tables = [_table(rng, shares, rates, SIMULATED_ROWS) for _ in range(n_repeats)]
                measures = measure(tables, [""] * n_repeats, Score.USABLE)
                errors = standard_errors(tables, (measures.expected, measures.deviations), measures.gains)
                cells = [f"{n_values:,}", effect, f"{rate:.0%}"]
                for amounts, error in (
                    (measures.observed - measures.expected, errors.corrected),
                    (measures.usable, errors.usable),
                ):
                    spread = amounts.std(ddof=1)
                    ratio = np.sqrt(np.mean(error**2)) / spread if spread else np.nan
                    covers = np.mean(np.abs(amounts - amounts.mean()) <= 1.96 * error)
                    cells += [f"{ratio:.2f}", f"{covers:.0%}"]
                print(f"| {' | '.join(cells)} |", flush=True)


def _resampling(n_repeats: int) -> None:
    print("Noise as resamples show it: corrected information (mnat) and share of resamples with p < .01;")
    print("and of an informative field the spread of resamples over the true spread:\n")
    print("| values | bootstrap: noise | p < .01 | spread | halves: noise | p < .01 | spread |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    rng = np.random.default_rng(1)
    n_rows = SIMULATED_ROWS
    pairs = draw_pairs(n_repeats // 2, seed=0)
    blocks = deal_blocks(n_rows, N_BLOCKS, seed=0)
    for n_values in (10, 300, 3000, 20_000):
        cells = [f"{n_values:,}"]
        for way in ("bootstrap", "halves"):
            nats: list[float] = []
            p_values: list[float] = []
            ratios: list[float] = []
            for strength in (0.0, 0.6):
                shares, rates = _draw(rng, n_values, strength, rate=0.2)
                many = [_table(rng, shares, rates, n_rows) for _ in range(n_repeats)]
                truth = measure(many, [""] * n_repeats, Score.CORRECTED).scores.std()
                for _ in range(5):
                    codes = rng.choice(n_values, n_rows, p=shares)
                    labels = (rng.random(n_rows) < rates[codes]).astype(np.uint8)
                    if way == "bootstrap":
                        tables = [
                            group(contingency_table(codes[rows], labels[rows], n_values))
                            for rows in (rng.integers(0, n_rows, n_rows) for _ in range(n_repeats))
                        ]
                        found = measure(tables, [""] * n_repeats, Score.CORRECTED)
                        scores, p = found.scores, found.p_values
                    else:
                        counted = count_cells(codes, blocks, labels, sizes=(n_values, N_BLOCKS))
                        half = measure_halves(counted, pairs, Score.CORRECTED)
                        scores, p = half.scores, half.p_values
                    if strength:
                        ratios.append(scores.std() / truth)
                    else:
                        nats.append(scores.mean() * 1000)
                        p_values.append(float(np.mean(p < 0.01)))
            cells += [f"{np.mean(nats):.2f}", f"{np.mean(p_values):.1%}", f"{np.mean(ratios):.2f}"]
        print(f"| {' | '.join(cells)} |", flush=True)


def _movement(paths: Sequence[Path], n_repeats: int) -> None:
    print("Fields reported as moved between two random parts of one log, which differ by chance alone:\n")
    print("| log | first part | splits | fields | moved | splits with any |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        parts = [Path(folder) / f"{name}.parquet" for name in ("then", "now")]
        for path in paths:
            log = pl.read_parquet(path)
            for share in (0.5, 0.3, 0.7):
                rng = np.random.default_rng(2)
                n_fields, n_moved, n_splits = 0, 0, 0
                for _ in range(n_repeats):
                    is_then = rng.random(log.height) < share
                    log.filter(pl.Series(is_then)).write_parquet(parts[0])
                    log.filter(pl.Series(~is_then)).write_parquet(parts[1])
                    fields = _compared(parts[0], parts[1], Path(folder))
                    moved = [field for field in fields if field["status"] == "moved"]
                    n_fields += len(fields)
                    n_moved += len(moved)
                    n_splits += bool(moved)
                    for field in moved:
                        print(f"<!-- {path.stem} {field['name']} z {field['z']:.2f} -->")
                cells = (path.stem, f"{share:.0%}", n_repeats, n_fields, n_moved, n_splits)
                print(f"| {' | '.join(map(str, cells))} |", flush=True)


def _drift(n_repeats: int) -> None:
    print("Planted logs of seven days, three fields with an effect that is drawn anew every day. Reported as")
    print("moved on the last day against the six days before, and on a random seventh of these six days:\n")
    print("| rows | against | drifting fields | moved | other fields | moved |")
    print("|---:|---|---:|---:|---:|---:|")
    for n_rows in (200_000, 1_000_000):
        totals: dict[str, list[int]] = {"the last day": [0, 0, 0, 0], "a random part": [0, 0, 0, 0]}
        for seed in range(n_repeats):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                path = folder / "log.parquet"
                options = ["--rows", str(n_rows), "--fields", "30", "--drift", "3", "--seed", str(seed)]
                assert run(["synth", str(path), *options, "-q"]) == 0
                drifting = json.loads((folder / "log.truth.json").read_text())["drift"]
                log = pl.read_parquet(path)
                is_last = (log["day"] == log["day"].max()).to_numpy()
                is_drawn = np.random.default_rng(seed).random(log.height) < 1 / 7
                parts = {
                    "the last day": (~is_last, is_last),
                    "a random part": (~is_last & ~is_drawn, ~is_last & is_drawn),
                }
                for title, (is_then, is_now) in parts.items():
                    log.filter(pl.Series(is_then)).drop("day").write_parquet(folder / "then.parquet")
                    log.filter(pl.Series(is_now)).drop("day").write_parquet(folder / "now.parquet")
                    found = _compared(folder / "then.parquet", folder / "now.parquet", folder)
                    for field in found:
                        place = 0 if field["name"] in drifting else 2
                        totals[title][place] += 1
                        totals[title][place + 1] += field["status"] == "moved"
        for title, counts in totals.items():
            print(f"| {n_rows:,} | {title} | {' | '.join(map(str, counts))} |", flush=True)


def _compared(then: Path, now: Path, folder: Path) -> list[dict[str, Any]]:
    before, after = folder / "then.json", folder / "now.json"
    _rank(then, before)
    fields: list[dict[str, Any]] = _rank(now, after, "--compare", str(before))["compare"]["fields"]
    return fields


def _rank(log: Path, output: Path, *options: str) -> dict[str, Any]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert run(["rank", str(log), "--no-cache", "-q", *options, "-o", str(output)]) == 0
    document: dict[str, Any] = json.loads(output.read_text())
    return document


def _samples(paths: Sequence[Path], n_repeats: int) -> None:
    print("Share of the intervals of samples that hold the score of the whole log:\n")
    print("| log | rows | sample | score | field | intervals | hold | width / score |")
    print("|---|---:|---:|---|---|---:|---:|---:|")
    totals: dict[tuple[str, str], list[bool]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "ranking.json"
        for path in paths:
            n_rows = pl.scan_parquet(path).select(pl.len()).collect().item()
            for score in ("usable", "corrected"):
                ranking = _rank(path, target, "--score", score)
                whole = {field["name"]: field for field in ranking["fields"]}
                for share in (20, 5):
                    holds: dict[str, list[bool]] = defaultdict(list)
                    widths: dict[str, list[float]] = defaultdict(list)
                    for seed in range(n_repeats):
                        options = ["--sample", str(n_rows // share), "--seed", str(seed)]
                        for field in _rank(path, target, "--score", score, *options)["fields"]:
                            truth = whole[field["name"]]
                            kind = _kind(truth, n_rows // share)
                            if field["score_low"] is None:
                                holds[f"{kind}, no interval"].append(False)
                                continue
                            holds[kind].append(field["score_low"] <= truth["score"] <= field["score_high"])
                            if truth["verdict"] == "informative":
                                widths[kind].append(
                                    (field["score_high"] - field["score_low"]) / abs(truth["score"])
                                )
                    for kind, held in sorted(holds.items()):
                        totals[score, kind] += held
                        width = f"{np.median(widths[kind]):.2f}" if widths[kind] else "–"
                        shown = "–" if "no interval" in kind else f"{np.mean(held):.1%}"
                        cells = (
                            path.stem,
                            f"{n_rows:,}",
                            f"{n_rows // share:,}",
                            score,
                            kind,
                            len(held),
                            shown,
                        )
                        print(f"| {' | '.join(map(str, cells))} | {width} |", flush=True)
    print("\nAll logs:\n\n| score | field | intervals | hold |\n|---|---|---:|---:|")
    for (score, kind), held in sorted(totals.items()):
        shown = "–" if "no interval" in kind else f"{np.mean(held):.1%}"
        print(f"| {score} | {kind} | {len(held)} | {shown} |")


def _kind(field: dict[str, Any], n_rows: int) -> str:
    if field["verdict"] not in {"informative", "leak"}:
        return "noise"
    values = min(field["cardinality"], 32) if field["kind"] == "numeric" else field["cardinality"]
    return "many values" if n_rows < RARE_VALUES * values else "few values"


if __name__ == "__main__":
    main()
