"""Joint counts of codes are exact, in groups of any size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.engines.joint_codes import N_LOGARITHMS, count_jointly, counted_codes


def jointly(first, second):
    return count_jointly(*(counted_codes(codes, int(codes.max(initial=0)) + 1) for codes in (first, second)))


@given(
    sizes=st.sampled_from([(1, 1), (2, 3), (40, 7), (3, 500), (100, 100), (1000, 1000)]),
    n_rows=st.integers(0, 400),
    seed=st.integers(0, 1000),
)
def test_cells_and_their_sum_are_what_numpy_counts(sizes, n_rows, seed):
    rng = np.random.default_rng(seed)
    first, second = (rng.integers(0, size, n_rows, np.uint32) for size in sizes)
    joint = jointly(first, second)
    counts = np.unique(np.column_stack([first, second]), axis=0, return_counts=True)[1]
    assert joint.n_cells == counts.size
    assert joint.sum_n_log_n == pytest.approx(float(counts @ np.log(counts)))


@given(seed=st.integers(0, 1000), dtypes=st.tuples(*[st.sampled_from([np.uint8, np.uint16, np.uint32])] * 2))
def test_the_order_of_fields_and_rows_does_not_matter(seed, dtypes):
    rng = np.random.default_rng(seed)
    first, second = (rng.integers(0, 30, 200).astype(dtype) for dtype in dtypes)
    order = rng.permutation(200)
    joint = jointly(first, second)
    for other in (jointly(second, first), jointly(first[order], second[order])):
        assert other.n_cells == joint.n_cells
        assert other.sum_n_log_n == pytest.approx(joint.sum_n_log_n)


def test_cells_with_more_rows_than_logarithms_are_kept_count():
    codes = np.zeros(N_LOGARITHMS + 5, np.uint8)
    assert jointly(codes, codes).sum_n_log_n == pytest.approx(codes.size * np.log(codes.size))
