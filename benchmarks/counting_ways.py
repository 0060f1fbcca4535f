"""How else could all fields of a log be scored by mutual information, one column at a time?

Runs in the environment of the peers, one way per process: ``python counting_ways.py WAY LOG.parquet``. Each
prints the sum of the mutual informations, which must agree. ``decode`` and ``factorize`` only read, and read
and number the values: what a way costs before it counts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    Score = Callable[[str], float]

NOT_FIELDS = ("label", "day")


def decode(path: str) -> Score:
    """Read each column with polars."""
    import polars as pl

    return lambda name: 0.0 * pl.read_parquet(path, columns=[name]).height


def polars_group_by(path: str) -> Score:
    """Group hashes with polars, streaming."""
    import polars as pl

    def score(name: str) -> float:
        key, label = pl.col(name).hash().alias("key"), pl.col("label").cast(pl.Int64)
        groups = pl.scan_parquet(path).select(key, label.alias("label")).group_by("key")
        table = groups.agg(pl.len().alias("n"), pl.col("label").sum().alias("b")).collect(engine="streaming")
        return _mutual_information(table["n"].to_numpy(), table["b"].to_numpy())

    return score


def pandas_groupby(path: str) -> Score:
    """Group values with pandas."""
    import pandas as pd

    labels = pd.read_parquet(path, columns=["label"])["label"].astype("int64")

    def score(name: str) -> float:
        column = pd.read_parquet(path, columns=[name])[name]
        table = labels.groupby(column, sort=False, dropna=False).agg(["size", "sum"])
        return _mutual_information(table["size"].to_numpy(), table["sum"].to_numpy())

    return score


def factorize(path: str) -> Score:
    """Number the values of each column with pandas."""
    import pandas as pd

    return lambda name: 0.0 * len(pd.factorize(pd.read_parquet(path, columns=[name])[name])[0])


def sklearn_score(path: str) -> Score:
    """Number the values with pandas, score the codes with scikit-learn."""
    import pandas as pd
    from sklearn.metrics import mutual_info_score

    labels = pd.read_parquet(path, columns=["label"])["label"].to_numpy()

    def score(name: str) -> float:
        codes, _ = pd.factorize(pd.read_parquet(path, columns=[name])[name])
        return float(mutual_info_score(labels, codes))

    return score


WAYS = {
    "decode": decode,
    "polars": polars_group_by,
    "pandas": pandas_groupby,
    "factorize": factorize,
    "sklearn": sklearn_score,
}


def main() -> None:
    """Score all fields one way."""
    import pyarrow.parquet as pq

    way, path = sys.argv[1:]
    names = [name for name in pq.read_schema(path).names if name not in NOT_FIELDS]
    score = WAYS[way](path)
    print(f"{sum(score(name) for name in names):.6f}")


def _mutual_information(rows: np.ndarray, positives: np.ndarray) -> float:
    import numpy as np

    def entropy(share: np.ndarray | np.float64) -> np.ndarray:
        both = np.clip([share, 1.0 - share], 1e-300, None)
        return -(both * np.log(both)).sum(axis=0)

    total = rows.sum()
    return float(entropy(positives.sum() / total) - (rows / total * entropy(positives / rows)).sum())


if __name__ == "__main__":
    main()
