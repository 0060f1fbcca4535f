from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from featsel.core.errors import ConfigError
from featsel.core.feature_config import (
    ConfigData,
    ConfigLabel,
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    Encoding,
    FeatureConfig,
    Rest,
    Selection,
    Used,
)
from featsel.models.build import MODELS, ModelName, build_model
from featsel.models.layout import Layout, layout_of
from featsel.models.model import CTRModel
from featsel.models.settings import ModelSettings
from featsel.selection.candidates import Candidates
from featsel.selection.optfs import (
    GateEpoch,
    GateSearch,
    GateSettings,
    check_travel,
    gate_order,
    kept_ids,
    search_gates,
    usual_gate_rate,
)
from featsel.training.batches import ArrayRows, Block
from featsel.training.loop import fit
from featsel.training.progress import Progress
from featsel.training.settings import TrainSettings

N_FEATURES = (6, 6, 30)
"""The values of the first two fields say something, those of the last one nothing."""

FULL = EmbeddingTable(EmbeddingScheme.FULL, 4)
SETTINGS = TrainSettings(batch_size=100, rate=0.02)
GATES = GateSettings(penalty=1e-4, temperature=5.0, epochs=3, rewind_epoch=1, gate_rate=0.03)
SIGMOID_OF_START = 1 / (1 + math.exp(-0.5))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def config_of(fields: tuple[EncodedField, ...], *, rest: Rest = Rest.OOV) -> FeatureConfig:
    return FeatureConfig(
        label=ConfigLabel("click"),
        data=ConfigData(("log.csv",), 1, "0"),
        selection=Selection("all", 0, Used(len(fields), 0, 0)),
        embedding=FULL,
        fields=fields,
        featsel="0",
        rest=rest,
    )


def single(name: str, n_features: int) -> EncodedField:
    return EncodedField(
        name, EncodedKind.CATEGORICAL, Encoding.VOCABULARY, features=n_features, of=n_features, dim=4
    )


@cache
def planted(n_rows: int = 2000, *, rest: Rest = Rest.OOV) -> Candidates:
    """Rows with unknown values among them; the label depends on the first two fields alone."""
    config = config_of(
        tuple(single(f"field{index}", size) for index, size in enumerate(N_FEATURES)), rest=rest
    )
    rng = np.random.default_rng(0)
    sizes = np.array(N_FEATURES) + 1
    codes = np.floor(sizes * rng.random((n_rows, sizes.size))).astype(np.int32)
    effects = np.array([0.0, 2, -2, 2, -2, 2, -2])
    logits = effects[codes[:, 0]] + effects[codes[:, 1]]
    labels = (rng.random(n_rows) < 1 / (1 + np.exp(-logits))).astype(np.uint8)
    ids = (np.array(layout_of(config).offsets) + codes).astype(np.int32)
    rows = ArrayRows(Block(ids, labels), chunk_rows=64)
    return Candidates(config, train=rows, valid=rows)


def new_model(
    candidates: Candidates, name: ModelName = "fm", *, embedding: EmbeddingTable = FULL, dropout: float = 0.0
) -> CTRModel:
    return build_model(
        name,
        candidates.layout,
        embedding,
        settings=ModelSettings(hidden=(8, 8), attention_dim=8, dropout=dropout, embedding_sd=0.1),
        generator=torch.Generator().manual_seed(0),
    )


def search(
    candidates: Candidates,
    name: ModelName = "fm",
    *,
    gates: GateSettings = GATES,
    settings: TrainSettings = SETTINGS,
    embedding: EmbeddingTable = FULL,
) -> GateSearch:
    model = new_model(candidates, name, embedding=embedding)
    return search_gates(model, candidates, gates=gates, settings=settings)


def found(
    gates: NDArray[np.float64], *, furthest: float = 1.0, kept: float = 0.5, step: int = 100
) -> GateSearch:
    return GateSearch(gates, {}, (GateEpoch(step, 1.0, 0.5, kept),), furthest)


def same_weights(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return first.keys() == second.keys() and all(
        torch.equal(value, second[name]) for name, value in first.items()
    )


def loss_by_hand(
    model: CTRModel, layout: Layout, rows: Block, gate_weights: Tensor, temperature: float
) -> Tensor:
    """Log loss of a model of which every id but those of unknown values has a gate, by its formula."""
    ids = torch.from_numpy(rows.ids)
    gates = torch.sigmoid(temperature * gate_weights) / SIGMOID_OF_START
    gates = gates.index_fill(0, torch.tensor(layout.offsets), 1.0)
    gathered = model.table.weight[model.rows(ids)] * gates[ids.long()][:, :, None, None]
    logits = model.from_rows(gathered, ids)
    return functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(rows.labels).float())


