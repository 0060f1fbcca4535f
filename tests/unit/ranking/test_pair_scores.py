"""Do the scores of a pair say how much, how surely and how usably two fields tell more together?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from featsel.engines.pair_cells import count_cells
from featsel.ranking.pair_scores import PairScores, score_pair

N_ROWS = 20_000


def scored(first: NDArray[np.int64], second: NDArray[np.int64], labels: NDArray[np.bool_]) -> PairScores:
    codes = [np.unique(each, return_inverse=True)[1].astype(np.uint32) for each in (first, second)]
    sizes = int(codes[0].max()) + 1, int(codes[1].max()) + 1
    cells = count_cells(codes[0], codes[1], labels.astype(np.uint8), sizes=sizes)
    return score_pair(cells.first, cells.second, cells.counts, sizes=sizes)


def clicks(log_odds: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.bool_]:
    return rng.random(N_ROWS) < 1 / (1 + np.exp(-log_odds))


def test_exclusive_or_tells_all_together_and_nothing_alone() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 2, N_ROWS), rng.integers(0, 2, N_ROWS)

    scores = scored(first, second, first != second)

    assert scores.joint_information == pytest.approx(math.log(2), abs=1e-3)
    assert scores.synergy == pytest.approx(math.log(2), abs=1e-3)
    assert scores.usable_synergy == pytest.approx(math.log(2), abs=0.01)
    assert scores.z > 1000
    assert scores.n_cells == 4


def test_two_fields_that_add_up_have_no_synergy() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 10, N_ROWS), rng.integers(0, 30, N_ROWS)
    log_odds = rng.normal(0, 0.7, 10)[first] + rng.normal(0, 0.7, 30)[second] - 1

    scores = scored(first, second, clicks(log_odds, rng))

    # log-odds that add up are information that nearly does
    assert abs(scores.synergy) < 0.05 * scores.joint_information
    assert abs(scores.z) < 4
    assert scores.usable_synergy < 1e-4


@pytest.mark.parametrize("n_users", [300, N_ROWS])
def test_a_field_and_what_it_determines_cannot_be_compared(n_users: int) -> None:
    rng = np.random.default_rng(0)
    users = rng.integers(0, n_users, N_ROWS)
    countries = rng.integers(0, 20, n_users)

    scores = scored(users, countries[users], clicks(rng.normal(0, 1, n_users)[users], rng))

    assert (scores.z, scores.p_value, scores.usable_synergy) == (0.0, 1.0, 0.0)


def test_a_row_identifier_tells_nothing_with_anything() -> None:
    rng = np.random.default_rng(0)
    second = rng.integers(0, 30, N_ROWS)

    scores = scored(rng.permutation(N_ROWS), second, clicks(rng.normal(0, 1, 30)[second], rng))

    assert (scores.z, scores.p_value, scores.usable_synergy) == (0.0, 1.0, 0.0)
    # the row identifier adds nothing to what the other field says
    assert scores.synergy == pytest.approx(0, abs=1e-9)


def test_labels_that_leave_nothing_to_compare_are_no_interaction() -> None:
    # rows that can be compared are all negative; the one positive row is alone with its values
    first = np.concatenate([np.tile([0, 0, 1, 1], 10), [2]])
    second = np.concatenate([np.tile([0, 1, 0, 1], 10), [2]])
    labels = np.concatenate([np.zeros(40, np.bool_), [True]])

    scores = scored(first, second, labels)

    assert (scores.z, scores.p_value, scores.usable_synergy) == (0.0, 1.0, 0.0)


@pytest.fixture(scope="module")
def pair() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    rng = np.random.default_rng(3)
    first, second = rng.geometric(0.2, N_ROWS) % 25, rng.geometric(0.02, N_ROWS) % 300
    cells = rng.normal(0, 0.5, (25, 300))
    return first, second, clicks(cells[first, second] + rng.normal(0, 1, 25)[first] - 1, rng)


def close(scores: PairScores) -> object:
    return pytest.approx(list(vars(scores).values()), rel=1e-3, abs=1e-6)


def test_swapping_the_fields_changes_nothing(
    pair: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]],
) -> None:
    first, second, labels = pair

    assert list(vars(scored(second, first, labels)).values()) == close(scored(first, second, labels))


def test_neither_the_order_of_rows_nor_names_of_values_matter(
    pair: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]],
) -> None:
    first, second, labels = pair
    rng = np.random.default_rng(0)
    order, names = rng.permutation(N_ROWS), rng.permutation(300)

    other = scored(first[order], names[second[order]], labels[order])

    assert list(vars(other).values()) == close(scored(first, second, labels))


def test_what_a_cross_gains_is_what_it_gains_on_other_rows(
    pair: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]],
) -> None:
    # the planted effects of 7,500 cells, most of which have a handful of rows
    first, second, labels = pair

    scores = scored(first, second, labels)

    assert scores.z > 4
    assert 0.0005 < scores.usable_synergy < scores.synergy + 0.01
