from __future__ import annotations

import numpy as np
import pytest
import torch

from featsel.models.settings import ModelSettings
from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.deletion import deletion_gains
from featsel.selection.search import held_out_gains, search_order
from featsel.training.batches import batches_in_order
from featsel.training.devices import Precision
from featsel.training.settings import TrainSettings

CPU = torch.device("cpu")
SETTINGS = TrainSettings(epochs=6, batch_size=128, rate=0.01, table_l2=0.003, patience=2)
BACKBONE = Backbone("deepfm", ModelSettings(hidden=(16,)), SETTINGS)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_a_gain_is_what_the_loss_rises_by_when_a_feature_becomes_its_fields_mean(planted: Candidates) -> None:
    model, _ = BACKBONE.fit(planted.config, planted.train, epochs=1)
    with torch.no_grad():
        model.table.weight.mul_(0.02)  # small changes: then the second order is all there is
    gains = deletion_gains(
        model, planted.valid, planted.counts.rows.astype(float), device=CPU, precision=Precision.FP32
    )
    strong = np.flatnonzero(planted.field_of_id == 4)
    feature = int(strong[6])
    shares = torch.from_numpy(planted.counts.rows[strong] / planted.counts.rows[strong].sum())
    weight = model.table.weight.detach()
    mean = (weight[strong] * shares.float().unsqueeze(1)).sum(0)

    def loss_of(row: torch.Tensor) -> float:
        weight[feature] = row
        total = 0.0
        for batch in batches_in_order(planted.valid, batch_rows=4096, device=CPU):
            with torch.no_grad():
                logits = model(batch.ids, batch.weights).double()
            total += float(
                torch.nn.functional.binary_cross_entropy_with_logits(
                    logits, batch.labels.double(), reduction="sum"
                )
            )
        return total

    kept = weight[feature].clone()
    before, after = loss_of(kept), loss_of(mean)
    weight[feature] = kept

    assert gains.total[feature] == pytest.approx(after - before, rel=0.02, abs=1e-5)


def test_gains_of_two_logs_add_up(planted: Candidates) -> None:
    model, _ = BACKBONE.fit(planted.config, planted.train, epochs=1)
    train, valid = (
        deletion_gains(model, rows, planted.counts.rows.astype(float), device=CPU, precision=Precision.FP32)
        for rows in (planted.train, planted.valid)
    )

    both = train + valid

    assert np.array_equal(both.total, train.total + valid.total)
    assert np.array_equal(train.rows[planted.is_feature], planted.counts.rows[planted.is_feature])
    assert np.array_equal(train.positives[planted.is_feature], planted.counts.positives[planted.is_feature])
    assert np.array_equal(both.expected, train.expected + valid.expected)


def test_what_is_expected_without_a_feature_is_what_the_model_says_with_its_fields_mean(
    planted: Candidates,
) -> None:
    model, _ = BACKBONE.fit(planted.config, planted.train, epochs=1)
    weights = planted.counts.rows.astype(float)
    with torch.no_grad():
        model.table.weight.mul_(0.02)  # small changes: then the first order is all there is
    gains = deletion_gains(model, planted.valid, weights, device=CPU, precision=Precision.FP32)
    strong = np.flatnonzero(planted.field_of_id == 4)
    weight = model.table.weight.detach()
    shares = torch.from_numpy(weights[strong] / weights[strong].sum()).float()
    weight[strong] = (weight[strong] * shares.unsqueeze(1)).sum(0)

    expected = np.zeros(planted.layout.n_ids)
    for batch in batches_in_order(planted.valid, batch_rows=4096, device=CPU):
        with torch.no_grad():
            chances = model(batch.ids, batch.weights).double().sigmoid().numpy()
        expected += np.bincount(batch.ids[:, 4].numpy(), chances, minlength=expected.size)

    assert gains.expected[strong] == pytest.approx(expected[strong], rel=1e-4)


