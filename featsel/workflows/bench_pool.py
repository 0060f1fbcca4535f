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
from typing import Any

from featsel.core.errors import ConfigError
from featsel.workflows.bench_cells import BenchPlan, Cell, Cells

_cells: list[Cells] = []
"""Those of a worker process."""


def run_cells(cells: Cells, wanted: Sequence[Cell], *, n_jobs: int, on_done: Callable[[Cell], None]) -> None:
    """Find what is not known yet of some cells.

    Parameters
    ----------
    cells : Cells
        Of this process.
    wanted : sequence of Cell
        Those to run.
    n_jobs : int
        Processes; with one, cells run in this process.
    on_done : callable
        Told of each cell, in the order in which they end.

    Raises
    ------
    ConfigError
        A cell is impossible, or a process was ended from outside.
    """
    if n_jobs == 1 or len(wanted) < 2:
        for cell in wanted:
            cells.run(cell)
            on_done(cell)
        return
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        min(n_jobs, len(wanted)),
        # a fork would copy locks that threads of torch and polars hold
        multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(cells.plan,),
    )
    try:
        tasks = {pool.submit(_run, cell): cell for cell in wanted}
        for task in as_completed(tasks):
            task.result()
            on_done(tasks[task])
    except BrokenProcessPool as error:
        raise ConfigError(
            "a process of --jobs was ended from outside, perhaps for want of memory",
            "Cells that were finished are kept: run again, with fewer --jobs.",
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
            worker.join()


def _begin(plan: BenchPlan) -> None:
    warnings.simplefilter("ignore")
    # the first process hears Ctrl-C, and ends the others
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    threadpoolctl: Any = import_module("threadpoolctl")  # comes with scikit-learn, and without types
    threadpoolctl.threadpool_limits(plan.resources.n_threads)
    _cells.append(Cells(plan))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _run(cell: Cell) -> None:
    _cells[0].run(cell)
