"""What is a cell of a bench? An order of all fields by one method, or one training on some of the fields.

A cell depends on the log, the options and its own name alone. What it found is a file that appears whole or
not at all, so that a bench that was killed has every cell that was finished, and goes on with the others.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from featsel import __version__
from featsel.artifacts.tensors import read_tensors, write_tensors
from featsel.core.columns import EncodedLog
from featsel.core.errors import ConfigError, DataError, UnreadableFileError
from featsel.core.feature_config import FeatureConfig, Method
from featsel.core.schema import LogSchema
from featsel.encoding.rows import FeatureReader
from featsel.encoding.splits import Part, split_rows
from featsel.engines.local import Resources
from featsel.models.build import ModelName
from featsel.models.settings import ModelSettings
from featsel.selection.backbone import Backbone
from featsel.selection.budget import parse_budget
from featsel.selection.candidates import Candidates
from featsel.selection.order import FeatureOrder, order_by_field
from featsel.selection.protocol import complete_order, usable_order
from featsel.selection.random_order import random_order
from featsel.selection.subsets import SubsetRows, subset_of
from featsel.training.devices import keep_freed_memory
from featsel.training.metrics import auc, log_loss
from featsel.training.predictions import labelled_predictions
from featsel.training.settings import TrainSettings
from featsel.workflows.all_features import FeaturePlan, config_of_all, fit_features, values_of_all
from featsel.workflows.choose import METHODS, SEARCH_VERSION, ChooseOptions, order_for_budget
from featsel.workflows.log_rows import LogRows
from featsel.workflows.peak_memory import PeakMemory
from featsel.workflows.train_settings import Wishes, complete

CELL_VERSION = 2
"""Changes whenever a cell finds something else for the same options."""

USABLE = "usable"
"""Orders fields as ``featsel rank --score usable`` does; ``select`` knows it under no name."""

CHANCE = Method.RANDOM.value
"""The lower end of every comparison."""

ORACLE = "oracle"
"""Orders fields by the truth of a planted log."""


@dataclass(frozen=True)
class OrderCell:
    """A method that orders all fields; chance does so several times with one seed."""

    method: str
    seed: int
    draw: int = 0

    @property
    def title(self) -> str:
        """What it is, for people."""
        return f"order by {self.method}, seed {self.seed}" + (f", draw {self.draw}" if self.draw else "")


@dataclass(frozen=True)
class TrainingCell:
    """A model that is trained on some fields, in the order of the log."""

    model: ModelName
    seed: int
    fields: tuple[str, ...]

    @property
    def title(self) -> str:
        """What it is, for people."""
        return f"training of {self.model} on {len(self.fields):,} fields, seed {self.seed}"


Cell = OrderCell | TrainingCell


@dataclass(frozen=True)
class Ordered:
    """What an order cell found.

    Parameters
    ----------
    fields : tuple of str
        All of them, best first.
    n_kept : int
        How many of them the method itself keeps.
    warnings : tuple of str
        What may be wrong with the order.
    cpu_s, elapsed_s : float
        What it took.
    peak_bytes : int, optional
        Memory that it took beyond what the process held before; None where the system does not tell.
    """

    fields: tuple[str, ...]
    n_kept: int
    warnings: tuple[str, ...]
    cpu_s: float
    elapsed_s: float
    peak_bytes: int | None


@dataclass(frozen=True)
class Tested:
    """What a training cell found.

    Parameters
    ----------
    auc, log_loss : float
        Of the test rows.
    chances : ndarray of float32, shape (n_test_rows,)
        Predicted probabilities.
    cpu_s : float
        Of training and prediction.
    """

    auc: float
    log_loss: float
    chances: NDArray[np.float32]
    cpu_s: float


@dataclass(frozen=True)
class BenchPlan:
    """All that cells depend on; it can be sent to another process.

    Parameters
    ----------
    codes : EncodedLog
        The log.
    schema : LogSchema
        Its fields.
    features : FeaturePlan
        How they become features; the seed of the split is that of a cell.
    mark : str
        Its fingerprint.
    search_model : str
        Asked by the methods that ask a model.
    sizes : ModelSettings
        Of the heads.
    settings, wishes : TrainSettings, Wishes
        How models learn; the seed is that of a cell.
    truth : tuple of str, optional
        True fields of a planted log, the strongest first.
    resources : Resources
        Of one process.
    store : Path
        Folder of what the cells found.
    """

    codes: EncodedLog
    schema: LogSchema
    features: FeaturePlan
    mark: str
    search_model: ModelName
    sizes: ModelSettings
    settings: TrainSettings
    wishes: Wishes
    truth: tuple[str, ...] | None
    resources: Resources
    store: Path


@dataclass(frozen=True)
class SeedRows:
    """The log as one seed splits it.

    Parameters
    ----------
    config : FeatureConfig
        Every feature that its training rows hold.
    candidates : Candidates
        Training and validation rows.
    test : LogRows
        Rows that no method and no training sees.
    test_rows : ndarray of int64
        Their places in the log.
    settings : TrainSettings
        How models learn from them.
    """

    config: FeatureConfig
    candidates: Candidates
    test: LogRows
    test_rows: NDArray[np.int64]
    settings: TrainSettings


class Cells:
    """Cells of a bench, in one process.

    Parameters
    ----------
    plan : BenchPlan
        What they depend on.
    """

    def __init__(self, plan: BenchPlan) -> None:
        self.plan = plan
        self._seeds: dict[int, SeedRows] = {}
        torch.set_num_threads(plan.resources.n_threads)
        keep_freed_memory()

    def rows(self, seed: int) -> SeedRows:
        """The log as a seed splits it."""
        if seed not in self._seeds:
            self._seeds[seed] = _seed_rows(self.plan, seed)
        return self._seeds[seed]

    @property
    def again(self) -> Callable[[], Cells]:
        """How another process makes them."""
        return partial(Cells, self.plan)

    def is_done(self, cell: Cell) -> bool:
        """Whether it is known what the cell finds."""
        try:
            _, facts = read_tensors(self._path(cell))
        except UnreadableFileError:
            return False
        return bool(facts)

    def run(self, cell: Cell) -> None:
        """Find what a cell finds, and keep it.

        Raises
        ------
        ConfigError
            The search or the training is impossible; the message names the cell.
        """
        try:
            if isinstance(cell, OrderCell):
                self._order(cell)
            else:
                self._train(cell)
        except ConfigError as error:
            raise ConfigError(f"{cell.title}: {error.message}", error.hint) from error

    def ordered(self, cell: OrderCell) -> Ordered:
        """What a finished order cell found."""
        _, facts = read_tensors(self._path(cell))
        return Ordered(
            tuple(facts["fields"]),
            facts["n_kept"],
            tuple(facts["warnings"]),
            facts["cpu_s"],
            facts["elapsed_s"],
            facts["peak_bytes"],
        )

    def tested(self, cell: TrainingCell) -> Tested:
        """What a finished training cell found."""
        tensors, facts = read_tensors(self._path(cell))
        return Tested(facts["auc"], facts["log_loss"], tensors["chances"], facts["cpu_s"])

    def _order(self, cell: OrderCell) -> None:
        rows = self.rows(cell.seed)
        memory, cpu, clock = PeakMemory(), time.process_time(), time.monotonic()
        # new candidates: a method that counts features pays for the counts
        candidates = Candidates(rows.config, rows.candidates.train, rows.candidates.valid)
        order = _method(cell, self.plan, rows)(candidates)
        facts: dict[str, object] = {
            "n_kept": int(order.fields.size),
            "warnings": order.warnings,
            "cpu_s": round(time.process_time() - cpu, 3),
            "elapsed_s": round(time.monotonic() - clock, 3),
            "peak_bytes": memory.more_bytes(),
        }
        names = [field.name for field in rows.config.fields]
        fields = complete_order(order, len(names), seed=cell.seed)
        facts["fields"] = [names[index] for index in fields.tolist()]
        write_tensors(self._path(cell), {"fields": fields}, facts)

    def _train(self, cell: TrainingCell) -> None:
        cpu = time.process_time()
        rows = self.rows(cell.seed)
        candidates, settings = rows.candidates, rows.settings
        wanted = set(cell.fields)
        is_wanted = np.array([field.name in wanted for field in rows.config.fields])
        ids = np.flatnonzero(candidates.is_feature & is_wanted[candidates.field_of_id])
        subset = subset_of(candidates, ids)
        train, valid, test = (
            SubsetRows(part, subset, candidates.layout)
            for part in (candidates.train, candidates.valid, rows.test)
        )
        backbone = Backbone(cell.model, self.plan.sizes, settings)
        model, _ = backbone.fit(subset.config, train, valid=valid)
        labels, chances, weights = labelled_predictions(
            model, test, device=settings.device, precision=settings.precision
        )
        facts = {
            "auc": auc(labels, chances, weights=weights),
            "log_loss": log_loss(labels, chances, weights=weights),
            "cpu_s": round(time.process_time() - cpu, 3),
        }
        write_tensors(self._path(cell), {"chances": chances}, facts)

    def _path(self, cell: Cell) -> Path:
        rows, plan = self.rows(cell.seed), self.plan
        known = (
            *(__version__, CELL_VERSION, SEARCH_VERSION, torch.__version__),
            *(rows.config, plan.sizes, rows.settings, cell),
            *((plan.search_model, plan.truth) if isinstance(cell, OrderCell) else ()),
        )
        digest = hashlib.sha256(repr(known).encode()).hexdigest()[:32]
        return plan.store / f"bench-{digest}.safetensors"


def known_methods() -> tuple[str, ...]:
    """Names of all methods that order fields, the oracle aside."""
    return (*(method.value for method in METHODS), USABLE)


def _method(cell: OrderCell, plan: BenchPlan, rows: SeedRows) -> Callable[[Candidates], FeatureOrder]:
    settings = rows.settings
    if cell.method == ORACLE:
        assert plan.truth is not None, "the oracle knows the truth"
        return _oracle(plan.truth)
    if cell.method == USABLE:
        return lambda candidates: usable_order(candidates, seed=settings.seed)
    if cell.draw:
        assert cell.method == CHANCE, "other methods give one order"
        seed = int(np.random.SeedSequence((cell.seed, cell.draw)).generate_state(1)[0])
        return lambda candidates: random_order(candidates, seed=seed)
    method = Method(cell.method)
    backbone = Backbone(plan.search_model, plan.sizes, settings)
    every_field = parse_budget(f"{len(rows.config.fields)}fields")
    options = ChooseOptions(method, every_field, plan.search_model, plan.sizes, settings, plan.wishes)

    def order(candidates: Candidates) -> FeatureOrder:
        found = METHODS[method](candidates, backbone, options)
        return order_for_budget(found, candidates, options)

    return order


def _oracle(truth: tuple[str, ...]) -> Callable[[Candidates], FeatureOrder]:
    def order(candidates: Candidates) -> FeatureOrder:
        places = {name: place for place, name in enumerate(truth)}
        names = [field.name for field in candidates.config.fields]
        scores = np.array([-float(places.get(name, len(places))) for name in names])
        known = order_by_field(candidates, scores)
        return replace(known, fields=known.fields[: sum(name in places for name in names)])

    return order


def _seed_rows(plan: BenchPlan, seed: int) -> SeedRows:
    codes, schema = plan.codes, plan.schema
    features = replace(plan.features, split=replace(plan.features.split, seed=seed))
    times = None if codes.times is None else codes.times.read()
    parts = split_rows(codes.n_rows, features.split, times=times)
    fitted = fit_features(codes, parts == Part.TRAIN, schema, features)
    config = config_of_all(fitted, schema, features, paths=(), n_rows=codes.n_rows, mark=plan.mark)
    if not config.fields:
        raise DataError(
            f"no value of any field stands in {features.fit.min_count:,} training rows", "Lower --min-count."
        )
    rows = LogRows(codes, FeatureReader(codes, config, values_of_all(fitted, config)))
    train, valid, test = (_part(rows, parts == part, part) for part in (Part.TRAIN, Part.VALID, Part.TEST))
    settings = complete(
        replace(plan.settings, seed=seed),
        plan.wishes,
        n_rows=train.n_rows,
        row_bytes=train.row_bytes,
        memory_bytes=plan.resources.memory_bytes,
    )
    return SeedRows(
        config, Candidates(config, train, valid), test, np.flatnonzero(parts == Part.TEST), settings
    )


def _part(rows: LogRows, is_chosen: NDArray[np.bool_], part: Part) -> LogRows:
    title = {Part.TRAIN: "training", Part.VALID: "validation", Part.TEST: "test"}[part]
    if not is_chosen.any():
        raise ConfigError(
            f"no row is left for {title}",
            "Methods learn from training rows, trainings end by validation rows, and test rows judge: give a "
            f"longer log, or a larger --{part.name.lower()}.",
        )
    chosen = rows.where(is_chosen)
    chosen.check_labels(title, "A bench needs both; hold out more rows, or others with --split random.")
    return chosen
