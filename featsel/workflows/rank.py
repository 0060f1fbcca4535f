"""What does ``featsel rank`` do?"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from featsel import __version__
from featsel.artifacts.atomic import write_text
from featsel.artifacts.documents import RANKING_SCHEMA, to_json
from featsel.artifacts.frames import write_frame
from featsel.core.counts import ContingencyTable
from featsel.core.errors import ConfigError, DataError, MissingColumnError
from featsel.core.schema import FieldKind, LogSchema
from featsel.encoding.row_codes import LogCodes
from featsel.engines.local import LogCounts, Resources
from featsel.logs.fingerprint import fingerprint
from featsel.logs.label import LabelReader
from featsel.logs.log import Log
from featsel.ranking.rank_fields import rank_fields
from featsel.ranking.scores import Method, Ranking, Score
from featsel.report.html import ranking_html
from featsel.report.ranking import FieldColumn, ranking_overview, ranking_table
from featsel.report.table import Table, to_markdown, to_tsv
from featsel.workflows.counting import count_log
from featsel.workflows.encode import EncodeResources, Roles, encoded
from featsel.workflows.outputs import check_outputs
from featsel.workflows.ranked_log import Analysis, RankedLog
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest, open_request, read_schema

WEIGHT_TOLERANCE = 1.5
"""Weights whose mean, over the rows of a label, is further from 1 are no plain repetitions of some rows."""


Question = Callable[[RankedLog], Analysis]
"""What can be asked of a log whose fields are ranked, while it is open."""


@dataclass(frozen=True)
class RankOptions:
    """How fields are scored and where the ranking goes.

    Parameters
    ----------
    score : Score
        What orders the list.
    bins : int
        Quantile bins of a numeric field.
    min_count : int
        Values with fewer rows are pooled.
    output : Path, optional
        File to write; its extension says the format.
    html : Path, optional
        Page to write.
    cache : Path, optional
        Folder in which the encoded log is kept, if a question needs it; None keeps nothing.
    questions : tuple of callable
        What else is asked of the log.
    about : tuple of str
        Fields of one value a row that these are about.
    asked : mapping of str to object
        The options of these questions, as the document has them.
    """

    score: Score
    bins: int
    min_count: int
    output: Path | None = None
    html: Path | None = None
    cache: Path | None = None
    questions: tuple[Question, ...] = ()
    about: tuple[str, ...] = ()
    asked: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True)
class RankResult:
    """A ranking and the document that tells all of it."""

    ranking: Ranking
    document: Mapping[str, object]
    analyses: tuple[Analysis, ...] = ()

    @property
    def columns(self) -> tuple[FieldColumn, ...]:
        """Columns that the analyses add to the fields."""
        return tuple(column for analysis in self.analyses for column in analysis.columns)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Tables that the analyses add."""
        return tuple(table for analysis in self.analyses for table in analysis.tables)

    @property
    def fields(self) -> list[dict[str, object]]:
        """Entries of the fields in the document, best first."""
        return [
            {**asdict(scored), **{column.name: column.cells[scored.name] for column in self.columns}}
            for scored in self.ranking.fields
        ]

    def to_json(self, top: int | None = None) -> str:
        """Text of the document, with the best fields alone where ``top`` says how many."""
        return to_json({**self.document, "fields": self.fields[:top]})


def rank(request: LogRequest, options: RankOptions, resources: Resources, reporter: Reporter) -> RankResult:
    """Score every field of a log against its label.

    Parameters
    ----------
    request : LogRequest
        The log.
    options : RankOptions
        How to score, where to write.
    resources : Resources
        Threads and memory.
    reporter : Reporter
        Told of progress and of what is worth knowing.

    Returns
    -------
    RankResult
        All fields, best first.

    Raises
    ------
    ConfigError, DataError
        The request or the data is wrong; nothing was written.
    """
    _check_targets(request, options)
    with open_request(request, reporter) as log:
        result = rank_log(log, request, options, resources, reporter)
    _write(result, options)
    return result


