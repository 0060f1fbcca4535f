"""The protocol by which methods are compared."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.errors import ConfigError
from featsel.selection.order import FeatureOrder
from featsel.selection.protocol import complete_order, field_grid, usable_order


def order_of(fields, field_scores):
    ids = np.array([], np.int64)
    return FeatureOrder(ids, np.array(fields, np.int64), np.array([]), np.array(field_scores))


@given(st.integers(1, 3000))
def test_the_usual_grid_doubles_and_ends_with_all_fields(n_fields):
    sizes = field_grid(None, n_fields)

    assert sizes[0] == 1
    assert sizes[-1] == n_fields
    assert all(later == 2 * size for size, later in pairwise(sizes[:-1]))
    assert len(sizes) == 1 or sizes[-2] < n_fields <= 2 * sizes[-2]


@pytest.mark.parametrize(
    ("text", "sizes"),
    [("5", (5,)), ("all,1", (1, 20)), ("10%, 50%,100%", (2, 10, 20)), ("3,3,15%", (3,)), ("1%", (1,))],
)
def test_a_grid_is_read_as_it_was_meant(text, sizes):
    assert field_grid(text, 20) == sizes


@pytest.mark.parametrize("text", ["", "x", "0", "-1", "1.5", "0%", "nan", "1,,2"])
def test_what_is_no_number_of_fields_is_refused(text):
    with pytest.raises(ConfigError, match="is no number of fields"):
        field_grid(text, 20)


@pytest.mark.parametrize(("text", "part"), [("1,21", "21"), ("101%", "101%"), ("1000%,1", "1000%")])
def test_more_fields_than_there_are_is_refused(text, part):
    with pytest.raises(ConfigError, match=f"--k {part} asks for .* of 20 fields") as error:
        field_grid(text, 20)
    assert "or write all" in str(error.value.hint)


def test_kept_fields_come_first_and_others_by_their_score():
    order = order_of([3, 0], [0.2, 0.1, 0.6, 0.3, 0.4])

    assert complete_order(order, 5, seed=0).tolist() == [3, 0, 2, 4, 1]


def test_fields_without_a_score_come_last_and_by_chance():
    order = order_of([3], [np.nan] * 4 + [0.0] + [np.nan] * 15)

    first, second = (complete_order(order, 20, seed=seed).tolist() for seed in (0, 1))

    assert first[:2] == second[:2] == [3, 4]
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second
    assert first == complete_order(order, 20, seed=0).tolist()


def test_usable_information_puts_the_strong_field_first(planted):
    order = usable_order(planted, seed=0)

    names = [planted.config.fields[field].name for field in order.fields]
    assert order.field_scores[order.fields[0]] > 0.01
    assert set(names[:2]) == {"copy", "strong"}
    assert set(names) == {"copy", "strong", "tags", "weak"}
    assert (np.diff(order.field_scores[order.fields]) <= 0).all()
