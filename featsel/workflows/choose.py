"""How are features chosen for a budget, and what shows that the choice is good?"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from featsel import __version__
from featsel.core.columns import EncodedLog
from featsel.core.errors import ConfigError
from featsel.core.feature_config import Dims, DroppedField, Encoding, FeatureConfig, Method, Used
from featsel.core.table_size import table_bytes
from featsel.encoding.rows import FeatureReader
from featsel.encoding.splits import Part
from featsel.engines.local import Resources
from featsel.models.build import ModelName
from featsel.models.quantised import round_table
from featsel.models.settings import ModelSettings
from featsel.selection.adafs import adafs_order
from featsel.selection.autofield import autofield_order
from featsel.selection.backbone import Backbone
from featsel.selection.budget import Budget, cut
from featsel.selection.candidates import Candidates
from featsel.selection.chi2 import chi2_order
from featsel.selection.evidence import Trained, compare, gain_curve
from featsel.selection.field_budget import with_fused_fields
from featsel.selection.frequency import frequency_order
from featsel.selection.gates import gate_scores, published_order
from featsel.selection.gbdt import gbdt_order
from featsel.selection.information import information_order
from featsel.selection.lasso import lasso_order
from featsel.selection.lpfs import lpfs_order
from featsel.selection.mrmr import mrmr_order
from featsel.selection.mvfs import mvfs_order
from featsel.selection.optfs import GateSettings, usual_gate_rate
from featsel.selection.order import FeatureOrder, order_by_feature
from featsel.selection.permutation import permutation_order
from featsel.selection.random_order import random_order
from featsel.selection.search import Judgement, held_out_gains, search_order
from featsel.selection.sfs import sfs_order
from featsel.selection.shark import shark_order
from featsel.selection.subsets import Subset, SubsetRows, subset_of
from featsel.selection.vdrop import vdrop_order
from featsel.selection.widths import check_dims, chosen_widths, with_widths
from featsel.training.batches import Rows
from featsel.training.devices import keep_freed_memory
from featsel.training.loop import Callbacks
from featsel.training.predictions import evaluation_of, labelled_predictions
from featsel.training.progress import Progress, Report
from featsel.training.settings import TrainSettings
from featsel.workflows.log_rows import LogRows
from featsel.workflows.reporter import Reporter
from featsel.workflows.stages import Stages
from featsel.workflows.train_settings import Wishes, complete

SEARCH_VERSION = 3
"""Changes whenever a search or a training finds something else for the same options."""

OPTFS_EPOCHS = 10
"""Of a search of gates of features; about as many as the published settings."""

USUAL_PENALTY = 1e-6
"""Of a gate where a budget cuts their order: enough to tell them apart on the logs that we tried."""


@dataclass(frozen=True)
class Gates:
    """What a user wants of gates: penalty, temperature and rewinding of those of ``optfs``.

    Parameters
    ----------
    penalty : float, optional
        What an open gate costs.
    temperature : float
        Of the last epoch.
    epochs : int, optional
        Of the search; what suits the method where absent.
    rate : float, optional
        Learning rate; far enough to close any gate where absent.
    rewind : int
        Epoch whose weights are remembered.
    """

    penalty: float | None = None
    temperature: float = 200.0
    epochs: int | None = None
    rate: float | None = None
    rewind: int = 1

    def settings(self, n_rows: int, batch_size: int) -> GateSettings:
        """Settings of a search over so many rows."""
        epochs = OPTFS_EPOCHS if self.epochs is None else self.epochs
        n_steps = epochs * -(-n_rows // batch_size)
        rate = usual_gate_rate(n_steps) if self.rate is None else self.rate
        penalty = USUAL_PENALTY if self.penalty is None else self.penalty
        return GateSettings(
            penalty, self.temperature, epochs, min(self.rewind, epochs), rate, self.penalty is None
        )


@dataclass(frozen=True)
class ChooseOptions:
    """What is asked for, and which model is asked.

    Parameters
    ----------
    method : Method
        How features are ordered; not ``all``.
    budget : Budget, optional
        How many of them there may be; absent where gates decide.
    model : str
        Backbone of the search and of the evidence.
    sizes : ModelSettings
        Of its head.
    settings : TrainSettings
        How it learns.
    wishes : Wishes
        Device, precision, batch and L2, as far as they were chosen.
    keeps_noise : bool
        Let noise fields through to the search.
    has_shadows : bool
        Whether fields of chance are searched too, to tell how many worthless features are kept.
    gates : Gates
        Of ``optfs``.
    dims : Dims
        How the widths of embeddings are chosen.
    """

    method: Method
    budget: Budget | None
    model: ModelName
    sizes: ModelSettings
    settings: TrainSettings
    wishes: Wishes
    keeps_noise: bool = False
    has_shadows: bool = True
    gates: Gates = field(default_factory=Gates)
    dims: Dims = Dims.FIXED


@dataclass(frozen=True)
class Choice:
    """Features that were chosen.

    Parameters
    ----------
    config : FeatureConfig
        With what was dropped, and the metrics of all features and of the chosen ones.
    values : polars.DataFrame
        Its features, with codes and scores.
    evidence : mapping
        What shows that the choice is good, as the document has it.
    """

    config: FeatureConfig
    values: pl.DataFrame
    evidence: Mapping[str, Any]


def choose(
    codes: EncodedLog,
    parts: NDArray[np.uint8],
    config: FeatureConfig,
    values: pl.DataFrame,
    options: ChooseOptions,
    resources: Resources,
    reporter: Reporter,
) -> Choice:
    """Choose features of a log.

    Parameters
    ----------
    codes : EncodedLog
        The log.
    parts : ndarray of uint8, shape (n_rows,)
        Part of each row.
    config, values : FeatureConfig, polars.DataFrame
        All features, with codes.
    options : ChooseOptions
        What is asked for.
    resources : Resources
        Threads and memory.
    reporter : Reporter
        Told of progress and of what is worth knowing.

    Returns
    -------
    Choice
        What ``featsel train`` with the same model and options reaches on the same validation rows is what the
        evidence says.

    Raises
    ------
    ConfigError, DataError
        There are no rows to choose by, or the budget has no room.
    """
    torch.set_num_threads(resources.n_threads)
    keep_freed_memory()
    candidates = _candidates(codes, parts, config, values)
    train = candidates.train
    assert isinstance(train, LogRows)
    settings = complete(
        options.settings,
        options.wishes,
        n_rows=train.n_rows,
        row_bytes=train.row_bytes,
        memory_bytes=resources.memory_bytes,
    )
    backbone = Backbone(options.model, options.sizes, settings, _told(reporter, settings.batch_size))
    check_dims(options.dims, candidates, backbone)
    moments = [time.process_time()]

    stages = _stages(codes, config, backbone)
    reporter.start("training with all features", None)
    full = stages.trained(
        "full", lambda: _trained(backbone, candidates.config, candidates.train, candidates.valid)
    )
    moments.append(time.process_time())
    reporter.start("searching", None)
    search = (options.method, options.keeps_noise, options.has_shadows, options.gates, options.budget is None)
    order = stages.order(f"order {search}", lambda: METHODS[options.method](candidates, backbone, options))
    order = order_for_budget(order, candidates, options)
    is_found = order.ids.size > 0
    if not is_found:
        reporter.warn(
            "there is nothing to select: no field tells more of the label than chance does, alone or beside "
            "another one; the most frequent features are kept"
        )
        order = replace(
            order_by_feature(candidates, candidates.counts.rows.astype(np.float64)),
            scores=np.full(candidates.layout.n_ids, np.nan),
            field_scores=np.full(candidates.layout.n_fields, np.nan),
        )
    for warning in order.warnings:
        reporter.warn(warning)
    if options.dims is not Dims.FIXED:
        reporter.start("choosing widths", None)
        widths = stages.widths(
            f"widths {options.dims} {_digest(order.ids)}",
            lambda: chosen_widths(options.dims, candidates, order.ids, backbone),
        )
        candidates = with_widths(candidates, widths)
    ids = order.ids if options.budget is None else cut(order, candidates, options.budget)
    subset = subset_of(candidates, ids)
    moments.append(time.process_time())
    reporter.start("training with the chosen features", None)
    selected = stages.trained(
        f"selected {_digest(subset.ids)}{_title_of_widths(subset.config, options.dims)}",
        lambda: _trained(
            backbone,
            subset.config,
            SubsetRows(candidates.train, subset, candidates.layout),
            SubsetRows(candidates.valid, subset, candidates.layout),
        ),
    )
    moments.append(time.process_time())
    chosen = _config_of(candidates, subset, order, options, full=full, selected=selected)
    n_all = int(np.count_nonzero(candidates.is_feature))
    _warn(reporter, chosen, order, options, n_all=n_all)
    has_gains = is_found and options.method is Method.DELETION
    evidence: dict[str, Any] = {
        "full": {
            **full.metrics,
            "fields": len(config.fields),
            "features": n_all,
            "bytes": table_bytes(config),
        },
        "selected": {**selected.metrics, **asdict(chosen.selection.used)},
        "log_loss_change": asdict(compare(full, selected)),
        "widths": _widths(chosen),
        "eligible": int(order.ids.size) if is_found else 0,
        "evident": None if order.odds is None else int(np.count_nonzero(order.odds > 0)),
        "false_keep_rate": _false_keep_rate(order, options.budget, ids, n_all=n_all),
        "curve": gain_curve(order, candidates.counts.n_rows, n_all=n_all) if has_gains else [],
        "rows": {"train": candidates.train.n_rows, "valid": candidates.valid.n_rows},
        "cpu_s": {
            name: round(after - before, 3)
            for name, before, after in zip(("full", "search", "selected"), moments, moments[1:], strict=False)
        },
    }
    return Choice(chosen, _values_of(values, candidates, subset, order), evidence)


def _widths(config: FeatureConfig) -> dict[str, int] | None:
    """How wide embeddings are where they differ, and what one width would cost."""
    widths, dim = [field.dim for field in config.fields], config.embedding.dim
    if len(set(widths)) == 1:
        return None
    fixed = replace(config, fields=tuple(replace(field, dim=dim) for field in config.fields))
    return {"least": min(widths), "most": max(widths), "fixed_bytes": table_bytes(fixed)}


def _digest(ids: NDArray[np.int64]) -> str:
    return hashlib.sha256(ids.tobytes()).hexdigest()


def _title_of_widths(config: FeatureConfig, dims: Dims) -> str:
    return "" if dims is Dims.FIXED else f" of widths {[field.dim for field in config.fields]}"


def _stages(codes: EncodedLog, config: FeatureConfig, backbone: Backbone) -> Stages:
    known = (
        __version__,
        SEARCH_VERSION,
        torch.__version__,
        config,
        backbone.model,
        backbone.sizes,
        backbone.settings,
    )
    return Stages(codes.folder, repr(known))


def _false_keep_rate(
    order: FeatureOrder, budget: Budget | None, ids: NDArray[np.int64], *, n_all: int
) -> float | None:
    """Estimate the share of the kept features that tell nothing."""
    if order.shadows is None:
        return None
    if order.odds is not None:
        return float(np.mean(1 / (1 + np.exp(np.clip(order.odds[ids], -500, 500)))))
    # a budget of fields does not take the first features of the order
    if budget is not None and budget.fields is not None:
        return None
    return min(1.0, order.shadows.kept_share(ids.size) * n_all / ids.size)


def _candidates(
    codes: EncodedLog, parts: NDArray[np.uint8], config: FeatureConfig, values: pl.DataFrame
) -> Candidates:
    hashed = [field.name for field in config.fields if field.encoding is Encoding.HASH]
    if hashed:
        raise ConfigError(
            f"field {hashed[0]!r} is hashed, and a hash bucket is no feature that can be chosen",
            "Leave out --cross-buckets, so that the pairs are counted.",
        )
    rows = LogRows(codes, FeatureReader(codes, config, values))
    train, valid = rows.where(parts == Part.TRAIN), rows.where(parts == Part.VALID)
    for title, part in (("training", train), ("validation", valid)):
        if part.n_rows == 0:
            raise ConfigError(
                f"no row is left for {title}",
                "Features are chosen by training and validation rows: give a longer log, or another --valid.",
            )
        part.check_labels(title, "Choosing needs both; hold out more rows, or others with --split random.")
    return Candidates(config, train, valid)


def _trained(backbone: Backbone, config: FeatureConfig, train: Rows, valid: Rows) -> Trained:
    model, _ = backbone.fit(config, train, valid=valid)
    round_table(model, config.embedding.dtype)
    settings = backbone.settings
    labels, chances, weights = labelled_predictions(
        model, valid, device=settings.device, precision=settings.precision
    )
    found = evaluation_of(labels, chances, weights)
    return Trained(found.auc, found.log_loss, labels, chances, weights)


def _deletion(candidates: Candidates, backbone: Backbone, options: ChooseOptions) -> FeatureOrder:
    return search_order(
        candidates,
        backbone,
        judge=held_out_gains,
        keeps_noise=options.keeps_noise,
        has_shadows=options.has_shadows,
    )


def _optfs(candidates: Candidates, backbone: Backbone, options: ChooseOptions) -> FeatureOrder:
    gates = options.gates.settings(candidates.train.n_rows, backbone.settings.batch_size)
    if options.budget is None:
        return published_order(candidates, backbone, gates)
    return search_order(
        candidates,
        backbone,
        judge=lambda left, model: Judgement(gate_scores(left, model, gates)),
        keeps_noise=options.keeps_noise,
        has_shadows=options.has_shadows,
    )


def _plain(
    order: Callable[..., FeatureOrder],
) -> Callable[[Candidates, Backbone, ChooseOptions], FeatureOrder]:
    """A method that asks no model."""
    return lambda candidates, backbone, _: order(candidates, seed=backbone.settings.seed)


def _trained_first(
    order: Callable[[Candidates, Backbone], FeatureOrder],
) -> Callable[[Candidates, Backbone, ChooseOptions], FeatureOrder]:
    """A method that asks a trained model."""
    return lambda candidates, backbone, _: order(candidates, backbone)


def _gated(
    order: Callable[..., FeatureOrder],
) -> Callable[[Candidates, Backbone, ChooseOptions], FeatureOrder]:
    """A method that trains a model beside gates of its fields."""
    return lambda candidates, backbone, options: order(
        candidates, backbone, epochs=options.gates.epochs, rate=options.gates.rate
    )


METHODS: dict[Method, Callable[[Candidates, Backbone, ChooseOptions], FeatureOrder]] = {
    Method.DELETION: _deletion,
    Method.OPTFS: _optfs,
    Method.INFORMATION: _plain(information_order),
    Method.CHI2: _plain(chi2_order),
    Method.FREQUENCY: _plain(frequency_order),
    Method.MRMR: _plain(mrmr_order),
    Method.LASSO: _plain(lasso_order),
    Method.GBDT: _plain(gbdt_order),
    Method.PERMUTATION: _trained_first(permutation_order),
    Method.SHARK: _trained_first(shark_order),
    Method.SFS: _trained_first(sfs_order),
    Method.AUTOFIELD: _gated(autofield_order),
    Method.ADAFS: _gated(adafs_order),
    Method.MVFS: _gated(mvfs_order),
    Method.LPFS: _gated(lpfs_order),
    Method.VDROP: _gated(vdrop_order),
    Method.RANDOM: _plain(random_order),
}
"""What orders features."""


def order_for_budget(order: FeatureOrder, candidates: Candidates, options: ChooseOptions) -> FeatureOrder:
    """Order as a budget cuts it: that of ``deletion`` is fused with ``mrmr`` where it is one of fields.

    Parameters
    ----------
    order : FeatureOrder
        Of the method.
    candidates : Candidates
        The features.
    options : ChooseOptions
        Method, budget and seed.

    Returns
    -------
    FeatureOrder
        The same for all budgets of a kind.
    """
    if options.method is not Method.DELETION or options.budget is None or options.budget.fields is None:
        return order
    return with_fused_fields(order, candidates, seed=options.settings.seed)


def _config_of(
    candidates: Candidates,
    subset: Subset,
    order: FeatureOrder,
    options: ChooseOptions,
    *,
    full: Trained,
    selected: Trained,
) -> FeatureConfig:
    whole = candidates.config
    fields = tuple(
        replace(field, score=_number(float(order.field_scores[index])))
        for index, field in zip(subset.fields.tolist(), subset.config.fields, strict=True)
    )
    dropped = tuple(
        DroppedField(
            field.name,
            order.dropped.get(index, "budget: others are worth more"),
            _number(float(order.field_scores[index])),
        )
        for index, field in enumerate(whole.fields)
        if index not in set(subset.fields.tolist())
    )
    config = replace(whole, fields=fields, dropped=(*whole.dropped, *dropped))
    selection = replace(
        whole.selection,
        method=options.method,
        model=options.model,
        budget=None if options.budget is None else options.budget.text,
        used=Used(len(fields), int(subset.ids.size), table_bytes(config)),
        metrics={"full": full.metrics, "selected": selected.metrics},
    )
    return replace(config, selection=selection)


def _number(score: float) -> float | None:
    return score if math.isfinite(score) else None


def _values_of(
    values: pl.DataFrame, candidates: Candidates, subset: Subset, order: FeatureOrder
) -> pl.DataFrame:
    """Values of the chosen features, with their new codes."""
    layout = candidates.layout
    fields = subset.fields
    new_starts = np.cumsum([0, *(field.features + 1 for field in subset.config.fields)])[:-1]
    field = np.searchsorted(fields, candidates.field_of_id[subset.ids])
    scores = order.scores[subset.ids]
    names = np.array([field.name for field in subset.config.fields], object)
    chosen = pl.DataFrame(
        {
            "field": names[field],
            "code": (subset.ids - np.array(layout.offsets)[fields[field]]).astype(np.uint32),
            "new": (subset.id_map[subset.ids] - new_starts[field]).astype(np.uint32),
            "score": pl.Series(scores).fill_nan(None),
        }
    )
    joined = values.drop("score").join(chosen, on=["field", "code"], how="inner", maintain_order="left")
    return joined.select("field", "value", pl.col("new").alias("code"), "count", "score")


def _told(reporter: Reporter, batch_size: int) -> Callbacks:
    def on_step(_: Progress) -> bool:
        reporter.advance(batch_size)
        return False

    def on_report(report: Report) -> None:
        if report.valid is not None:
            reporter.detail(
                f"epoch {report.epoch}: log loss {report.valid.log_loss:.5f}, AUC {report.valid.auc:.5f}"
            )

    return Callbacks(on_step=on_step, on_report=on_report)


def _warn(
    reporter: Reporter, config: FeatureConfig, order: FeatureOrder, options: ChooseOptions, *, n_all: int
) -> None:
    used = config.selection.used
    if options.budget is None or used.features < order.ids.size or not order.dropped:
        return
    reporter.warn(
        f"--budget {options.budget.text} has room for all {used.features:,} of {n_all:,} features that are "
        f"worth keeping: {len(order.dropped):,} fields are noise, constant or copies (see --keep-noise)"
    )
