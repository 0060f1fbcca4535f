"""How do several processes work on the cells of a bench?

Each cell is a function of the plan, so who runs it, and when, changes nothing. What was found goes through
files; a process that ends, or is ended, takes only its own cell with it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from multiprocessing import connection
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from featsel.core.errors import ConfigError
from featsel.workflows.bench_cells import BenchPlan
from featsel.workflows.reporter import Reporter


class Titled(Protocol):
    """A cell that people can be told of."""

    @property
    def title(self) -> str:
        """What it is."""
        ...


CellT = TypeVar("CellT", bound=Titled)
Cell_contra = TypeVar("Cell_contra", contravariant=True)


class Runner(Protocol[Cell_contra]):
    """Cells of a bench, in one process."""

    @property
    def plan(self) -> BenchPlan:
        """What they depend on."""
        ...

    @property
    def again(self) -> Callable[[], Runner[Cell_contra]]:
        """How another process makes them; it can be sent there."""
        ...

    def is_done(self, cell: Cell_contra) -> bool:
        """Whether it is known what the cell finds."""
        ...

    def run(self, cell: Cell_contra) -> None:
        """Find what a cell finds, and keep it."""
        ...


_runners: list[Runner[Any]] = []
"""Those of a worker process."""


class CellPool(Generic[CellT]):
    """Works on cells, in this process or in several others, which end with the block.

    Parameters
    ----------
    cells : Runner
        Of this process.
    n_jobs : int
        Processes; with one, cells run in this one.
    """

    def __init__(self, cells: Runner[CellT], n_jobs: int) -> None:
        self._cells = cells
        self._n_jobs = n_jobs
        self._pool: ProcessPoolExecutor | None = None
        self._others = set(multiprocessing.active_children())

    def __enter__(self) -> CellPool[CellT]:
        """Start nothing before there is something to do."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes, whatever they are doing."""
        if self._pool is None:
            return
        self._pool.shutdown(wait=False, cancel_futures=True)
        for worker in set(multiprocessing.active_children()) - self._others:
            worker.terminate()
            worker.join()

    def run(self, wanted: Sequence[CellT], on_done: Callable[[CellT], None]) -> None:
        """Find what some cells find, and keep it.

        Parameters
        ----------
        wanted : sequence of Cell
            Those to run.
        on_done : callable
            Told of each cell, in the order in which they end.

        Raises
        ------
        ConfigError
            A cell is impossible, or a process was ended from outside.
        """
        if self._n_jobs == 1:
            for cell in wanted:
                self._cells.run(cell)
                on_done(cell)
            return
        if wanted and self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._n_jobs,
                # a fork would copy locks that threads of torch and polars hold
                multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(self._cells.again, self._cells.plan.resources.n_threads),
            )
        try:
            tasks = {self._pool.submit(_run, cell): cell for cell in wanted} if self._pool is not None else {}
            for task in as_completed(tasks):
                task.result()
                on_done(tasks[task])
        except BrokenProcessPool as error:
            raise ConfigError(
                "a process of --jobs was ended from outside, perhaps for want of memory",
                "Cells that were finished are kept: run again, with fewer --jobs.",
            ) from error


def find_missing(
    cells: Runner[CellT], wanted: Sequence[CellT], task: str, pool: CellPool[CellT], reporter: Reporter
) -> None:
    """Run the cells of which nothing is known yet, and tell of each."""
    missing = [cell for cell in wanted if not cells.is_done(cell)]
    n_known = len(wanted) - len(missing)
    if n_known:
        reporter.note(f"{task}: {n_known:,} of {len(wanted):,} are known from an earlier run")
    reporter.start(task, len(missing))

    def on_done(cell: CellT) -> None:
        reporter.detail(f"finished: {cell.title}")
        reporter.advance(1)

    pool.run(missing, on_done)


def _begin(make: Callable[[], Runner[Any]], n_threads: int) -> None:
    warnings.simplefilter("ignore")
    # the first process hears Ctrl-C, and ends the others
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    threadpoolctl: Any = import_module("threadpoolctl")  # comes with scikit-learn, and without types
    threadpoolctl.threadpool_limits(n_threads)
    _runners.append(make())


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _run(cell: object) -> None:
    _runners[0].run(cell)
