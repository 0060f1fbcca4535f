"""What does ``featsel rank --method quickselection`` do?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel import __version__
from featsel.artifacts.atomic import write_text
from featsel.artifacts.documents import RANKING_SCHEMA, to_json
from featsel.artifacts.frames import write_frame
from featsel.core.columns import EncodedLog, NumericColumn
from featsel.core.errors import ConfigError, DataError, MissingColumnError, listed
from featsel.core.schema import Field, FieldKind
from featsel.engines.local import Resources
from featsel.logs.fingerprint import fingerprint
from featsel.logs.label import usual_label
from featsel.logs.log import Log
from featsel.ranking.quickselection import (
    Ensemble,
    StrengthRanking,
    input_strengths,
    is_luck,
    rank_strengths,
    standardise,
)
from featsel.ranking.scores import Method
from featsel.report.strengths import strengths_overview, strengths_table
from featsel.report.table import Table, to_markdown, to_tsv
from featsel.workflows.encode import EncodeResources, Roles, encoded
from featsel.workflows.outputs import check_outputs
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest, open_request, read_fields

SUFFIXES = (".json", ".csv", ".tsv", ".parquet", ".md")
"""Files that a ranking can be."""

LARGEST_SAMPLE_BYTES = 256 * 2**20
"""Standardised rows in memory at most; a quarter of the memory limit where that is less."""

READ_NUMBERS = 1 << 20
"""Numbers of a column that are read together."""


@dataclass(frozen=True)
class StrengthResult:
    """A ranking by strength and the document that tells all of it."""

    ranking: StrengthRanking
    document: Mapping[str, object]

    def to_json(self, top: int | None = None) -> str:
        """Text of the document, with the strongest fields alone where ``top`` says how many."""
        return to_json({**self.document, "fields": self.ranking.fields[:top]})

    def to_tsv(self, top: int | None = None) -> str:
        """Text for a pipe."""
        return to_tsv(strengths_table(self.ranking, top))

    def overview(self, top: int | None = None) -> Table:
        """Table for a person to read."""
        return strengths_overview(self.ranking, top)


def quickselect(
    request: LogRequest,
    resources: Resources,
    reporter: Reporter,
    *,
    output: Path | None = None,
    cache: Path | None = None,
    ensemble: Ensemble | None = None,
) -> StrengthResult:
    """Rank the numeric fields of a log without a label.

    Parameters
    ----------
    request : LogRequest
        The log.
    resources : Resources
        Threads and memory.
    reporter : Reporter
        Told of progress and of what is worth knowing.
    output : Path, optional
        File to write; its extension says the format.
    cache : Path, optional
        Folder in which the encoded log is kept; None keeps nothing.
    ensemble : Ensemble, optional
        The networks, where not those of every user.

    Returns
    -------
    StrengthResult
        All numeric fields, strongest first.

    Raises
    ------
    ConfigError, DataError
        The request or the data is wrong; nothing was written.
    """
    started = time.monotonic()
    ensemble = ensemble or Ensemble()
    _check_output(output, request)
    with open_request(request, reporter) as log:
        label = _label(log, request, reporter)
        fields = _numeric_fields(log, request, label, reporter)
        kinds = {each.name: each.kind for each in fields}
        encode = EncodeResources(cache, resources.n_threads, reporter, resources.cluster)
        with encoded(log, request, kinds, Roles(label=None), encode) as columns:
            rows, coverages = _sample(columns, fields, ensemble, resources, request.seed)
            n_rows = columns.n_rows
        facts = {
            "paths": request.paths,
            "rows": n_rows,
            "columns": len(log.dtypes),
            "fingerprint": fingerprint(log.source.paths),
        }
    if not rows.any():
        raise DataError(
            "no numeric field varies: " + listed([each.name for each in fields]),
            "A ranking needs fields with two numbers and more.",
        )
    if len(rows) < n_rows:
        reporter.note(f"networks learn from a sample of {len(rows):,} of {n_rows:,} rows, see --seed")
    n_epochs = ensemble.n_networks * ensemble.training.n_epochs
    reporter.start(f"training {ensemble.n_networks} networks", n_epochs)
    strengths = input_strengths(
        rows, ensemble, seed=request.seed, n_threads=resources.n_threads, advance=reporter.advance
    )
    if is_luck(strengths, ensemble.n_networks):
        reporter.warn(
            "strengths differ hardly more from field to field than from network to network: this order is "
            "mostly luck, and another --seed gives another one"
        )
    ranking = rank_strengths(fields, strengths, coverages, n_rows=n_rows, n_trained_rows=len(rows))
    document: dict[str, object] = {
        "schema": RANKING_SCHEMA,
        "featsel": __version__,
        "input": facts,
        "options": {"method": Method.QUICKSELECTION, "label": label, **request.as_options()},
        "trained_rows": len(rows),
        "fields": ranking.fields,
        "elapsed_s": round(time.monotonic() - started, 3),
    }
    result = StrengthResult(ranking, document)
    if output is not None:
        _write(result, output)
    return result


def _check_output(output: Path | None, request: LogRequest) -> None:
    check_outputs((output,), page=None, inputs=request.paths)
    if output is not None and output.suffix.lower() not in SUFFIXES:
        raise ConfigError(
            f"--output {str(output)!r} has no extension that a ranking can have",
            f"Use {', '.join(SUFFIXES)}.",
        )


def _label(log: Log, request: LogRequest, reporter: Reporter) -> str | None:
    """Column that is left out as the label, if there is one."""
    columns = list(log.dtypes)
    for name in (request.label, request.time, request.weight):
        if name is not None and name not in columns:
            raise MissingColumnError(name, available=columns)
    label = request.label or usual_label(columns)
    if label is not None:
        reporter.note(f"label: {label!r} is left out of the fields, and nothing is learned from it")
    for option, value in (("--positive", request.positive), ("--weight", request.weight)):
        if value is not None:
            reporter.warn(f"{option} changes no strength under --method quickselection")
    return label


def _numeric_fields(
    log: Log, request: LogRequest, label: str | None, reporter: Reporter
) -> tuple[Field, ...]:
    fields = read_fields(log, request, {label, request.time, request.weight}, reporter)
    numeric = tuple(each for each in fields if each.kind is FieldKind.NUMERIC)
    others = [each.name for each in fields if each.kind is not FieldKind.NUMERIC]
    if not numeric:
        raise ConfigError(
            f"--method quickselection ranks numeric fields, and the log has none: {listed(others)}",
            "Name fields whose numbers are amounts with --numeric, or use --method information.",
        )
    if others:
        reporter.warn(
            f"left out, because only numeric fields are ranked: {listed(others)} (if their numbers are "
            "amounts: --numeric NAME)"
        )
    return numeric


def _sample(
    log: EncodedLog, fields: Sequence[Field], ensemble: Ensemble, resources: Resources, seed: int
) -> tuple[NDArray[np.float32], list[float]]:
    """Standardised numbers of some rows, shape (n_rows, n_fields), and coverage of each field in all rows."""
    training = ensemble.training
    n_bytes = min(LARGEST_SAMPLE_BYTES, resources.memory_bytes // 4)
    n_fitting = max(training.batch_rows, n_bytes // (4 * len(fields)))
    # more than a network can read in all its epochs would be of no use
    n_wanted = min(log.n_rows, n_fitting, training.n_epochs * training.epoch_rows)
    places = np.arange(log.n_rows)
    if n_wanted < log.n_rows:
        places = np.random.default_rng(seed).choice(log.n_rows, n_wanted, replace=False, shuffle=False)
        places.sort()
    rows = np.empty((n_wanted, len(fields)), np.float32)
    coverages: list[float] = []
    for index, each in enumerate(fields):
        column = log.columns[each.name]
        assert isinstance(column, NumericColumn)
        chosen: list[NDArray[np.float64]] = []
        n_null = 0
        for start in range(0, log.n_rows, READ_NUMBERS):
            numbers = column.numbers.read(start, start + READ_NUMBERS)
            n_null += int(np.count_nonzero(np.isnan(numbers)))
            first, last = np.searchsorted(places, (start, start + READ_NUMBERS))
            chosen.append(numbers[places[first:last] - start])
        rows[:, index] = standardise(np.concatenate(chosen))
        coverages.append(1 - n_null / log.n_rows)
    return rows, coverages


def _write(result: StrengthResult, path: Path) -> None:
    match path.suffix.lower():
        case ".json":
            write_text(path, to_json(result.document))
        case ".md":
            write_text(path, to_markdown(result.overview()))
        case ".tsv":
            write_text(path, result.to_tsv())
        case _:
            write_frame(pl.LazyFrame([asdict(each) for each in result.ranking.fields]), path)
