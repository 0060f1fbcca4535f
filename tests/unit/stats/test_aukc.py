"""The area under the curve of AUC over k."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.stats.aukc import aukc

CURVES = st.dictionaries(st.integers(1, 100), st.floats(0, 1), min_size=1).map(
    lambda found: tuple(zip(*sorted(found.items()), strict=True))
)


def test_a_curve_worked_by_hand():
    # heights 2 (AUC - .5): 0, .2, .4, .5 at 0, 1, 2, 4; trapezoids .1 + .3 + .9 = 1.3; K = 4
    assert aukc([1, 2, 4], [0.6, 0.7, 0.75]) == pytest.approx(1.3 / 4, abs=1e-12)


def test_one_size_counts_half_of_its_height():
    assert aukc([5], [0.8]) == pytest.approx(0.3)


def test_chance_has_no_area():
    assert aukc([1, 3, 9], [0.5, 0.5, 0.5]) == 0


@given(CURVES)
def test_it_lies_between_minus_one_and_one(curve):
    assert -1 <= aukc(*curve) <= 1


@given(CURVES, st.integers(2, 50))
def test_it_does_not_depend_on_the_unit_of_k(curve, factor):
    sizes, aucs = curve

    assert aukc([factor * size for size in sizes], aucs) == pytest.approx(aukc(sizes, aucs), abs=1e-12)


@given(CURVES)
def test_a_higher_curve_has_a_larger_area(curve):
    sizes, aucs = curve

    assert aukc(sizes, np.minimum(1, np.array(aucs) + 0.01).tolist()) >= aukc(sizes, aucs)


def test_a_point_on_the_line_between_its_neighbours_changes_nothing():
    assert aukc([2, 4, 6], [0.6, 0.65, 0.7]) == pytest.approx(aukc([2, 6], [0.6, 0.7]), abs=1e-12)
