"""Batches of shards are the same, however many processes have them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.errors import ConfigError
from featsel.models.build import MODELS, ModelName
from featsel.training.batches import ArrayRows, Batch, Block
from featsel.training.checkpoints import TrainState
from featsel.training.devices import Precision
from featsel.training.distributed import Team
from featsel.training.loop import Callbacks, fit
from featsel.training.predictions import evaluate, evaluation_of
from featsel.training.settings import TrainSettings
from featsel.training.shards import ShardedBatches, Shards, predicted_by_all, totals

from .conftest import NewModel, NewRows

CPU = torch.device("cpu")
SIZES = st.tuples(*[st.integers(0, 60)] * 4).filter(any)


def numbered(start: int, n_rows: int) -> ArrayRows:
    """Rows with their numbers as ids, labels, weights and row weights that go with them."""
    rows = np.arange(start, start + n_rows, dtype=np.int32)
    floats = rows.astype(np.float32)
    return ArrayRows(Block(rows[:, None], (rows % 2).astype(np.uint8), floats[:, None], floats), 8)


def shards_of(sizes: Sequence[int], team: Team) -> Shards:
    starts = [0, *itertools.accumulate(sizes)]
    first, stop = team.part(len(sizes))
    own = [numbered(starts[index], sizes[index]) for index in range(first, stop)]
    return Shards(own, tuple(sizes), first)


def sharded(sizes: Sequence[int], team: Team, *, buffer_rows: int = 10**6) -> ShardedBatches:
    return ShardedBatches(
        shards_of(sizes, team), team, batch_size=16, buffer_rows=buffer_rows, seed=3, device=CPU
    )


def cut(rows: ArrayRows, sizes: Sequence[int]) -> Shards:
    """All rows in shards of one process."""
    block = rows.block
    own: list[ArrayRows] = []
    for start, size in zip([0, *itertools.accumulate(sizes)], sizes, strict=False):
        span = slice(start, start + size)
        weights = None if block.row_weights is None else block.row_weights[span]
        own.append(ArrayRows(Block(block.ids[span], block.labels[span], row_weights=weights), 64))
    return Shards(own, tuple(sizes))


def numbers_of(batch: Batch) -> list[int]:
    assert batch.weights is not None
    assert batch.row_weights is not None
    assert torch.equal(batch.weights[:, 0], batch.row_weights)
    assert torch.equal(batch.ids[:, 0].float() % 2, batch.labels)
    return batch.ids[:, 0].tolist()


@given(sizes=SIZES, n_processes=st.sampled_from([2, 4]), buffer_rows=st.sampled_from([40, 10**6]))
def test_processes_have_the_batches_of_one_between_them(
    sizes: tuple[int, ...], n_processes: int, buffer_rows: int
) -> None:
    alone = sharded(sizes, Team(), buffer_rows=buffer_rows)
    teams = [Team(rank, n_processes) for rank in range(n_processes)]
    members = [sharded(sizes, team, buffer_rows=buffer_rows) for team in teams]

    for epoch in range(2):
        whole = [numbers_of(batch) for batch in alone.epoch(epoch)]
        parts = [[numbers_of(batch) for batch in member.epoch(epoch)] for member in members]
        assert [list(itertools.chain(*rows)) for rows in zip(*parts, strict=True)] == whole
        for index, rows in enumerate(zip(*parts, strict=True)):
            assert members[0].sizes(index) == [len(own) for own in rows]


@given(sizes=SIZES, buffer_rows=st.sampled_from([40, 10**6]))
def test_an_epoch_has_every_row_once_and_can_be_taken_up_anywhere(
    sizes: tuple[int, ...], buffer_rows: int
) -> None:
    batches = sharded(sizes, Team(), buffer_rows=buffer_rows)
    epoch = [numbers_of(batch) for batch in batches.epoch(1)]

    assert sorted(itertools.chain(*epoch)) == list(range(sum(sizes)))
    for first in (0, len(epoch) // 2, len(epoch)):
        assert [numbers_of(batch) for batch in batches.epoch(1, first=first)] == epoch[first:]


def test_orders_differ_between_epochs_and_shards() -> None:
    batches = sharded([64, 64, 64, 64], Team())
    orders = [
        tuple(row % 64 for batch in batches.epoch(epoch) for row in numbers_of(batch) if row // 64 == shard)
        for epoch in range(2)
        for shard in range(4)
    ]

    assert len(set(orders)) == 8


def test_rows_of_processes_are_those_of_their_shards() -> None:
    assert totals([3, 4, 0, 5], Team(0, 2)) == [7, 5]
    assert totals([3], Team(0, 2)) == [0, 3]


@pytest.mark.parametrize("is_weighted", [False, True])
def test_shards_are_predicted_like_rows(is_weighted: bool, new_model: NewModel, new_rows: NewRows) -> None:
    model, rows = new_model(), new_rows(300, is_weighted=is_weighted)
    found = predicted_by_all(
        model, cut(rows, [100, 0, 150, 50]), Team(), device=CPU, precision=Precision.FP32
    )

    assert found is not None
    expected = evaluate(model, rows, device=CPU, precision=Precision.FP32)
    # the sums of a matrix product depend on the size of the batch
    assert evaluation_of(*found).log_loss == pytest.approx(expected.log_loss, rel=1e-6)
    assert evaluation_of(*found).rows == 300


def test_a_model_learns_from_shards_as_well_as_from_rows(new_model: NewModel, new_rows: NewRows) -> None:
    train, valid = new_rows(4000), new_rows(1000, seed=1)
    settings = TrainSettings(epochs=3, batch_size=100, rate=0.01)
    losses = [
        fit(new_model(), rows, valid=valid, settings=settings).progress.history[-1].valid
        for rows in (train, cut(train, [1000, 1500, 500, 1000]))
    ]

    assert losses[0] is not None
    assert losses[1] is not None
    assert losses[1].log_loss == pytest.approx(losses[0].log_loss, rel=0.02)


def test_a_training_on_shards_goes_on_bit_for_bit(new_model: NewModel, new_rows: NewRows) -> None:
    shards = cut(new_rows(500, is_weighted=True), [200, 120, 180])
    settings = TrainSettings(epochs=2, batch_size=64, rate=0.01)
    kept: list[TrainState] = []

    def keep(state: TrainState) -> None:
        if not kept:
            kept.append(
                TrainState({name: value.clone() for name, value in state.tensors.items()}, state.facts)
            )

    model, resumed = new_model(), new_model()
    fit(
        model,
        shards,
        settings=settings,
        callbacks=Callbacks(on_step=lambda progress: progress.step == 3, on_checkpoint=keep),
    )
    fit(resumed, shards, settings=settings, state=kept[0])

    for name, weight in model.state_dict().items():
        assert torch.equal(weight, resumed.state_dict()[name]), name


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([300, 200], "--shards was 3 and is 2"),
        ([200, 180, 120], "the shards have other rows"),
        (None, "--shards was 3 and is absent"),
    ],
)
def test_a_training_does_not_go_on_with_other_shards(
    sizes: list[int] | None, message: str, new_model: NewModel, new_rows: NewRows
) -> None:
    rows = new_rows(500)
    settings = TrainSettings(epochs=1, batch_size=64)
    kept: list[TrainState] = []
    fit(
        new_model(),
        cut(rows, [200, 120, 180]),
        settings=settings,
        callbacks=Callbacks(on_checkpoint=kept.append),
    )

    with pytest.raises(ConfigError, match=message):
        fit(new_model(), rows if sizes is None else cut(rows, sizes), settings=settings, state=kept[0])


def test_a_training_without_shards_does_not_go_on_with_them(new_model: NewModel, new_rows: NewRows) -> None:
    rows = new_rows(500)
    settings = TrainSettings(epochs=1, batch_size=64)
    kept: list[TrainState] = []
    fit(new_model(), rows, settings=settings, callbacks=Callbacks(on_checkpoint=kept.append))

    with pytest.raises(ConfigError, match="--shards was absent and is 2"):
        fit(new_model(), cut(rows, [250, 250]), settings=settings, state=kept[0])


@pytest.mark.parametrize("name", MODELS)
def test_a_process_without_rows_of_a_batch_has_gradients_of_zero(
    name: ModelName, new_model: NewModel
) -> None:
    model = new_model(name)
    ids = torch.empty((0, model.layout.n_slots), dtype=torch.int32)
    gathered = model.gather(model.rows(ids)).detach().requires_grad_()
    model.from_rows(gathered, ids).sum().backward()  # type: ignore[no-untyped-call]

    assert gathered.grad is not None
    assert gathered.grad.shape == gathered.shape
    full = new_model(name)
    ids = torch.tensor([list(model.layout.offsets)] * 3, dtype=torch.int32)
    full.from_rows(full.gather(full.rows(ids)).detach(), ids).sum().backward()  # type: ignore[no-untyped-call]
    for (key, value), expected in zip(model.named_parameters(), full.parameters(), strict=True):
        # what is summed over processes must be there in all of them
        assert (value.grad is None) == (expected.grad is None), key
        assert value.grad is None or not value.grad.any(), key
