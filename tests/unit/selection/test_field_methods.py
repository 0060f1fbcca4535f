"""What holds for every method that asks a model about fields?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from featsel.core.feature_config import EncodedField, EncodedKind, Encoding, Rest
from featsel.models.build import MODELS
from featsel.models.settings import ModelSettings
from featsel.selection.adafs import adafs_order
from featsel.selection.autofield import autofield_order
from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.lpfs import lpfs_order
from featsel.selection.mvfs import mvfs_order
from featsel.selection.order import FeatureOrder
from featsel.selection.permutation import permutation_order
from featsel.selection.sfs import sfs_order
from featsel.selection.shark import shark_order
from featsel.selection.vdrop import vdrop_order
from featsel.training.batches import ArrayRows, Block
from featsel.training.metrics import auc
from featsel.training.settings import TrainSettings

Order = Callable[..., FeatureOrder]

GATED: dict[str, Order] = {
    "adafs": adafs_order,
    "autofield": autofield_order,
    "lpfs": lpfs_order,
    "mvfs": mvfs_order,
    "vdrop": vdrop_order,
}
METHODS: dict[str, Order] = {
    **GATED,
    "permutation": permutation_order,
    "sfs": sfs_order,
    "shark": shark_order,
}
SETTINGS = TrainSettings(epochs=4, batch_size=128, rate=0.01, table_l2=0.003, patience=2)
BACKBONE = Backbone("deepfm", ModelSettings(hidden=(16,)), SETTINGS)
SMALL = Backbone(
    "deepfm",
    ModelSettings(hidden=(8,), attention_layers=1, attention_dim=4, fusion_heads=2),
    TrainSettings(epochs=1, batch_size=64, rate=0.01),
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=METHODS)
def order(request) -> Order:
    return METHODS[request.param]


@pytest.fixture(params=GATED)
def gated(request) -> Order:
    return GATED[request.param]


def noisy(new_candidates, seed: int, *, n_rows: int = 3000, n_valid: int = 1000) -> Candidates:
    """Four fields that tell of the label by themselves, and four of as many values that do not."""
    rng = np.random.default_rng(seed)
    sizes = (4, 12, 40, 120) * 2
    columns = {f"f{at}": rng.integers(1, size + 1, n_rows + n_valid) for at, size in enumerate(sizes)}
    effects = [rng.normal(0, 1, size + 1) for size in sizes[:4]]
    logits = sum(effect[columns[f"f{at}"]] for at, effect in enumerate(effects)) - 1
    labels = (rng.random(n_rows + n_valid) < 1 / (1 + np.exp(-np.asarray(logits)))).astype(int)
    return new_candidates(columns, labels, n_valid=n_valid)


def every_kind(new_candidates, *, n_rows: int = 400) -> Candidates:
    """A category, a list, a constant, and a number that scales one embedding; rows have weights."""
    rng = np.random.default_rng(7)
    tags = np.where(rng.random((n_rows, 3)) < 0.6, rng.integers(1, 6, (n_rows, 3)), -1)
    columns = {
        "category": rng.integers(0, 9, n_rows),
        "tags": tags,
        "constant": np.ones(n_rows, np.int64),
        "crossed": rng.integers(1, 30, n_rows),
    }
    labels = rng.integers(0, 2, n_rows)
    whole = new_candidates(columns, labels, n_valid=100)
    number = EncodedField(
        "number", EncodedKind.NUMERIC, Encoding.STANDARD, features=1, of=1, dim=4, mean=0.0, scale=1.0
    )
    fields = (*whole.config.fields[:3], replace(whole.config.fields[3], kind=EncodedKind.CROSS), number)
    config = replace(whole.config, fields=fields, rest=Rest.ZERO)

    def with_number(rows: ArrayRows) -> ArrayRows:
        block = rows.block
        n = block.labels.size
        ids = np.column_stack([block.ids, np.full(n, whole.layout.n_ids + 1, np.int32)])
        weights = np.column_stack([block.weights, rng.normal(size=n).astype(np.float32)])
        return ArrayRows(Block(ids, block.labels, weights, rng.uniform(0.5, 2, n).astype(np.float32)), 64)

    assert isinstance(whole.train, ArrayRows)
    assert isinstance(whole.valid, ArrayRows)
    return Candidates(config, with_number(whole.train), with_number(whole.valid))


def test_each_feature_stands_once_and_out_of_vocabulary_ones_never(order, new_candidates) -> None:
    candidates = every_kind(new_candidates)

    found = order(candidates, SMALL)

    assert sorted(found.ids.tolist()) == np.flatnonzero(candidates.is_feature).tolist()
    assert sorted(found.fields.tolist()) == list(range(5))
    assert np.all(np.isfinite(found.field_scores))
    assert np.all(np.diff(found.field_scores[found.fields]) <= 0)


def test_within_a_field_frequent_features_come_first(order, new_candidates) -> None:
    candidates = every_kind(new_candidates)

    found = order(candidates, SMALL)

    fields, rows = candidates.field_of_id[found.ids], candidates.counts.rows[found.ids]
    assert np.all((np.diff(fields) != 0) | (np.diff(rows) <= 0))
    assert np.array_equal(fields[np.flatnonzero(np.diff(fields, prepend=-1))], found.fields)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_can_be_asked(order, new_candidates, model) -> None:
    found = order(every_kind(new_candidates), replace(SMALL, model=model))

    assert np.all(np.isfinite(found.field_scores))


def test_fields_may_differ_in_width(order, new_candidates) -> None:
    candidates = every_kind(new_candidates)
    dims = (4, 2, 1, 3, 4)
    fields = tuple(replace(field, dim=dim) for field, dim in zip(candidates.config.fields, dims, strict=True))

    found = order(replace(candidates, config=replace(candidates.config, fields=fields)), SMALL)

    assert np.all(np.isfinite(found.field_scores))


def test_the_order_depends_on_its_arguments_alone(order, new_candidates) -> None:
    candidates = every_kind(new_candidates)
    torch.manual_seed(1)
    first = order(candidates, SMALL)
    torch.manual_seed(2)
    state = torch.get_rng_state()
    second = order(candidates, SMALL)

    np.testing.assert_array_equal(first.field_scores, second.field_scores)
    np.testing.assert_array_equal(first.ids, second.ids)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", ["adafs", "shark", "vdrop"])
def test_the_number_of_threads_changes_next_to_nothing(name, new_candidates) -> None:
    candidates = every_kind(new_candidates)
    first = METHODS[name](candidates, SMALL)
    torch.set_num_threads(2)
    second = METHODS[name](candidates, SMALL)

    # sums of a matrix product may have another order
    np.testing.assert_allclose(first.field_scores, second.field_scores, rtol=1e-2, atol=1e-6)


def test_another_seed_draws_something_else(gated, new_candidates) -> None:
    candidates = every_kind(new_candidates)

    first = gated(candidates, SMALL)
    second = gated(candidates, replace(SMALL, settings=replace(SMALL.settings, seed=1)))

    assert not np.array_equal(first.field_scores, second.field_scores)


def test_chunks_do_not_matter(order, new_candidates) -> None:
    candidates = every_kind(new_candidates)
    assert isinstance(candidates.train, ArrayRows)
    assert isinstance(candidates.valid, ArrayRows)
    in_one = replace(
        candidates,
        train=ArrayRows(candidates.train.block, 1 << 20),
        valid=ArrayRows(candidates.valid.block, 1 << 20),
    )

    first, second = order(candidates, SMALL), order(in_one, SMALL)

    np.testing.assert_allclose(first.field_scores, second.field_scores, rtol=1e-5, atol=1e-8)


def test_weights_of_rows_count(order, new_candidates) -> None:
    candidates = every_kind(new_candidates)
    assert isinstance(candidates.train, ArrayRows)
    assert isinstance(candidates.valid, ArrayRows)
    alike = replace(
        candidates,
        train=ArrayRows(replace(candidates.train.block, row_weights=None), 64),
        valid=ArrayRows(replace(candidates.valid.block, row_weights=None), 64),
    )

    weighed, plain = order(candidates, SMALL), order(alike, SMALL)

    assert not np.array_equal(weighed.field_scores, plain.field_scores)


def test_rows_of_one_label_are_no_error(order, new_candidates) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(1, 5, 300)

    found = order(new_candidates({"a": codes, "b": codes[::-1]}, np.zeros(300, int), n_valid=100), SMALL)

    assert found.ids.size == 8


def test_what_tells_comes_before_what_does_not(order, new_candidates) -> None:
    places = []
    for seed in range(3):
        found = order(noisy(new_candidates, seed), BACKBONE)
        rank = np.empty(8)
        rank[found.fields] = np.arange(8)
        places.append(auc(np.array([1] * 4 + [0] * 4, np.uint8), -rank))

    # fifty-fifty is chance, with a standard deviation of .125 for the mean of three logs
    assert np.mean(places) >= 0.75


def test_gates_that_can_move_raise_no_warning(gated, new_candidates) -> None:
    assert gated(noisy(new_candidates, 0), BACKBONE).warnings == ()


def test_gates_that_cannot_move_are_told_of_with_numbers(gated, new_candidates) -> None:
    (warning,) = gated(noisy(new_candidates, 0), BACKBONE, rate=1e-7).warnings

    assert "steps at a gate rate of 1e-07" in warning
    assert "a --gate-lr of" in warning
