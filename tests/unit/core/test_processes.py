"""Which process of a run tells, and how many share the cores."""

from __future__ import annotations

import pytest

from featsel.core.processes import is_first_process, processes_on_machine


@pytest.mark.parametrize(
    ("environment", "is_first"),
    [
        ({}, True),
        ({"WORLD_SIZE": "2", "RANK": "0"}, True),
        ({"WORLD_SIZE": "2", "RANK": "1"}, False),
        # of another launcher, whose processes are runs of their own
        ({"RANK": "3"}, True),
        ({"WORLD_SIZE": "1", "RANK": "3"}, True),
    ],
)
def test_of_several_processes_one_is_the_first(environment: dict[str, str], is_first: bool) -> None:
    assert is_first_process(environment) is is_first


@pytest.mark.parametrize(
    ("environment", "n_processes"),
    [({}, 1), ({"LOCAL_WORLD_SIZE": "4"}, 4), ({"LOCAL_WORLD_SIZE": "0"}, 1), ({"LOCAL_WORLD_SIZE": "?"}, 1)],
)
def test_processes_of_one_machine_are_counted(environment: dict[str, str], n_processes: int) -> None:
    assert processes_on_machine(environment) == n_processes
