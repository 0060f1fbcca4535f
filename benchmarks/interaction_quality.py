"""Does ``featsel rank --interactions`` find the pairs of fields that matter, and what are its crosses worth?

``planted`` compares its lists with the truth of planted logs, ``lost`` counts which pairs screening loses,
``real`` adds crosses to a one-hot logistic regression, in several orders.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
from measure import markdown_table, measure
from one_hot_model import STRENGTHS, EncodedLog, auc, encode, predict
from sklearn.metrics import log_loss

NUMBERS = (1, 2, 3, 5)
TEST_SHARE = 0.2
SIGNIFICANT = 0.01
LOGS = {
    "frappe_87k": ("item", "split"),
    "movielens1m_implicit_2m": ("movie_id", ""),
}
"""Real logs: the field that known crosses have in common, and what is no field."""


def featsel(*arguments: object) -> float:
    """Run a command; its CPU time."""
    cost = measure([sys.executable, "-m", "featsel", *map(str, arguments)])
    if cost.status:
        raise SystemExit(f"featsel {' '.join(map(str, arguments))} failed")
    return cost.cpu_s


def interactions(log: Path, folder: Path, number: int, *more: str) -> tuple[list[dict[str, object]], float]:
    """Entries of the document, and the CPU seconds of the whole command."""
    out = folder / "ranking.json"
    seconds = featsel("rank", log, "--interactions", number, "-o", out, "--no-cache", "-q", *more)
    return json.loads(out.read_text())["interactions"], seconds


def planted(folder: Path, *, seeds: int, rows: int, fields: int, noise: int, pairs: int, top: int) -> str:
    """Table with a row for each planted log."""
    lines: list[tuple[object, ...]] = []
    for seed in range(1, seeds + 1):
        log = folder / "log.parquet"
        sizes = ("--rows", rows, "--fields", fields, "--noise", noise, "--redundant", 2)
        featsel("synth", log, *sizes, "--interactions", pairs, "--seed", seed, "-q")
        truth = json.loads((folder / "log.truth.json").read_text())
        found, seconds = interactions(log, folder, top, "--time", truth["time"])
        wanted = {frozenset(pair) for pair in truth["interactions"]}
        is_planted = [frozenset(entry["fields"]) in wanted for entry in found]
        others = [entry for entry, is_true in zip(found, is_planted, strict=True) if not is_true]
        z = np.array([entry["z"] for entry in others])
        of_planted = [entry["z"] for entry, is_true in zip(found, is_planted, strict=True) if is_true]
        lines.append(
            (
                seed,
                f"{sum(is_planted[: len(wanted)])} of {len(wanted)}",
                f"{min(of_planted):,.0f}",
                len(others),
                f"{z.min():.1f} to {z.max():.1f}",
                sum(entry["q_value"] <= SIGNIFICANT for entry in others),
                f"{seconds:.0f}",
            )
        )
    header = ("seed", "planted first", "least z", "other pairs", "their z", "of them q ≤ .01", "CPU s")
    return markdown_table(header, [tuple(map(str, line)) for line in lines])


def lost(folder: Path, *, seeds: int, strength: int) -> str:
    """Planted pairs, by how strong they are, that the whole list and the screened one have."""
    from featsel.ranking import interactions as module

    lines: list[tuple[object, ...]] = []
    for seed in range(1, seeds + 1):
        log = folder / "log.parquet"
        sizes = ("--rows", 60_000, "--fields", 120, "--noise", 60)
        featsel("synth", log, *sizes, "--interactions", strength, "--seed", seed, "-q")
        wanted = {frozenset(p) for p in json.loads((folder / "log.truth.json").read_text())["interactions"]}
        codes, labels = _codes(log)
        names = list(codes)
        every = _significant(module, names, codes, labels, len(names) ** 2, {})
        some = _significant(module, names, codes, labels, 20, {"SURVIVORS": 300, "SCREENED_ROWS": 2 * 10**8})
        gone = sorted(every[pair] for pair in wanted & set(every) - set(some))
        n_every, n_some = len(wanted & set(every)), len(wanted & set(some))
        kept = sorted(every[pair] for pair in wanted & set(every) & set(some))
        told = [f"{each[0]:.1f} to {each[-1]:.1f}" if each else "–" for each in (kept, gone)]
        lines.append((seed, len(wanted), n_every, n_some, *told))
    header = ("seed", "planted", "significant", "screened too", "their z", "z of those lost")
    return markdown_table(header, [tuple(map(str, line)) for line in lines])


def _codes(log: Path) -> tuple[dict[str, object], np.ndarray]:
    from featsel.encoding.row_codes import RowCodes

    frame = pl.read_parquet(log)
    codes: dict[str, object] = {}
    for name in frame.columns:
        column = frame[name]
        if name == "label" or column.n_unique() == frame.height:
            continue
        if column.dtype.is_float():
            column = column.rank().qcut(32, allow_duplicates=True).cast(pl.String)
        counts = column.value_counts(sort=True).with_row_index("code")
        joined = column.to_frame().join(counts, on=name, how="left", nulls_equal=True, maintain_order="left")
        dtype = np.uint8 if counts.height <= 256 else np.uint32
        codes[name] = RowCodes(joined["code"].to_numpy().astype(dtype), counts.height)
    return codes, frame["label"].to_numpy().astype(np.uint8)


def _significant(
    module: object,
    names: Sequence[str],
    codes: Mapping[str, object],
    labels: np.ndarray,
    top: int,
    limits: Mapping[str, int],
) -> dict[frozenset[str], float]:
    before = {name: getattr(module, name) for name in limits}
    for name, value in limits.items():
        setattr(module, name, value)
    found = module.find_interactions(names, codes.__getitem__, labels, top=top, n_threads=2)
    for name, value in before.items():
        setattr(module, name, value)
    return {
        frozenset((pair.first, pair.second)): pair.scores.z for pair in found.pairs if pair.is_significant
    }


def real(name: str, folder: Path, data: Path, *, rows: int) -> str:
    """Test AUC with the first crosses of several orders, and the first ten pairs."""
    partner, exclude = LOGS[name]
    frame = pl.read_parquet(data / f"{name}.parquet", columns=None)
    frame = frame.drop([exclude] if exclude else []).sample(min(rows, frame.height), seed=0, shuffle=True)
    n_test = round(frame.height * TEST_SHARE)
    test, train = frame.head(n_test), frame.slice(n_test)
    path = folder / "train.parquet"
    train.write_parquet(path)
    found, seconds = interactions(path, folder, 100)
    significant = [entry for entry in found if entry["q_value"] <= SIGNIFICANT]
    orders = {
        "as listed": [entry for entry in significant if entry["known_from"] is None],
        "usable synergy": sorted(significant, key=lambda entry: -entry["usable_synergy"]),
        "z": sorted(significant, key=lambda entry: -entry["z"]),
        "synergy": sorted(found, key=lambda entry: -entry["synergy"]),
        "joint information": sorted(found, key=lambda entry: -entry["joint_information"]),
    }
    known_auc: dict[frozenset[str], float] = {}

    def auc_of(entries: Sequence[Mapping[str, object]]) -> str:
        crosses = [entry["fields"] for entry in entries]
        key = frozenset("*".join(cross) for cross in crosses)
        if key not in known_auc:
            known_auc[key] = _auc(train, test, crosses)
        return f"{known_auc[key]:.4f}"

    lines = [(order, *(auc_of(entries[:k]) for k in (0, *NUMBERS))) for order, entries in orders.items()]
    table = markdown_table(("order", *(f"{k} crosses" for k in (0, *NUMBERS))), lines)
    known = sum(partner in entry["fields"] for entry in found[:10])
    first = ", ".join("×".join(entry["fields"]) for entry in found[:10])
    return f"{name}: {seconds:.0f} CPU s; {known} of the first ten with {partner}: {first}\n\n{table}"


def _auc(train: pl.DataFrame, test: pl.DataFrame, crosses: Sequence[Sequence[str]]) -> float:
    # the strength of the penalty by the last tenth of the training rows
    n_valid = train.height // 10
    log = _crossed(train.slice(n_valid), train.head(n_valid), crosses)
    fields = list(log.cardinalities)
    losses = {
        strength: log_loss(log.test_labels, 1 / (1 + np.exp(-predict(log, fields, strength))))
        for strength in STRENGTHS[2:5]
    }
    log = _crossed(train, test, crosses)
    log_odds = predict(log, fields, min(losses, key=losses.__getitem__))
    return float(auc(log_odds, log.test_labels, np.ones((1, log_odds.size)))[0])


def _crossed(train: pl.DataFrame, test: pl.DataFrame, crosses: Sequence[Sequence[str]]) -> EncodedLog:
    added = [
        pl.concat_str([pl.col(part).cast(pl.String).fill_null("") for part in cross], separator="\t").alias(
            "*".join(cross)
        )
        for cross in crosses
    ]
    return encode(train.with_columns(added), test.with_columns(added), ())


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", choices=["planted", "wide", "lost", "real"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--log", choices=list(LOGS), default=None, help="One of the real logs; else all.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="Folder of the real logs.")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        if options.study == "planted":
            sizes = {"fields": 40, "noise": 15, "pairs": 3, "top": 780}
            print(planted(folder, seeds=options.seeds, rows=options.rows, **sizes))
        elif options.study == "wide":
            sizes = {"fields": 1000, "noise": 800, "pairs": 5, "top": 20}
            print(planted(folder, seeds=options.seeds, rows=options.rows, **sizes))
        elif options.study == "lost":
            print(lost(folder, seeds=options.seeds, strength=20))
        else:
            for log in LOGS if options.log is None else [options.log]:
                print(real(log, folder, options.data, rows=options.rows), end="\n\n")


if __name__ == "__main__":
    main()
