from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from featsel.core.errors import ConfigError
from featsel.core.feature_config import Dims, EmbeddingScheme, EmbeddingTable
from featsel.models.build import ModelName
from featsel.models.settings import ModelSettings
from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.widths import check_dims, chosen_widths, with_widths
from featsel.selection.widths_optembed import POPULATION, Supernet, evolve
from featsel.selection.widths_pca import spectra, widths_of
from featsel.training.settings import TrainSettings

NewCandidates = Callable[..., Candidates]


def backbone(model: ModelName = "deepfm", *, seed: int = 0, epochs: int = 2) -> Backbone:
    settings = TrainSettings(epochs=epochs, batch_size=256, rate=0.02, seed=seed)
    return Backbone(model, ModelSettings(hidden=(16,)), settings)


def features_of(candidates: Candidates) -> NDArray[np.int64]:
    return np.flatnonzero(candidates.is_feature)


def interacting(new_candidates: NewCandidates, largest: int = 8) -> Candidates:
    """Two fields that matter only together, in three independent ways, and one that means nothing."""
    rng = np.random.default_rng(2)
    first, second, noise = rng.integers(1, 31, 6000), rng.integers(1, 31, 6000), rng.integers(1, 401, 6000)
    left, right = rng.normal(size=(2, 31, 3))
    logits = 1.5 * (left[first] * right[second]).sum(1)
    labels = (rng.random(6000) < 1 / (1 + np.exp(-logits))).astype(np.int64)
    columns = {"first": first, "second": second, "noise": noise}
    found = new_candidates(columns, labels, n_valid=1500)
    return with_widths(found, np.full(3, largest))


def test_spectra_are_the_principal_variances_of_the_rows(planted: Candidates) -> None:
    model = backbone().build(planted.config)
    table = model.matrices[0].detach().numpy()
    counts = planted.counts.rows

    found = spectra(model, planted)

    for field, (start, size) in enumerate(zip(planted.layout.offsets, planted.layout.sizes, strict=True)):
        repeated = np.repeat(table[start : start + size, :4], counts[start : start + size], axis=0)
        variances = np.sort(np.linalg.svd(repeated - repeated.mean(0), compute_uv=False))[::-1] ** 2
        variances = np.pad(variances, (0, 4))[:4] / max(1, len(repeated))
        np.testing.assert_allclose(found[field], variances - variances[-1], rtol=1e-4, atol=1e-9)


def test_noise_in_all_directions_counts_as_nothing(new_candidates: NewCandidates) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(1, 2001, 8000)
    candidates = new_candidates({"wide": codes, "narrow": codes}, rng.integers(0, 2, 8000))
    model = backbone().build(candidates.config)
    start, size = candidates.layout.offsets[1], candidates.layout.sizes[1]
    with torch.no_grad():
        model.matrices[0][start : start + size, 1] += 0.5 * torch.randn(size)

    wide, narrow = spectra(model, candidates)

    assert narrow[0] / narrow.sum() > 0.97
    assert widths_of(np.array([wide, narrow]), [size, size], kept_energy=0.95) == (1, 1)


spectra_of_fields = st.lists(
    st.lists(st.floats(0, 1), min_size=4, max_size=4).map(lambda values: sorted(values, reverse=True)),
    min_size=1,
    max_size=6,
)


@given(spectra_of_fields, st.data())
def test_widths_keep_the_share_and_none_could_be_left_out(
    fields: list[list[float]], data: st.DataObject
) -> None:
    found = np.array(fields)
    sizes = data.draw(st.lists(st.integers(2, 1000), min_size=len(fields), max_size=len(fields)))
    share = data.draw(st.floats(0.1, 1.0))

    widths = widths_of(found, sizes, kept_energy=share)

    held = sum(found[field, :width].sum() for field, width in enumerate(widths))
    assert all(1 <= width <= 4 for width in widths)
    assert held >= share * found.sum() * (1 - 1e-9)
    worth = [found[field, width - 1] / sizes[field] for field, width in enumerate(widths) if width > 1]
    if worth:
        last = min((found[f, w - 1] / sizes[f], f, w) for f, w in enumerate(widths) if w > 1)
        assert held - found[last[1], last[2] - 1] < share * found.sum() + 1e-9
        others = [found[field, width] / sizes[field] for field, width in enumerate(widths) if width < 4]
        assert min(worth) >= max(others, default=0.0) - 1e-12


@given(spectra_of_fields)
def test_a_larger_share_makes_no_field_narrower(fields: list[list[float]]) -> None:
    found, sizes = np.array(fields), range(2, 2 + len(fields))

    widths = [widths_of(found, list(sizes), kept_energy=share) for share in (0.5, 0.9, 0.99, 1.0)]

    assert all(np.all(np.array(less) <= more) for less, more in pairwise(widths))


