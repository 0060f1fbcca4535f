"""Each feature has the chi-square of its table of two by two."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from featsel.selection.chi2 import chi2_order


def test_scores_are_those_of_scipy(planted) -> None:
    order = chi2_order(planted, seed=0)

    counts = planted.counts
    present = np.column_stack([counts.rows - counts.positives, counts.positives])
    absent = np.array([counts.n_rows - counts.n_positives, counts.n_positives]) - present
    for feature in np.flatnonzero(planted.is_feature & (present.sum(1) > 0) & (absent.sum(1) > 0)):
        expected = chi2_contingency([present[feature], absent[feature]], correction=False).statistic
        assert order.scores[feature] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_informative_features_come_first_and_the_constant_last(planted) -> None:
    order = chi2_order(planted, seed=0)

    fields = planted.field_of_id[order.ids]
    assert set(fields[:4]) <= {3, 4}  # a click rate far from the mean
    assert fields[-1] == 1
    assert order.scores[order.ids[-1]] == 0.0


def test_a_field_counts_as_much_as_its_best_feature(planted) -> None:
    order = chi2_order(planted, seed=0)

    for field in range(planted.layout.n_fields):
        span = (planted.field_of_id == field) & planted.is_feature
        assert order.field_scores[field] == order.scores[span].max()


def test_a_list_is_a_row_of_each_of_its_values(new_candidates) -> None:
    lists = np.array([[1, 2], [1, -1], [2, -1], [-1, -1]])

    order = chi2_order(new_candidates({"tags": lists}, np.array([1, 1, 0, 0])), seed=0)

    # value 1 is in the positive rows alone, value 2 in one of each label
    np.testing.assert_allclose(order.scores[1:], [4.0, 0.0])
