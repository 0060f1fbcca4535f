"""A factor on a field weighs all that the head reads of it, and its gradient is the loss's own."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from featsel.models.build import MODELS
from featsel.models.model import CTRModel
from featsel.models.settings import ModelSettings
from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.field_masks import (
    GATE_STEPS,
    MaskedModel,
    count_steps,
    gate_batches,
    masked_loss,
    step_mask,
)
from featsel.training.batches import ArrayRows, Batch, batch_of
from featsel.training.optimizers import new_adam
from featsel.training.settings import TrainSettings

SETTINGS = TrainSettings(epochs=1, batch_size=100, rate=0.02)


@pytest.fixture(params=MODELS)
def backbone(request) -> Backbone:
    sizes = ModelSettings(hidden=(8,), attention_layers=1, attention_dim=4, fusion_heads=2)
    return Backbone(request.param, sizes, SETTINGS)


def some_rows(candidates: Candidates, n_rows: int = 300) -> Batch:
    assert isinstance(candidates.train, ArrayRows)
    weights = np.random.default_rng(0).uniform(0.5, 2, candidates.train.n_rows).astype(np.float32)
    return batch_of(replace(candidates.train.block, row_weights=weights)).part(0, n_rows)


def trained(backbone: Backbone, candidates: Candidates) -> CTRModel:
    """A model none of whose weights is 0."""
    model = backbone.build(candidates.config)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for value in model.parameters():
            value.normal_(0, 0.5, generator=generator)
    return model


def test_a_mask_of_ones_changes_nothing(backbone, planted) -> None:
    model = backbone.build(planted.config)
    batch = some_rows(planted)

    masked = MaskedModel(model, lambda fields: fields * torch.ones(6, 1))

    assert torch.equal(masked(batch.ids, batch.weights), model(batch.ids, batch.weights))


def test_the_gradient_of_a_mask_is_that_of_the_loss(backbone, planted) -> None:
    batch = some_rows(planted)
    model = trained(backbone, planted)
    factors = torch.empty(6).uniform_(0.2, 1.5, generator=torch.Generator().manual_seed(1))
    mask = factors.clone().requires_grad_()

    masked = MaskedModel(model, lambda fields: fields * mask.unsqueeze(1))
    loss = masked_loss(masked, batch, SETTINGS)
    (gradient,) = torch.autograd.grad(loss, mask)

    assert loss.item() == pytest.approx(loss_in_double(model, batch, factors.double()), rel=1e-4)
    step = 1e-4
    for field in range(6):
        change = torch.zeros(6, dtype=torch.float64)
        change[field] = step
        above = loss_in_double(model, batch, factors.double() + change)
        below = loss_in_double(model, batch, factors.double() - change)
        assert gradient[field].item() == pytest.approx((above - below) / (2 * step), rel=1e-2, abs=2e-4)


def loss_in_double(model: CTRModel, batch: Batch, factors: torch.Tensor) -> float:
    """Weighted mean log loss; in float32 a finite difference would be rounding, heads end in it."""
    exact = copy.deepcopy(model).double()
    assert batch.weights is not None
    assert batch.row_weights is not None
    masked = MaskedModel(exact, lambda fields: fields * factors.unsqueeze(1))
    with torch.no_grad():
        losses = functional.binary_cross_entropy_with_logits(
            masked(batch.ids, batch.weights.double()), batch.labels.double(), reduction="none"
        )
    return (losses @ batch.row_weights.double() / batch.row_weights.double().sum()).item()


def test_a_field_of_factor_0_is_not_read(planted) -> None:
    model = trained(Backbone("deepfm", ModelSettings(hidden=(8,)), SETTINGS), planted)
    batch = some_rows(planted)
    mask = torch.tensor([[1.0], [1.0], [1.0], [1.0], [1.0], [0.0]])  # the list is the last one
    masked = MaskedModel(model, lambda fields: fields * mask)
    other = batch.ids.clone()
    other[:, 5:] = planted.layout.offsets[5] + 1

    assert torch.equal(masked(batch.ids, batch.weights), masked(other, batch.weights))
    assert not torch.equal(model(batch.ids, batch.weights), model(other, batch.weights))


def test_a_step_of_the_mask_moves_nothing_else(planted) -> None:
    model = Backbone("deepfm", ModelSettings(hidden=(8,)), SETTINGS).build(planted.config)
    mask = torch.ones(6, 1, requires_grad=True)
    masked = MaskedModel(model, lambda fields: fields * mask)
    with torch.no_grad():
        model.table.weight.normal_(generator=torch.Generator().manual_seed(0))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    adam = new_adam([mask], rate=0.1, l2=0.0)

    step_mask(masked, some_rows(planted), SETTINGS, mask=[mask], adam=adam)

    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(value.grad is None for value in model.parameters())
    # Adam's first step is its rate, in the direction of the sign
    assert torch.allclose((mask.detach() - 1).abs(), torch.full((6, 1), 0.1), atol=1e-4)


def test_a_step_of_the_mask_reads_as_many_rows_as_the_model_between_two(planted) -> None:
    batches = gate_batches(planted.valid, SETTINGS)

    sizes = [next(batches).n_rows for _ in range(5)]

    assert planted.valid.n_rows == 3000
    assert sizes == [GATE_STEPS * 100] * 5


def test_a_step_of_the_mask_reads_no_more_rows_than_there_are(planted) -> None:
    batches = gate_batches(planted.valid, replace(SETTINGS, batch_size=4096))

    assert [next(batches).n_rows for _ in range(3)] == [3000] * 3


def test_the_last_batch_of_an_epoch_is_a_step_too(planted) -> None:
    assert count_steps(planted.train, replace(SETTINGS, batch_size=3000), 2) == 2 * 3
