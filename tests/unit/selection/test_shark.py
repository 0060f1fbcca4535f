"""The fast way is its row-by-row definition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from featsel.models.build import MODELS
from featsel.models.settings import ModelSettings
from featsel.selection.backbone import Backbone
from featsel.selection.shark import first_order_changes
from featsel.training.batches import ArrayRows, batch_of
from featsel.training.settings import TrainSettings

SETTINGS = TrainSettings(epochs=1, batch_size=100, rate=0.02)
SIZES = ModelSettings(hidden=(8,), attention_layers=1, attention_dim=4, fusion_heads=2)


@pytest.mark.parametrize("model_name", MODELS)
@pytest.mark.parametrize("is_weighted", [False, True])
def test_it_is_what_each_row_alone_says(planted, model_name, is_weighted) -> None:
    n_rows = 60
    assert isinstance(planted.valid, ArrayRows)
    model, _ = Backbone(model_name, SIZES, SETTINGS).fit(planted.config, planted.train)
    weights = np.random.default_rng(0).uniform(0.2, 3, n_rows).astype(np.float32) if is_weighted else None
    block = planted.valid.read(np.arange(1))
    part = replace(
        block,
        ids=block.ids[:n_rows],
        labels=block.labels[:n_rows],
        weights=block.weights[:n_rows],
        row_weights=weights,
    )
    batch = batch_of(part)

    fast = first_order_changes(model, ArrayRows(part, 7), SETTINGS)

    # a row at a time: its own gradient, its own difference from the mean
    with torch.no_grad():
        read = model.fields(model.gather(model.rows(batch.ids)), batch.ids, batch.weights).double()
    shares = torch.ones(n_rows).double() if weights is None else torch.from_numpy(weights).double()
    shares /= shares.sum()
    mean = (read * shares[:, None, None]).sum(0)
    slow = np.zeros(6)
    for row in range(n_rows):
        own = read[row : row + 1].float().clone().requires_grad_()
        loss = functional.binary_cross_entropy_with_logits(
            model.from_fields(own), batch.labels[row : row + 1]
        )
        (gradient,) = torch.autograd.grad(loss, own)
        for field in range(6):
            change = float(gradient[0, field].double() @ (read[row, field] - mean[field]))
            slow[field] += float(shares[row]) * abs(change)
    np.testing.assert_allclose(fast, slow, rtol=1e-5, atol=1e-9)


def test_a_constant_field_changes_nothing(planted) -> None:
    model, _ = Backbone("deepfm", SIZES, SETTINGS).fit(planted.config, planted.train)

    changes = first_order_changes(model, planted.valid, SETTINGS)

    assert changes[1] == pytest.approx(0, abs=1e-7)
    assert (changes[[2, 4, 5]] > 1e-3).all()


def test_small_changes_are_those_of_the_loss(planted) -> None:
    model, _ = Backbone("deepfm", SIZES, SETTINGS).fit(planted.config, planted.train)
    with torch.no_grad():
        model.table.weight.mul_(0.01)  # then the first order is all there is
    assert isinstance(planted.valid, ArrayRows)
    batch = batch_of(planted.valid.block)
    with torch.no_grad():
        read = model.fields(model.gather(model.rows(batch.ids)), batch.ids, batch.weights)
        replaced = read.clone()
        replaced[:, 4] = read[:, 4].mean(0)
        before, after = (
            functional.binary_cross_entropy_with_logits(
                model.from_fields(fields).double(), batch.labels.double(), reduction="none"
            )
            for fields in (read, replaced)
        )

    changes = first_order_changes(model, planted.valid, SETTINGS)

    assert changes[4] == pytest.approx(float((after - before).abs().mean()), rel=0.02)
