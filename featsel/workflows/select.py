"""What does ``featsel select`` do?"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from featsel import __version__
from featsel.artifacts.atomic import write_text
from featsel.artifacts.documents import to_json
from featsel.artifacts.feature_configs import check_features_target, write_features
from featsel.artifacts.feature_values import values_path
from featsel.core.errors import ConfigError, DataError, MissingColumnError
from featsel.core.feature_config import (
    ConfigSplit,
    DroppedField,
    EmbeddingScheme,
    EmbeddingTable,
    FeatureConfig,
    Rest,
    SplitOrder,
)
from featsel.core.schema import FieldKind
from featsel.encoding.fit import FitOptions
from featsel.encoding.splits import Part, split_rows
from featsel.engines.local import Resources
from featsel.logs.fingerprint import fingerprint
from featsel.report.selection_page import selection_html
from featsel.workflows.all_features import (
    FeaturePlan,
    check_classes,
    config_of_all,
    fit_features,
    values_of_all,
)
from featsel.workflows.encode import EncodeResources, Roles, encoded
from featsel.workflows.outputs import check_outputs
from featsel.workflows.ranked_fields import ruled_out
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest, open_request, read_schema
from featsel.workflows.select_crosses import Wanted, find_crosses

if TYPE_CHECKING:  # torch would be loaded with it
    from featsel.workflows.choose import ChooseOptions

SELECTION_SCHEMA = "featsel.selection/1"
"""Version of the documents that ``featsel select`` prints."""


@dataclass(frozen=True)
class SelectOptions:
    """How features are chosen and encoded, and where the config goes.

    Parameters
    ----------
    output : Path
        The config to write, .yaml or .json.
    choose : ChooseOptions, optional
        For what budget, and how, features are chosen; all are kept where absent.
    fit : FitOptions
        How fields are encoded.
    crosses : tuple of tuple of str
        Categorical fields that are crossed.
    embedding : EmbeddingTable
        How the trainer stores the table.
    rest : Rest
        What embedding an out-of-vocabulary feature has.
    split : ConfigSplit
        Which rows are held out.
    cache : Path, optional
        Folder of the cache; None keeps nothing.
    html : Path, optional
        Page to write.
    ranking : Path, optional
        A saved ranking, whose verdicts rule fields out before anything is chosen.
    keeps_noise : bool
        Let the noise of the ranking through.
    n_crosses : int
        How many further crosses to find on the training rows.
    """

    output: Path
    choose: ChooseOptions | None = None
    fit: FitOptions = field(default_factory=FitOptions)
    crosses: tuple[tuple[str, ...], ...] = ()
    embedding: EmbeddingTable = field(default_factory=lambda: EmbeddingTable(EmbeddingScheme.FULL, 16))
    rest: Rest = Rest.OOV
    split: ConfigSplit = field(default_factory=lambda: ConfigSplit(SplitOrder.RANDOM, 0.1, 0.1))
    cache: Path | None = None
    html: Path | None = None
    ranking: Path | None = None
    keeps_noise: bool = False
    n_crosses: int = 0


@dataclass(frozen=True)
class SelectResult:
    """A feature config and the document that tells of it."""

    config: FeatureConfig
    document: Mapping[str, object]

    def to_json(self) -> str:
        """Text of the document."""
        return to_json(self.document)


def select(
    request: LogRequest, options: SelectOptions, resources: Resources, reporter: Reporter
) -> SelectResult:
    """Choose the features of a log and write its feature config.

    Parameters
    ----------
    request : LogRequest
        The log.
    options : SelectOptions
        How to choose, where to write.
    resources : Resources
        Threads and memory.
    reporter : Reporter
        Told of progress and of what is worth knowing.

    Returns
    -------
    SelectResult
        What was written.

    Raises
    ------
    ConfigError, DataError
        The request or the data is wrong; nothing was written.
    """
    started = time.monotonic()
    check_features_target(options.output)
    check_outputs((options.output, values_path(options.output)), page=options.html, inputs=request.paths)
    if options.ranking is not None and options.ranking.resolve() == options.output.resolve():
        raise ConfigError(f"output {str(options.output)!r} is the ranking itself", "Name another file.")
    if options.split.order is SplitOrder.TIME and request.time is None:
        raise ConfigError("--split time needs the time of the rows", "Name its column with --time.")
    with open_request(request, reporter) as log:
        schema = read_schema(log, request, reporter)
        kinds = {each.name: each.kind for each in schema.fields}
        _check_crosses(options.crosses, kinds)
        roles = Roles(schema.label, schema.positive, schema.time, schema.weight)
        mark = fingerprint(log.source.paths)
        n_columns = len(log.dtypes)
        ruled: Mapping[str, DroppedField] = {}
        if options.ranking is not None:
            ruled = ruled_out(
                options.ranking,
                [each.name for each in schema.fields],
                columns=list(log.dtypes),
                fingerprint=mark,
                keeps_noise=options.keeps_noise,
                reporter=reporter,
            )
        with encoded(
            log,
            request,
            kinds,
            roles,
            EncodeResources(options.cache, resources.n_threads, reporter, resources.cluster),
        ) as codes:
            check_classes(codes, schema)
            parts = split_rows(
                codes.n_rows, options.split, times=None if codes.times is None else codes.times.read()
            )
            left = replace(schema, fields=tuple(each for each in schema.fields if each.name not in ruled))
            if options.n_crosses:
                found = find_crosses(
                    codes,
                    parts == Part.TRAIN,
                    [each.name for each in left.fields],
                    wanted=Wanted(options.n_crosses, options.crosses, options.fit.min_count),
                    seed=request.seed,
                    resources=resources,
                    reporter=reporter,
                )
                options = replace(options, crosses=(*options.crosses, *found))
            plan = FeaturePlan(
                options.split,
                options.fit,
                options.embedding,
                options.rest,
                options.crosses,
                request.multivalued,
            )
            fitted = fit_features(codes, parts == Part.TRAIN, left, plan)
            config = config_of_all(fitted, schema, plan, paths=request.paths, n_rows=codes.n_rows, mark=mark)
            _check_fields(config, reporter, min_count=options.fit.min_count)
            config = replace(config, dropped=(*ruled.values(), *config.dropped))
            values = values_of_all(fitted, config)
            evidence: Mapping[str, object] | None = None
            if options.choose is not None:
                # torch is loaded from here on
                from featsel.workflows.choose import choose  # noqa: PLC0415

                choice = choose(codes, parts, config, values, options.choose, resources, reporter)
                config, values, evidence = choice.config, choice.values, choice.evidence
    config = write_features(options.output, config, values)
    document: dict[str, object] = {
        "schema": SELECTION_SCHEMA,
        "featsel": __version__,
        "input": {"paths": request.paths, "rows": codes.n_rows, "columns": n_columns, "fingerprint": mark},
        "options": {
            "label": schema.label,
            **request.as_options(),
            "method": config.selection.method,
            "ranking": options.ranking,
            **_search_options(options.choose),
            "split": options.split,
            "min_count": options.fit.min_count,
            "numeric_encoding": options.fit.numeric,
            "bins": options.fit.bins,
            "cross": options.crosses,
            "crosses": options.n_crosses,
            "cross_buckets": options.fit.buckets,
            "pooling": options.fit.pooling,
            "max_length": options.fit.max_length,
            "dim": options.fit.dim,
            "embedding": options.embedding,
            "rest": options.rest,
        },
        "output": options.output,
        "selection": config.selection,
        "fields": config.fields,
        "dropped": config.dropped,
        "evidence": evidence,
        "elapsed_s": round(time.monotonic() - started, 3),
    }
    reporter.note(
        f"wrote {options.output}: {len(config.fields):,} fields, {config.selection.used.features:,} "
        f"features, {config.selection.used.bytes / 1e6:,.1f} MB of embeddings"
    )
    result = SelectResult(config, document)
    if options.html is not None:
        write_text(options.html, selection_html(json.loads(result.to_json())))
    return result


def _check_fields(config: FeatureConfig, reporter: Reporter, *, min_count: int) -> None:
    if not config.fields:
        raise DataError(f"no value of any field stands in {min_count:,} training rows", "Lower --min-count.")
    for dropped in config.dropped:
        reporter.warn(f"field {dropped.name!r} is dropped: {dropped.why}")


def _search_options(options: ChooseOptions | None) -> dict[str, object]:
    if options is None:
        return {}
    settings = options.settings
    return {
        "budget": None if options.budget is None else options.budget.text,
        "gates": options.gates,
        "model": options.model,
        "sizes": options.sizes,
        "epochs": settings.epochs,
        "rate": settings.rate,
        "batch_size": options.wishes.batch_size,
        "l2": options.wishes.table_l2,
        "device": options.wishes.device,
        "precision": options.wishes.precision,
        "dims": options.dims,
        "keep_noise": options.keeps_noise,
        "shadow": options.has_shadows,
    }


def _check_crosses(crosses: Sequence[tuple[str, ...]], kinds: Mapping[str, FieldKind]) -> None:
    titles = Counter([*kinds, *("*".join(cross) for cross in crosses)])
    for cross in crosses:
        for name in cross:
            if name not in kinds:
                raise MissingColumnError(name, available=list(kinds))
            if kinds[name] is not FieldKind.CATEGORICAL:
                raise ConfigError(
                    f"--cross {','.join(cross)}: field {name!r} is {kinds[name]}",
                    f"Crosses are made of categorical fields; if it is one: --categorical {name!r}.",
                )
        if len(set(cross)) < 2 or len(set(cross)) < len(cross):
            raise ConfigError(
                f"--cross {','.join(cross)} does not name two different fields", "Write --cross A,B."
            )
        if titles["*".join(cross)] > 1:
            raise ConfigError(
                f"--cross {','.join(cross)}: there is another field {'*'.join(cross)!r}",
                "Name every cross once; exclude or rename a column of that name.",
            )
