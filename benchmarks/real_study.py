"""Which order of the fields of real logs puts those first that a model can use?

A ranking of the training rows gives an order, a one-hot logistic regression on its first k fields a test AUC;
the mean over k scores the order. Nothing else differs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
from measure import markdown_table
from one_hot_model import auc, best_strength, encode, predict
from orders import Order, featsel_orders, outrank_order
from outrank_command import PeerError

BUDGETS = (1, 2, 3, 5, 8, 12, 20)
MAX_ROWS = 200_000
TEST_SHARE = 0.2
N_BOOTSTRAPS = 300
SEED = 0
REFERENCE = "usable"


@dataclass(frozen=True)
class RealLog:
    """How a log of the folder is used: what is no field, and how it is split.

    Parameters
    ----------
    split : str
        ``order`` (the last rows are the test), ``random``, or a name of the split column's test value.
    exclude : tuple of str
        Ids, split markers, columns known only after the click; patterns of column names.
    time : str, optional
        Row time; no field.
    is_telling : bool
        Whether it has enough positive rows for differences in AUC to mean anything.
    """

    split: str
    exclude: tuple[str, ...] = ()
    time: str | None = None
    is_telling: bool = True


LOGS: Mapping[str, RealLog] = {
    "kuairand_pure_92k": RealLog("order", ("post_*", "stat_*"), "ts"),
    "criteo_kaggle_10k": RealLog("order"),
    "avazu_kaggle_10k": RealLog("random", ("id",)),
    "frappe_87k": RealLog("random", ("split",)),
    "movielens1m_implicit_2m": RealLog("random"),
    "talkingdata_100k": RealLog("order", ("attributed_time",), "click_time"),
    "diabetes130_102k": RealLog("random", ("encounter_id", "patient_nbr")),
    "adult_49k": RealLog("given", ("split",)),
    "airline_delay_100k": RealLog("random"),
    "movielens1m_ratings_100k": RealLog("order", ("rating",), "ts"),
    "hillstrom_email_64k": RealLog("random"),
    "bank_marketing_41k": RealLog("order", ("duration",)),
    "porto_seguro_10k": RealLog("random", ("id",), is_telling=False),
    "ipinyou_48k": RealLog("given", ("split",), is_telling=False),
    "ipinyou_usertags_4k": RealLog("given", ("BidID", "split"), is_telling=False),
    "kdd99_10pct_494k": RealLog("random", ("attack_type",)),
}


@dataclass(frozen=True)
class LogResult:
    """AUC of every order on one log, mean over its splits.

    Parameters
    ----------
    n_fields, n_train, n_test, n_positive : int
        Sizes of the first split; positives of its test rows.
    n_splits : int
        Number of splits.
    strength : float
        Inverse L2 penalty of all models of the first split.
    auc : dict
        By order, then by number of fields.
    area : dict
        Mean AUC over the numbers of fields, by order.
    lead : dict
        By order: its area minus the reference's, and the 2.5 % and 97.5 % points of that over the bootstraps.
    first : dict
        The first fields of every order.
    """

    n_fields: int
    n_train: int
    n_test: int
    n_positive: int
    n_splits: int
    strength: float
    auc: dict[str, dict[int, float]]
    area: dict[str, float]
    lead: dict[str, tuple[float, ...]]
    first: dict[str, tuple[str, ...]]


def split_log(frame: pl.DataFrame, log: RealLog, n_splits: int) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
    """Training and test rows: later rows, other random rows, or the one split that comes with the log."""
    if log.split == "given":
        return [(frame.filter(pl.col("split") != "test"), frame.filter(pl.col("split") == "test"))]
    n_test = round(frame.height * TEST_SHARE)
    if log.split == "order":
        # every later part is predicted from all that came before it
        ends = [frame.height - index * n_test for index in range(min(n_splits, 3))]
        return [(frame.head(end - n_test), frame.slice(end - n_test, n_test)) for end in ends]
    shuffled = [frame.sample(fraction=1.0, shuffle=True, seed=SEED + index) for index in range(n_splits)]
    return [(rows.slice(n_test), rows.head(n_test)) for rows in shuffled]


def study_log(path: Path, log: RealLog, *, n_splits: int, outrank: bool) -> LogResult:
    """Score every order on one log."""
    frame = pl.read_parquet(path)
    if frame.height > MAX_ROWS:
        # sample keeps no order; none of the large logs is split by it
        frame = frame.sample(MAX_ROWS, seed=SEED)
    splits = [
        _study_split(train, test, log, outrank=outrank) for train, test in split_log(frame, log, n_splits)
    ]
    names = [name for name in splits[0].orders if all(name in split.orders for split in splits)]
    curves = {name: np.mean([split.curves[name] for split in splits], axis=0) for name in names}
    areas = {name: curve.mean(axis=0) for name, curve in curves.items()}
    leads = {name: areas[name] - areas[REFERENCE] for name in names}
    return LogResult(
        n_fields=splits[0].n_fields,
        n_train=splits[0].n_train,
        n_test=splits[0].n_test,
        n_positive=splits[0].n_positive,
        n_splits=len(splits),
        strength=splits[0].strength,
        auc={
            name: dict(zip(splits[0].budgets, map(float, curves[name][:, 0]), strict=True)) for name in names
        },
        area={name: float(areas[name][0]) for name in names},
        lead={
            name: (float(lead[0]), *map(float, np.quantile(lead[1:], [0.025, 0.975])))
            for name, lead in leads.items()
        },
        first={name: splits[0].orders[name].names[: max(BUDGETS)] for name in names},
    )


@dataclass(frozen=True)
class _Split:
    """One split: curves of AUC, shape (budgets, 1 + bootstraps), the rows as they are first."""

    n_fields: int
    n_train: int
    n_test: int
    n_positive: int
    strength: float
    budgets: list[int]
    orders: dict[str, Order]
    curves: dict[str, np.ndarray]


def _study_split(train: pl.DataFrame, test: pl.DataFrame, log: RealLog, *, outrank: bool) -> _Split:
    orders, kinds = _rank(train, log)
    train, test = (part.select("label", *kinds) for part in (train, test))
    if outrank:
        for every, name in ((1, "OutRank package, all rows"), (10, "OutRank package, its default")):
            try:
                orders[name] = outrank_order(train, every)
            except PeerError as error:
                print(f"every {every} rows of {train.height:,}: {error}", flush=True)
    shuffled = np.random.default_rng(SEED).permutation(sorted(kinds))
    orders["random"] = Order(tuple(map(str, shuffled)), {})

    numeric = [name for name, kind in kinds.items() if kind == "numeric"]
    by_time = train if log.split == "order" else train.sample(fraction=1.0, shuffle=True, seed=SEED + 1)
    n_fit = round(train.height * (1 - TEST_SHARE))
    strength = best_strength(encode(by_time.head(n_fit), by_time.slice(n_fit), numeric))

    encoded = encode(train, test, numeric)
    rng = np.random.default_rng(SEED)
    weights = np.ones((1 + N_BOOTSTRAPS, test.height), dtype=np.float32)
    for row in weights[1:]:
        row[:] = np.bincount(rng.integers(test.height, size=test.height), minlength=test.height)
    budgets = [k for k in BUDGETS if k < len(kinds)]
    aucs: dict[frozenset[str], np.ndarray] = {}
    curves: dict[str, np.ndarray] = {}
    for name, order in orders.items():
        sets = [frozenset(order.names[:budget]) for budget in budgets]
        for chosen in sets:
            if chosen not in aucs:
                aucs[chosen] = auc(predict(encoded, sorted(chosen), strength), encoded.test_labels, weights)
        curves[name] = np.array([aucs[chosen] for chosen in sets])
    n_positive = int(encoded.test_labels.sum())
    return _Split(len(kinds), train.height, test.height, n_positive, strength, budgets, orders, curves)


def _rank(train: pl.DataFrame, log: RealLog) -> tuple[dict[str, Order], dict[str, str]]:
    """Orders of featsel, and the kind of each field."""
    options = [part for pattern in log.exclude for part in ("--exclude", pattern)]
    options += ["--time", log.time] if log.time else []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "train.parquet"
        train.write_parquet(path)
        orders, entries = featsel_orders(path, options)
    return orders, {entry["name"]: entry["kind"] for entry in entries}


def area_table(results: Mapping[str, LogResult]) -> str:
    """Mean AUC over k, log by order, with the mean rank of each order."""
    names = list(dict.fromkeys(name for result in results.values() for name in result.area))
    rows = []
    for log, result in results.items():
        cells = []
        for name in names:
            if name not in result.area:
                cells.append("–")
                continue
            _, low, high = result.lead[name]
            mark = " ▼" if high < 0 else " ▲" if low > 0 else ""
            cells.append(f"{result.area[name]:.4f}{mark}")
        rows.append([log, f"{result.n_fields}", *cells])
    telling = [log for log in results if LOGS[log].is_telling]
    rows.append(["**mean**", "", *(_mean_area([results[log] for log in telling], name) for name in names)])
    rows.append(
        ["**mean rank**", "", *(_mean_rank([results[log] for log in telling], name) for name in names)]
    )
    return markdown_table(["log", "fields", *names], rows)


def curve_tables(results: Mapping[str, LogResult]) -> str:
    """AUC by k of every order, one table per log."""
    parts = []
    for log, result in results.items():
        budgets = list(result.auc[REFERENCE])
        rows = [[name, *(f"{curve[k]:.4f}" for k in budgets)] for name, curve in result.auc.items()]
        sizes = (
            f"{result.n_train:,} training rows, {result.n_test:,} test rows ({result.n_positive:,} positive)"
        )
        parts.append(
            f"{log}: {sizes}, C = {result.strength:g}\n\n"
            + markdown_table(["order", *(f"k = {k}" for k in budgets)], rows)
        )
    return "\n\n".join(parts)


def save(results: Mapping[str, LogResult], path: Path) -> None:
    """Write everything that was found as JSON."""
    path.write_text(
        json.dumps({log: vars(result) for log, result in results.items()}, indent=1), encoding="utf-8"
    )


def _mean_area(results: Sequence[LogResult], name: str) -> str:
    areas = [result.area.get(name) for result in results]
    return "–" if None in areas else f"{np.mean(np.array(areas, dtype=float)):.4f}"


def _mean_rank(results: Sequence[LogResult], name: str) -> str:
    ranks = []
    for result in results:
        if name not in result.area:
            return "–"
        own = round(result.area[name], 4)
        others = [round(area, 4) for area in result.area.values()]
        ranks.append(sum(area > own for area in others) + (sum(area == own for area in others) + 1) / 2)
    return f"{np.mean(ranks):.2f}"
