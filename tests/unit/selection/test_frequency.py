"""Frequent features come first."""

from __future__ import annotations

import numpy as np

from featsel.selection.frequency import frequency_order


def test_features_stand_by_rows_then_by_id(new_candidates) -> None:
    first, second = np.repeat([1, 2, 3], [2, 5, 3]), np.repeat([1, 2, 0], [4, 5, 1])

    order = frequency_order(new_candidates({"a": first, "b": second}, np.arange(10) % 2), seed=0)

    assert order.ids.tolist() == [2, 6, 5, 3, 1]
    assert order.fields.tolist() == [0, 1]
    assert order.scores[order.ids].tolist() == [5, 5, 4, 3, 2]


def test_rows_never_grow_along_the_order(planted) -> None:
    order = frequency_order(planted, seed=0)

    assert (np.diff(planted.counts.rows[order.ids]) <= 0).all()
