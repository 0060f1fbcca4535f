"""How do the tests of the statistics make their tables?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable

MakeTable = Callable[[NDArray[np.int64], NDArray[np.int64]], ContingencyTable]


@pytest.fixture
def make_table() -> MakeTable:
    """Plain two-label table from rows and positives per value."""

    def make(sizes: NDArray[np.int64], positives: NDArray[np.int64]) -> ContingencyTable:
        counts = np.stack([sizes - positives, positives], axis=1).astype(np.int64)
        return ContingencyTable(counts, np.ones(len(counts), np.int64))

    return make


@pytest.fixture
def draw_noise(make_table: MakeTable) -> Callable[..., ContingencyTable]:
    """Table of a field that is independent of the label, both margins fixed."""

    def draw(sizes: NDArray[np.int64], n_positives: int, *, rng: np.random.Generator) -> ContingencyTable:
        return make_table(sizes, rng.multivariate_hypergeometric(sizes, n_positives, method="marginals"))

    return draw
