"""Pairs that matter are counted with all their values."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score, mutual_info_score

from featsel.engines.coarse_codes import CoarseCodes, coarse
from featsel.engines.joint_codes import counted_codes
from featsel.ranking.exact_pairs import (
    ALL_CELLS,
    MOST_CELLS,
    ExactPairs,
    Relation,
    count_exactly,
    field_pairs,
    hidden_share,
    pairs_worth_counting,
)
from featsel.ranking.field_pairs import PairScreen, screen_pairs
from featsel.stats.pairs import margin

N_ROWS = 6000
LONG = ALL_CELLS  # rows of a log so long that not all of its pairs are counted


@pytest.fixture(scope="module")
def fields():
    rng = np.random.default_rng(0)
    wide = np.sort(rng.integers(0, 2500, N_ROWS))
    renamed = rng.permutation(2500)[wide]
    return [wide, renamed, wide // 50, rng.permutation(wide), np.arange(N_ROWS)]


def counted(fields, pairs, n_threads=1):
    columns = [np.unique(field, return_inverse=True)[1] for field in fields]
    codes = [counted_codes(column, int(column.max()) + 1) for column in columns]
    margins = [margin(each.counts) for each in codes]
    return count_exactly(codes.__getitem__, np.array(pairs), margins, n_threads=n_threads)


def test_numbers_of_wide_fields_are_scikit_learns(fields):
    pairs = [(0, 1), (0, 2), (0, 3), (2, 3)]
    exact = counted(fields, pairs)
    for place, (first, second) in enumerate(pairs):
        observed = mutual_info_score(fields[first], fields[second])
        share = adjusted_mutual_info_score(fields[first], fields[second], average_method="min")
        assert exact.information[place] == pytest.approx(observed)
        assert exact.redundancy[place] == pytest.approx(share if place < 2 else 0.0, rel=1e-6)


def test_copies_and_coarser_copies_are_all_redundant_and_others_not(fields):
    exact = counted(fields, [(0, 1), (0, 2), (1, 2), (0, 3), (0, 4)])
    assert exact.redundancy.tolist() == [1.0, 1.0, 1.0, 0.0, 0.0]


def test_threads_change_nothing(fields):
    pairs = [(0, 1), (0, 2), (1, 3), (2, 4)]
    assert np.array_equal(counted(fields, pairs).information, counted(fields, pairs, 3).information)


def screen_of(redundancy):
    matrix = np.array(redundancy, np.float64)
    return PairScreen(matrix, np.zeros_like(matrix))


def chosen(redundancy, *, hidden=(0.0, 0.0, 0.0), nested=(), n_rows=LONG):
    holds = np.zeros((3, 3), np.bool_)
    for pair in nested:
        holds[pair] = True
    pairs, n_left = pairs_worth_counting(
        screen_of(redundancy), hidden=np.array(hidden), nested=holds, n_rows=n_rows
    )
    return [tuple(pair) for pair in pairs.tolist()], n_left


NOTHING = [[0, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_of_a_short_log_all_pairs_are_counted():
    assert chosen(NOTHING, n_rows=1000) == ([(0, 1), (0, 2), (1, 2)], 0)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, []),
        ({"hidden": (0.9, 0.1, 0.8)}, [(0, 2)]),
        ({"nested": [(2, 1)]}, [(1, 2)]),
    ],
)
def test_of_a_long_one_those_are_counted_that_coarse_codes_may_miss(options, expected):
    assert chosen(NOTHING, **options) == (expected, 0)


def test_each_field_s_strongest_pair_is_counted():
    assert chosen([[0, 0.1, 0.05], [0.1, 0, 0.01], [0.05, 0.01, 0]])[0] == [(0, 1), (0, 2)]


def test_where_there_are_too_many_the_nested_and_most_redundant_ones_are_counted():
    shared = [[0, 0.9, 0.5], [0.9, 0, 0.4], [0.5, 0.4, 0]]
    assert chosen(shared, n_rows=MOST_CELLS) == ([(0, 1)], 2)
    assert chosen(shared, n_rows=MOST_CELLS, nested=[(1, 2)]) == ([(1, 2)], 2)


def test_coarse_codes_hide_the_rows_of_rare_values():
    assert hidden_share(np.full(100, 3)) == 0.0
    assert hidden_share(np.full(512, 3)) == 0.75


def test_what_coarse_codes_miss_is_found_exactly():
    rng = np.random.default_rng(0)
    wide = rng.integers(0, 20_000, 60_000)
    fields = [wide, rng.permutation(20_000)[wide]]
    codes = CoarseCodes(np.stack([coarse(field) for field in fields]), np.zeros(60_000, np.uint8))
    assert screen_pairs(codes).redundancy[0, 1] < 0.2
    assert counted(fields, [(0, 1)]).redundancy[0] == 1.0


def test_relations_follow_from_what_determines_what():
    pairs = np.array([(0, 1), (0, 2), (1, 2), (0, 3)])
    exact = ExactPairs(pairs, np.ones(4), np.zeros(4), np.array([0.4, 1.0, 1.0, 0.05]))
    nested = np.zeros((4, 4), np.bool_)
    nested[0, 2] = nested[2, 0] = nested[2, 1] = True
    found = field_pairs(["a", "b", "c", "d"], exact, nested)
    assert [(pair.fields, pair.relation, pair.determines) for pair in found] == [
        (("a", "c"), Relation.ONE_TO_ONE, None),
        (("b", "c"), Relation.NESTED, "c"),
        (("a", "b"), Relation.OVERLAPPING, None),
    ]
