"""How does work get to the workers of a Ray cluster, and what comes back when one of them dies?

All work is functions of their arguments, without any state on a worker: what was lost is done again, and
comes out the same. The driver keeps references alone.
"""

# Ray leaves parts of its interface without types
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false, reportMissingImports=false

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import polars as pl

from featsel import __version__
from featsel.core.engine import Cluster
from featsel.core.errors import ConfigError, DataError, FeatselError
from featsel.engines.keys import category_keys

RETRIES = 5
"""How often work is done again when its worker dies."""

FAN_IN = 8
"""Tables that are merged at once: fewer would be sent more often, more would need more memory at a time."""

IN_FLIGHT = 2
"""Shards that are counted or wait to be, for each worker: none is idle, and little waits to be merged."""

STORE_SHARE = 0.5
"""Of the memory limits of all workers together, for what is sent between them; more goes to disk."""

LEAST_STORE = 128 << 20
MOST_STORE = 0.3
"""Bytes, and share of the machine's memory."""

RAY_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent anywhere
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",  # of shards behind one that failed
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # tasks without a GPU need no change of its variables
}
"""Where the user has not set another value."""

CONNECT_S = 10.0
"""Until an address where nothing answers is given up; Ray itself would try for minutes."""

_LOST: list[Exception] = []
"""Why the cluster cannot be left: without it, Ray would end this process with a code of its own."""

INSTALL = "pip install 'featsel[ray]'"


Ref = Any  # Ray's reference to what a task gives, and what that is: neither has a type without Ray


@dataclass(frozen=True)
class Proof:
    """What shows that another process hashes values as this one does.

    Parameters
    ----------
    featsel, polars : str
        Versions.
    keys : tuple of int
        Of some values.
    """

    featsel: str
    polars: str
    keys: tuple[int, ...]

    @staticmethod
    def here() -> Proof:
        """Proof of this process."""
        probes = (["", "a", "clicked on a banner", None], [0, 1, -7, None], [0.0, 1.5, None])
        keys = (key for probe in probes for key in category_keys(pl.Series(probe)).tolist())
        return Proof(__version__, pl.__version__, tuple(keys))

    def check(self) -> None:
        """Refuse to work for a process that hashes otherwise."""
        own = Proof.here()
        if own != self:
            raise ConfigError(
                f"a worker of the Ray cluster runs featsel {own.featsel} with polars {own.polars}, and this "
                f"machine featsel {self.featsel} with polars {self.polars}"
                + ("" if own.polars != self.polars else ", and they hash values differently"),
                "Install the same versions on all machines of the cluster: only then do values match.",
            )


class Workers:
    """Workers of a connected cluster.

    Parameters
    ----------
    ray : module
        Ray, connected.
    """

    def __init__(self, ray: ModuleType) -> None:
        self._ray = ray
        self._proof = self.keep(Proof.here())
        # made once: each of these is sent to the cluster
        self._call, self._generate = ray.remote(_call), ray.remote(_generate)
        self.n_workers = max(1, int(ray.cluster_resources().get("CPU", 1)))

    def keep(self, value: object) -> Ref:
        """Send something to the cluster once, for many tasks to read."""
        return self._ray.put(value)

    def submit(self, function: Callable[..., object], *arguments: object, n_results: int = 1) -> Ref:
        """Have something done.

        Parameters
        ----------
        function : callable
            Depends on its arguments alone; a generator where there are several results.
        *arguments
            References are replaced by what they stand for.
        n_results : int
            How many it gives.

        Returns
        -------
        Ref
            To the result; a list of them where there are several.
        """
        call = self._generate if n_results > 1 else self._call
        title = getattr(function, "__name__", "work")
        task = call.options(name=title, num_cpus=1, num_returns=n_results, max_retries=RETRIES)
        return task.remote(self._proof, function, *arguments)

    def get(self, reference: Ref) -> Ref:
        """What a task gave; raises what it raised."""
        with _told(self._ray):
            return self._ray.get(reference)

    def wait_for(self, references: Sequence[Ref]) -> None:
        """Wait until tasks are done, without fetching what they gave."""
        with _told(self._ray):
            self._ray.wait(list(references), num_returns=len(references), fetch_local=False)

    def in_order(self, submit: Callable[[int], list[Ref]], n_tasks: int) -> Iterator[list[Ref]]:
        """Submit tasks a few at a time; give their results in order, each once its last one is there.

        Parameters
        ----------
        submit : callable
            Submits a task.
        n_tasks : int
            How many there are.

        Yields
        ------
        list of Ref
            Results of the next task.
        """
        window = IN_FLIGHT * self.n_workers
        waiting: list[list[Ref]] = []
        n_submitted = 0
        try:
            while n_submitted < n_tasks or waiting:
                while n_submitted < n_tasks and len(waiting) < window:
                    waiting.append(submit(n_submitted))
                    n_submitted += 1
                self.wait_for([waiting[0][-1]])
                yield waiting.pop(0)
        finally:
            for references in waiting:
                self._ray.cancel(references[0], force=True)


class Tree:
    """Merges what many tasks give, as it comes: of each level at most ``FAN_IN`` wait.

    Parameters
    ----------
    workers : Workers
        Do the merging.
    merge : callable
        Adds up a sequence of neighbours, in any grouping.
    """

    def __init__(self, workers: Workers, merge: Callable[[Sequence[Any]], Any]) -> None:
        self._workers = workers
        self._merge = merge
        self._levels: list[list[Ref]] = []

    def add(self, reference: Ref) -> None:
        """Take one more."""
        level = 0
        while True:
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(reference)
            if len(self._levels[level]) < FAN_IN:
                return
            reference = self._join(self._levels[level])
            self._levels[level] = []
            level += 1

    def result(self) -> Ref:
        """All that were added, at least one; earlier ones come first."""
        return self._join([reference for level in reversed(self._levels) for reference in level])

    def _join(self, references: list[Ref]) -> Ref:
        return (
            references[0] if len(references) == 1 else self._workers.submit(_merged, self._merge, *references)
        )


