from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from featsel.training import optimizers
from featsel.training.optimizers import (
    OPTIMIZERS,
    DenseAdam,
    RowAdagrad,
    RowAdam,
    RowOptimizer,
    TableOptimizer,
)

N_ROWS, WIDTH = 40, 5
L2 = torch.tensor([0.1, 0.1, 0.1, 0.05, 0.0])
"""Of each column."""
Step = tuple[Tensor, Tensor]
New = Callable[..., RowOptimizer]

ALL = pytest.mark.parametrize("new", OPTIMIZERS.values(), ids=[name.value for name in OPTIMIZERS])


def new_table() -> Tensor:
    return torch.randn(N_ROWS, WIDTH, generator=torch.Generator().manual_seed(0))


def draw_steps(seed: int, *, n_steps: int = 5, n_lookups: int = 100, n_rows: int = N_ROWS) -> list[Step]:
    """Rows with repetitions, and their gradients."""
    generator = torch.Generator().manual_seed(seed)
    return [
        (
            torch.randint(0, n_rows, (n_lookups,), generator=generator),
            torch.randn(n_lookups, WIDTH, generator=generator),
        )
        for _ in range(n_steps)
    ]


def trained(optimizer: RowOptimizer, table: Tensor, steps: Sequence[Step]) -> Tensor:
    for rows, gradients in steps:
        optimizer.step(rows, gradients)
    return table


def dense(rows: Tensor, gradients: Tensor) -> Tensor:
    return torch.zeros(N_ROWS, WIDTH).index_add_(0, rows, gradients)


def adam_of_torch(steps: Sequence[Step]) -> Tensor:
    """A table as torch's Adam leaves it, with the L2 of each column."""
    columns = [torch.nn.Parameter(column.clone()) for column in new_table().T]
    groups = [{"params": [column], "weight_decay": float(l2)} for column, l2 in zip(columns, L2, strict=True)]
    adam = torch.optim.Adam(groups, lr=0.01)
    for rows, gradients in steps:
        for column, gradient in zip(columns, dense(rows, gradients).T, strict=True):
            column.grad = gradient.clone()
        adam.step()
    return torch.stack([column.detach() for column in columns], dim=1)


@pytest.fixture
def without_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a GPU does, on the CPU."""
    prepare = optimizers._Touched.__init__

    def prepare_for_gpu(self: optimizers._Touched, table: Tensor) -> None:
        prepare(self, table)
        self.are_compiled = False
        self._places = torch.zeros(table.shape[0], dtype=torch.int64)

    monkeypatch.setattr(optimizers._Touched, "__init__", prepare_for_gpu)


@settings(deadline=None)  # the first step imports a compiler
@given(st.integers(0, 1000), st.integers(1, 200))
def test_adam_is_that_of_torch_for_sparse_gradients(seed: int, n_lookups: int) -> None:
    # torch's divisor adds its epsilon before the bias correction, ours after it: with gradients of 1 and
    # more, the first step moves by 0.01 and differs by 3e-7 of it
    steps = [(rows, 1 + gradients.abs()) for rows, gradients in draw_steps(seed, n_lookups=n_lookups)]
    expected = torch.nn.Parameter(new_table())
    sparse = torch.optim.SparseAdam([expected], lr=0.01)
    for rows, gradients in steps:
        expected.grad = torch.sparse_coo_tensor(rows[None], gradients, (N_ROWS, WIDTH), check_invariants=True)
        sparse.step()
    table = new_table()

    trained(RowAdam(table, rate=0.01), table, steps)

    torch.testing.assert_close(table, expected.detach(), rtol=1e-6, atol=1e-6)


def test_adam_is_that_of_torch_where_each_step_touches_all_rows() -> None:
    every = torch.arange(N_ROWS)
    steps = [(torch.cat([every, rows]), torch.randn(N_ROWS + len(rows), WIDTH)) for rows, _ in draw_steps(0)]
    expected = adam_of_torch(steps)
    table = new_table()

    trained(RowAdam(table, rate=0.01, l2=L2), table, steps)

    torch.testing.assert_close(table, expected, rtol=1e-6, atol=1e-6)


def test_dense_adam_is_that_of_torch() -> None:
    steps = draw_steps(0)
    expected = adam_of_torch(steps)
    table = new_table()

    trained(DenseAdam(table, rate=0.01, l2=L2), table, steps)

    torch.testing.assert_close(table, expected, rtol=1e-6, atol=1e-6)


def test_adagrad_follows_its_formula() -> None:
    rows, gradients = torch.tensor([3, 3, 7]), torch.randn(3, WIDTH)
    table, rate = new_table(), 0.1
    expected, accumulators = table.clone(), torch.zeros(N_ROWS)
    for _ in range(2):
        for row, gradient in ((3, gradients[0] + gradients[1]), (7, gradients[2])):
            total = gradient + L2 * expected[row]
            accumulators[row] += total.square().mean()
            expected[row] -= rate * total / (accumulators[row].sqrt() + 1e-8)

    trained(RowAdagrad(table, rate=rate, l2=L2), table, [(rows, gradients)] * 2)

    torch.testing.assert_close(table, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("new", [RowAdam, RowAdagrad])
def test_rows_that_a_batch_does_not_read_stay(new: New) -> None:
    table = new_table()
    optimizer = new(table, rate=0.1, l2=L2)

    trained(optimizer, table, draw_steps(0, n_rows=7))

    assert torch.equal(table[7:], new_table()[7:])
    assert not torch.equal(table[:7], new_table()[:7])


@pytest.mark.parametrize("new", [RowAdam, RowAdagrad])
def test_compiled_rows_move_like_those_on_a_gpu(new: New, request: pytest.FixtureRequest) -> None:
    steps, compiled, plain = draw_steps(0), new_table(), new_table()
    trained(new(compiled, rate=0.1, l2=L2), compiled, steps)
    request.getfixturevalue("without_kernels")

    trained(new(plain, rate=0.1, l2=L2), plain, steps)

    torch.testing.assert_close(compiled, plain, rtol=1e-6, atol=1e-6)


@ALL
def test_threads_do_not_change_a_bit(new: New, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = draw_steps(0, n_lookups=1000)
    one, four = new_table(), new_table()
    monkeypatch.setattr(optimizers, "SHARD_LOOKUPS", 10)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    trained(new(one, rate=0.1), one, steps)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)

    trained(new(four, rate=0.1), four, steps)

    assert torch.equal(one, four)


@ALL
def test_a_restored_optimizer_goes_on_bit_for_bit(new: New) -> None:
    steps = draw_steps(0)
    whole, halves = new_table(), new_table()
    trained(new(whole, rate=0.1, l2=L2), whole, steps)
    first = new(halves, rate=0.1, l2=L2)
    trained(first, halves, steps[:2])
    second = new(halves, rate=0.1, l2=L2)

    second.restore({name: value.clone() for name, value in first.state().items()})
    trained(second, halves, steps[2:])

    assert torch.equal(whole, halves)


@ALL
def test_the_rate_may_change_between_steps(new: New) -> None:
    table = new_table()
    optimizer = new(table, rate=0.1)
    optimizer.rate = 0.0

    trained(optimizer, table, draw_steps(0))

    assert torch.equal(table, new_table())


def test_every_optimizer_has_a_name() -> None:
    assert set(OPTIMIZERS) == set(TableOptimizer)
