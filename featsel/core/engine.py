"""Where does counting run?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Engine(StrEnum):
    """What reads and counts a log; all give the same numbers."""

    LOCAL = "local"
    RAY = "ray"


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster.

    Parameters
    ----------
    address : str or None
        Of a cluster that runs already; None starts one on this machine.
    n_workers : int
        Workers of one that is started here.
    memory_bytes : int
        Aim for the memory of each worker.
    """

    address: str | None
    n_workers: int
    memory_bytes: int
