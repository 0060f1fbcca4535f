"""Small models of every kind, and batches with slots of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from featsel.core.feature_config import EmbeddingScheme, EmbeddingTable, Rest
from featsel.models import CTRModel, Layout, ModelName, ModelSettings, build_model

MakeModel = Callable[..., CTRModel]

DIM = 4

SIZES = {
    "hidden": (12, 10),
    "attention_layers": 2,
    "attention_dim": 6,
    "gate_hidden": (5,),
    "embedding_sd": 0.3,
}

TABLES = {
    "full": EmbeddingTable(EmbeddingScheme.FULL, DIM),
    "hash": EmbeddingTable(EmbeddingScheme.HASH, DIM, rows=61, salt=3),
    "qr": EmbeddingTable(EmbeddingScheme.QR, DIM, rows=40),
    "unified": EmbeddingTable(EmbeddingScheme.UNIFIED, DIM, rows=97, lookups=2, salt=3),
}

PLAIN = Layout(offsets=(0, 21, 42, 63, 84), n_ids=105, dims=(DIM,) * 5, field_of_slot=(0, 1, 2, 3, 4))
"""Single values alone, which take the short way."""

MIXED = Layout(
    offsets=(0, 21, 42, 63, 84),
    n_ids=105,
    dims=(DIM, DIM, 2, DIM, DIM),
    field_of_slot=(0, 1, 1, 1, 2, 3, 3, 4),
    weighted_slots=(1, 2, 3, 5, 6, 7),
)
"""A single value, a list of three, a single value with a narrow embedding, a list of two, a number."""

MIXED_ZERO = Layout(
    offsets=MIXED.offsets,
    n_ids=MIXED.n_ids,
    dims=MIXED.dims,
    field_of_slot=MIXED.field_of_slot,
    weighted_slots=MIXED.weighted_slots,
    rest=Rest.ZERO,
)

LAYOUTS = {"plain": PLAIN, "mixed": MIXED, "mixed zero": MIXED_ZERO}


@dataclass(frozen=True)
class Batch:
    """Rows as models read them."""

    ids: Tensor
    weights: Tensor | None
    labels: Tensor


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Models as small as these only wait for further threads."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


@pytest.fixture(scope="session")
def make_model() -> MakeModel:
    def build(
        name: ModelName, table: str = "full", layout: Layout = PLAIN, *, seed: int = 0, **settings: object
    ) -> CTRModel:
        return build_model(
            name,
            layout,
            TABLES[table],
            settings=ModelSettings(**(SIZES | settings)),  # type: ignore[arg-type]
            generator=torch.Generator().manual_seed(seed),
        )

    return build


@pytest.fixture(scope="session")
def make_trained(make_model: MakeModel) -> MakeModel:
    """Models without a parameter that is still 0."""

    def build(name: ModelName, table: str = "full", layout: Layout = PLAIN, **settings: object) -> CTRModel:
        model = make_model(name, table, layout, **settings)
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.1)
        return model

    return build


@pytest.fixture(scope="session")
def draw_batch() -> Callable[..., Batch]:
    def draw(layout: Layout, n_rows: int = 32) -> Batch:
        generator = torch.Generator().manual_seed(2)
        codes = torch.randint(0, 21, (n_rows, layout.n_slots), generator=generator)
        codes[0] = 0
        offsets = torch.tensor([layout.offsets[field] for field in layout.field_of_slot])
        n_weighted = len(layout.weighted_slots)
        weights = torch.rand(n_rows, n_weighted, generator=generator) + 0.2 if n_weighted else None
        labels = torch.randint(0, 2, (n_rows,), generator=generator).float()
        return Batch(codes + offsets, weights, labels)

    return draw
