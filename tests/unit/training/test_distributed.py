from __future__ import annotations

import dataclasses
import itertools
import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.errors import ConfigError, DataError
from featsel.core.feature_config import EmbeddingScheme, EmbeddingTable, Rest
from featsel.models.build import build_model
from featsel.models.layout import Layout
from featsel.models.model import CTRModel
from featsel.models.settings import ModelSettings
from featsel.training.batches import ArrayRows, Block
from featsel.training.checkpoints import TrainState
from featsel.training.distributed import Team, joined_team
from featsel.training.loop import Callbacks, fit
from featsel.training.settings import TrainSettings
from featsel.training.shards import Shards

from .conftest import NewModel, NewRows

MEMBER = """
import pathlib, pickle, sys
import torch
from featsel.training.distributed import joined_team
from featsel.training.loop import fit

folder = pathlib.Path(sys.argv[1])
torch.set_num_threads(1)
with joined_team() as team:
    model, train, valid, settings = pickle.loads((folder / "task").read_bytes())
    result = fit(model, train, valid=valid, settings=settings, team=team)
    (folder / str(team.rank)).write_bytes(pickle.dumps((model.state_dict(), result)))
"""


Task = tuple[Callable[[], CTRModel], Shards, Shards, TrainSettings, TrainState | None]


def run_members(program: str, folder: Path, outputs: Sequence[IO[str] | None] = (None, None)) -> list[int]:
    """Exit codes of two processes that run the program as torchrun would start them."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": str(port)}
    members = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(folder)],
            env={**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=output,
        )
        for rank, output in enumerate(outputs)
    ]
    return [member.wait(timeout=120) for member in members]


@given(st.integers(0, 1000), st.integers(1, 9))
def test_parts_make_the_batch(n_rows: int, size: int) -> None:
    parts = [Team(rank, size).part(n_rows) for rank in range(size)]

    assert [row for start, stop in parts for row in range(start, stop)] == list(range(n_rows))
    assert max(stop - start for start, stop in parts) - min(stop - start for start, stop in parts) <= 1


def test_another_process_has_another_part() -> None:
    assert Team(0, 2).part(10, rank=1) == (5, 10)


def test_a_process_by_itself_is_a_team_of_one() -> None:
    with joined_team({}) as team:
        assert team == Team()
        assert team.from_first("value") == "value"
        tensor = torch.ones(3)
        team.add([tensor])
        assert torch.equal(team.join(tensor, [3]), torch.ones(3))


def test_a_start_without_torchrun_is_an_error() -> None:
    with (
        pytest.raises(ConfigError, match="WORLD_SIZE is 2, but LOCAL_RANK, MASTER_PORT is not set") as error,
        joined_team({"WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "localhost"}),
    ):
        pass

    assert error.value.hint is not None
    assert "torchrun" in error.value.hint


@pytest.mark.slow
@pytest.mark.parametrize("most_gradient", [None, 0.05])
def test_two_processes_learn_like_one(
    most_gradient: float | None, tmp_path: Path, new_model: NewModel, new_rows: NewRows
) -> None:
    train, valid = new_rows(900, is_weighted=True), new_rows(200, seed=1)
    settings = TrainSettings(epochs=2, batch_size=99, rate=0.01, most_gradient=most_gradient, patience=9)
    task = new_model(), train, valid, settings
    (tmp_path / "task").write_bytes(pickle.dumps(task))
    assert run_members(MEMBER, tmp_path) == [0, 0]

    model = new_model()
    alone = fit(model, train, valid=valid, settings=settings)

    (first, told), (second, also_told) = (
        pickle.loads((tmp_path / str(rank)).read_bytes()) for rank in range(2)
    )
    assert told == also_told
    assert [line.step for line in told.progress.history] == [line.step for line in alone.progress.history]
    for name, weight in model.state_dict().items():
        assert torch.equal(first[name], second[name]), name
        # another order of sums, over 20 steps of at most 0.01
        torch.testing.assert_close(first[name], weight, rtol=0, atol=1e-3)


SHARD_MEMBER = """
import dataclasses, pathlib, pickle, sys
import torch
from featsel.training.distributed import joined_team
from featsel.training.loop import fit
from featsel.training.shards import Shards

folder = pathlib.Path(sys.argv[1])
torch.set_num_threads(1)


def own(shards, team):
    start, stop = team.part(len(shards.sizes))
    return Shards(shards.own[start:stop], shards.sizes, start)


with joined_team() as team:
    found = []
    for model, train, valid, settings, state in pickle.loads((folder / "task").read_bytes()):
        train, valid = own(train, team), own(valid, team)
        result = fit(model, train, valid=valid, settings=settings, state=state, team=team)
        found.append((model.state_dict(), result))
    (folder / str(team.rank)).write_bytes(pickle.dumps(found))
