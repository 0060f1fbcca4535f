from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.errors import ConfigError
from featsel.training.distributed import Team, joined_team
from featsel.training.loop import fit
from featsel.training.settings import TrainSettings

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
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": str(port)}
    members = [
        subprocess.Popen(
            [sys.executable, "-c", MEMBER, str(tmp_path)],
            env={**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
        )
        for rank in range(2)
    ]
    codes = [member.wait(timeout=120) for member in members]
    assert codes == [0, 0]

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