def fetch(reference: Ref) -> Ref:
    """What a reference stands for, on a worker."""
    import ray  # noqa: PLC0415 - only a worker of Ray calls this

    return ray.get(reference)


def _merged(merge: Callable[[Sequence[object]], object], *parts: object) -> object:
    return merge(parts)


def _call(proof: Proof, function: Callable[..., object], *arguments: object) -> object:
    proof.check()
    return function(*arguments)


def _generate(
    proof: Proof, function: Callable[..., Iterator[object]], *arguments: object
) -> Iterator[object]:
    proof.check()
    yield from function(*arguments)


def workers_of(cluster: Cluster) -> Workers:
    """Connect to a cluster, or start one; it stays until this process ends.

    Parameters
    ----------
    cluster : Cluster
        Which one.

    Returns
    -------
    Workers
        Of the cluster.

    Raises
    ------
    ConfigError
        Ray is not installed, or no cluster answers.
    """
    for name, value in RAY_SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray  # noqa: PLC0415 - only where it was asked for
    except ImportError as error:
        raise ConfigError("--engine ray needs Ray, which is not installed", f"{INSTALL}.") from error
    if not ray.is_initialized():
        # each task counts with one thread; what a user sees is told here, not in the logs of workers
        one_thread = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
        options: dict[str, Any] = {
            "log_to_driver": False,
            "logging_level": logging.ERROR,
            "runtime_env": {"env_vars": one_thread},
        }
        if cluster.address is None:
            options |= {
                "address": "local",
                "num_cpus": cluster.n_workers,
                "include_dashboard": False,
                "object_store_memory": _store_bytes(cluster),
            }
        else:
            options["address"] = cluster.address
        logging.getLogger("ray").setLevel(logging.ERROR)
        _keep_quiet(ray)
        try:
            if cluster.address is not None:
                _check_answer(cluster.address)
            with _own_signals(ray):
                ray.init(**options)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            first_line = (str(error).splitlines() or [type(error).__name__])[0]
            if cluster.address is None:
                raise ConfigError(
                    f"--engine ray: Ray does not start here: {first_line}",
                    "Look into /tmp/ray/session_latest/logs, or use --engine local.",
                ) from error
            raise ConfigError(
                f"--ray-address {cluster.address!r}: no Ray cluster answers: {first_line}",
                "Name the address that 'ray start --head' printed, set RAY_AUTH_TOKEN where it wants one; or "
                "leave the address out to use this machine.",
            ) from error
    return Workers(ray)


def leave_cluster() -> None:
    """Leave the cluster that this process is connected to, if any, and end it if it was started here.

    A process that ends without it leaves processes of Ray behind, and what they spilled to disk.
    """
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized() and not _LOST:
        ray.shutdown()


def _check_answer(address: str) -> None:
    """Raise an OSError if nothing listens at an address; those that Ray has to look up are left to it."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_S).close()


@contextmanager
def _own_signals(ray: ModuleType) -> Generator[None]:
    """Keep Ray from answering a polite kill, which is an interrupt here; it has no option for it.

    It would end the process with a code of its own, and print where it was.
    """
    utils = ray._private.utils
    setter = getattr(utils, "set_sigterm_handler", _set_nothing)
    utils.set_sigterm_handler = _set_nothing
    try:
        yield
    finally:
        utils.set_sigterm_handler = setter
        handler = signal.getsignal(signal.SIGTERM)
        if handler is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)  # in place of that which Ray's part in C has put before it


def _set_nothing(_: object) -> None:
    pass


def _keep_quiet(ray: ModuleType) -> None:
    """Keep Ray from printing the deaths of workers among the results, which is where it prints them.

    There is no option for it. Work that was lost for good is told as an error.
    """
    ray._private.worker._worker_logs_enabled = False


def _store_bytes(cluster: Cluster) -> int:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    wanted = STORE_SHARE * cluster.n_workers * cluster.memory_bytes
    return int(max(LEAST_STORE, min(wanted, MOST_STORE * machine)))


@contextmanager
def _told(ray: ModuleType) -> Generator[None]:
    """Turn what Ray raises into errors of featsel."""
    try:
        yield
    except ray.exceptions.RayTaskError as error:
        # what went wrong there is told as if it had gone wrong here
        raise error.cause from (None if isinstance(error.cause, FeatselError) else error)
    except ray.exceptions.RuntimeEnvSetupError as error:
        raise ConfigError(
            f"the Ray cluster cannot start a worker: {str(error).splitlines()[0]}",
            "Its workers need the same featsel, polars and Python as this machine.",
        ) from error
    except (ray.exceptions.OutOfMemoryError, ray.exceptions.WorkerCrashedError) as error:
        raise DataError(
            f"work on the Ray cluster died {RETRIES + 1} times: {str(error).splitlines()[0]}",
            "Memory is the usual reason: lower --memory-limit, or give the workers more.",
        ) from error
    except ray.exceptions.RayError as error:
        _LOST.append(error)
        raise DataError(
            f"the Ray cluster lost work that it could not do again: {str(error).splitlines()[0]}",
            "Run it again; if it happens again, look at the cluster's own logs.",
        ) from error
