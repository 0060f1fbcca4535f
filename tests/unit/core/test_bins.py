"""The name of a bin is its interval, to the last digit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.bins import bin_name

EDGES = st.lists(st.floats(allow_nan=False, allow_infinity=False), unique=True, max_size=6).map(sorted)


def test_names_are_intervals_closed_on_the_left():
    assert [bin_name((0.5, 1.5, 9.0), index) for index in range(4)] == [
        "(-inf, 0.5)",
        "[0.5, 1.5)",
        "[1.5, 9)",
        "[9, inf)",
    ]


def test_without_edges_one_bin_holds_all():
    assert bin_name((), 0) == "(-inf, inf)"


def test_numbers_of_numpy_are_named_without_their_type():
    assert bin_name(np.array([0.25]), 1) == "[0.25, inf)"


@given(EDGES)
def test_edges_read_back_exactly(edges):
    names = [bin_name(edges, index) for index in range(len(edges) + 1)]
    bounds = [name[1:-1].split(", ") for name in names]
    assert [float(left) for left, _ in bounds[1:]] == edges
    assert [float(right) for _, right in bounds[:-1]] == edges
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("index", [-1, 2])
def test_a_bin_that_does_not_exist_has_no_name(index):
    with pytest.raises(IndexError, match=f"bin {index} of 2"):
        bin_name((0.5,), index)
