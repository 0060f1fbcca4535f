"""A budget of fields listens to the search and to relevance over redundancy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from featsel.selection import field_budget
from featsel.selection.field_budget import with_fused_fields
from featsel.selection.frequency import frequency_order


@pytest.fixture
def fused(planted, monkeypatch):
    """Fields of two orders, fused."""

    def fuse(searched, plain):
        order = frequency_order(planted, seed=0)
        other = replace(order, fields=np.array(plain))
        monkeypatch.setattr(field_budget, "mrmr_order", lambda *_, **__: other)
        found = with_fused_fields(replace(order, fields=np.array(searched)), planted, seed=0)
        assert found.ids is order.ids
        assert found.field_scores is order.field_scores
        return found.fields.tolist()

    return fuse


def test_where_both_agree_nothing_changes(fused):
    assert fused([3, 1, 0, 2], [3, 1, 0, 2]) == [3, 1, 0, 2]


def test_what_is_first_in_one_comes_early_wherever_the_other_has_it(fused):
    # 1/2 + 1/5, 1/3 + 1/4, 1/4 + 1/3, 1/5 + 1/2: by hand; of equals the plain order decides
    assert fused([0, 1, 2, 3], [3, 2, 1, 0]) == [3, 0, 2, 1]


def test_fields_that_the_search_left_out_stay_out_and_take_no_place(fused):
    assert fused([2, 0, 1], [5, 4, 1, 2, 3, 0]) == [2, 1, 0]
