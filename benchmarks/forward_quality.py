"""Does what featsel calls drifting drift, does its forward order serve the next day, are domains told apart?

``planted`` and ``domains`` need nothing, ``real`` the folder of logs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from measure import markdown_table, script
from numpy.typing import NDArray
from one_hot_model import auc, best_strength, encode, predict

BUDGETS = (1, 2, 3, 5, 8, 12, 20)
N_SEEDS = 5
N_BOOTSTRAPS = 300
DRIFTING = 3
SHARES = ((0.5, 0.5), (0.95, 0.05), (0.4, 0.3, 0.25, 0.05))
RATES = (0.05, 0.2, 0.5)


@dataclass(frozen=True)
class TimedLog:
    """A log with a time.

    Parameters
    ----------
    time : str
        Its column; ``row`` is made from the order of the rows.
    exclude : tuple of str
        What is no field.
    """

    time: str
    exclude: tuple[str, ...] = ()


LOGS = {
    "kuairand_pure_92k": TimedLog("ts", ("post_*", "stat_*")),
    "movielens1m_ratings_100k": TimedLog("ts", ("rating",)),
    "talkingdata_100k": TimedLog("click_time", ("attributed_time",)),
    "bank_marketing_41k": TimedLog("row", ("duration",)),
}


def rank(log: Path, *options: str) -> dict[str, Any]:
    """Document of ``featsel rank``."""
    command = [script("featsel"), "rank", log, "--json", "--quiet", "--no-cache", *options]
    done = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def study_planted() -> str:
    """Places of drifting fields in both orders, and what is named."""
    rows: list[list[str]] = []
    for n_rows in (20_000, 100_000):
        for seed in range(N_SEEDS):
            with TemporaryDirectory() as folder:
                log = Path(folder) / "log.parquet"
                options = ["--rows", n_rows, "--drift", DRIFTING, "--seed", seed, "--quiet"]
                subprocess.run([script("featsel"), "synth", log, *map(str, options)], check=True)
                truth = json.loads(log.with_name("log.truth.json").read_text())
                usable, forward = (
                    rank(log, "--time", "day", "--score", score)["fields"] for score in ("usable", "forward")
                )
            places = [
                ", ".join(str(field["rank"]) for field in fields if field["name"] in truth["drift"])
                for fields in (usable, forward)
            ]
            named = {field["name"] for field in forward if field["outlook"] == "drifts"}
            telling = [field["name"] for field in usable if field["verdict"] == "informative"]
            stays = [name for name in telling if name not in truth["drift"]]
            ahead = {field["name"] for field in forward[: len(stays)]}
            rows.append(
                [
                    f"{n_rows:,}",
                    str(seed),
                    *places,
                    f"{len(named & set(truth['drift']))} of {DRIFTING}",
                    str(len(named - set(truth["drift"]))),
                    f"{len(ahead & set(stays))} of {len(stays)}",
                ]
            )
    heads = ["rows", "seed", "places, usable", "places, forward", "named", "falsely", "lasting ones ahead"]
    return markdown_table(heads, rows)


def study_real(folder: Path, only: Sequence[str]) -> str:
    """AUC of the last period by models of the first fields of either order, learnt from the rows before."""
    rows = [
        _compare(folder / f"{name}.parquet", log) for name, log in LOGS.items() if not only or name in only
    ]
    heads = ["log", "fields", "drifting", "fading", "usable", "forward", "difference", "95 % interval"]
    return markdown_table(heads, rows)


def _compare(path: Path, log: TimedLog) -> list[str]:
    frame = pl.read_parquet(path).with_row_index("row")
    frame = frame.sort(log.time, maintain_order=True) if log.time != "row" else frame
    with TemporaryDirectory() as folder:
        whole, part = Path(folder) / "whole.parquet", Path(folder) / "part.parquet"
        kept = frame if log.time == "row" else frame.drop("row")
        kept.write_parquet(whole)
        exclude = [option for pattern in log.exclude for option in ("--exclude", pattern)]
        timed = ["--time", log.time, *exclude]
        n_last = rank(whole, *timed)["time"]["periods"][-1]["rows"]
        kept[:-n_last].write_parquet(part)
        usable, forward = (rank(part, *timed, "--score", score)["fields"] for score in ("usable", "forward"))
    names = [field["name"] for field in usable]
    numeric = [field["name"] for field in usable if field["kind"] == "numeric"]
    columns = kept.select("label", *names)
    n_fit = (columns.height - n_last) * 4 // 5
    strength = best_strength(encode(columns[:n_fit], columns[n_fit:-n_last], numeric))
    encoded = encode(columns[:-n_last], columns[-n_last:], numeric)
    predictions = [
        [predict(encoded, [field["name"] for field in fields[:k]], strength) for k in _budgets(len(names))]
        for fields in (usable, forward)
    ]
    n_test = encoded.test_labels.size
    drawn = np.random.default_rng(0).multinomial(n_test, np.full(n_test, 1 / n_test), N_BOOTSTRAPS)
    weights = np.concatenate([np.ones((1, n_test)), drawn])
    means = [
        np.mean([auc(each, encoded.test_labels, weights) for each in every], axis=0) for every in predictions
    ]
    low, high = np.quantile((means[1] - means[0])[1:], [0.025, 0.975])
    outlooks = Counter(field["outlook"] for field in forward)
    return [
        path.stem,
        str(len(names)),
        str(outlooks["drifts"]),
        str(outlooks["fades"]),
        f"{means[0][0]:.4f}",
        f"{means[1][0]:.4f}",
        f"{means[1][0] - means[0][0]:+.4f}",
        f"{low:+.4f} to {high:+.4f}",
    ]


def _budgets(n_fields: int) -> list[int]:
    return [k for k in BUDGETS if k < n_fields]


TRUTH = {
    "everywhere": "shared",
    "wide": "shared",
    "first": "domain-only",
    "last": "domain-only",
    "turned": "differs",
    "noise2": "noise",
    "noise50": "noise",
    "noise5000": "noise",
}


def study_domains() -> str:
    """How often each planted field gets each verdict."""
    found = {kind: Counter[str]() for kind in TRUTH}
    n_logs = 0
    for rate in RATES:
        for shares in SHARES:
            for seed in range(N_SEEDS):
                with TemporaryDirectory() as folder:
                    log = Path(folder) / "log.parquet"
                    _plant_domains(seed, rate, shares).write_parquet(log)
                    fields = rank(log, "--by", "domain")["by"]["fields"]
                n_logs += 1
                for field in fields:
                    found[field["name"]][field["verdict"]] += 1
    verdicts = ["shared", "differs", "domain-only", "noise"]
    rows = [[name, TRUTH[name], *(str(counts[each]) for each in verdicts)] for name, counts in found.items()]
    return f"{n_logs} logs\n\n" + markdown_table(["field", "planted as", *verdicts], rows)


def _plant_domains(seed: int, rate: float, shares: Sequence[float]) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    n_rows = 60_000
    domains = rng.choice(len(shares), n_rows, p=shares)
    is_last = domains == len(shares) - 1
    factors = {
        "everywhere": np.ones(n_rows),
        "wide": np.ones(n_rows),
        "first": domains == 0,
        "last": is_last,
        "turned": np.where(is_last, -1, 1),
    }
    sizes = {"everywhere": 5, "wide": 300, "first": 20, "last": 20, "turned": 10}
    sizes |= {"noise2": 2, "noise50": 50, "noise5000": 5_000}
    log_odds = np.log(rate / (1 - rate)) + rng.normal(0, 0.4, len(shares))[domains]
    fields: dict[str, NDArray[np.int64]] = {}
    for name, size in sizes.items():
        share = np.arange(1, size + 1) ** -0.8
        fields[name] = rng.choice(size, n_rows, p=share / share.sum())
        effects = rng.normal(0, 0.8, size)
        log_odds += (effects - effects.mean())[fields[name]] * factors.get(name, 0)
    labels = (rng.random(n_rows) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    return pl.DataFrame({"label": labels, "domain": [f"d{each}" for each in domains], **fields})


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", choices=["planted", "real", "domains"])
    parser.add_argument("--logs", type=Path, default=Path("logs"))
    parser.add_argument("--only", nargs="*", default=[])
    arguments = parser.parse_args()
    if arguments.study == "planted":
        print(study_planted())
    elif arguments.study == "real":
        print(study_real(arguments.logs, arguments.only))
    else:
        print(study_domains())


if __name__ == "__main__":
    main()