"""


def cut(rows: ArrayRows, sizes: Sequence[int]) -> Shards:
    block = rows.block
    own: list[ArrayRows] = []
    for start, size in zip([0, *itertools.accumulate(sizes)], sizes, strict=False):
        span = slice(start, start + size)
        weights, row_weights = (
            None if each is None else each[span] for each in (block.weights, block.row_weights)
        )
        own.append(ArrayRows(Block(block.ids[span], block.labels[span], weights, row_weights), 64))
    return Shards(own, tuple(sizes))


def listed_model(table: EmbeddingTable, dims: tuple[int, ...]) -> CTRModel:
    """A model of a field with one value a row and one with up to three, each as one of 20."""
    layout = Layout((0, 21), 42, dims, (0, 1, 1, 1), (1, 2, 3), Rest.OOV)
    settings = ModelSettings(hidden=(8,), embedding_sd=0.1)
    return build_model("deepfm", layout, table, settings=settings, generator=torch.Generator().manual_seed(0))


def listed_rows(n_rows: int, seed: int) -> ArrayRows:
    rng = np.random.default_rng(seed)
    ids = (rng.integers(0, 21, (n_rows, 4)) + np.array([0, 21, 21, 21])).astype(np.int32)
    used = rng.random((n_rows, 3)) < 0.7
    weights = (used / np.maximum(used.sum(1, keepdims=True), 1)).astype(np.float32)
    labels = (rng.random(n_rows) < ids[:, 0] / 30).astype(np.uint8)
    return ArrayRows(Block(ids, labels, weights, rng.integers(1, 4, n_rows).astype(np.float32)), 64)


@pytest.mark.slow
def test_two_processes_learn_from_shards_like_one(
    tmp_path: Path, new_model: NewModel, new_rows: NewRows
) -> None:
    settings = TrainSettings(epochs=2, batch_size=99, rate=0.01)
    full, qr = EmbeddingTable(EmbeddingScheme.FULL, 4), EmbeddingTable(EmbeddingScheme.QR, 4, rows=16)
    listed = cut(listed_rows(600, 1), [200, 400]), cut(listed_rows(200, 2), [100, 100])
    plain = new_rows(900)
    # the state of a training on shards by one process, for two to go on from
    kept: list[TrainState] = []
    fit(
        new_model(),
        cut(plain, [450, 450]),
        valid=cut(new_rows(200, seed=1), [200]),
        settings=dataclasses.replace(settings, epochs=1),
        callbacks=Callbacks(on_checkpoint=kept.append),
    )
    tasks: dict[str, Task] = {
        "even": (new_model, cut(plain, [450, 450]), cut(new_rows(200, seed=1), [200]), settings, None),
        "resumed": (new_model, cut(plain, [450, 450]), cut(new_rows(200, seed=1), [200]), settings, kept[0]),
        "uneven, clipped, two shards each": (
            new_model,
            cut(new_rows(900, is_weighted=True), [100, 30, 770, 0]),
            cut(new_rows(200, seed=1, is_weighted=True), [50, 150]),
            dataclasses.replace(settings, most_gradient=0.05),
            None,
        ),
        "lists": (lambda: listed_model(full, (4, 4)), *listed, settings, None),
        "lists of other widths": (lambda: listed_model(full, (2, 4)), *listed, settings, None),
        "lists in a table that shares rows": (lambda: listed_model(qr, (4, 4)), *listed, settings, None),
    }
    (tmp_path / "task").write_bytes(pickle.dumps([(task[0](), *task[1:]) for task in tasks.values()]))
    assert run_members(SHARD_MEMBER, tmp_path) == [0, 0]

    first, second = (pickle.loads((tmp_path / str(rank)).read_bytes()) for rank in range(2))
    for name, (new, train, valid, own_settings, _), (weights, told), (others, also_told) in zip(
        tasks, tasks.values(), first, second, strict=True
    ):
        model, elsewhere = new(), new()
        alone = fit(model, train, valid=valid, settings=own_settings)
        fit(elsewhere, train, valid=valid, settings=dataclasses.replace(own_settings, seed=1))
        assert told == also_told, name
        assert alone.valid is not None
        assert told.valid.log_loss == pytest.approx(alone.valid.log_loss, rel=1e-5), name
        for key, weight in model.state_dict().items():
            assert torch.equal(weights[key], others[key]), (name, key)
            # float32 sums in another order, over 20 steps of at most 0.01
            torch.testing.assert_close(weights[key], weight, rtol=0, atol=2e-5)
        # another order of rows leads far from that
        differences = [(weights[key] - weight).abs().max() for key, weight in elsewhere.state_dict().items()]
        assert max(differences) > 2e-3, name


LOSING_MEMBER = """
import os, sys
from featsel.core.errors import DataError, FeatselError
from featsel.training.distributed import joined_team

try:
    with joined_team() as team:
        try:
            with team.together():
                if team.rank == 1:
                    raise DataError("a file is broken", "Mend it.")
        except DataError as error:
            print(error.message, error.hint, error.is_told_elsewhere, flush=True)
        print(team.from_first(team.rank), team.gathered(team.rank), flush=True)
        if team.rank == 1:
            os._exit(9)
        team.from_first(0)
except FeatselError as error:
    print(error.message, flush=True)
    os._exit(2)
"""


@pytest.mark.slow
def test_an_error_of_one_process_is_that_of_all_and_a_lost_one_is_noticed(tmp_path: Path) -> None:
    with (tmp_path / "0.txt").open("w") as first, (tmp_path / "1.txt").open("w") as second:
        codes = run_members(LOSING_MEMBER, tmp_path, [first, second])

    assert codes == [2, 9]
    assert (tmp_path / "0.txt").read_text().splitlines() == [
        "a file is broken Mend it. True",
        "0 [0, 1]",
        "another process of this training has ended, or cannot be reached",
    ]
    assert (tmp_path / "1.txt").read_text().splitlines() == ["a file is broken Mend it. False", "0 [0, 1]"]


def test_a_process_by_itself_raises_its_own_errors() -> None:
    with pytest.raises(DataError, match="broken") as found, joined_team({}) as team, team.together():
        raise DataError("broken")

    assert found.value.is_told_elsewhere is None
