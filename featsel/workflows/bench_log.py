"""How does a bench begin, whatever it compares? With options, an encoded log and its splits."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from featsel import __version__
from featsel.artifacts.documents import BENCH_SCHEMA
from featsel.core.columns import EncodedLog
from featsel.core.errors import ConfigError, did_you_mean
from featsel.core.feature_config import ConfigSplit, EmbeddingScheme, EmbeddingTable, SplitOrder
from featsel.core.temporary import temporary_folder
from featsel.encoding.fit import FitOptions
from featsel.engines.local import Resources
from featsel.logs.fingerprint import fingerprint
from featsel.models.build import MODELS, ModelName
from featsel.models.settings import ModelSettings
from featsel.training.settings import TrainSettings
from featsel.workflows.all_features import FeaturePlan, check_classes
from featsel.workflows.bench_cells import BenchPlan, Cells
from featsel.workflows.bench_output import check_bench_output
from featsel.workflows.encode import EncodeResources, Roles, encoded
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest, open_request, read_schema
from featsel.workflows.train_settings import Wishes


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
class OpenBench:
    """A log that is ready for a bench.

    Parameters
    ----------
    plan : BenchPlan
        What cells depend on.
    seeds : tuple of int
        Of splits, searches and trainings.
    n_columns : int
        Of the log.
    """

    plan: BenchPlan
    seeds: tuple[int, ...]
    n_columns: int

    def head(self, request: LogRequest) -> dict[str, object]:
        """How every document of a bench begins."""
        return {
            "schema": BENCH_SCHEMA,
            "featsel": __version__,
            "input": {
                "paths": request.paths,
                "rows": self.plan.codes.n_rows,
                "columns": self.n_columns,
                "fingerprint": self.plan.mark,
            },
        }

    def options(
        self, request: LogRequest, options: BenchOptions, models: Sequence[ModelName]
    ) -> dict[str, object]:
        """Options that every bench has."""
        return {
            "label": self.plan.schema.label,
            **request.as_options(),
            "model": models,
            "seeds": options.n_seeds,
            "sizes": options.sizes,
            "epochs": options.settings.epochs,
            "rate": options.settings.rate,
            "batch_size": options.wishes.batch_size,
            "l2": options.wishes.table_l2,
            "device": options.wishes.device,
            "precision": options.wishes.precision,
            "split": self.plan.features.split,
            "min_count": options.fit.min_count,
            "numeric_encoding": options.fit.numeric,
            "bins": options.fit.bins,
            "dim": options.fit.dim,
        }


@contextmanager
def open_bench(
    request: LogRequest, options: BenchOptions, model: ModelName, resources: Resources, reporter: Reporter
) -> Generator[OpenBench]:
    """Encode the log of a bench.

    Parameters
    ----------
    request, options : LogRequest, BenchOptions
        The log, and what is compared on it.
    model : str
        Asked by what asks a model.
    resources : Resources
        Threads of all processes together, memory of each.
    reporter : Reporter
        Told of progress and of what is worth knowing.

    Yields
    ------
    OpenBench
        Valid until the block ends.

    Raises
    ------
    ConfigError, DataError
        The request or the data is wrong.
    """
    with open_request(request, reporter) as log:
        schema = read_schema(log, request, reporter)
        roles = Roles(schema.label, schema.positive, schema.time, schema.weight)
        kinds = {each.name: each.kind for each in schema.fields}
        encode = EncodeResources(options.cache, resources.n_threads, reporter, resources.cluster)
        with encoded(log, request, kinds, roles, encode) as codes, _store(codes) as store:
            check_classes(codes, schema)
            features = FeaturePlan(
                replace(options.split, seed=request.seed),
                options.fit,
                EmbeddingTable(EmbeddingScheme.FULL, options.fit.dim),
                multivalued=request.multivalued,
            )
            plan = BenchPlan(
                *(codes, schema, features, fingerprint(log.source.paths), model),
                *(options.sizes, options.settings, options.wishes, None),
                replace(resources, n_threads=max(1, resources.n_threads // options.n_jobs)),
                store,
            )
            seeds = tuple(range(request.seed, request.seed + options.n_seeds))
            yield OpenBench(plan, seeds, len(log.dtypes))


def check_bench(request: LogRequest, options: BenchOptions) -> None:
    """Refuse what no bench can do, before anything is read.

    Raises
    ------
    ConfigError
        An output cannot be written, or the split lacks its times.
    """
    check_bench_output(options.output, options.html, inputs=request.paths)
    if options.split.order is SplitOrder.TIME and request.time is None:
        raise ConfigError("--split time needs the time of the rows", "Name its column with --time.")


def known_models(asked: Sequence[str]) -> tuple[ModelName, ...]:
    """Models by their names.

    Raises
    ------
    ConfigError
        There is no such model.
    """
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


def cells_of(plan: BenchPlan, seeds: Sequence[int], reporter: Reporter) -> Cells:
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


def row_counts(cells: Cells, seed: int) -> dict[str, int]:
    """Rows of each part of a split."""
    rows = cells.rows(seed)
    return {
        "train": rows.candidates.train.n_rows,
        "valid": rows.candidates.valid.n_rows,
        "test": rows.test.n_rows,
    }
