"""What is a cell of a bench of embedding tables? One training with one table, judged by its file.

A model with the table of a scheme that has room in a share of the bytes is trained, written, measured and
read back; what was read predicts the test rows. What a cell found is a file of its own, as of
:mod:`featsel.workflows.bench_cells`; shares that buy the same table share it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from featsel import __version__
from featsel.artifacts.tensors import read_tensors, write_tensors
from featsel.core.errors import ConfigError, UnreadableFileError
from featsel.core.feature_config import Dims
from featsel.core.temporary import temporary_folder
from featsel.models.build import MODELS, ModelName
from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.frequency import frequency_order
from featsel.selection.subsets import SubsetRows
from featsel.selection.table_budget import WIDTHS_OF, FittedTable, TableScheme, fit_table, whole_bytes
from featsel.selection.widths import chosen_widths, with_widths
from featsel.training.metrics import auc, log_loss
from featsel.training.predictions import labelled_predictions
from featsel.workflows.bench_cells import BenchPlan, Cells
from featsel.workflows.model_folder import read_weights, stored_table_bytes, write_weights

TABLE_CELL_VERSION = 1
"""Changes whenever a cell finds something else for the same options."""


@dataclass(frozen=True)
class WidthsCell:
    """Widths of fields that a method chooses."""

    model: ModelName
    seed: int
    dims: Dims

    @property
    def title(self) -> str:
        """What it is, for people."""
        return f"widths by {self.dims} for {self.model}, seed {self.seed}"


@dataclass(frozen=True)
class TableCell:
    """A training with the table of a scheme, in a share of the bytes of the full table."""

    model: ModelName
    seed: int
    scheme: TableScheme
    share: float

    @property
    def title(self) -> str:
        """What it is, for people."""
        return f"{self.scheme} at {self.share:g} of the bytes, {self.model}, seed {self.seed}"

    @property
    def widths(self) -> WidthsCell | None:
        """What chooses widths before; None where all fields have one width."""
        if self.scheme not in WIDTHS_OF:
            return None
        return WidthsCell(self.model, self.seed, WIDTHS_OF[self.scheme])


@dataclass(frozen=True)
class TestedTable:
    """What a table cell found.

    Parameters
    ----------
    auc, log_loss : float
        Of the test rows.
    chances : ndarray of float32, shape (n_test_rows,)
        Predicted probabilities.
    n_bytes : int
        Of the table in the file.
    cpu_s : float
        Of training, writing and prediction.
    """

    auc: float
    log_loss: float
    chances: NDArray[np.float32]
    n_bytes: int
    cpu_s: float


class TableCells:
    """Table cells, in one process.

    Parameters
    ----------
    plan : BenchPlan
        What they depend on.
    n_lookups : int
        Rows that make one embedding of a unified table.
    """

    def __init__(self, plan: BenchPlan, n_lookups: int) -> None:
        self.log = Cells(plan)
        self.plan = plan
        self.n_lookups = n_lookups
        self._orders: dict[int, NDArray[np.int64]] = {}

    @property
    def again(self) -> Callable[[], TableCells]:
        """How another process makes them."""
        return partial(TableCells, self.plan, self.n_lookups)

    def is_done(self, cell: WidthsCell | TableCell) -> bool:
        """Whether it is known what the cell finds."""
        if isinstance(cell, TableCell) and cell.widths is not None and not self.is_done(cell.widths):
            return False
        try:
            _, facts = read_tensors(self.path(cell))
        except UnreadableFileError:
            return False
        return bool(facts)

    def run(self, cell: WidthsCell | TableCell) -> None:
        """Find what a cell finds, and keep it; widths come before the tables that have them."""
        if isinstance(cell, TableCell):
            self._train(cell)
        else:
            self._choose(cell)

    def budget(self, cell: TableCell) -> int:
        """Bytes that a table may take."""
        has_linear = MODELS[cell.model].has_linear
        whole = whole_bytes(self.log.rows(cell.seed).candidates, has_linear=has_linear)
        # a share such as .3 is no binary fraction: 30 % of 10 bytes must be 3
        return int(cell.share * whole + 1e-6)

    def table(self, cell: TableCell) -> FittedTable:
        """The table of a cell.

        Raises
        ------
        ConfigError
            There is none so small; the message says why.
        """
        return fit_table(
            cell.scheme,
            self._candidates(cell),
            self._order(cell.seed),
            n_bytes=self.budget(cell),
            has_linear=MODELS[cell.model].has_linear,
            n_lookups=self.n_lookups,
            salt=cell.seed,
        )

    def impossible(self, cell: TableCell) -> str | None:
        """Why there is no such table; None where there is one."""
        try:
            self.table(cell)
        except ConfigError as error:
            return error.message
        return None

    def tested(self, cell: TableCell) -> TestedTable:
        """What a finished cell found."""
        tensors, facts = read_tensors(self.path(cell))
        return TestedTable(
            facts["auc"], facts["log_loss"], tensors["chances"], facts["n_bytes"], facts["cpu_s"]
        )

    def widths(self, cell: WidthsCell) -> NDArray[np.int64]:
        """What a finished cell of widths chose."""
        tensors, _ = read_tensors(self.path(cell))
        return tensors["widths"]

    def cost_of_widths(self, cell: WidthsCell) -> float:
        """CPU seconds that a finished cell of widths took."""
        _, facts = read_tensors(self.path(cell))
        return float(facts["cpu_s"])

    def path(self, cell: WidthsCell | TableCell) -> Path:
        """Where a cell keeps what it found."""
        rows = self.log.rows(cell.seed)
        known: tuple[object, ...] = (
            *(__version__, TABLE_CELL_VERSION, torch.__version__),
            *(cell.model, self.plan.sizes, rows.settings),
        )
        if isinstance(cell, WidthsCell):
            known += (rows.config, cell.dims)
        else:
            fitted = self.table(cell)
            known += (fitted.config, hashlib.sha256(fitted.subset.ids.tobytes()).hexdigest())
        digest = hashlib.sha256(repr(known).encode()).hexdigest()[:32]
        return self.plan.store / f"bench-table-{digest}.safetensors"

    def _choose(self, cell: WidthsCell) -> None:
        cpu = time.process_time()
        rows = self.log.rows(cell.seed)
        widths = chosen_widths(
            cell.dims, rows.candidates, self._order(cell.seed), self._backbone(cell.model, cell.seed)
        )
        write_tensors(self.path(cell), {"widths": widths}, {"cpu_s": round(time.process_time() - cpu, 3)})

    def _train(self, cell: TableCell) -> None:
        cpu = time.process_time()
        rows, fitted = self.log.rows(cell.seed), self.table(cell)
        backbone = self._backbone(cell.model, cell.seed)
        settings, dtype = backbone.settings, fitted.config.embedding.dtype
        layout = rows.candidates.layout
        train, valid, test = (
            SubsetRows(part, fitted.subset, layout)
            for part in (rows.candidates.train, rows.candidates.valid, rows.test)
        )
        trained, _ = backbone.fit(fitted.config, train, valid=valid)
        saved = backbone.build(fitted.config)
        with temporary_folder(prefix="featsel-bench-") as name:
            write_weights(Path(name), trained, dtype)
            n_bytes = stored_table_bytes(Path(name), trained)
            read_weights(Path(name), saved, dtype)
        assert n_bytes <= self.budget(cell), "a table was cut for its budget"
        labels, chances, weights = labelled_predictions(
            saved, test, device=settings.device, precision=settings.precision
        )
        facts = {
            "auc": auc(labels, chances, weights=weights),
            "log_loss": log_loss(labels, chances, weights=weights),
            "n_bytes": n_bytes,
            "cpu_s": round(time.process_time() - cpu, 3),
        }
        write_tensors(self.path(cell), {"chances": chances}, facts)

    def _candidates(self, cell: TableCell) -> Candidates:
        """All features, with the widths that the scheme chooses."""
        candidates = self.log.rows(cell.seed).candidates
        return candidates if cell.widths is None else with_widths(candidates, self.widths(cell.widths))

    def _order(self, seed: int) -> NDArray[np.int64]:
        """Features, the most frequent first."""
        if seed not in self._orders:
            self._orders[seed] = frequency_order(self.log.rows(seed).candidates, seed=seed).ids
        return self._orders[seed]

    def _backbone(self, model: ModelName, seed: int) -> Backbone:
        return Backbone(model, self.plan.sizes, self.log.rows(seed).settings)
