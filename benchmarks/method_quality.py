"""Which method finds the fields that a model needs? ``featsel bench`` over real and planted logs.

For example::

    python benchmarks/method_quality.py --logs FOLDER --results results
    python benchmarks/method_quality.py --results results --table

Finished logs are documents in the folder of results; an interrupted log goes on with its finished cells.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from measure import machine, markdown_table, script
from real_study import LOGS
from scipy.stats import rankdata

from featsel.stats.means import mean_interval

LOG_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"
MAX_ROWS = 20_000
GRID = "5%,10%,30%,50%,all"
SHARES = (0.05, 0.1, 0.3)
DEFAULT = "deletion"
ENDS = ("random", "oracle")
MOST_COLUMNS = 10

PLANTED: Mapping[str, tuple[str, ...]] = {
    "planted-plain": ("--fields", "40", "--noise", "20", "--interactions", "0", "--redundant", "4"),
    "planted-pairs": ("--fields", "40", "--noise", "16", "--interactions", "4", "--redundant", "4"),
    "planted-wide": ("--fields", "100", "--noise", "80", "--interactions", "2", "--redundant", "6"),
}
"""Options of ``featsel synth``: few true fields, some that tell only in pairs, and one in five that tells."""


def main() -> None:
    """Bench every log that has no document yet; print the tables of all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--logs", type=Path, default=LOG_FOLDER, help="folder of the real logs")
    parser.add_argument("--results", type=Path, required=True, help="folder of documents")
    parser.add_argument("--only", nargs="*", help="names of logs; all by default")
    parser.add_argument("--methods", nargs="*", default=["all"], help="as of featsel bench (all)")
    parser.add_argument("--model", default="fm", help="as of featsel bench (%(default)s)")
    parser.add_argument("--seeds", type=int, default=5, help="as of featsel bench (%(default)s)")
    parser.add_argument("--rows", type=int, default=MAX_ROWS, help="sample of longer logs (%(default)s)")
    parser.add_argument("--table", action="store_true", help="bench nothing")
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    if not options.table:
        for name in options.only or (*PLANTED, *LOGS):
            _bench(name, options)
    documents = {path.stem: json.loads(path.read_text()) for path in sorted(options.results.glob("*.json"))}
    print(f"{machine()}\n")
    print(report({name: found for name, found in documents.items() if "results" in found}))


def report(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """Tables in Markdown: areas, the default at small k, and ranks."""
    return "\n\n".join((_areas(documents), _default_at_small_k(documents), _costs(documents)))


def _bench(name: str, options: argparse.Namespace) -> None:
    target = options.results / f"{name}.json"
    if target.exists():
        return
    log = options.results / f"{name}.parquet"
    command: list[str | Path] = [script("featsel")]
    if name in PLANTED:
        if not log.exists():
            made = [*command, "synth", log, "--rows", str(options.rows), *PLANTED[name], "--seed", "11", "-q"]
            subprocess.run([str(part) for part in made], check=True)
        command += ["bench", log]
    else:
        real = LOGS[name]
        command += ["bench", options.logs / f"{name}.parquet", "--sample", str(options.rows)]
        for pattern in real.exclude:
            command += ["--exclude", pattern]
        if real.time:
            command += ["--time", real.time]
    for method in options.methods:
        command += ["--method", method]
    command += ["--model", options.model, "--k", GRID, "--seeds", str(options.seeds)]
    command += ["--jobs", "2", "--threads", "2", "-o", target, "--label", "label"]
    subprocess.run([str(part) for part in command], check=True)


def _areas(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """AUKC of each method on each log, with mean ranks."""
    areas = {
        name: {entry["method"]: entry["aukc"]["mean"] for entry in found["results"]}
        for name, found in documents.items()
    }
    methods = list(dict.fromkeys(method for log in areas.values() for method in log))
    places = [_ranks(log) for log in areas.values()]
    ranks = {
        method: np.mean([log[method] for log in places if method in log])
        for method in methods
        if method not in ENDS
    }
    ordered = [*sorted(ranks, key=ranks.__getitem__), *(end for end in ENDS if end in methods)]
    tables = []
    for start in range(0, len(ordered), MOST_COLUMNS):
        shown = ordered[start : start + MOST_COLUMNS]
        rows = [
            [log, *(f"{found[method]:.3f}" if method in found else "–" for method in shown)]
            for log, found in areas.items()
        ]
        rows.append(["mean rank", *(f"{ranks[method]:.1f}" if method in ranks else "" for method in shown)])
        tables.append(markdown_table(["AUKC", *shown], rows))
    return "\n\n".join(tables)


def _ranks(areas: Mapping[str, float]) -> dict[str, float]:
    """Place of each method on a log, ends aside; equals share the mean of theirs."""
    methods = [method for method in areas if method not in ENDS]
    places = rankdata([-round(areas[method], 4) for method in methods])
    return dict(zip(methods, places.tolist(), strict=True))


def _default_at_small_k(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """The default against whatever is first there, paired by seed."""
    rows = []
    for name, found in documents.items():
        for share in SHARES:
            k = max(1, round(share * found["fields"]))
            here = {
                entry["method"]: np.array(point["auc"]["by_seed"])
                for entry in found["results"]
                for point in entry["points"]
                if point["k"] == k
            }
            if DEFAULT not in here:
                continue
            first = max((method for method in here if method not in ENDS), key=lambda each: here[each].mean())
            lead = mean_interval((here[DEFAULT] - here[first]).tolist())
            reach = "" if lead.high is None else f" ± {lead.high - lead.mean:.4f}"
            rows.append(
                [
                    name,
                    f"{share:.0%} ({k})",
                    f"{here[DEFAULT].mean():.4f}",
                    f"{first} {here[first].mean():.4f}",
                    f"{lead.mean:+.4f}{reach}",
                    f"{here['random'].mean():.4f}",
                ]
            )
    return markdown_table(["log", "k", DEFAULT, "first", "difference", "random"], rows)


def _costs(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """CPU seconds of an order: median and most over the logs."""
    costs: dict[str, list[float]] = {}
    for found in documents.values():
        for entry in found["methods"]:
            costs.setdefault(entry["method"], []).append(entry["cpu_s"])
    rows = [[method, f"{np.median(seconds):.2f}", f"{max(seconds):.2f}"] for method, seconds in costs.items()]
    return markdown_table(["CPU s of an order", "median log", "worst log"], rows)


if __name__ == "__main__":
    main()
