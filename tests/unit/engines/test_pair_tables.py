"""Tables and sums of pairs are what numpy counts, whatever the threads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.engines.coarse_codes import CoarseCodes
from featsel.engines.joint_codes import N_LOGARITHMS
from featsel.engines.pair_tables import pair_sums, pair_table


def random_codes(sizes, n_rows, seed):
    rng = np.random.default_rng(seed)
    codes = np.stack([rng.integers(0, size, n_rows, np.uint8) for size in sizes])
    return CoarseCodes(codes, rng.integers(0, 2, n_rows, np.uint8))


def counted(codes, first, second):
    table = np.zeros((256, 256, 2), np.int64)
    np.add.at(table, (codes.codes[first], codes.codes[second], codes.labels), 1)
    return table


def n_log_n(counts):
    return float(sum(k * np.log(k) for k in counts.ravel().tolist() if k > 0))


@given(seed=st.integers(0, 1000), n_rows=st.integers(0, 300))
def test_a_table_holds_what_numpy_counts(seed, n_rows):
    codes = random_codes([3, 255], n_rows, seed)
    assert np.array_equal(pair_table(codes, 0, 1), counted(codes, 0, 1))


def squares(n_rows):
    numbers = np.unique(np.append(np.arange(N_LOGARITHMS), np.linspace(0, n_rows, 1 << 14).astype(int)))
    return numbers.astype(np.float64), numbers.astype(np.float64) ** 2


@pytest.mark.parametrize("n_rows", [500, 40_000])
@pytest.mark.parametrize("sizes", [(2, 5), (1, 1), (200, 7), (200, 150)])
def test_sums_are_those_of_the_table(sizes, n_rows):
    codes = random_codes(sizes, n_rows, 0)
    sums = pair_sums(codes, np.array([[0, 1], [1, 1]]), function=squares(n_rows))
    for place, pair in enumerate([(0, 1), (1, 1)]):
        table = counted(codes, *pair)
        rows = table.sum(axis=2)
        assert sums.cells[place] == pytest.approx(n_log_n(rows))
        assert sums.by_label[place] == pytest.approx(n_log_n(table))
        # linear interpolation of k^2 between numbers d apart is off by d^2 / 4 at most
        assert sums.functions[place] == pytest.approx(
            np.sum(rows**2), abs=rows.size * (n_rows / (1 << 14)) ** 2
        )


def test_sums_do_not_depend_on_threads():
    codes = random_codes([5, 90, 200, 3] * 4, 2000, 1)
    pairs = np.column_stack(np.triu_indices(16))
    one, three = (pair_sums(codes, pairs, function=squares(2000), n_threads=n) for n in (1, 3))
    assert np.array_equal(one.cells, three.cells)
    assert np.array_equal(one.by_label, three.by_label)
    assert np.array_equal(one.functions, three.functions)
