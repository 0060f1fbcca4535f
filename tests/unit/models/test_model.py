"""Does every model, with every table, do what a model must?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional

from featsel.models import MODELS, Layout, ModelName

from .conftest import LAYOUTS, MIXED, MIXED_ZERO, PLAIN, TABLES, Batch, MakeModel
from .reference import logits

DrawBatch = Callable[..., Batch]

every_model = pytest.mark.parametrize("name", MODELS)
every_table = pytest.mark.parametrize("table", TABLES)
every_layout = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())

ROUNDING = 1e-5
"""Of float32 logits of order 1: a few hundred roundings of 6e-8."""


@every_model
@every_table
@every_layout
def test_logits_agree_with_the_papers_formulas(
    name: ModelName, table: str, layout: Layout, make_trained: MakeModel, draw_batch: DrawBatch
) -> None:
    model, batch = make_trained(name, table, layout).eval(), draw_batch(layout, 6)
    state = {key: value.double().numpy() for key, value in model.state_dict().items()}
    weights = None if batch.weights is None else batch.weights.double().numpy()

    with torch.no_grad():
        found = model(batch.ids, batch.weights).numpy()

    expected = logits(name, state, layout, TABLES[table], batch.ids.numpy(), weights)
    np.testing.assert_allclose(found, expected, rtol=ROUNDING, atol=ROUNDING)
    assert np.ptp(expected) > 100 * ROUNDING


@every_model
@every_table
def test_a_model_overfits_32_rows(
    name: ModelName, table: str, make_model: MakeModel, draw_batch: DrawBatch
) -> None:
    model, batch = make_model(name, table, embedding_sd=0.03), draw_batch(PLAIN)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    before = functional.binary_cross_entropy_with_logits(model(batch.ids), batch.labels)

    for _ in range(60):
        optimizer.zero_grad()
        functional.binary_cross_entropy_with_logits(model(batch.ids), batch.labels).backward()
        optimizer.step()

    after = functional.binary_cross_entropy_with_logits(model(batch.ids), batch.labels)
    assert after < before / 4


@every_model
@every_table
def test_a_model_reloads_to_the_same_logits(
    name: ModelName,
    table: str,
    make_trained: MakeModel,
    make_model: MakeModel,
    draw_batch: DrawBatch,
    tmp_path: Path,
) -> None:
    model, batch = make_trained(name, table, MIXED), draw_batch(MIXED)
    save_file(model.state_dict(), tmp_path / "model.safetensors")

    reloaded = make_model(name, table, MIXED, seed=9)
    reloaded.load_state_dict(load_file(tmp_path / "model.safetensors"))

    assert torch.equal(model(batch.ids, batch.weights), reloaded(batch.ids, batch.weights))


@every_model
@every_layout
def test_a_file_holds_the_parameters_and_nothing_else(
    name: ModelName, layout: Layout, make_model: MakeModel
) -> None:
    model = make_model(name, "full", layout)

    state = model.state_dict()

    assert set(state) == {key for key, _ in model.named_parameters()}
    assert sum(tensor.numel() for tensor in state.values()) == model.n_parameters
    assert sum(tensor.numel() * 4 for key, tensor in state.items() if key.startswith("table.")) == (
        model.table_bytes
    )


@every_model
@pytest.mark.parametrize("dims", [(6, 6, 6, 6, 6), (6, 2, 1, 2, 5), (3, 3, 3, 3, 1)])
def test_a_full_table_has_no_padding(name: ModelName, dims: tuple[int, ...], make_model: MakeModel) -> None:
    layout = replace(MIXED, dims=dims)

    model = make_model(name, "full", layout)

    n_numbers = sum(
        rows * (1 if name == "lr" else dim + model.has_linear)
        for rows, dim in zip(layout.sizes, dims, strict=True)
    )
    assert model.table_bytes == 4 * n_numbers
    assert (set(dims) == {6} or name == "lr") == ("table.weight" in model.state_dict())


def test_rows_of_narrow_fields_start_as_those_of_wide_ones(make_model: MakeModel) -> None:
    layout = replace(PLAIN, dims=(8, 2, 8, 2, 4))

    weights = make_model("fm", "full", layout).state_dict()

    two = weights["table.weights.2"]
    assert not two[[0, 21]].any()  # out of vocabulary
    assert not two[:, 2].any()  # first-order weights
    assert two[1:21, :2].all()
    sd = weights["table.weights.8"][1:21, :8].std().item()
    assert two[1:21, :2].std().item() == pytest.approx(sd, rel=0.5)


@every_model
@every_table
@every_layout
def test_gradients_reach_every_parameter(
    name: ModelName, table: str, layout: Layout, make_model: MakeModel, draw_batch: DrawBatch
) -> None:
    model, batch = make_model(name, table, layout), draw_batch(layout, 256)

    functional.binary_cross_entropy_with_logits(
        model(batch.ids, batch.weights), batch.labels.bool().float()
    ).backward()

    without = [key for key, value in model.named_parameters() if value.grad is None or not value.grad.any()]
    assert not without


@every_model
@every_table
@every_layout
def test_gathered_rows_give_the_same_logits_and_gradients(
    name: ModelName, table: str, layout: Layout, make_trained: MakeModel, draw_batch: DrawBatch
) -> None:
    model, batch = make_trained(name, table, layout), draw_batch(layout)
    rows = model.rows(batch.ids)
    gathered = model.gather(rows).detach().requires_grad_()

    found = model.from_rows(gathered, batch.ids, batch.weights)
    found.sum().backward()
    expected = model(batch.ids, batch.weights)
    expected.sum().backward()

    assert rows.shape == gathered.shape[:3]
    assert gathered.grad is not None
    assert torch.equal(found, expected)
    for matrix, (places, gradients) in zip(model.matrices, model.scatter(rows, gathered.grad), strict=True):
        by_row = torch.zeros_like(matrix).index_put((places,), gradients, accumulate=True)
        torch.testing.assert_close(by_row, matrix.grad)


@every_model
@every_table
def test_what_stands_in_padding_changes_nothing(
    name: ModelName, table: str, make_trained: MakeModel, draw_batch: DrawBatch
) -> None:
    model, batch = make_trained(name, table, MIXED), draw_batch(MIXED)
    assert batch.weights is not None
    weights = batch.weights.clone()
    weights[:, 1:3] = 0.0  # the second and third slot of the list of three
    other_ids = batch.ids.clone()
    other_ids[:, 2:4] = MIXED.offsets[1]

    assert torch.equal(model(batch.ids, weights), model(other_ids, weights))


@every_model
@every_table
def test_an_unknown_value_contributes_nothing_where_the_rest_is_zero(
    name: ModelName, table: str, make_trained: MakeModel, draw_batch: DrawBatch
) -> None:
    model, batch = make_trained(name, table, MIXED_ZERO), draw_batch(MIXED_ZERO)
    is_unknown = batch.ids == model.out_of_vocabulary
    gathered = model.gather(model.rows(batch.ids)).detach().requires_grad_()
    other = torch.where(is_unknown[:, :, None, None], 7.0, gathered.detach())

    found = model.from_rows(gathered, batch.ids, batch.weights)
    found.sum().backward()

    assert gathered.grad is not None
    assert is_unknown.sum() > MIXED_ZERO.n_slots
    assert torch.equal(found, model.from_rows(other, batch.ids, batch.weights))
    assert not gathered.grad[is_unknown].any()


@every_model
@every_layout
def test_the_order_of_rows_changes_nothing(
    name: ModelName, layout: Layout, make_trained: MakeModel, draw_batch: DrawBatch
) -> None:
    model, batch = make_trained(name, "full", layout), draw_batch(layout)
    order = torch.randperm(32, generator=torch.Generator().manual_seed(3))
    weights = None if batch.weights is None else batch.weights[order]

    found = model(batch.ids[order], weights)

    torch.testing.assert_close(found, model(batch.ids, batch.weights)[order], rtol=ROUNDING, atol=ROUNDING)


@every_model
@every_table
def test_int32_ids_are_as_good_as_int64_ids(
    name: ModelName, table: str, make_trained: MakeModel, draw_batch: DrawBatch
) -> None:
    model, batch = make_trained(name, table, MIXED_ZERO), draw_batch(MIXED_ZERO)

    assert torch.equal(model(batch.ids.int(), batch.weights), model(batch.ids, batch.weights))


@every_model
def test_bfloat16_stays_close_and_leaves_float32_gradients(
    name: ModelName, make_trained: MakeModel, draw_batch: DrawBatch
) -> None:
    model, batch = make_trained(name, "full", MIXED), draw_batch(MIXED)

    with torch.autocast("cpu", torch.bfloat16):
        found = model(batch.ids, batch.weights)
    found.sum().backward()

    assert found.dtype == torch.float32
    assert {parameter.grad.dtype for parameter in model.parameters() if parameter.grad is not None} == {
        torch.float32
    }
    # eight bits of mantissa, a few layers deep
    torch.testing.assert_close(found, model(batch.ids, batch.weights), rtol=0.05, atol=0.05)


@every_model
@every_table
def test_the_same_seed_gives_the_same_model_and_touches_no_other_generator(
    name: ModelName, table: str, make_model: MakeModel
) -> None:
    state = torch.get_rng_state()

    first, second, other = (make_model(name, table, seed=seed).state_dict() for seed in (4, 4, 5))

    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not torch.equal(first["table.weight"], other["table.weight"]) or name == "lr"
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", ["deepfm", "dcn", "dcnv2", "ipnn", "autoint", "finalmlp", "mlp"])
def test_dropout_acts_in_training_alone(
    name: ModelName, make_trained: MakeModel, draw_batch: DrawBatch
) -> None:
    batch = draw_batch(PLAIN)
    whole, thinned = make_trained(name), make_trained(name, dropout=0.5)

    assert not torch.equal(thinned.train()(batch.ids), whole(batch.ids))
    assert torch.equal(thinned.eval()(batch.ids), whole(batch.ids))


def test_weights_of_weighted_slots_must_be_given(make_model: MakeModel, draw_batch: DrawBatch) -> None:
    with pytest.raises(ValueError, match="0 weights for 6 weighted slots"):
        make_model("lr", "full", MIXED)(draw_batch(MIXED).ids)


def test_weights_of_no_slot_must_not_be_given(make_model: MakeModel, draw_batch: DrawBatch) -> None:
    with pytest.raises(ValueError, match="6 weights for 0 weighted slots"):
        make_model("lr")(draw_batch(PLAIN).ids, draw_batch(MIXED).weights)


@pytest.mark.parametrize("name", ["dcn", "dcnv2", "ipnn", "autoint", "finalmlp", "mlp"])
def test_a_head_reads_gathered_rows_without_a_copy(
    name: ModelName, make_model: MakeModel, draw_batch: DrawBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, batch = make_model(name), draw_batch(PLAIN)
    gathered = model.gather(model.rows(batch.ids)).detach()
    seen = []
    monkeypatch.setattr(model.head, "forward", lambda fields: seen.append(fields.data_ptr()))

    model.from_rows(gathered, batch.ids)

    assert seen == [gathered.data_ptr()]


@pytest.mark.gpu
@every_model
@every_table
@every_layout
def test_cpu_and_gpu_agree(
    name: ModelName, table: str, layout: Layout, make_trained: MakeModel, draw_batch: DrawBatch
) -> None:
    model, batch = make_trained(name, table, layout), draw_batch(layout)
    expected, rows = model(batch.ids, batch.weights), model.rows(batch.ids)

    model.cuda()
    weights = None if batch.weights is None else batch.weights.cuda()
    found = model(batch.ids.cuda(), weights)

    assert torch.equal(model.rows(batch.ids.cuda()).cpu(), rows)
    torch.testing.assert_close(found.cpu(), expected, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*script_method:DeprecationWarning")
@pytest.mark.parametrize(
    ("name", "table"),
    [*((name, "full") for name in MODELS), *(("deepfm", table) for table in TABLES if table != "full")],
)
def test_a_compiled_model_gives_the_same_logits_and_gradients(
    name: ModelName, table: str, make_trained: MakeModel, draw_batch: DrawBatch
) -> None:
    model, batch = make_trained(name, table, MIXED_ZERO), draw_batch(MIXED_ZERO)
    torch.compiler.reset()  # or the models before count as recompilations

    found = torch.compile(model, fullgraph=True)(batch.ids, batch.weights)
    found_gradients = torch.autograd.grad(found.sum(), list(model.parameters()))

    expected = model(batch.ids, batch.weights)
    gradients = torch.autograd.grad(expected.sum(), list(model.parameters()))
    torch.testing.assert_close(found, expected, rtol=ROUNDING, atol=ROUNDING)
    torch.testing.assert_close(found_gradients, gradients, rtol=10 * ROUNDING, atol=10 * ROUNDING)
