"""One small Ray cluster for all tests here, which xdist keeps in one process."""

from __future__ import annotations

import pytest

from featsel.core.engine import Cluster
from featsel.engines.ray_cluster import Workers, workers_of


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
