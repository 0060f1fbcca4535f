"""What do the cells of a bench say together? Curves over k, areas under them, differences, stability."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featsel.models.build import ModelName
from featsel.stats.agreement import choice_agreement
from featsel.stats.aukc import aukc
from featsel.stats.means import Interval, mean_interval, row_interval
from featsel.training.metrics import row_losses
from featsel.workflows.bench_cells import CHANCE, ORACLE, Cells, OrderCell, Ordered, TrainingCell

DRAWS = 3
"""Random orders of each seed: one alone may be lucky by more than methods differ."""

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

    def orders(self, method: str, seed: int) -> tuple[OrderCell, ...]:
        """Orders that a method gives with one seed: one, but for chance."""
        return tuple(OrderCell(method, seed, draw) for draw in range(DRAWS if method == CHANCE else 1))

    def every_order(self) -> tuple[OrderCell, ...]:
        """All of them, seed by seed."""
        return tuple(
            cell for seed in self.seeds for method in self.methods for cell in self.orders(method, seed)
        )

    @property
    def n_points(self) -> int:
        """Trainings, if none of them served several points."""
        return len(self.every_order()) * len(self.sizes) * len(self.models)


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
        self.orders: dict[OrderCell, Ordered] = {cell: cells.ordered(cell) for cell in grid.every_order()}

    def trainings(self, model: ModelName, method: str, seed: int, size: int) -> tuple[TrainingCell, ...]:
        """Trainings on the first fields of a method; the same for methods whose first fields are the same."""
        fields = [field.name for field in self.cells.rows(seed).config.fields]
        found: list[TrainingCell] = []
        for cell in self.grid.orders(method, seed):
            chosen = set(self.orders[cell].fields[:size])
            found.append(TrainingCell(model, seed, tuple(name for name in fields if name in chosen)))
        return tuple(found)

    def every_training(self) -> tuple[TrainingCell, ...]:
        """All of them, each once, seed by seed and the large ones first."""
        grid = self.grid
        every = (
            cell
            for seed in grid.seeds
            for size in reversed(grid.sizes)
            for model in grid.models
            for method in grid.methods
            for cell in self.trainings(model, method, seed, size)
        )
        return tuple(dict.fromkeys(every))

    def methods(self) -> Iterator[dict[str, object]]:
        """What each method says, as the document has it."""
        for method in self.grid.methods:
            cells = [cell for seed in self.grid.seeds for cell in self.grid.orders(method, seed)]
            orders = [self.orders[cell] for cell in cells]
            yield {
                "method": method,
                "cpu_s": round(sum(order.cpu_s for order in orders) / len(orders), 3),
                "peak_bytes": max((order.peak_bytes or 0 for order in orders), default=0) or None,
                "orders": [
                    {
                        "seed": cell.seed,
                        "fields": order.fields,
                        "kept": order.n_kept,
                        "warnings": order.warnings,
                        "cpu_s": order.cpu_s,
                        "elapsed_s": order.elapsed_s,
                        "peak_bytes": order.peak_bytes,
                    }
                    for cell, order in zip(cells, orders, strict=True)
                ],
                "stability": [
                    {"k": size, **_stability([order.fields for order in orders], size)}
                    for size in self.grid.sizes
                ],
            }

    def cost(self) -> dict[str, object]:
        """How many trainings there were, and what they took."""
        trained = [self.cells.tested(cell).cpu_s for cell in self.every_training()]
        return {
            "points": self.grid.n_points,
            "trainings": len(trained),
            "cpu_s": round(math.fsum(trained), 3),
        }

    def results(self) -> Iterator[dict[str, object]]:
        """How models do on the first fields of each method, best first, as the document has it."""
        for model in self.grid.models:
            yield from _ModelResults(self, model).entries()


class _ModelResults:
    """Curves of one model."""

    def __init__(self, curves: BenchCurves, model: ModelName) -> None:
        self._curves = curves
        self._model: ModelName = model  # else it would be any text
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
                "aukc": measured(areas),
                **{
                    f"aukc_over_{name}": mean_difference(areas, self._areas[reference])
                    for name, reference in self._references.items()
                },
                "points": [{"k": size, **points[method]} for size, points in by_size.items()],
            }

    def _points(self, size: int) -> dict[str, dict[str, object]]:
        """All that is said of one number of fields, by method."""
        grid, references = self._grid, self._references
        rows = _RowLosses(
            self._curves.cells,
            grid.seeds,
            {
                (method, seed): self._cells(method, seed, size)
                for method in grid.methods
                for seed in grid.seeds
            },
        )
        points: dict[str, dict[str, object]] = {}
        for method in grid.methods:
            aucs = [self._auc(method, seed, size) for seed in grid.seeds]
            losses = [self._log_loss(method, seed, size) for seed in grid.seeds]
            points[method] = {"auc": measured(aucs), "log_loss": measured(losses)}
            for name, reference in references.items():
                points[method][f"over_{name}"] = {
                    "auc": mean_difference(aucs, [self._auc(reference, seed, size) for seed in grid.seeds]),
                    "log_loss": mean_difference(
                        losses, [self._log_loss(reference, seed, size) for seed in grid.seeds]
                    ),
                    "log_loss_of_rows": rows.over(method, reference),
                }
        return points

    def _cells(self, method: str, seed: int, size: int) -> tuple[TrainingCell, ...]:
        return self._curves.trainings(self._model, method, seed, size)

    def _measures(self, method: str, seed: int, size: int) -> tuple[float, float]:
        """AUC and log loss, of chance the means of its draws."""
        cells = self._cells(method, seed, size)
        for cell in set(cells):
            if cell not in self._facts:
                tested = self._curves.cells.tested(cell)
                self._facts[cell] = tested.auc, tested.log_loss
        if len(set(cells)) == 1:
            return self._facts[cells[0]]  # the mean of equal numbers may differ in the last bit
        aucs, losses = zip(*(self._facts[cell] for cell in cells), strict=True)
        return math.fsum(aucs) / len(cells), math.fsum(losses) / len(cells)

    def _auc(self, method: str, seed: int, size: int) -> float:
        return self._measures(method, seed, size)[0]

    def _log_loss(self, method: str, seed: int, size: int) -> float:
        return self._measures(method, seed, size)[1]


class _RowLosses:
    """Log losses of the test rows of all seeds, for one number of fields."""

    def __init__(
        self,
        cells: Cells,
        seeds: Sequence[int],
        trainings: Mapping[tuple[str, int], tuple[TrainingCell, ...]],
    ) -> None:
        self._cells = cells
        self._seeds = seeds
        self._trainings = trainings
        self._losses: dict[TrainingCell, NDArray[np.float64]] = {}

    def over(self, method: str, reference: str) -> Interval:
        """Log loss of a method less that of another one, with its interval over the rows of the log."""
        n_rows = self._cells.plan.codes.n_rows
        sums, weights = np.zeros((2, n_rows))
        for seed in self._seeds:
            places, row_weights, _ = weighted_test_rows(self._cells, seed)
            change = self._of(method, seed) - self._of(reference, seed)
            sums[places] += change * row_weights
            weights[places] += row_weights
        return row_interval(sums, weights)

    def _of(self, method: str, seed: int) -> NDArray[np.float64]:
        cells = self._trainings[method, seed]
        for cell in cells:
            if cell not in self._losses:
                labels = weighted_test_rows(self._cells, seed)[2]
                self._losses[cell] = row_losses(labels, self._cells.tested(cell).chances)
        if len(set(cells)) == 1:
            return self._losses[cells[0]]
        losses: NDArray[np.float64] = np.mean([self._losses[cell] for cell in cells], axis=0)
        return losses


def weighted_test_rows(
    cells: Cells, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint8]]:
    """Places in the log, weights and labels of the test rows of a seed."""
    rows = cells.rows(seed)
    stored = cells.plan.codes.weights
    weights = np.ones(rows.test_rows.size)
    if stored is not None:
        weights = stored.read()[rows.test_rows].astype(np.float64)
    return rows.test_rows, weights, rows.test.labels()


def measured(values: Sequence[float]) -> dict[str, Any]:
    """Mean over seeds with its interval, as documents have it."""
    found = mean_interval(values)
    return {"mean": found.mean, "low": found.low, "high": found.high, "by_seed": list(values)}


def mean_difference(values: Sequence[float], reference: Sequence[float]) -> Interval:
    """Mean of the differences to a reference, paired by seed, with its interval."""
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
