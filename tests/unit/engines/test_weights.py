from __future__ import annotations

import numpy as np

from featsel.engines.weights import NO_WEIGHTS, sum_by_label


def test_rows_without_weights_are_counted() -> None:
    labels = np.array([0, 1, 1], np.uint8)

    assert sum_by_label(labels, NO_WEIGHTS, start=(10.0, 20.0)) == (11.0, 22.0)


def test_sums_do_not_depend_on_where_rows_are_cut(rng: np.random.Generator) -> None:
    labels = rng.integers(0, 2, 1000).astype(np.uint8)
    weights = rng.lognormal(size=1000)

    sums = (0.0, 0.0)
    for start in range(0, 1000, 7):
        sums = sum_by_label(labels[start : start + 7], weights[start : start + 7], start=sums)

    assert sums == sum_by_label(labels, weights)
