"""Every field has the same say, until something weighs it."""

from __future__ import annotations

import pytest
import torch

from featsel.selection.even_fields import even_fields


def fields_of(*sizes: float, n_rows: int = 500) -> torch.Tensor:
    drawn = torch.randn(n_rows, len(sizes), 5, generator=torch.Generator().manual_seed(0))
    return 3.0 + drawn * torch.tensor(sizes)[:, None]


def test_columns_have_mean_0_and_fields_variance_1() -> None:
    even, _ = even_fields(fields_of(1.0, 0.5, 4.0), dim=4)

    assert torch.allclose(even.mean(0), torch.zeros(3, 5), atol=1e-5)
    assert torch.allclose(even[..., :4].square().mean((0, 2)), torch.ones(3), atol=1e-4)
    assert torch.allclose(even[..., 4].square().mean(0), torch.ones(3), atol=1e-4)


def test_all_together_keep_their_size() -> None:
    fields = fields_of(1.0, 0.5, 4.0)

    _, size = even_fields(fields, dim=4)

    centred = fields - fields.mean(0)
    sizes = centred[..., :4].square().mean((0, 2)).sqrt()
    assert torch.allclose(size[:4], sizes.mean().expand(4), rtol=1e-5)


def test_constants_are_0_and_so_are_new_first_order_weights() -> None:
    fields = fields_of(1.0, 0.0)
    fields[..., 4] = 0.0

    even, size = even_fields(fields, dim=4)

    assert torch.equal(even[:, 1, :4], torch.zeros(500, 4))
    assert torch.equal(even[..., 4], torch.zeros(500, 2))
    assert torch.isfinite(even).all()
    assert size[4] == 0


def test_what_rounding_leaves_of_a_constant_is_not_blown_up() -> None:
    fields = fields_of(1.0, 1e-7)

    even, _ = even_fields(fields, dim=4)

    assert float(even[:, 1].abs().max()) < 1e-4


def test_a_single_row_is_all_0() -> None:
    even, _ = even_fields(fields_of(1.0, 2.0, n_rows=1), dim=4)

    assert torch.equal(even, torch.zeros(1, 2, 5))


@pytest.mark.parametrize("dim", [0, 5])
def test_a_model_may_lack_embeddings_or_first_order_weights(dim: int) -> None:
    even, size = even_fields(fields_of(1.0, 2.0), dim=dim)

    assert even.shape == (500, 2, 5)
    assert size.shape == (5,)
    assert torch.isfinite(even).all()
