"""What do the cells of a bench say together? Curves over k, areas under them, differences, stability."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featsel.core.feature_config import Method
from featsel.models.build import ModelName
from featsel.stats.agreement import choice_agreement
from featsel.stats.aukc import aukc
from featsel.stats.means import Interval, mean_interval, row_interval
from featsel.training.metrics import row_losses
from featsel.workflows.bench_cells import ORACLE, Cells, OrderCell, Ordered, Tested, TrainingCell

CHANCE = Method.RANDOM.value
"""The lower end of every comparison."""

ENDS = (CHANCE, ORACLE)
"""Rows that are no candidates for the best method."""


@dataclass(frozen=True)
class BenchGrid:
    """What is compared.

    Parameters
    ----------
    methods : tuple of str
        Orders of fields.
    models : tuple of str
        What is trained on their first fields.
    sizes : tuple of int
        How many first fields.
    seeds : tuple of int
        Of splits, searches and trainings.
    """

    methods: tuple[str, ...]
    models: tuple[ModelName, ...]
    sizes: tuple[int, ...]
    seeds: tuple[int, ...]

    def order_cells(self) -> tuple[OrderCell, ...]:
        """All orders, seed by seed."""
        return tuple(OrderCell(method, seed) for seed in self.seeds for method in self.methods)


class BenchCurves:
    """Finished cells by method, model and number of fields.

    Parameters
    ----------
    cells : Cells
        All of whose orders are finished.
    grid : BenchGrid
        What is compared.
    """

    def __init__(self, cells: Cells, grid: BenchGrid) -> None:
        self.cells = cells
        self.grid = grid
        self.orders: dict[tuple[str, int], Ordered] = {
            (cell.method, cell.seed): cells.ordered(cell) for cell in grid.order_cells()
        }

    def training(self, model: ModelName, method: str, seed: int, size: int) -> TrainingCell:
        """Training on the first fields of a method; the same for methods whose first fields are the same."""
        chosen = set(self.orders[method, seed].fields[:size])
        fields = self.cells.rows(seed).config.fields
        return TrainingCell(model, seed, tuple(field.name for field in fields if field.name in chosen))

    def trainings(self) -> tuple[TrainingCell, ...]:
        """All of them, each once, seed by seed and the large ones first."""
        grid = self.grid
        every = (
            self.training(model, method, seed, size)
            for seed in grid.seeds
            for size in reversed(grid.sizes)
            for model in grid.models
            for method in grid.methods
        )
        return tuple(dict.fromkeys(every))

    def methods(self) -> Iterator[dict[str, object]]:
        """What each method says, as the document has it."""
        for method in self.grid.methods:
            orders = [self.orders[method, seed] for seed in self.grid.seeds]
            yield {
                "method": method,
                "cpu_s": round(sum(order.cpu_s for order in orders) / len(orders), 3),
                "peak_bytes": max((order.peak_bytes or 0 for order in orders), default=0) or None,
                "orders": [
                    {
                        "seed": seed,
                        "fields": order.fields,
                        "kept": order.n_kept,
                        "warnings": order.warnings,
                        "cpu_s": order.cpu_s,
                        "elapsed_s": order.elapsed_s,
                        "peak_bytes": order.peak_bytes,
                    }
                    for seed, order in zip(self.grid.seeds, orders, strict=True)
                ],
                "stability": [
                    {"k": size, **_stability([order.fields for order in orders], size)}
                    for size in self.grid.sizes
                ],
            }

    def results(self) -> Iterator[dict[str, object]]:
        """How models do on the first fields of each method, best first, as the document has it."""
        for model in self.grid.models:
            yield from _ModelResults(self, model).entries()


class _ModelResults:
    """Curves of one model."""

    def __init__(self, curves: BenchCurves, model: ModelName) -> None:
        self._curves = curves
        self._model = model
        self._grid = grid = curves.grid
        self._facts: dict[TrainingCell, tuple[float, float]] = {}
        self._areas = {
            method: [
                aukc(grid.sizes, [self._auc(method, seed, size) for size in grid.sizes])
                for seed in grid.seeds
            ]
            for method in grid.methods
        }
        means = {method: mean_interval(areas).mean for method, areas in self._areas.items()}
        # of equal methods the first one that was named
        self._ranked = sorted(grid.methods, key=lambda method: -means[method])
        candidates = [method for method in self._ranked if method not in ENDS]
        self._references = {"best": (candidates or self._ranked)[0], "random": CHANCE}

    def entries(self) -> Iterator[dict[str, object]]:
        by_size = {size: self._points(size) for size in self._grid.sizes}
        for method in self._ranked:
            areas = self._areas[method]
            yield {
                "model": self._model,
                "method": method,
                "is_best": method == self._references["best"],
                "aukc": _measured(areas),
                **{
                    f"aukc_over_{name}": _over(areas, self._areas[reference])
                    for name, reference in self._references.items()
                },
                "points": [{"k": size, **points[method]} for size, points in by_size.items()],
            }

    def _points(self, size: int) -> dict[str, dict[str, object]]:
        """All that is said of one number of fields, by method."""
        grid, references = self._grid, self._references
        rows = _RowLosses(self._curves.cells, grid.seeds, lambda method, seed: self._cell(method, seed, size))
        points: dict[str, dict[str, object]] = {}
        for method in grid.methods:
            aucs = [self._auc(method, seed, size) for seed in grid.seeds]
            losses = [self._log_loss(method, seed, size) for seed in grid.seeds]
            points[method] = {"auc": _measured(aucs), "log_loss": _measured(losses)}
            for name, reference in references.items():
                points[method][f"over_{name}"] = {
                    "auc": _over(aucs, [self._auc(reference, seed, size) for seed in grid.seeds]),
                    "log_loss": _over(losses, [self._log_loss(reference, seed, size) for seed in grid.seeds]),
                    "log_loss_of_rows": rows.over(method, reference),
                }
        return points

    def _cell(self, method: str, seed: int, size: int) -> TrainingCell:
        return self._curves.training(self._model, method, seed, size)

    def _measures(self, method: str, seed: int, size: int) -> tuple[float, float]:
        cell = self._cell(method, seed, size)
        if cell not in self._facts:
            tested = self._curves.cells.tested(cell)
            self._facts[cell] = tested.auc, tested.log_loss
        return self._facts[cell]

    def _auc(self, method: str, seed: int, size: int) -> float:
        return self._measures(method, seed, size)[0]

    def _log_loss(self, method: str, seed: int, size: int) -> float:
        return self._measures(method, seed, size)[1]


class _RowLosses:
    """Log losses of the test rows of all seeds, for one number of fields."""

    def __init__(
        self, cells: Cells, seeds: Sequence[int], training: Callable[[str, int], TrainingCell]
    ) -> None:
        self._cells = cells
        self._seeds = seeds
        self._training = training
        self._losses: dict[TrainingCell, NDArray[np.float64]] = {}

    def over(self, method: str, reference: str) -> Interval:
        """Log loss of a method less that of another one, with its interval over the rows of the log."""
        n_rows = self._cells.plan.codes.n_rows
        sums, weights = np.zeros((2, n_rows))
        for seed in self._seeds:
            places, row_weights, _ = _test_rows(self._cells, seed)
            change = self._of(method, seed) - self._of(reference, seed)
            sums[places] += change * row_weights
            weights[places] += row_weights
        return row_interval(sums, weights)

    def _of(self, method: str, seed: int) -> NDArray[np.float64]:
        cell = self._training(method, seed)
        if cell not in self._losses:
            labels = _test_rows(self._cells, seed)[2]
            self._losses[cell] = row_losses(labels, self._cells.tested(cell).chances)
        return self._losses[cell]


def trainings_summary(tested: Sequence[Tested], n_asked: int) -> Mapping[str, object]:
    """How many trainings there were, and what they took.

    Parameters
    ----------
    tested : sequence of Tested
        Each once.
    n_asked : int
        Points of the grid, which share them.

    Returns
    -------
    mapping
        As the document has it.
    """
    return {
        "points": n_asked,
        "trainings": len(tested),
        "cpu_s": round(sum(each.cpu_s for each in tested), 3),
    }


def _test_rows(cells: Cells, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint8]]:
    """Places in the log, weights and labels of the test rows of a seed."""
    rows = cells.rows(seed)
    stored = cells.plan.codes.weights
    weights = np.ones(rows.test_rows.size)
    if stored is not None:
        weights = stored.read()[rows.test_rows].astype(np.float64)
    return rows.test_rows, weights, rows.test.labels()


def _measured(values: Sequence[float]) -> dict[str, Any]:
    found = mean_interval(values)
    return {"mean": found.mean, "low": found.low, "high": found.high, "by_seed": list(values)}


def _over(values: Sequence[float], reference: Sequence[float]) -> Interval:
    return mean_interval([value - other for value, other in zip(values, reference, strict=True)])


def _stability(orders: Sequence[Sequence[str]], size: int) -> dict[str, float | None]:
    places = {name: place for place, name in enumerate(sorted(orders[0]))}
    is_chosen = np.zeros((len(orders), len(places)), np.bool_)
    for chosen, order in zip(is_chosen, orders, strict=True):
        chosen[[places[name] for name in order[:size]]] = True
    agreement = choice_agreement(is_chosen) if len(orders) > 1 else None
    if agreement is None:
        return {"index": None, "low": None, "high": None}
    return {"index": agreement.index, "low": agreement.low, "high": agreement.high}
