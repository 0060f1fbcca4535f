"""Counts of blocks add up to the counts of their rows, whatever the order and the weights."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from featsel.engines.block_cells import FEW_ROWS, deal_blocks, part_tables
from featsel.engines.pair_cells import count_cells
from featsel.engines.weights import NO_WEIGHTS
from featsel.stats import contingency_table, group


def rows(seed=0, n_rows=5000, n_values=300):
    rng = np.random.default_rng(seed)
    codes = np.minimum(rng.geometric(0.02, n_rows) - 1, n_values - 1).astype(np.uint32)
    return codes, rng.integers(0, 2, n_rows).astype(np.uint8), rng.integers(0, 8, n_rows).astype(np.uint8)


def cells_of(codes, labels, blocks, weights=NO_WEIGHTS):
    return count_cells(codes, blocks, labels, sizes=(int(codes.max()) + 1, 8), weights=weights)


def assert_equal(found, expected):
    assert group(found).counts.tolist() == group(expected).counts.tolist()
    assert group(found).multiplicity.tolist() == group(expected).multiplicity.tolist()


@given(st.lists(st.booleans(), min_size=8, max_size=8), st.integers(0, 5))
def test_parts_have_the_counts_of_their_rows(is_first, seed):
    codes, labels, blocks = rows(seed)
    is_first = np.array(is_first)
    in_first = is_first[blocks]
    for part, kept in zip(
        part_tables(cells_of(codes, labels, blocks), is_first), (in_first, ~in_first), strict=True
    ):
        assert_equal(part, contingency_table(codes[kept], labels[kept], 300))


def test_values_of_many_and_of_few_rows_are_counted():
    table = part_tables(cells_of(*rows()), np.arange(8) < 4)[0]
    sizes = table.counts.max(axis=1)
    assert (sizes >= FEW_ROWS).any()
    assert (sizes < FEW_ROWS).any()


def test_weights_are_summed():
    codes, labels, blocks = rows()
    weights = np.random.default_rng(1).integers(1, 5, codes.size) / 4  # sums of quarters are exact
    first = np.arange(8) < 3
    kept = first[blocks]
    part, _ = part_tables(cells_of(codes, labels, blocks, weights), first)
    expected = contingency_table(codes[kept], labels[kept], 300, weights=weights[kept])
    assert_equal(part, expected)


def test_the_order_of_the_rows_does_not_matter():
    codes, labels, blocks = rows()
    order = np.random.default_rng(3).permutation(codes.size)
    first = np.arange(8) % 2 == 0
    one = part_tables(cells_of(codes, labels, blocks), first)[0]
    other = part_tables(cells_of(codes[order], labels[order], blocks[order]), first)[0]
    assert_equal(one, other)


def test_no_rows_make_no_values():
    none = np.zeros(0, np.uint32)
    cells = count_cells(none, none.astype(np.uint8), none.astype(np.uint8), sizes=(0, 8))
    assert [part.n_values for part in part_tables(cells, np.ones(8, bool))] == [0, 0]


def test_blocks_have_about_equal_rows_and_follow_the_seed():
    blocks = deal_blocks(64_000, 64, seed=1)
    # five standard deviations of a binomial count of 1000
    assert np.abs(np.bincount(blocks, minlength=64) - 1000).max() < 5 * np.sqrt(1000)
    assert (blocks == deal_blocks(64_000, 64, seed=1)).all()
    assert (blocks != deal_blocks(64_000, 64, seed=2)).mean() > 0.9
    assert (blocks[:1000] == deal_blocks(1000, 64, seed=1)).all()


def test_neighbouring_rows_are_dealt_independently():
    blocks = deal_blocks(100_000, 4, seed=0).astype(np.int64)
    pairs = np.bincount(blocks[:-1] * 4 + blocks[1:], minlength=16)
    assert np.abs(pairs - 6250).max() < 5 * np.sqrt(6250)
