"""Fields that determine others are all found, and chance makes none."""

import numpy as np
import pytest

from featsel.ranking.nesting import FIRST_ROWS, find_nested, first_rows


def nested(columns, n_threads=1):
    codes = [np.unique(column, return_inverse=True)[1].astype(np.uint32) for column in columns]
    rows = first_rows(codes[0].size)
    first = np.stack([np.unique(column[rows], return_inverse=True)[1].astype(np.uint16) for column in codes])
    holds = find_nested(first, codes.__getitem__, n_threads=n_threads)
    return {(int(a), int(b)) for a, b in zip(*np.nonzero(holds), strict=True)}


@pytest.mark.parametrize("n_threads", [1, 2])
def test_chains_copies_and_nothing_else_are_found(n_threads):
    rng = np.random.default_rng(0)
    city = rng.integers(0, 300, 20_000)
    region = city // 30
    renamed = rng.permutation(300)[city]
    other = rng.integers(0, 300, 20_000)
    found = nested([city, region, renamed, other], n_threads)
    assert found == {(0, 1), (0, 2), (2, 0), (2, 1)}


def test_one_row_refutes_even_where_no_sample_holds_it():
    city = np.random.default_rng(0).integers(0, 50, 20_000)
    region = city // 10
    region[10_002] = 9
    assert 10_002 not in first_rows(20_000)
    assert nested([city, region]) == set()


@pytest.mark.parametrize("seed", range(3))
def test_what_nearly_every_row_has_for_itself_determines_nothing(seed):
    rng = np.random.default_rng(seed)
    n_rows = 3000
    identifier = np.arange(n_rows)
    almost = np.where(identifier < n_rows - 3, identifier, 0)  # three rows repeat a value
    binary = (rng.random(n_rows) < 0.5).astype(int)
    rare = (rng.random(n_rows) < 0.001).astype(int)
    constant = np.zeros(n_rows, int)
    few = rng.integers(0, 5, n_rows)
    found = nested([identifier, almost, binary, rare, constant, few])
    assert found <= {(0, 1)}  # the one is the other but for three rows


def test_rows_to_look_at_first_are_few_and_spread():
    rows = first_rows(1_000_000)
    assert rows.size == FIRST_ROWS
    assert (rows[0], rows[-1]) == (0, 999_999)
    assert first_rows(3).tolist() == [0, 1, 2]
