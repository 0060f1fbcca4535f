from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from featsel.core.errors import DataError
from featsel.core.feature_config import ConfigSplit, SplitOrder
from featsel.encoding.splits import Part, split_rows

SHARES = st.tuples(st.floats(0, 0.6), st.floats(0, 0.6)).filter(lambda shares: sum(shares) < 0.95)
BY_ROW = st.sampled_from([SplitOrder.RANDOM, SplitOrder.ORDERED])


@given(st.integers(20, 300), SHARES, BY_ROW, st.integers(0, 5))
def test_shares_of_rows_are_exact_and_disjoint(
    n_rows: int, shares: tuple[float, float], order: SplitOrder, seed: int
) -> None:
    valid, test = shares

    parts = split_rows(n_rows, ConfigSplit(order, valid, test, seed))

    sizes = np.bincount(parts, minlength=3)
    assert parts.size == n_rows
    assert sizes[Part.VALID] == round(n_rows * valid)
    assert sizes[Part.TEST] == round(n_rows * test)


@given(st.integers(20, 300), SHARES)
def test_an_ordered_split_holds_out_the_last_rows(n_rows: int, shares: tuple[float, float]) -> None:
    parts = split_rows(n_rows, ConfigSplit(SplitOrder.ORDERED, *shares))

    assert np.all(np.diff(parts.astype(int)) >= 0)


@given(st.lists(st.integers(0, 30), min_size=20, max_size=200), SHARES)
def test_no_part_knows_the_future_of_an_earlier_one(times: list[int], shares: tuple[float, float]) -> None:
    moments = np.array(times, float)
    assume(np.count_nonzero(moments == moments.min()) < 0.05 * moments.size)

    parts = split_rows(moments.size, ConfigSplit(SplitOrder.TIME, *shares), times=moments)

    last_training = moments[parts == Part.TRAIN].max()
    assert np.all(moments[parts != Part.TRAIN] > last_training)
    assert np.all(
        moments[parts == Part.TEST][:, None] > moments[parts == Part.VALID][None, :]
    )  # so rows of one moment are together


@given(st.lists(st.integers(0, 30), min_size=20, max_size=200), SHARES)
def test_ties_make_held_out_parts_larger_and_never_smaller(
    times: list[int], shares: tuple[float, float]
) -> None:
    moments = np.array(times, float)
    valid, test = shares
    assume(np.count_nonzero(moments == moments.min()) < 0.05 * moments.size)

    parts = split_rows(moments.size, ConfigSplit(SplitOrder.TIME, valid, test), times=moments)

    n_test, n_valid = round(moments.size * test), round(moments.size * valid)
    most = np.unique(moments, return_counts=True)[1].max()
    found = np.count_nonzero(parts == Part.TEST)
    assert n_test <= found < n_test + most
    assert n_test + n_valid <= np.count_nonzero(parts != Part.TRAIN) < n_test + n_valid + most


def test_a_split_in_time_of_distinct_moments_has_exact_shares() -> None:
    times = np.random.default_rng(0).permutation(100).astype(float)

    parts = split_rows(100, ConfigSplit(SplitOrder.TIME, 0.2, 0.1), times=times)

    assert np.bincount(parts).tolist() == [70, 20, 10]
    assert sorted(times[parts == Part.TEST]) == list(range(90, 100))


def test_a_seed_draws_its_rows_again_and_another_seed_draws_others() -> None:
    one, again, other = (
        split_rows(1000, ConfigSplit(SplitOrder.RANDOM, 0.1, 0.1, seed)).tolist() for seed in (1, 1, 2)
    )

    assert one == again
    assert one != other


@pytest.mark.parametrize("order", SplitOrder)
@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.6, 0.6), (0.9, 0.9)])
def test_shares_that_leave_no_row_to_train_on_are_refused(
    order: SplitOrder, shares: tuple[float, float]
) -> None:
    with pytest.raises(DataError, match="leaves none of the 100 rows to train on") as caught:
        split_rows(100, ConfigSplit(order, *shares), times=np.arange(100.0))

    assert f"--split {order}" in caught.value.message


def test_one_moment_cannot_be_split_in_time() -> None:
    with pytest.raises(DataError, match="leaves none of the 50 rows"):
        split_rows(50, ConfigSplit(SplitOrder.TIME, 0.1, 0.1), times=np.zeros(50))
