"""Determination holds in all rows or is refuted."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from featsel.engines.pairs import images, may_determine


def is_function(first, second):
    pairs = set(zip(first.tolist(), second.tolist(), strict=True))
    return len(pairs) == len({code for code, _ in pairs})


@given(seed=st.integers(0, 1000), n_rows=st.integers(1, 30))
def test_pairs_of_columns_are_judged_as_sets_of_pairs_are(seed, n_rows):
    rng = np.random.default_rng(seed)
    few = np.stack([rng.integers(0, size, n_rows, np.uint16) for size in (1, 2, 4, n_rows)])
    few = np.minimum(few, n_rows - 1)
    holds = may_determine(few)
    for first in range(4):
        for second in range(4):
            expected = is_function(few[first], few[second])
            assert holds[first, second] == expected
            assert (images(few[first], few[second], n_first=n_rows) is not None) == expected


def test_images_are_the_codes_that_go_with_each():
    first, second = np.array([2, 0, 2, 0], np.uint32), np.array([1, 5, 1, 5], np.uint32)
    found = images(first, second, n_first=4)
    assert found is not None
    assert found.tolist() == [5, -1, 1, -1]
    assert images(first, np.array([1, 5, 1, 6], np.uint32), n_first=4) is None