def rank_log(
    log: Log, request: LogRequest, options: RankOptions, resources: Resources, reporter: Reporter
) -> RankResult:
    """Score every field of an open log; see :func:`rank`. Nothing is written."""
    started = time.monotonic()
    if options.score is Score.FORWARD and request.time is None:
        raise ConfigError(
            "--score forward needs the times of the rows", "Name their column with --time, or choose another."
        )
    schema = read_schema(log, request, reporter)
    for name in options.about:
        _check_field(name, schema, log)
    label = LabelReader(schema.label, schema.positive)
    counts = count_log(log, schema, label, n_bins=options.bins, resources=resources, reporter=reporter)
    label.check_two_classes(n_rows=counts.n_rows, n_positive=counts.n_positive)
    if schema.weight is not None:
        _check_weights(schema.weight, counts, reporter)
    _warn_of_text(counts, reporter)
    ranking = rank_fields(
        schema.fields,
        counts.fields,
        label=ContingencyTable(np.array([counts.label_sums]), np.ones(1, np.int64)),
        n_rows=counts.n_rows,
        # the times of the rows come later, and then the order that they give
        score=Score.USABLE if options.score is Score.FORWARD else options.score,
        min_count=options.min_count,
        seed=request.seed,
    )
    log_fingerprint = fingerprint(log.source.paths) if log.source.paths else None
    told: Mapping[str, object] = {
        "method": Method.INFORMATION,
        "label": schema.label,
        **request.as_options(),
        "score": options.score,
        "bins": options.bins,
        "min_count": options.min_count,
        **options.asked,
    }
    with ExitStack() as stack:

        @cache
        def codes() -> LogCodes:
            fields = {each.name: each.kind for each in schema.fields}
            roles = Roles(schema.label, schema.positive, schema.time, schema.weight)
            encode = EncodeResources(options.cache, resources.n_threads, reporter, resources.cluster)
            columns = stack.enter_context(encoded(log, request, fields, roles, encode))
            return LogCodes(columns, counts.fields, min_count=options.min_count)

        ranked = RankedLog(
            request,
            schema,
            counts,
            ranking,
            codes,
            resources,
            reporter,
            min_count=options.min_count,
            fingerprint=log_fingerprint,
            options=told,
            n_sampled_from=log.count_sampled_from() if request.sample is not None else counts.n_rows,
        )
        found: list[Analysis] = []
        for question in options.questions:
            found.append(question(ranked))
            ranking = found[-1].ranking or ranking
            ranked = replace(ranked, ranking=ranking)
        analyses = tuple(found)
    document: dict[str, object] = {
        "schema": RANKING_SCHEMA,
        "featsel": __version__,
        "input": {
            "paths": request.paths,
            "rows": counts.n_rows,
            "columns": len(log.dtypes),
            "fingerprint": log_fingerprint,
        },
        "options": told,
        "label": {
            "name": schema.label,
            "positive": schema.positive if schema.positive is not None else 1,
            "positive_rate": ranking.positive_rate,
            "entropy": ranking.label_entropy,
        },
    }
    for analysis in analyses:
        document.update(analysis.content)
    result = RankResult(ranking, document, analyses)
    document["fields"] = result.fields
    document["elapsed_s"] = round(time.monotonic() - started, 3)
    return result


def _check_targets(request: LogRequest, options: RankOptions) -> None:
    check_outputs((options.output,), page=options.html, inputs=request.paths)
    if options.output is not None and options.output.suffix.lower() not in {
        ".json",
        ".md",
        ".tsv",
        ".csv",
        ".parquet",
    }:
        raise ConfigError(
            f"--output {str(options.output)!r} has no extension that a ranking can have",
            "Use .json, .csv, .tsv, .parquet or .md; --html writes a page.",
        )


def _check_field(name: str, schema: LogSchema, log: Log) -> None:
    kinds = {each.name: each.kind for each in schema.fields}
    if name not in log.dtypes:
        raise MissingColumnError(name, available=list(kinds))
    if name not in kinds:
        raise ConfigError(
            f"column {name!r} is no field of this ranking: it is label, time or weight, or excluded",
            "Name a field, or no longer exclude it.",
        )
    if kinds[name] is FieldKind.MULTIVALUED:
        raise ConfigError(
            f"column {name!r} holds lists, and a row belongs to one domain",
            "Name a field of one value a row.",
        )


def _check_weights(name: str, counts: LogCounts, reporter: Reporter) -> None:
    negative, positive = counts.label_sums
    if not (0 < negative < math.inf and 0 < positive < math.inf):
        raise DataError(
            f"weight {name!r} adds up to {negative:g} for negative rows and {positive:g} for positive ones",
            "Both need some weight, and a finite one.",
        )
    means = negative / (counts.n_rows - counts.n_positive), positive / counts.n_positive
    if max(means) > WEIGHT_TOLERANCE or min(means) < 1 / WEIGHT_TOLERANCE:
        reporter.warn(
            f"weight {name!r} averages {means[0]:.4g} for negative and {means[1]:.4g} for positive rows; a "
            "weight counts as so many rows, so noise can look significant: take verdicts and order from a "
            "ranking without --weight"
        )


def _warn_of_text(counts: LogCounts, reporter: Reporter) -> None:
    for name, n_rows in counts.unreadable.items():
        reporter.warn(
            f"numeric field {name!r}: {n_rows:,} of {counts.n_rows:,} values are no numbers and count as "
            f"null (if they mean something: --categorical {name!r})"
        )


def _write(result: RankResult, options: RankOptions) -> None:
    ranking, more = result.ranking, result.columns
    if options.output is not None:
        suffix = options.output.suffix.lower()
        if suffix == ".json":
            write_text(options.output, to_json(result.document))
        elif suffix == ".md":
            tables = (ranking_overview(ranking, more=more), *result.tables)
            write_text(options.output, "\n".join(map(to_markdown, tables)))
        elif suffix == ".tsv":
            write_text(options.output, to_tsv(ranking_table(ranking, more=more)))
        else:
            write_frame(pl.LazyFrame(result.fields, infer_schema_length=None), options.output)
    if options.html is not None:
        page = ranking_html(ranking, document=result.document, more=more, tables=result.tables)
        write_text(options.html, page)
