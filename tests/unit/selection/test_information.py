"""Information is shared out among features, and noise has none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from featsel.core.counts import ContingencyTable
from featsel.selection.field_information import field_information
from featsel.selection.information import information_order
from featsel.stats import expected_mutual_information, mutual_information, usable_information


def names(candidates, fields):
    return [candidates.config.fields[index].name for index in fields]


def test_scores_of_a_field_add_up_to_its_usable_information(planted) -> None:
    order = information_order(planted, seed=0)

    counts = planted.counts
    for index, name in enumerate(names(planted, range(6))):
        span = (planted.field_of_id == index) & planted.is_feature
        if name == "noise":  # some of its rows are out of vocabulary
            continue
        by_label = np.column_stack([counts.rows - counts.positives, counts.positives])[span]
        table = ContingencyTable(by_label, np.ones(len(by_label), np.int64))
        assert order.scores[span].sum() == pytest.approx(usable_information(table).nats, rel=1e-12, abs=1e-15)


def test_a_score_is_the_leave_one_out_gain_of_its_rows(new_candidates) -> None:
    # three values, the gain of each row spelled out
    codes = np.repeat([1, 2, 3], [40, 40, 20])
    labels = np.concatenate([np.arange(40) < 30, np.arange(40) < 5, np.arange(20) < 4]).astype(int)
    candidates = new_candidates({"a": codes}, labels)

    scores = information_order(candidates, seed=0).scores

    (table,) = field_information(candidates).tables
    prior = usable_information(table).prior_strength
    gains = np.zeros(4)
    for row, (code, label) in enumerate(zip(codes, labels, strict=True)):
        others = np.arange(100) != row
        base = np.mean(labels[others] == label)
        same = others & (codes == code)
        rate = (np.sum(labels[same] == label) + prior * base) / (same.sum() + prior)
        gains[code] += math.log(rate / base) / 100
    np.testing.assert_allclose(scores[1:], gains[1:], rtol=1e-12)


def test_informative_fields_come_first_and_noise_goes(planted) -> None:
    order = information_order(planted, seed=0)

    assert names(planted, order.fields) == ["copy", "strong", "weak", "tags"]
    assert sorted(names(planted, order.dropped)) == ["constant", "noise"]
    noise, constant = (order.dropped[names(planted, range(6)).index(name)] for name in ("noise", "constant"))
    assert noise.startswith("noise: q = 0.")
    assert constant == "constant: one value in all rows"


def test_the_best_feature_of_the_tags_comes_before_the_others(planted) -> None:
    order = information_order(planted, seed=0)

    tags = order.ids[planted.field_of_id[order.ids] == 5]
    assert tags[0] == planted.layout.offsets[5] + 1


def test_a_field_scores_its_corrected_mutual_information(planted) -> None:
    order = information_order(planted, seed=0)

    counts, span = planted.counts, planted.field_of_id == 4
    by_label = np.column_stack([counts.rows - counts.positives, counts.positives])[span]
    table = ContingencyTable(by_label, np.ones(len(by_label), np.int64))
    corrected = mutual_information(table) - expected_mutual_information(table)
    assert order.field_scores[4] == pytest.approx(corrected, rel=1e-12)


def test_values_seen_once_gain_nothing_even_if_all_are_positive(new_candidates) -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(2000) < 0.3).astype(int)
    codes = np.where(rng.random(2000) < 0.8, 1 + labels, rng.integers(1, 3, 2000))
    codes[:50] = np.arange(3, 53)
    labels[:50] = 1
    candidates = new_candidates({"a": codes}, labels)

    scores = information_order(candidates, seed=0).scores

    assert candidates.counts.rows[3:].tolist() == [1] * 50
    np.testing.assert_allclose(scores[3:], 0.0, atol=1e-15)
    assert (scores[1:3] > 0).all()


def test_an_identifier_is_dropped(new_candidates) -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(500) < 0.3).astype(int)

    order = information_order(new_candidates({"id": np.arange(1, 501)}, labels), seed=0)

    assert order.ids.size == 0
    assert order.fields.size == 0
    assert order.dropped == {0: "noise: q = 1"}
