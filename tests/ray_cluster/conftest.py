"""One small Ray cluster for all tests here, which xdist keeps in one process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from featsel.core.engine import Cluster
from featsel.engines import ray_pass, shards
from featsel.engines.ray_cluster import Workers, workers_of

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "ray_cluster" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("ray"))


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    return Cluster(None, 2, 256 << 20)


@pytest.fixture(scope="session")
def workers(cluster: Cluster) -> Workers:
    return workers_of(cluster)


@pytest.fixture(autouse=True)
def many_shards_and_ranges(monkeypatch):
    monkeypatch.setattr(ray_pass, "LEAST_SHARD_ROWS", 1)
    monkeypatch.setattr(ray_pass, "SHARDS_PER_WORKER", 5)
    monkeypatch.setattr(shards, "WIDE_VALUES", 1000)
    monkeypatch.setattr(shards, "RANGE_ROWS", 5000)


@pytest.fixture(scope="session")
def frame() -> pl.DataFrame:
    rng = np.random.default_rng(7)
    n_rows = 6000
    return pl.DataFrame(
        {
            "click": rng.integers(0, 2, n_rows),
            "name": [None if value == 2 else f"v{value}" for value in rng.zipf(1.3, n_rows)],
            "id": rng.permutation(n_rows) + (1 << 40),
            "tags": [rng.zipf(1.5, size).tolist() for size in rng.integers(0, 4, n_rows)],
            "price": [None if value < 0.5 else value for value in rng.lognormal(size=n_rows)],
            "weight": rng.lognormal(size=n_rows) / np.exp(0.5),
        }
    )


class Notes:
    """Remembers what a user is told."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def note(self, text: str) -> None:
        pass

    def detail(self, text: str) -> None:
        pass

    def start(self, text: str, n: int | None) -> None:
        pass

    def advance(self, n: int) -> None:
        pass
