"""What a shuffled field costs is measured on rows that are otherwise as they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from featsel.models.settings import ModelSettings
from featsel.selection.backbone import Backbone
from featsel.selection.permutation import permutation_losses, permutation_order, shuffled
from featsel.training.batches import ArrayRows
from featsel.training.settings import TrainSettings

SETTINGS = TrainSettings(epochs=6, batch_size=128, rate=0.01, table_l2=0.003, patience=2)
BACKBONE = Backbone("deepfm", ModelSettings(hidden=(16,)), SETTINGS)


def test_what_tells_costs_and_what_does_not_costs_nothing(planted) -> None:
    order = permutation_order(planted, BACKBONE)

    noise, constant, weak, copy, strong, tags = order.field_scores
    assert constant == 0.0
    assert abs(noise) < 0.003
    # a copy shares what it tells with what it copies, and each still costs a part
    assert min(weak, copy, strong, tags) > 0.01


def test_a_model_that_reads_one_field_loses_what_that_field_tells(new_candidates) -> None:
    rng = np.random.default_rng(0)
    code = rng.integers(1, 3, 4000)
    chances = np.array([0.2, 0.8])[code - 1]
    labels = (rng.random(4000) < chances).astype(int)
    candidates = new_candidates({"a": code}, labels, n_valid=2000)
    settings = TrainSettings(epochs=40, batch_size=256, rate=0.05)
    model, _ = Backbone("lr", ModelSettings(), settings).fit(candidates.config, candidates.train)
    assert isinstance(candidates.valid, ArrayRows)

    (loss,) = permutation_losses(model, candidates.valid.block, settings, rng=np.random.default_rng(1))

    # half of the rows get the other value: p = .8 where it is .2, or the other way round
    right = -(0.8 * np.log(0.8) + 0.2 * np.log(0.2))
    wrong = -(0.8 * np.log(0.2) + 0.2 * np.log(0.8))
    assert loss == pytest.approx((wrong - right) / 2, abs=0.04)


def test_a_list_moves_as_a_whole(planted) -> None:
    assert isinstance(planted.valid, ArrayRows)
    block = replace(planted.valid.block, row_weights=np.arange(3000, dtype=np.float32))
    order = np.random.default_rng(0).permutation(3000)

    moved = shuffled(block, planted.layout, 5, order)

    assert np.array_equal(moved.ids[:, 5:], block.ids[order, 5:])
    assert np.array_equal(moved.weights, block.weights[order])
    assert np.array_equal(moved.ids[:, :5], block.ids[:, :5])
    assert np.array_equal(moved.labels, block.labels)
    assert np.array_equal(moved.row_weights, block.row_weights)


def test_a_category_leaves_the_weights_of_lists_alone(planted) -> None:
    assert isinstance(planted.valid, ArrayRows)
    order = np.random.default_rng(0).permutation(3000)

    moved = shuffled(planted.valid.block, planted.layout, 2, order)

    assert np.array_equal(moved.ids[:, 2], planted.valid.block.ids[order, 2])
    assert np.array_equal(moved.weights, planted.valid.block.weights)
