"""Controllers begin without an opinion, and share out what they are made to share out."""

from __future__ import annotations

import torch

from featsel.selection.adafs import SoftController
from featsel.selection.mvfs import N_VIEWS, ViewsController


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(2)


def inputs(n_rows: int = 50) -> torch.Tensor:
    return torch.randn(n_rows, 6 * 5, generator=torch.Generator().manual_seed(0))


def test_a_new_controller_weighs_all_fields_alike() -> None:
    factors = SoftController(6, 5, generator())(inputs(), 0.0)

    assert torch.equal(factors, torch.ones(50, 6))


def test_weights_of_a_row_have_mean_1_whatever_was_learnt() -> None:
    controller = SoftController(6, 5, generator())
    with torch.no_grad():
        controller.last.weight.normal_(generator=generator())

    factors = controller(inputs(), 0.5)

    assert torch.allclose(factors.mean(1), torch.ones(50), atol=1e-6)
    assert (factors >= 0).all()
    assert factors.std() > 0.1


def test_new_views_differ_and_count_alike() -> None:
    controller = ViewsController(6, 5, generator())
    with torch.no_grad():
        first, second, *_ = (torch.softmax(view(inputs()), 1) for view in controller.views)
        influence = torch.sigmoid(controller.gate(torch.zeros(1, N_VIEWS * 6)))

    assert not torch.allclose(first, second, atol=0.01)
    assert torch.equal(influence, torch.full((1, N_VIEWS), 0.5))


def test_a_field_of_the_mean_share_is_half_open() -> None:
    controller = ViewsController(6, 5, generator())
    with torch.no_grad():
        for view in controller.views:
            view.weight.zero_()

    assert torch.allclose(controller(inputs(), 0.7), torch.full((50, 6), 0.5), atol=1e-6)


def test_views_polarise_as_the_search_goes_on() -> None:
    controller = ViewsController(6, 5, generator())

    with torch.no_grad():
        first, last = controller(inputs(), 0.0), controller(inputs(), 1.0)

    assert torch.all((last - 0.5).abs() >= (first - 0.5).abs())
    assert torch.all((last > 0) & (last < 1))
    assert float((last - 0.5).abs().mean()) > 3 * float((first - 0.5).abs().mean())


def test_one_seed_makes_one_controller() -> None:
    for kind in (SoftController, ViewsController):
        first, second = kind(6, 5, generator()).state_dict(), kind(6, 5, generator()).state_dict()
        assert all(torch.equal(value, second[name]) for name, value in first.items())
