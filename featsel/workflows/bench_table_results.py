"""What do the cells of a bench of embedding tables say together? Quality and bytes by scheme and budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from featsel.models.build import ModelName
from featsel.selection.table_budget import TableScheme
from featsel.stats.means import Interval, row_interval
from featsel.training.metrics import row_losses
from featsel.workflows.bench_results import mean_difference, measured, weighted_test_rows
from featsel.workflows.bench_tables import TableCell, TableCells, TestedTable, WidthsCell

WHOLE = 1.0
"""Share of the bytes that the full table itself takes."""

REFERENCES = (TableScheme.FULL, TableScheme.HASH)
"""What every scheme is compared with in the same bytes: fewer features, and hashing field by field."""


@dataclass(frozen=True)
class TableGrid:
    """What is compared.

    Parameters
    ----------
    schemes : tuple of TableScheme
        Ways to make a table smaller.
    models : tuple of str
        What reads the tables.
    shares : tuple of float
        Of the bytes of the full table, descending.
    seeds : tuple of int
        Of splits and trainings.
    """

    schemes: tuple[TableScheme, ...]
    models: tuple[ModelName, ...]
    shares: tuple[float, ...]
    seeds: tuple[int, ...]

    def every_table(self) -> tuple[TableCell, ...]:
        """All cells, seed by seed; the full table of all features is always among them."""
        return tuple(
            TableCell(model, seed, scheme, share)
            for seed in self.seeds
            for model in self.models
            for scheme, share in dict.fromkeys(
                [
                    (TableScheme.FULL, WHOLE),
                    *((scheme, share) for share in self.shares for scheme in self.schemes),
                ]
            )
        )

    def every_width(self) -> tuple[WidthsCell, ...]:
        """Widths that must be chosen first."""
        cells = (cell.widths for cell in self.every_table())
        return tuple(dict.fromkeys(cell for cell in cells if cell is not None))


def table_results(cells: TableCells, grid: TableGrid) -> Iterator[dict[str, object]]:
    """How each scheme does at each budget, as the document has it.

    Parameters
    ----------
    cells : TableCells
        All of which are finished.
    grid : TableGrid
        What is compared.

    Yields
    ------
    dict
        Model by model, budgets descending, schemes in the order of the grid.
    """
    for model in grid.models:
        for share in grid.shares:
            for scheme in grid.schemes:
                yield _entry(cells, grid, model, scheme, share)


def _entry(
    cells: TableCells, grid: TableGrid, model: ModelName, scheme: TableScheme, share: float
) -> dict[str, object]:
    own = [TableCell(model, seed, scheme, share) for seed in grid.seeds]
    entry: dict[str, object] = {
        "model": model,
        "scheme": scheme,
        "budget": share,
        "budget_bytes": [cells.budget(cell) for cell in own],
    }
    reasons = [reason for reason in map(cells.impossible, own) if reason is not None]
    if reasons:
        return {**entry, "why_not": reasons[0]}
    tables, found = [cells.table(cell) for cell in own], [cells.tested(cell) for cell in own]
    entry |= {
        "why_not": None,
        "bytes": [each.n_bytes for each in found],
        "table_rows": [table.n_rows for table in tables],
        "features": [int(table.subset.ids.size) for table in tables],
        "fields": [len(table.config.fields) for table in tables],
        "widths": [[field.dim for field in table.config.fields] for table in tables],
        "auc": measured([each.auc for each in found]),
        "log_loss": measured([each.log_loss for each in found]),
        "cpu_s": round(sum(each.cpu_s for each in found) / len(found), 3),
        "widths_cpu_s": _cost_of_widths(cells, own),
    }
    entry["over_whole"] = _over(
        cells,
        found,
        [cells.tested(TableCell(model, seed, TableScheme.FULL, WHOLE)) for seed in grid.seeds],
        grid.seeds,
    )
    for reference in REFERENCES:
        others = [TableCell(model, seed, reference, share) for seed in grid.seeds]
        is_known = reference in grid.schemes and not any(map(cells.impossible, others))
        entry[f"over_{reference}"] = (
            _over(cells, found, list(map(cells.tested, others)), grid.seeds) if is_known else None
        )
    return entry


def _cost_of_widths(cells: TableCells, own: Sequence[TableCell]) -> float | None:
    """CPU seconds that choosing widths took, mean over seeds; all budgets share them."""
    chosen = [cell.widths for cell in own if cell.widths is not None]
    return round(sum(map(cells.cost_of_widths, chosen)) / len(chosen), 3) if chosen else None


def _over(
    cells: TableCells, found: Sequence[TestedTable], others: Sequence[TestedTable], seeds: Sequence[int]
) -> Mapping[str, Interval]:
    """Differences to another table, paired by seed, and by row."""

    def difference(of: Callable[[TestedTable], float]) -> Interval:
        return mean_difference([of(each) for each in found], [of(each) for each in others])

    sums, weights = np.zeros((2, cells.plan.codes.n_rows))
    for seed, mine, other in zip(seeds, found, others, strict=True):
        places, row_weights, labels = weighted_test_rows(cells.log, seed)
        change = row_losses(labels, mine.chances) - row_losses(labels, other.chances)
        sums[places] += change * row_weights
        weights[places] += row_weights
    return {
        "auc": difference(lambda each: each.auc),
        "log_loss": difference(lambda each: each.log_loss),
        "log_loss_of_rows": row_interval(sums, weights),
    }
