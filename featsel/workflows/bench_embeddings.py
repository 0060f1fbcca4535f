"""What does ``featsel bench --embeddings`` do?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from featsel.core.errors import ConfigError, did_you_mean
from featsel.engines.local import Resources
from featsel.models.build import MODELS
from featsel.report.bench_tables import tables_html, tables_points, tables_summary
from featsel.selection.table_budget import TableScheme
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
from featsel.workflows.bench_table_results import TableGrid, table_results
from featsel.workflows.bench_tables import TableCell, TableCells, WidthsCell
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest

USUAL_SHARES = "1,.5,.1,.01"
"""Of the bytes of the full table; from what costs nothing to what only a shared table survives."""


@dataclass(frozen=True)
class TableOptions:
    """Which tables are compared.

    Parameters
    ----------
    schemes : tuple of str
        Names; all where empty.
    shares : str
        Budgets, see :func:`table_shares`.
    n_lookups : int
        Rows that make one embedding of a unified table.
    """

    schemes: tuple[str, ...] = ()
    shares: str = USUAL_SHARES
    n_lookups: int = 2


def bench_embeddings(
    request: LogRequest,
    options: BenchOptions,
    tables: TableOptions,
    resources: Resources,
    reporter: Reporter,
) -> BenchResult:
    """Compare schemes of embedding tables in the same bytes.

    Parameters
    ----------
    request : LogRequest
        The log.
    options : BenchOptions
        Models, seeds and outputs; methods and grid are not looked at.
    tables : TableOptions
        Which tables are compared.
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
    schemes, shares = _schemes(tables.schemes), table_shares(tables.shares)
    models = known_models(options.models)
    for model in models:
        if not MODELS[model].has_fields:
            raise ConfigError(
                f"--embeddings: model {model} reads no embeddings", "Choose another --model, such as fm."
            )
    if TableScheme.UNIFIED in schemes and options.fit.dim % tables.n_lookups:
        raise ConfigError(
            f"--dim {options.fit.dim} cannot be made of --lookups {tables.n_lookups}",
            "Give a divisor of --dim.",
        )
    with open_bench(request, options, models[0], resources, reporter) as opened:
        log = cells_of(opened.plan, opened.seeds, reporter)
        cells = TableCells(log.plan, tables.n_lookups)
        grid = TableGrid(schemes, models, shares, opened.seeds)
        _run(cells, grid, options.n_jobs, reporter)
        document: dict[str, object] = {
            **opened.head(request),
            "options": {
                **opened.options(request, options, models),
                "scheme": schemes,
                "budgets": tables.shares,
                "lookups": tables.n_lookups,
            },
            "rows": row_counts(log, opened.seeds[0]),
            "fields": len(log.plan.schema.fields),
            "seeds": opened.seeds,
            "models": models,
            "order": "frequency",
            "budgets": shares,
            "schemes": schemes,
            "tables": list(table_results(cells, grid)),
        }
    document["elapsed_s"] = round(time.monotonic() - started, 3)
    result = BenchResult(document)
    write_bench(result, options.output, options.html, views=_views)
    return result


def table_shares(text: str) -> tuple[float, ...]:
    """Budgets as shares of the bytes of the full table.

    Parameters
    ----------
    text : str
        Numbers above 0 and up to 1, or percentages, separated by commas.

    Returns
    -------
    tuple of float
        Descending, each once.

    Raises
    ------
    ConfigError
        A part is none of these.

    Examples
    --------
    >>> table_shares("10%,1,.5")
    (1.0, 0.5, 0.1)
    """
    return tuple(sorted({_share(part.strip()) for part in text.split(",")}, reverse=True))


def _share(part: str) -> float:
    number = part.removesuffix("%")
    try:
        share = float(number) / (100 if number != part else 1)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise ConfigError(
            f"--budgets {part!r} is no share of the bytes of the full table",
            "Write something like 1,.5,10%, with commas.",
        )
    return share


def _schemes(asked: Sequence[str]) -> tuple[TableScheme, ...]:
    known = [scheme.value for scheme in TableScheme]
    for name in asked:
        if name not in known:
            raise ConfigError(f"--scheme {name!r} is no scheme", did_you_mean(name, known, what="Known are"))
    return tuple(TableScheme(name) for name in dict.fromkeys(asked or known))


def _run(cells: TableCells, grid: TableGrid, n_jobs: int, reporter: Reporter) -> None:
    with CellPool[WidthsCell | TableCell](cells, n_jobs) as pool:
        find_missing(cells, grid.every_width(), "choosing widths", pool, reporter)
        # budgets that buy the same table share a training
        possible = [cell for cell in grid.every_table() if cells.impossible(cell) is None]
        once = {cells.path(cell): cell for cell in reversed(possible)}
        find_missing(cells, tuple(reversed(once.values())), "training with tables", pool, reporter)


def _views(told: Mapping[str, Any]) -> BenchViews:
    return BenchViews(tuple(tables_summary(told)), tables_points(told), tables_html(told))
