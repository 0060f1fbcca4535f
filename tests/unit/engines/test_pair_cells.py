"""Cells of two codes are counted exactly, by whichever way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.engines.pair_cells import DENSE_CELLS, count_cells

SIZES = [(3, 5), (700, 2), (2, 70_000), (70_000, 2), (300, 300)]


def as_mapping(cells):
    keys = zip(cells.first.tolist(), cells.second.tolist(), strict=True)
    return {key: tuple(sums) for key, sums in zip(keys, cells.counts.tolist(), strict=True)}


def counted_one_by_one(first, second, labels, weights):
    table = {}
    for a, b, label, weight in zip(first.tolist(), second.tolist(), labels.tolist(), weights, strict=True):
        cell = table.setdefault((a, b), [0, 0])
        cell[label] += weight
    return {key: tuple(cell) for key, cell in table.items()}


@given(sizes=st.sampled_from(SIZES), n_rows=st.integers(0, 200), seed=st.integers(0, 1000), dtype=st.data())
def test_every_way_of_counting_agrees_with_counting_row_by_row(sizes, n_rows, seed, dtype):
    rng = np.random.default_rng(seed)
    first, second = (rng.integers(0, size, n_rows, np.uint32) for size in sizes)
    labels = rng.integers(0, 2, n_rows, np.uint8)
    weights = np.ones(n_rows, np.int64)
    if is_weighted := dtype.draw(st.booleans()):
        weights = rng.integers(0, 8, n_rows) / 4
    cells = count_cells(
        first, second, labels, sizes=sizes, weights=weights if is_weighted else np.empty(0, np.int64)
    )
    assert as_mapping(cells) == counted_one_by_one(first, second, labels, weights.tolist())
    assert np.all(np.diff(cells.first.astype(np.int64)) >= 0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32])
def test_codes_of_any_width_count_alike(dtype):
    codes = np.array([0, 1, 1, 200], dtype)
    cells = count_cells(codes, codes, np.array([0, 1, 1, 0], np.uint8), sizes=(201, 201))
    assert as_mapping(cells) == {(0, 0): (1, 0), (1, 1): (0, 2), (200, 200): (1, 0)}


def test_both_ways_are_taken_by_the_sizes_above():
    dense = [sizes[0] * sizes[1] <= DENSE_CELLS for sizes in SIZES]
    assert set(dense) == {True, False}