def test_noise_gets_narrow_embeddings_and_pairs_wide_ones(new_candidates: NewCandidates) -> None:
    candidates = interacting(new_candidates)

    first, second, noise = chosen_widths(
        Dims.PCA, candidates, features_of(candidates), backbone("fm", epochs=12)
    )

    assert min(first, second) >= 3
    assert noise < min(first, second)


@pytest.mark.parametrize("seed", [0, 1])
def test_an_evolution_finds_planted_widths(seed: int) -> None:
    best = np.array([3, 1, 7, 2, 5])

    def loss(widths: NDArray[np.int64]) -> float:
        return float(np.abs(widths - best).sum())

    found, least = evolve(loss, n_fields=5, largest=8, rng=np.random.default_rng(seed))

    drawn = np.random.default_rng(seed).integers(1, 9, (POPULATION, 5))
    assert least == loss(found)
    assert least < 0.5 * min(map(loss, drawn))


def test_what_an_evolution_returns_was_tried_with_that_loss() -> None:
    rng = np.random.default_rng(0)
    tried: dict[tuple[int, ...], float] = {}

    def loss(widths: NDArray[np.int64]) -> float:
        key = tuple(widths.tolist())
        assert key not in tried
        tried[key] = float(rng.random())
        return tried[key]

    found, least = evolve(loss, n_fields=6, largest=4, rng=np.random.default_rng(1))

    assert tried[tuple(found.tolist())] == least == min(tried.values())


def test_of_equal_losses_the_narrowest_is_taken() -> None:
    found, _ = evolve(lambda _: 0.0, n_fields=1, largest=9, rng=np.random.default_rng(0))

    assert found.tolist() == [1]


def test_a_supernet_reads_the_first_columns_alone(planted: Candidates) -> None:
    model = backbone().build(with_widths(planted, np.full(6, 8)).config)
    supernet = Supernet(model).eval()
    block = planted.train.read(np.arange(3))
    ids = torch.from_numpy(block.ids)
    weights = None if block.weights is None else torch.from_numpy(block.weights)
    supernet.widths = torch.tensor([1, 2, 3, 4, 8, 5])
    before = supernet(ids, weights)

    with torch.no_grad():
        for field, width in enumerate(supernet.widths.tolist()):
            start, size = planted.layout.offsets[field], planted.layout.sizes[field]
            model.matrices[0][start : start + size, width:8] += 1.0

    assert torch.equal(supernet(ids, weights), before)
    supernet.widths = torch.full((6,), 8)
    assert torch.equal(supernet(ids, weights), model(ids, weights))


def test_a_supernet_draws_widths_by_the_step(planted: Candidates) -> None:
    supernet = Supernet(backbone().build(planted.config)).train()
    block = planted.train.read(np.arange(1))
    ids, weights = torch.from_numpy(block.ids), torch.from_numpy(block.weights)

    def logits(seed: int) -> torch.Tensor:
        with torch.random.fork_rng([]):
            torch.manual_seed(seed)
            return supernet(ids, weights)

    assert torch.equal(logits(0), logits(0))
    assert not torch.equal(logits(0), logits(1))


@pytest.mark.parametrize("dims", [Dims.PCA, Dims.OPTEMBED])
def test_widths_depend_on_the_arguments_alone(planted: Candidates, dims: Dims) -> None:
    torch.manual_seed(7)
    first = chosen_widths(dims, planted, features_of(planted), backbone())
    torch.manual_seed(8)
    second = chosen_widths(dims, planted, features_of(planted), backbone())

    assert np.array_equal(first, second)
    assert first.min() >= 1
    assert first.max() <= planted.layout.dim


@pytest.mark.parametrize("dims", [Dims.PCA, Dims.OPTEMBED])
def test_fields_without_features_keep_their_width(planted: Candidates, dims: Dims) -> None:
    ids = features_of(planted)[planted.field_of_id[features_of(planted)] >= 2]

    found = chosen_widths(dims, planted, ids, backbone(epochs=1))

    assert found[:2].tolist() == [4, 4]
    assert [field.dim for field in with_widths(planted, found).config.fields] == found.tolist()


def test_widths_of_shared_rows_are_refused(planted: Candidates) -> None:
    table = EmbeddingTable(EmbeddingScheme.HASH, 4, rows=9)
    config = replace(planted.config, embedding=table)
    shared = Candidates(config, planted.train, planted.valid)

    with pytest.raises(ConfigError, match="fields share the rows of a table of scheme hash") as caught:
        check_dims(Dims.PCA, shared, backbone())

    assert caught.value.hint == "Leave out --dims, or choose --embedding full."
    check_dims(Dims.FIXED, shared, backbone())


def test_widths_of_a_model_without_embeddings_are_refused(planted: Candidates) -> None:
    with pytest.raises(ConfigError, match="model lr reads no embeddings") as caught:
        check_dims(Dims.OPTEMBED, planted, backbone("lr"))

    assert caught.value.hint == "Leave out --dims, or choose another --model."