@pytest.mark.parametrize("frequency_fair", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_two_steps_follow_the_formula(name: ModelName, frequency_fair: bool) -> None:
    candidates = planted(50)
    gates = replace(
        GATES, penalty=3e-3, temperature=3.0, epochs=2, frequency_fair=frequency_fair, gate_rate=0.1
    )
    # the model stands still, so that only gates change the loss
    settings = replace(SETTINGS, rate=0.0)

    result = search(candidates, name, gates=gates, settings=settings)

    model, layout = new_model(candidates, name), candidates.layout
    rows = candidates.train.read(np.arange(1))
    weights = torch.full((layout.n_ids,), 0.5, requires_grad=True)
    is_feature = torch.from_numpy(candidates.is_feature)
    shares = torch.from_numpy(candidates.counts.rows).clamp(min=1).sqrt()
    shares = shares / shares[is_feature].mean() if frequency_fair else torch.ones(layout.n_ids)
    adam = torch.optim.Adam([weights], lr=0.1)
    for temperature in (1.0, 3.0):
        loss = loss_by_hand(model, layout, rows, weights, temperature)
        adam.zero_grad()
        (loss + 3e-3 * (shares * torch.sigmoid(temperature * weights))[is_feature].sum()).backward()
        adam.step()
    # float32, and gradients near 1e-8 that Adam divides by themselves
    expected = weights.detach().double().numpy()
    np.testing.assert_allclose(
        result.gates[candidates.is_feature], expected[candidates.is_feature], atol=1e-4
    )


def test_one_epoch_has_the_last_temperature() -> None:
    result = search(planted(), gates=replace(GATES, epochs=1))

    assert [epoch.temperature for epoch in result.history] == [5.0]
    assert np.isfinite(result.gates[planted().is_feature]).all()


def test_the_temperature_rises_geometrically() -> None:
    result = search(planted(200), gates=replace(GATES, temperature=100.0))

    assert [epoch.temperature for epoch in result.history] == pytest.approx([1, 10, 100])


@pytest.mark.parametrize("name", ["fm", "ipnn"])
def test_a_large_penalty_closes_all_gates(name: ModelName) -> None:
    result = search(planted(), name, gates=replace(GATES, penalty=10.0))

    assert kept_ids(result).size == 0
    assert result.history[-1].kept == 0


def test_without_a_penalty_gates_of_a_model_that_cannot_learn_stay() -> None:
    candidates = planted()
    model = new_model(candidates, "lr")

    # first-order weights of 0 that stay so: gates change nothing, and nothing moves them
    result = search_gates(
        model, candidates, gates=replace(GATES, penalty=0.0), settings=replace(SETTINGS, rate=0.0)
    )

    assert result.furthest == 0
    assert kept_ids(result).tolist() == np.flatnonzero(candidates.is_feature).tolist()


def test_without_a_penalty_no_gate_of_an_informative_value_closes() -> None:
    candidates = planted()

    result = search(candidates, gates=replace(GATES, penalty=0.0))

    assert (result.gates[candidates.is_feature & (candidates.field_of_id < 2)] > 0.5).all()


@pytest.mark.parametrize("frequency_fair", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_gates_of_noise_end_below_those_of_informative_values(name: ModelName, frequency_fair: bool) -> None:
    candidates = planted()

    result = search(candidates, name, gates=replace(GATES, penalty=1e-3, frequency_fair=frequency_fair))

    is_noise = candidates.field_of_id == len(N_FEATURES) - 1
    noise = result.gates[candidates.is_feature & is_noise]
    informative = result.gates[candidates.is_feature & ~is_noise]
    assert noise.mean() < informative.mean()


@pytest.mark.parametrize("name", MODELS)
def test_gates_of_every_model_anneal(name: ModelName) -> None:
    cold, warm = (
        search(planted(200), name, gates=replace(GATES, penalty=0.0, temperature=temperature))
        for temperature in (1.0, 20.0)
    )

    assert cold.history[0].loss == warm.history[0].loss
    assert cold.history[-1].loss != warm.history[-1].loss


@pytest.mark.parametrize("rest", Rest)
def test_unknown_values_have_no_gate(rest: Rest) -> None:
    candidates = planted(rest=rest)

    result = search(candidates, gates=replace(GATES, penalty=10.0))

    assert np.isnan(result.gates).tolist() == (~candidates.is_feature).tolist()


def test_rows_of_unknown_values_learn_as_without_gates() -> None:
    candidates = planted(200)
    unknown = np.broadcast_to(np.array(candidates.layout.offsets, np.int32), (200, len(N_FEATURES)))
    rows = ArrayRows(replace(candidates.train.read(np.arange(4)), ids=unknown), chunk_rows=64)
    gated, plain = new_model(candidates), new_model(candidates)

    search_gates(gated, replace(candidates, train=rows), gates=GATES, settings=SETTINGS)

    fit(plain, rows, settings=replace(SETTINGS, epochs=3))
    assert same_weights(gated.state_dict(), plain.state_dict())


def test_the_result_depends_on_the_arguments_alone() -> None:
    torch.manual_seed(1)
    models = [new_model(planted(200), "deepfm", dropout=0.5) for _ in range(2)]
    first = search_gates(models[0], planted(200), gates=GATES, settings=SETTINGS)
    torch.manual_seed(2)
    before = torch.get_rng_state()

    second = search_gates(models[1], planted(200), gates=GATES, settings=SETTINGS)

    assert np.array_equal(first.gates, second.gates, equal_nan=True)
    assert first.history == second.history
    assert same_weights(models[0].state_dict(), models[1].state_dict())
    assert torch.equal(torch.get_rng_state(), before)


def test_another_seed_shuffles_otherwise() -> None:
    first = search(planted(200))

    second = search(planted(200), settings=replace(SETTINGS, seed=1))

    assert not np.array_equal(first.gates, second.gates, equal_nan=True)


def test_rewinding_to_the_start_gives_the_initial_weights() -> None:
    candidates = planted(200)

    result = search(candidates, "dcn", gates=replace(GATES, rewind_epoch=0))

    assert same_weights(dict(result.rewound), new_model(candidates, "dcn").state_dict())


def test_rewinding_to_an_epoch_gives_the_weights_at_its_end() -> None:
    candidates = planted(200)
    once, thrice = new_model(candidates, "dcn"), new_model(candidates, "dcn")
    # the same temperature in every epoch, whatever their number
    gates = replace(GATES, temperature=1.0)
    search_gates(once, candidates, gates=replace(gates, epochs=1), settings=SETTINGS)

    result = search_gates(thrice, candidates, gates=gates, settings=SETTINGS)

    assert same_weights(dict(result.rewound), once.state_dict())
    assert not same_weights(dict(result.rewound), thrice.state_dict())


def test_a_model_whose_gates_stand_still_is_one_without_gates() -> None:
    candidates = planted(200)
    gated, plain = (new_model(candidates, "deepfm", dropout=0.5).eval() for _ in range(2))

    result = search_gates(
        gated, candidates, gates=replace(GATES, temperature=1.0, gate_rate=0.0), settings=SETTINGS
    )

    fitted = fit(plain, candidates.train, settings=replace(SETTINGS, epochs=3))
    losses = [line.train_loss for line in fitted.progress.history]
    # a gate of 1 is a quotient of two rounded numbers, which training amplifies
    assert [epoch.loss for epoch in result.history] == pytest.approx(losses, rel=1e-4)
    assert not gated.training


def test_lists_and_numbers_have_gates_too() -> None:
    listed = EncodedField(
        "tags", EncodedKind.MULTIVALUED, Encoding.VOCABULARY, features=5, of=5, dim=4, max_length=2
    )
    number = EncodedField("price", EncodedKind.NUMERIC, Encoding.STANDARD, features=1, of=1, dim=4)
    config = config_of((single("site", 3), listed, number))
    rng = np.random.default_rng(0)
    ids = np.column_stack([rng.integers(0, 4, 200), rng.integers(4, 10, (200, 2)), np.full(200, 11)])
    weights = rng.random((200, 3)).astype(np.float32)
    labels = rng.integers(0, 2, 200).astype(np.uint8)
    rows = ArrayRows(Block(ids.astype(np.int32), labels, weights))
    candidates = Candidates(config, train=rows, valid=rows)

    result = search(candidates, gates=replace(GATES, penalty=10.0, epochs=20))

    assert kept_ids(result).size == 0


@pytest.mark.parametrize(
    "embedding",
    [
        EmbeddingTable(EmbeddingScheme.HASH, 4, rows=20),
        EmbeddingTable(EmbeddingScheme.UNIFIED, 4, rows=20, lookups=2),
    ],
)
def test_features_that_share_rows_have_gates_of_their_own(embedding: EmbeddingTable) -> None:
    candidates = planted()

    result = search(candidates, embedding=embedding, gates=replace(GATES, frequency_fair=True))

    assert np.unique(result.gates[candidates.is_feature]).size > 20


def test_steps_and_epochs_are_told() -> None:
    candidates = planted(200)
    steps: list[Progress] = []
    epochs: list[GateEpoch] = []

    result = search_gates(
        new_model(candidates),
        candidates,
        gates=replace(GATES, epochs=2),
        settings=SETTINGS,
        on_step=steps.append,
        on_epoch=epochs.append,
    )

    assert [(told.epoch, told.batch, told.step) for told in steps] == [
        (0, 1, 1),
        (0, 2, 2),
        (1, 1, 3),
        (1, 2, 4),
    ]
    assert tuple(epochs) == result.history
    assert [epoch.step for epoch in epochs] == [2, 4]


def test_the_history_says_what_the_gates_say() -> None:
    candidates = planted()

    result = search(candidates, gates=replace(GATES, penalty=1e-3))

    gates = result.gates[candidates.is_feature]
    assert result.history[-1].kept == pytest.approx(np.mean(gates > 0))
    assert result.furthest == pytest.approx(np.abs(gates - 0.5).max())
    assert result.history[-1].loss < result.history[0].loss


def test_an_epoch_that_never_comes_is_no_place_to_rewind_to() -> None:
    with pytest.raises(ConfigError, match="a search of 3 epochs cannot rewind to epoch 4") as caught:
        search(planted(200), gates=replace(GATES, rewind_epoch=4))

    assert caught.value.hint == "Rewind to one of its epochs, or to 0 for the weights at the start."


def test_products_of_rows_have_no_gates() -> None:
    embedding = EmbeddingTable(EmbeddingScheme.QR, 4, rows=30)

    with pytest.raises(ConfigError, match="gates cannot be searched with embedding scheme 'qr'") as caught:
        search(planted(200), embedding=embedding)

    assert caught.value.hint == "Search with scheme 'full'; training may then use another one."


def test_a_loss_that_is_no_number_ends_the_search() -> None:
    candidates = planted(200)
    model = new_model(candidates)
    with torch.no_grad():
        model.table.weight.fill_(math.nan)

    with pytest.raises(ConfigError, match="no number any more, 2 steps into the search") as caught:
        search_gates(model, candidates, gates=GATES, settings=SETTINGS)

    assert caught.value.hint == "Lower the learning rate, or search with --precision fp32."


def test_features_are_ordered_by_gate_then_frequency() -> None:
    candidates = planted()
    gates = np.where(candidates.is_feature, 0.25, np.nan)
    gates[[3, 9, 20]] = [-0.5, 0.75, -0.25]

    order = gate_order(candidates, found(gates))

    rows = candidates.counts.rows
    assert order.ids[0] == 9
    assert order.ids[-2:].tolist() == [20, 3]
    assert (np.diff(rows[order.ids[1:-2]]) <= 0).all()
    assert sorted(order.ids.tolist()) == np.flatnonzero(candidates.is_feature).tolist()
    assert order.fields[0] == 1
    assert np.array_equal(order.scores, gates, equal_nan=True)


def test_only_open_gates_are_kept() -> None:
    assert kept_ids(found(np.array([math.nan, 0.1, 0.0, -0.1, 2.0]))).tolist() == [1, 4]


def test_a_rate_too_low_for_any_gate_is_reported() -> None:
    # what the published rate does to a small log
    gates = replace(GATES, penalty=10.0, gate_rate=3e-4)
    result = search(planted(), gates=gates)

    message = check_travel(result, gates)

    assert result.history[-1].kept == 1
    assert message == (
        "gates cannot close in 60 steps at a gate rate of 0.0003: the largest travel is 0.02 and a gate "
        "closes after 0.5; a gate rate of 0.033 would do"
    )


def test_the_rate_that_would_do_closes_gates() -> None:
    gates = replace(GATES, penalty=10.0, gate_rate=usual_gate_rate(60))

    result = search(planted(), gates=gates)

    assert check_travel(result, gates) is None
    assert result.furthest > 0.5


@pytest.mark.parametrize(
    ("rate", "remedy"),
    [
        (0.006, "a gate rate of 0.02 or a larger penalty closes more"),
        (0.02, "a larger penalty closes more"),
    ],
)
def test_gates_that_all_stay_open_are_reported(rate: float, remedy: str) -> None:
    gates = np.array([math.nan, 0.25, 0.75])

    message = check_travel(found(gates, furthest=0.25, kept=1.0), replace(GATES, gate_rate=rate))

    assert message == (
        f"no gate closed in 100 steps at a gate rate of {rate}: the largest travel is 0.25 and a gate "
        f"closes after 0.5; {remedy}"
    )


def test_a_usual_rate_allows_four_times_the_way() -> None:
    assert usual_gate_rate(1000) * 1000 == pytest.approx(4 * 0.5)
