"""What does ``featsel bench`` do?"""

from __future__ import annotations

import time
from dataclasses import replace

from featsel.core.errors import ConfigError, did_you_mean
from featsel.engines.local import Resources
from featsel.report.bench import points_table, summary_tables
from featsel.report.bench_page import bench_html
from featsel.selection.protocol import field_grid
from featsel.workflows.bench_cells import CHANCE, ORACLE, Cell, Cells, known_methods
from featsel.workflows.bench_log import (
    BenchOptions,
    cells_of,
    check_bench,
    known_models,
    open_bench,
    row_counts,
)
from featsel.workflows.bench_output import BenchResult, BenchViews, write_bench
from featsel.workflows.bench_pool import CellPool, find_missing
from featsel.workflows.bench_results import BenchCurves, BenchGrid
from featsel.workflows.bench_truth import find_truth
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest

USUAL_METHODS = ("information", "usable", "mrmr", "lasso", "gbdt", "permutation", "deletion")
"""Compared where nobody names methods: cheap ones, what most people
ask of a model, and the search of ``select``."""

EVERY = "all"
"""Stands for every method that orders fields."""


def bench(
    request: LogRequest, options: BenchOptions, resources: Resources, reporter: Reporter
) -> BenchResult:
    """Compare methods that order the fields of a log.

    Parameters
    ----------
    request : LogRequest
        The log.
    options : BenchOptions
        What is compared.
    resources : Resources
        Threads of all processes together, memory of each.
    reporter : Reporter
        Told of progress and of what is worth knowing.

    Returns
    -------
    BenchResult
        What was found; files are written.

    Raises
    ------
    ConfigError, DataError
        The request or the data is wrong; nothing was written but finished cells.
    """
    started = time.monotonic()
    check_bench(request, options)
    methods, models = _methods(options.methods), known_models(options.models)
    with open_bench(request, options, models[0], resources, reporter) as opened:
        names = [each.name for each in opened.plan.schema.fields]
        truth = find_truth(options.truth, request.paths, names)
        if truth is not None:
            methods = (*methods, ORACLE)
        plan = replace(opened.plan, truth=None if truth is None else truth.fields)
        cells = cells_of(plan, opened.seeds, reporter)
        sizes = field_grid(options.grid, len(cells.plan.schema.fields))
        curves = _run(cells, BenchGrid(methods, models, sizes, opened.seeds), options.n_jobs, reporter)
        document: dict[str, object] = {
            **opened.head(request),
            "options": {
                **opened.options(request, options, models),
                "method": options.methods or USUAL_METHODS,
                "k": options.grid,
            },
            "rows": row_counts(cells, opened.seeds[0]),
            "fields": len(cells.plan.schema.fields),
            "k": sizes,
            "seeds": opened.seeds,
            "models": models,
            "search_model": models[0],
            "truth": None if truth is None else truth.path,
            "methods": list(curves.methods()),
            "results": list(curves.results()),
            "cost": curves.cost(),
        }
    document["elapsed_s"] = round(time.monotonic() - started, 3)
    result = BenchResult(document)
    write_bench(
        result,
        options.output,
        options.html,
        views=lambda told: BenchViews(tuple(summary_tables(told)), points_table(told), bench_html(told)),
    )
    return result


def _methods(asked: tuple[str, ...]) -> tuple[str, ...]:
    known = known_methods()
    for name in asked:
        if name not in {*known, EVERY}:
            raise ConfigError(
                f"--method {name!r} is no method", did_you_mean(name, [*known, EVERY], what="Known are")
            )
    wanted = known if EVERY in asked else asked or USUAL_METHODS
    return tuple(dict.fromkeys((*(name for name in wanted if name != CHANCE), CHANCE)))


def _run(cells: Cells, grid: BenchGrid, n_jobs: int, reporter: Reporter) -> BenchCurves:
    with CellPool[Cell](cells, n_jobs) as pool:
        find_missing(cells, grid.every_order(), "ordering fields", pool, reporter)
        curves = BenchCurves(cells, grid)
        for cell, order in curves.orders.items():
            for warning in order.warnings:
                reporter.warn(f"{cell.title}: {warning}")
        find_missing(cells, curves.every_training(), "training on the first fields", pool, reporter)
    return curves
