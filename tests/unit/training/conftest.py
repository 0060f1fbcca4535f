"""Small logs, and models that read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from featsel.core.feature_config import EmbeddingScheme, EmbeddingTable, Rest
from featsel.models.build import ModelName, build_model
from featsel.models.layout import Layout
from featsel.models.model import CTRModel
from featsel.models.settings import ModelSettings
from featsel.training.batches import ArrayRows, Block

N_FEATURES = (3, 8, 40, 200)

NewModel = Callable[..., CTRModel]
NewRows = Callable[..., ArrayRows]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def layout() -> Layout:
    sizes = np.array(N_FEATURES) + 1
    offsets = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    n_fields = len(N_FEATURES)
    return Layout(
        offsets=tuple(int(offset) for offset in offsets),
        n_ids=int(sizes.sum()),
        field_of_slot=tuple(range(n_fields)),
        weighted_slots=(),
        dims=(4,) * n_fields,
        rest=Rest.OOV,
    )


@pytest.fixture(scope="session")
def new_model(layout: Layout) -> NewModel:
    def build(name: ModelName = "deepfm", *, dropout: float = 0.0, seed: int = 0) -> CTRModel:
        return build_model(
            name,
            layout,
            EmbeddingTable(EmbeddingScheme.FULL, 4),
            settings=ModelSettings(hidden=(16, 8), dropout=dropout, embedding_sd=0.01),
            generator=torch.Generator().manual_seed(seed),
        )

    return build


@pytest.fixture(scope="session")
def new_rows(layout: Layout) -> NewRows:
    def draw(
        n_rows: int = 1000, *, seed: int = 0, chunk_rows: int = 64, is_weighted: bool = False
    ) -> ArrayRows:
        rng = np.random.default_rng(seed)
        codes = np.floor((np.array(N_FEATURES) + 1) * rng.random((n_rows, len(N_FEATURES))) ** 2)
        ids = (np.array(layout.offsets) + codes).astype(np.int32)
        effects = np.random.default_rng(99).normal(0, 1, layout.n_ids)
        chances = 1 / (1 + np.exp(1 - effects[ids].sum(1)))
        labels = (rng.random(n_rows) < chances).astype(np.uint8)
        weights = rng.integers(1, 4, n_rows).astype(np.float32) if is_weighted else None
        return ArrayRows(Block(ids, labels, row_weights=weights), chunk_rows)

    return draw