def test_what_tells_most_comes_first_and_noise_is_absent(planted: Candidates) -> None:
    order = search_order(planted, BACKBONE, judge=held_out_gains)
    names = [planted.config.fields[field].name for field in order.fields]
    tag = int(np.flatnonzero(planted.field_of_id == 5)[1])

    assert set(names) == {"weak", "copy", "tags"}
    assert names[-1] == "weak" or order.field_scores[2] < order.field_scores[3]
    assert tag in order.ids[:3]
    assert len(set(order.ids.tolist())) == order.ids.size
    assert np.all(planted.is_feature[order.ids])
    assert set(order.dropped) == {0, 1, 4}


def test_shadows_are_told_and_never_chosen(planted: Candidates) -> None:
    order = search_order(planted, BACKBONE, judge=held_out_gains, keeps_noise=True)

    assert order.shadows is not None
    assert order.ids.max() < planted.layout.n_ids
    assert order.shadows.kept_share(0) == 0
    assert order.shadows.kept_share(order.ids.size + 1) == 1.0
    # half of the order holds all that tells; chance sorts what stands behind
    assert order.shadows.kept_share(8) < 0.1


def test_without_shadows_none_are_told(planted: Candidates) -> None:
    assert search_order(planted, BACKBONE, judge=held_out_gains, has_shadows=False).shadows is None


def test_the_order_depends_on_its_arguments_alone(planted: Candidates) -> None:
    torch.manual_seed(1)
    first = search_order(planted, BACKBONE, judge=held_out_gains)
    torch.manual_seed(2)
    second = search_order(planted, BACKBONE, judge=held_out_gains)

    assert np.array_equal(first.ids, second.ids)
    assert np.array_equal(first.scores, second.scores, equal_nan=True)


def test_where_nothing_tells_nothing_is_ordered(new_candidates) -> None:
    rng = np.random.default_rng(0)
    candidates = new_candidates(
        {"a": rng.integers(1, 9, 500), "b": rng.integers(1, 90, 500)}, rng.integers(0, 2, 500), n_valid=100
    )

    order = search_order(candidates, BACKBONE, judge=held_out_gains)

    assert order.ids.size == order.fields.size == 0
    assert set(order.dropped) == {0, 1}


def test_values_that_all_say_the_same_need_no_embedding_each(new_candidates) -> None:
    rng = np.random.default_rng(0)
    n_rows = 9000
    # five frequent items are clicked often, and four hundred rare ones seldom, each as seldom as the others
    is_rare = rng.random(n_rows) < 0.5
    item = np.where(is_rare, rng.integers(6, 406, n_rows), rng.integers(1, 6, n_rows))
    other = rng.integers(1, 4, n_rows)
    labels = (rng.random(n_rows) < np.where(is_rare, 0.05, 0.6)).astype(int)
    candidates = new_candidates({"item": item, "other": other}, labels, n_valid=2000)

    order = search_order(candidates, BACKBONE, judge=held_out_gains, has_shadows=False)

    assert set(order.ids[:5].tolist()) == {1, 2, 3, 4, 5}
    assert order.odds is not None
    assert np.mean(order.odds[6:406] > 0) < 0.05


def test_rare_values_that_matter_are_told_from_those_that_do_not(new_candidates) -> None:
    rng = np.random.default_rng(3)
    n_rows = 12_000
    item, other = rng.integers(1, 201, n_rows), rng.integers(1, 4, n_rows)
    # a quarter of the items is clicked three times as often; each has fifty rows
    labels = (rng.random(n_rows) < np.where(item <= 50, 0.36, 0.12)).astype(int)
    candidates = new_candidates({"item": item, "other": other}, labels, n_valid=2000)

    order = search_order(candidates, BACKBONE, judge=held_out_gains, has_shadows=False)
    assert order.odds is not None
    items = order.ids[order.ids <= 200]

    assert np.mean(items[:50] <= 50) > 0.85
    assert np.mean(order.odds[51:201] > 0) < 0.05


def test_features_whose_odds_are_not_even_follow_by_frequency(planted: Candidates) -> None:
    order = search_order(planted, BACKBONE, judge=held_out_gains, keeps_noise=True, has_shadows=False)
    assert order.odds is not None
    n_evident = int(np.count_nonzero(order.odds > 0))

    assert np.all(np.diff(order.odds[order.ids[:n_evident]]) <= 0)
    assert np.all(np.diff(planted.counts.rows[order.ids[n_evident:]]) <= 0)
