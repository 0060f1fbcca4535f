"""What does ``featsel bench`` do?"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from featsel import __version__
from featsel.artifacts.atomic import write_text
from featsel.artifacts.documents import BENCH_SCHEMA, to_json
from featsel.artifacts.frames import write_frame
from featsel.core.columns import EncodedLog
from featsel.core.errors import ConfigError, did_you_mean
from featsel.core.feature_config import ConfigSplit, EmbeddingScheme, EmbeddingTable, SplitOrder
from featsel.core.temporary import temporary_folder
from featsel.encoding.fit import FitOptions
from featsel.engines.local import Resources
from featsel.logs.fingerprint import fingerprint
from featsel.models.build import MODELS, ModelName
from featsel.models.settings import ModelSettings
from featsel.report.bench import points_table, summary_tables
from featsel.report.bench_page import bench_html
from featsel.report.table import to_markdown, to_tsv
from featsel.selection.protocol import field_grid
from featsel.training.settings import TrainSettings
from featsel.workflows.all_features import FeaturePlan, check_classes
from featsel.workflows.bench_cells import CHANCE, ORACLE, BenchPlan, Cell, Cells, known_methods
from featsel.workflows.bench_pool import CellPool
from featsel.workflows.bench_results import BenchCurves, BenchGrid
from featsel.workflows.bench_truth import find_truth
from featsel.workflows.encode import EncodeResources, Roles, encoded
from featsel.workflows.outputs import check_outputs
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest, open_request, read_schema
from featsel.workflows.train_settings import Wishes

USUAL_METHODS = ("information", "usable", "mrmr", "lasso", "gbdt", "permutation", "deletion")
"""Compared where nobody names methods: cheap ones, what most people
ask of a model, and the search of ``select``."""

EVERY = "all"
"""Stands for every method that orders fields."""

OUTPUTS = frozenset({".json", ".csv", ".tsv", ".parquet", ".md"})
"""Extensions that a bench can have."""


@dataclass(frozen=True)
class BenchOptions:
    """What is compared, and where the result goes.

    Parameters
    ----------
    models : tuple of str
        Backbones; the first one is also what searches ask.
    sizes : ModelSettings
        Of their heads.
    settings, wishes : TrainSettings, Wishes
        How models learn.
    methods : tuple of str
        Names, ``all`` among them; the usual ones where empty. Chance always takes part.
    grid : str, optional
        Numbers of fields, see :func:`featsel.selection.protocol.field_grid`.
    n_seeds : int
        How often all of it is done.
    n_jobs : int
        Processes.
    fit : FitOptions
        How fields are encoded.
    split : ConfigSplit
        Which rows are held out, with the first seed.
    truth : Path, optional
        Truth of a planted log; else that beside the log, if there is one.
    output, html : Path, optional
        Files to write.
    cache : Path, optional
        Folder of the cache; None keeps nothing.
    """

    models: tuple[str, ...]
    sizes: ModelSettings
    settings: TrainSettings
    wishes: Wishes
    methods: tuple[str, ...] = ()
    grid: str | None = None
    n_seeds: int = 3
    n_jobs: int = 1
    fit: FitOptions = field(default_factory=FitOptions)
    split: ConfigSplit = field(default_factory=lambda: ConfigSplit(SplitOrder.RANDOM, 0.1, 0.1))
    truth: Path | None = None
    output: Path | None = None
    html: Path | None = None
    cache: Path | None = None


@dataclass(frozen=True)
class BenchResult:
    """The document of a bench."""

    document: Mapping[str, object]

    def to_json(self) -> str:
        """Text of the document."""
        return to_json(self.document)


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
    _check_outputs(request, options)
    methods, models = _methods(options.methods), _models(options.models)
    if options.split.order is SplitOrder.TIME and request.time is None:
        raise ConfigError("--split time needs the time of the rows", "Name its column with --time.")
    with open_request(request, reporter) as log:
        schema = read_schema(log, request, reporter)
        names = [each.name for each in schema.fields]
        truth = find_truth(options.truth, request.paths, names)
        if truth is not None:
            methods = (*methods, ORACLE)
        mark = fingerprint(log.source.paths)
        roles = Roles(schema.label, schema.positive, schema.time, schema.weight)
        kinds = {each.name: each.kind for each in schema.fields}
        encode = EncodeResources(options.cache, resources.n_threads, reporter, resources.cluster)
        with encoded(log, request, kinds, roles, encode) as codes, _store(codes) as store:
            check_classes(codes, schema)
            split = replace(options.split, seed=request.seed)
            plan = BenchPlan(
                codes,
                schema,
                FeaturePlan(
                    split,
                    options.fit,
                    EmbeddingTable(EmbeddingScheme.FULL, options.fit.dim),
                    multivalued=request.multivalued,
                ),
                mark,
                models[0],
                options.sizes,
                options.settings,
                options.wishes,
                None if truth is None else truth.fields,
                replace(resources, n_threads=max(1, resources.n_threads // options.n_jobs)),
                store,
            )
            seeds = tuple(range(request.seed, request.seed + options.n_seeds))
            cells = _cells(plan, seeds, reporter)
            sizes = field_grid(options.grid, len(cells.plan.schema.fields))
            curves = _run(cells, BenchGrid(methods, models, sizes, seeds), options.n_jobs, reporter)
            document: dict[str, object] = {
                "schema": BENCH_SCHEMA,
                "featsel": __version__,
                "input": {
                    "paths": request.paths,
                    "rows": codes.n_rows,
                    "columns": len(log.dtypes),
                    "fingerprint": mark,
                },
                "options": {
                    "label": schema.label,
                    **request.as_options(),
                    "method": options.methods or USUAL_METHODS,
                    "model": models,
                    "k": options.grid,
                    "seeds": options.n_seeds,
                    "sizes": options.sizes,
                    "epochs": options.settings.epochs,
                    "rate": options.settings.rate,
                    "batch_size": options.wishes.batch_size,
                    "l2": options.wishes.table_l2,
                    "device": options.wishes.device,
                    "precision": options.wishes.precision,
                    "split": split,
                    "min_count": options.fit.min_count,
                    "numeric_encoding": options.fit.numeric,
                    "bins": options.fit.bins,
                    "dim": options.fit.dim,
                },
                "rows": _row_counts(cells, seeds[0]),
                "fields": len(cells.plan.schema.fields),
                "k": sizes,
                "seeds": seeds,
                "models": models,
                "search_model": models[0],
                "truth": None if truth is None else truth.path,
                "methods": list(curves.methods()),
                "results": list(curves.results()),
                "cost": curves.cost(),
            }
    document["elapsed_s"] = round(time.monotonic() - started, 3)
    result = BenchResult(document)
    _write(result, options)
    return result


def _check_outputs(request: LogRequest, options: BenchOptions) -> None:
    check_outputs((options.output,), page=options.html, inputs=request.paths)
    if options.output is not None and options.output.suffix.lower() not in OUTPUTS:
        raise ConfigError(
            f"--output {str(options.output)!r} has no extension that a bench can have",
            "Use .json, .csv, .tsv, .parquet or .md; --html writes a page.",
        )


def _methods(asked: tuple[str, ...]) -> tuple[str, ...]:
    known = known_methods()
    for name in asked:
        if name not in {*known, EVERY}:
            raise ConfigError(
                f"--method {name!r} is no method", did_you_mean(name, [*known, EVERY], what="Known are")
            )
    wanted = known if EVERY in asked else asked or USUAL_METHODS
    return tuple(dict.fromkeys((*(name for name in wanted if name != CHANCE), CHANCE)))


def _models(asked: tuple[str, ...]) -> tuple[ModelName, ...]:
    for name in asked:
        if name not in MODELS:
            raise ConfigError(
                f"--model {name!r} is no model", did_you_mean(name, list(MODELS), what="Known are")
            )
    by_name: dict[str, ModelName] = {name: name for name in MODELS}
    return tuple(by_name[name] for name in asked)


@contextmanager
def _store(codes: EncodedLog) -> Generator[Path]:
    """Folder of finished cells: beside the encoded log, or one that vanishes."""
    if codes.folder is not None:
        yield codes.folder
        return
    with temporary_folder(prefix="featsel-bench-") as name:
        yield Path(name)


def _cells(plan: BenchPlan, seeds: Sequence[int], reporter: Reporter) -> Cells:
    """Cells whose fields have features in the training rows of every seed."""
    cells = Cells(plan)
    reporter.start("splitting rows", len(seeds))
    dropped: dict[str, str] = {}
    for seed in seeds:
        dropped.update({each.name: each.why for each in cells.rows(seed).config.dropped})
        reporter.advance(1)
    if not dropped:
        return cells
    for name, why in dropped.items():
        reporter.warn(f"field {name!r} is left out: {why}")
    left = tuple(each for each in plan.schema.fields if each.name not in dropped)
    cells = Cells(replace(plan, schema=replace(plan.schema, fields=left)))
    cells.rows(seeds[0])  # where no field is left, this says so
    return cells


def _run(cells: Cells, grid: BenchGrid, n_jobs: int, reporter: Reporter) -> BenchCurves:
    with CellPool(cells, n_jobs) as pool:
        _find(cells, grid.every_order(), "ordering fields", pool, reporter)
        curves = BenchCurves(cells, grid)
        for cell, order in curves.orders.items():
            for warning in order.warnings:
                reporter.warn(f"{cell.title}: {warning}")
        _find(cells, curves.every_training(), "training on the first fields", pool, reporter)
    return curves


def _find(cells: Cells, wanted: Sequence[Cell], task: str, pool: CellPool, reporter: Reporter) -> None:
    missing = [cell for cell in wanted if not cells.is_done(cell)]
    n_known = len(wanted) - len(missing)
    if n_known:
        reporter.note(f"{task}: {n_known:,} of {len(wanted):,} are known from an earlier run")
    reporter.start(task, len(missing))

    def on_done(cell: Cell) -> None:
        reporter.detail(f"finished: {cell.title}")
        reporter.advance(1)

    pool.run(missing, on_done)


def _row_counts(cells: Cells, seed: int) -> dict[str, int]:
    rows = cells.rows(seed)
    return {
        "train": rows.candidates.train.n_rows,
        "valid": rows.candidates.valid.n_rows,
        "test": rows.test.n_rows,
    }


def _write(result: BenchResult, options: BenchOptions) -> None:
    if options.output is None and options.html is None:
        return
    document = json.loads(result.to_json())
    if options.output is not None:
        suffix = options.output.suffix.lower()
        if suffix == ".json":
            write_text(options.output, result.to_json())
        elif suffix == ".md":
            write_text(options.output, "\n".join(map(to_markdown, summary_tables(document))))
        elif suffix == ".tsv":
            write_text(options.output, to_tsv(points_table(document)))
        else:
            table = points_table(document)
            names = [column.name for column in table.columns]
            write_frame(pl.LazyFrame(table.rows, schema=names, orient="row"), options.output)
    if options.html is not None:
        write_text(options.html, bench_html(document))
