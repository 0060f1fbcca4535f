"""Which of the processes of one run is this, and how many are there?"""

from __future__ import annotations

import os
from collections.abc import Mapping


def is_first_process(environment: Mapping[str, str] | None = None) -> bool:
    """Whether this process is by itself, or the first of those that torchrun started.

    Parameters
    ----------
    environment : mapping of str, optional
        Variables that torchrun sets; those of the process where not given.

    Returns
    -------
    bool
        False for a process that leaves it to the first one to tell.
    """
    environment = os.environ if environment is None else environment
    return environment.get("WORLD_SIZE", "1") == "1" or environment.get("RANK", "0") == "0"


def processes_on_machine(environment: Mapping[str, str] | None = None) -> int:
    """How many processes torchrun started on this machine, which share its cores.

    Parameters
    ----------
    environment : mapping of str, optional
        As of :func:`is_first_process`.

    Returns
    -------
    int
        One or more.
    """
    environment = os.environ if environment is None else environment
    text = environment.get("LOCAL_WORLD_SIZE", "1")
    return max(1, int(text)) if text.isdecimal() else 1
