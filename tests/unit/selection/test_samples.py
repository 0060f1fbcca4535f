"""A sample is made of rows of the log, each at most once."""

from __future__ import annotations

import numpy as np
import pytest

from featsel.selection import samples
from featsel.selection.samples import sample_rows, sampled_blocks
from featsel.training.batches import ArrayRows, Block


@pytest.fixture
def rows() -> ArrayRows:
    ids = np.arange(5000, dtype=np.int32)
    weights = ids[:, None].astype(np.float32)
    return ArrayRows(Block(ids[:, None], (ids % 2).astype(np.uint8), weights, weights[:, 0]), chunk_rows=64)


def test_few_rows_are_all_taken(rows) -> None:
    sample = sample_rows(rows, rng=np.random.default_rng(0), n_slots=1, n_rows=5000)

    np.testing.assert_array_equal(sample.ids, rows.block.ids)


def test_rows_are_drawn_once_each_in_the_order_of_the_log(rows) -> None:
    sample = sample_rows(rows, rng=np.random.default_rng(0), n_slots=1, n_rows=700)

    places = sample.ids[:, 0]
    assert places.size == 700
    assert (np.diff(places) > 0).all()
    np.testing.assert_array_equal(sample.labels, places % 2)
    assert sample.weights is not None
    np.testing.assert_array_equal(sample.weights[:, 0], places)
    np.testing.assert_array_equal(sample.row_weights, places)


def test_all_parts_of_the_log_are_drawn_alike(rows) -> None:
    halves = [
        np.count_nonzero(sample_rows(rows, rng=np.random.default_rng(seed), n_slots=1, n_rows=100).ids < 2500)
        for seed in range(40)
    ]

    # five standard deviations of a binomial count around 2000
    assert abs(sum(halves) - 2000) < 5 * np.sqrt(4000 / 4)


def test_rows_of_many_slots_are_fewer(rows, monkeypatch) -> None:
    monkeypatch.setattr(samples, "SAMPLE_CELLS", 1000)

    assert sample_rows(rows, rng=np.random.default_rng(0), n_slots=10).labels.size == 100


def test_one_seed_draws_one_sample(rows) -> None:
    first, second = (
        np.concatenate([part.ids for part in sampled_blocks(rows, rng=np.random.default_rng(7), n_rows=50)])
        for _ in range(2)
    )

    np.testing.assert_array_equal(first, second)
