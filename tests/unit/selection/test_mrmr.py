"""A field that repeats another one waits until fresh ones are in."""

from __future__ import annotations

from featsel.selection.field_information import field_information
from featsel.selection.mrmr import mrmr_order


def names(candidates, fields):
    return [candidates.config.fields[index].name for index in fields]


def test_a_copy_comes_after_weaker_fields_that_say_something_new(planted) -> None:
    order = mrmr_order(planted, seed=0)

    relevance = field_information(planted).corrected
    assert relevance[3] == relevance[4] > max(relevance[2], relevance[5])
    # the copy stands before the field that it copies, and of equals the first one is taken
    assert names(planted, order.fields)[:4] == ["copy", "weak", "tags", "strong"]


def test_fields_without_information_stand_last(planted) -> None:
    order = mrmr_order(planted, seed=0)

    assert set(names(planted, order.fields)[4:]) == {"constant", "noise"}


def test_a_score_is_the_place(planted) -> None:
    order = mrmr_order(planted, seed=0)

    assert order.field_scores[order.fields].tolist() == [1 - place / 6 for place in range(6)]


def test_features_stand_field_by_field(planted) -> None:
    order = mrmr_order(planted, seed=0)

    fields = planted.field_of_id[order.ids].tolist()
    assert list(dict.fromkeys(fields)) == order.fields.tolist()
    assert fields == sorted(fields, key=order.fields.tolist().index)
