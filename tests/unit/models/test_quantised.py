"""How far are the stored numbers of a table from those that were learnt?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import Tensor

from featsel.core.feature_config import EmbeddingScheme, EmbeddingTable, TableDtype
from featsel.models import CTRModel, Layout, build_model
from featsel.models.quantised import dequantise, quantise, round_table

from .conftest import LAYOUTS, TABLES

NUMBERS = st.floats(-1e6, 1e6, width=32)

HALF = 0.5 + 127 * 2**-23
"""Of a scale: a number is rounded to the nearest multiple; scale and product are rounded to float32."""


@st.composite
def matrices(draw: Callable[..., object]) -> tuple[Tensor, list[int]]:
    shape = (draw(st.integers(1, 12)), draw(st.integers(1, 4)))
    starts = {0, *draw(st.lists(st.integers(0, shape[0] - 1), max_size=3))}  # type: ignore[misc] # of a strategy
    return torch.from_numpy(draw(arrays(np.float32, shape, elements=NUMBERS))), sorted(starts)  # type: ignore[arg-type] # of a strategy


def scales_of_rows(scales: Tensor, starts: list[int], n_rows: int) -> Tensor:
    blocks = np.searchsorted(starts, np.arange(n_rows), side="right") - 1
    return scales[torch.from_numpy(blocks)]


@given(matrices())
def test_what_is_stored_is_no_further_than_half_a_scale(made: tuple[Tensor, list[int]]) -> None:
    matrix, starts = made

    codes, scales = quantise(matrix, starts)

    errors = (dequantise(codes, scales, starts).double() - matrix.double()).abs()
    of_rows = scales_of_rows(scales, starts, len(matrix)).double()
    # a scale among the smallest numbers has few digits, and is off by half of the last one
    assert bool((errors <= HALF * of_rows + 127 * 2.0**-150).all())


@given(matrices())
def test_quantising_again_changes_nothing(made: tuple[Tensor, list[int]]) -> None:
    matrix, starts = made
    codes, scales = quantise(matrix, starts)
    once = dequantise(codes, scales, starts)

    again, _ = quantise(once, starts)

    # a scale below the smallest normal number has lost digits of its own
    is_normal = scales_of_rows(scales, starts, len(matrix)) > 2.0**-120
    assert torch.equal(again[is_normal], codes[is_normal])


@given(matrices())
def test_a_number_and_its_negative_are_stored_alike(made: tuple[Tensor, list[int]]) -> None:
    matrix, starts = made

    codes, scales = quantise(matrix, starts)

    negative, same = quantise(-matrix, starts)
    assert torch.equal(negative, -codes)
    assert torch.equal(same, scales)


def test_blocks_and_columns_have_scales_of_their_own() -> None:
    matrix = torch.tensor([[1.27, 254.0], [0.01, 2.0], [0.0127, 0.0]])

    codes, scales = quantise(matrix, [0, 2])

    assert codes.tolist() == [[127, 127], [1, 1], [127, 0]]
    assert scales.tolist() == [pytest.approx([0.01, 2.0]), pytest.approx([0.0001, 0.0])]


def test_a_number_that_is_none_stays_so() -> None:
    matrix = torch.tensor([[float("nan"), 1.0], [0.5, 1.0]])

    stored = dequantise(*quantise(matrix, [0]), [0])

    assert stored[:, 0].isnan().all()
    assert stored[:, 1].tolist() == pytest.approx([1.0, 1.0])


def model_of(table: str, layout: str) -> CTRModel:
    return build_model("deepfm", LAYOUTS[layout], TABLES[table], generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_rounded_within_its_blocks(table: str, layout: str) -> None:
    model = model_of(table, layout)
    before = [matrix.detach().clone() for matrix in model.matrices]

    round_table(model, TableDtype.INT8)

    for matrix, was, starts in zip(model.matrices, before, model.table.blocks, strict=True):
        assert starts[0] == 0
        assert torch.equal(matrix, dequantise(*quantise(was, starts), starts))
        assert not torch.equal(matrix, was)


def test_a_table_of_float32_is_left_alone() -> None:
    model = model_of("full", "plain")
    before = model.matrices[0].detach().clone()

    round_table(model, TableDtype.FLOAT32)

    assert torch.equal(model.matrices[0], before)


def test_a_model_without_embeddings_has_first_order_weights_to_store() -> None:
    layout = Layout(offsets=(0, 3), n_ids=5, dims=(4, 4), field_of_slot=(0, 1))
    model = build_model(
        "lr", layout, EmbeddingTable(EmbeddingScheme.FULL, 4), generator=torch.Generator().manual_seed(0)
    )
    with torch.no_grad():
        model.matrices[0].copy_(torch.tensor([[1.0], [0.3], [0.0], [5.0], [0.1]]))

    round_table(model, TableDtype.INT8)

    assert model.matrices[0].flatten().tolist() == pytest.approx([1.0, 38 / 127, 0.0, 5.0, 15 / 127])
