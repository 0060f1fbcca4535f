"""Do rankings put the fields first that matter? On planted logs, with shuffled labels, and on real logs.

Run ``python benchmarks/peers.py`` first to compare with the OutRank package, then for example::

    python benchmarks/rank_quality.py planted
    python benchmarks/rank_quality.py shuffled
    python benchmarks/rank_quality.py real --logs FOLDER
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import polars as pl
from measure import machine
from planted_study import planted_log, planted_study, random_label_study
from real_study import LOGS, LogResult, area_table, curve_tables, save, study_log

LOG_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"
SHUFFLED_LOGS = ("adult_49k", "avazu_kaggle_10k", "criteo_kaggle_10k", "ipinyou_48k")
EASY_ROWS = 100_000
HARD_ROWS = 1_000_000


def main() -> None:
    """Run one of the studies and print its tables as Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("study", choices=("planted", "shuffled", "real"))
    parser.add_argument(
        "--seeds", type=int, default=5, help="planted logs, or shuffles of the labels (%(default)s)"
    )
    parser.add_argument("--rows", type=int, default=EASY_ROWS, help="rows of the planted logs (%(default)s)")
    parser.add_argument("--logs", type=Path, default=LOG_FOLDER, help="folder of the real logs")
    parser.add_argument("--splits", type=int, default=1, help="splits of each real log (%(default)s)")
    parser.add_argument("--only", nargs="*", help="names of the real logs to study; all by default")
    parser.add_argument("--skip-outrank", action="store_true", help="leave out the OutRank package")
    parser.add_argument("--save", type=Path, help="write all results of the real logs as JSON")
    options = parser.parse_args()
    print(f"{machine()}\n")
    if options.study == "planted":
        for designed_rows in (EASY_ROWS, HARD_ROWS):
            print(f"Effects planted for a log of {designed_rows:,} rows, {options.rows:,} rows seen:\n")
            report = planted_study(
                range(options.seeds),
                n_rows=options.rows,
                designed_rows=designed_rows,
                outrank=not options.skip_outrank,
            )
            print(f"{report}\n", flush=True)
    elif options.study == "shuffled":
        logs = {"planted": planted_log(0, n_rows=options.rows, designed_rows=EASY_ROWS)[0]}
        for name in SHUFFLED_LOGS:
            path = options.logs / f"{name}.parquet"
            if path.exists():
                logs[name] = pl.read_parquet(path)
        print(random_label_study(logs, range(options.seeds)))
    else:
        _real(options)


def _real(options: argparse.Namespace) -> None:
    results: dict[str, LogResult] = {}
    for name in options.only or LOGS:
        path = options.logs / f"{name}.parquet"
        if path.exists():
            results[name] = study_log(
                path, LOGS[name], n_splits=options.splits, outrank=not options.skip_outrank
            )
            print(f"{name}: done", file=sys.stderr, flush=True)
            if options.save:
                save(results, options.save)
    if not results:
        print(f"no real logs in {options.logs}: skipped")
        return
    print(f"\n{curve_tables(results)}\n\nMean AUC over k:\n\n{area_table(results)}")


if __name__ == "__main__":
    main()
