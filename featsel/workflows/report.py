"""What does ``featsel report`` do?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featsel.artifacts.atomic import check_target, write_text
from featsel.artifacts.documents import BENCH_SCHEMA, CHECK_SCHEMA, RANKING_SCHEMA
from featsel.artifacts.feature_configs import read_config
from featsel.artifacts.saved_documents import METRICS_SCHEMA, SELECTION_SCHEMA, check_result, read_document
from featsel.core.errors import ConfigError, DataError, UnreadableFileError
from featsel.core.feature_config import FEATURES_SCHEMA
from featsel.report.config_page import config_document
from featsel.report.ranking import counted
from featsel.report.report_page import answer_lines, present, report_html
from featsel.report.results import Kind, Presented, Result
from featsel.workflows.reporter import Reporter

KINDS = {
    CHECK_SCHEMA: Kind.CHECK,
    RANKING_SCHEMA: Kind.RANKING,
    SELECTION_SCHEMA: Kind.SELECTION,
    METRICS_SCHEMA: Kind.TRAINING,
    BENCH_SCHEMA: Kind.BENCH,
}
"""What the JSON documents of results are about."""

METRICS = "metrics.json"
"""File by which the folder of a trained model is known."""

CONFIG_SUFFIXES = frozenset({".yaml", ".yml"})

BROKEN = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, AssertionError, RuntimeError)
"""What a document of the right shape can still do wrong: name a method that it has no numbers of, and the
like. A schema cannot say so."""


@dataclass(frozen=True)
class ReportResult:
    """A page that was written.

    Parameters
    ----------
    html : str
        The page.
    lines : tuple of str
        What the results say, in plain sentences.
    """

    html: str
    lines: tuple[str, ...]


def report(runs: Sequence[Path], out: Path, reporter: Reporter, *, title: str | None = None) -> ReportResult:
    """Put results on one page.

    Parameters
    ----------
    runs : sequence of Path
        Documents that featsel wrote, feature configs, folders of these, folders of models.
    out : Path
        The page.
    reporter : Reporter
        Told what was left out, and what was written.
    title : str, optional
        Of the page.

    Returns
    -------
    ReportResult
        What was written.

    Raises
    ------
    ConfigError, DataError
        The page cannot be written, or a result is missing, of another program or version, or broken.
    """
    _check_page(out)
    paths = list(dict.fromkeys(_found(runs, reporter)))
    if out.resolve() in {path.resolve() for path in paths}:
        raise ConfigError(f"output {str(out)!r} is one of the results", "Name another file.")
    presented = _once([_presented(path, source) for path, source in zip(paths, _sources(paths), strict=True)])
    html = report_html(presented, title=title)
    write_text(out, html)
    size = f"{len(html.encode()) / 1000:,.0f} kB"
    reporter.note(f"wrote {out}: {counted(len(presented), 'result')}, {size}")
    return ReportResult(html, tuple(answer_lines(presented)))


def _check_page(out: Path) -> None:
    if out.suffix.lower() not in {".html", ".htm"}:
        raise ConfigError(f"--output {str(out)!r} does not end in .html", "Name the page something.html.")
    check_target(out)


def _found(runs: Sequence[Path], reporter: Reporter) -> Iterator[Path]:
    """Files of results, in the order in which they were named."""
    for run in runs:
        if not run.is_dir():
            yield run
            continue
        found = list(_in_folder(run, reporter))
        if not found:
            raise DataError(
                f"folder {str(run)!r} holds no result of featsel",
                "Results are JSON documents (-o x.json, --json), feature configs, and folders of models.",
            )
        yield from found


def _in_folder(folder: Path, reporter: Reporter) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and (path / METRICS).is_file():
            yield from _in_folder(path, reporter)
        elif path.is_file() and path.suffix.lower() in {".json", *CONFIG_SUFFIXES}:
            why = _other(path)
            if why is None:
                yield path
            else:
                reporter.note(f"left out {path}: {why}")


def _other(path: Path) -> str | None:
    """Why a file that nobody named is no result; a result that is broken is none of these."""
    if path.suffix.lower() in CONFIG_SUFFIXES:
        with path.open("rb") as stream:
            is_config = FEATURES_SCHEMA.partition("/")[0].encode() in stream.read(4096)
        return None if is_config else "it is no feature config"
    try:
        saved = read_document(path)
    except DataError as error:
        return error.message.partition(": ")[0] if error.message else "it is no result of featsel"
    known = {schema.partition("/")[0] for schema in (*KINDS, FEATURES_SCHEMA)}
    return None if saved.schema.partition("/")[0] in known else f"{saved.schema} is no result"


def _sources(paths: Sequence[Path]) -> list[str]:
    """How the page calls files: by their paths below the folder that all are in."""
    absolute = [path.absolute() for path in paths]
    common = os.path.commonpath([path.parent for path in absolute])
    return [path.relative_to(common).as_posix() for path in absolute]


def _presented(path: Path, source: str) -> Presented:
    result = _read(path, source)
    try:
        return present(result)
    except BROKEN as error:
        raise UnreadableFileError(
            f"result {str(path)!r} is broken, its parts do not fit together: {type(error).__name__}: {error}",
            "Write it again with the featsel that made it, or leave it out.",
        ) from error


def _read(path: Path, source: str) -> Result:
    if path.suffix.lower() in CONFIG_SUFFIXES:
        return Result(Kind.SELECTION, source, config_document(read_config(path)))
    saved = read_document(path)
    if saved.schema.partition("/")[0] == FEATURES_SCHEMA.partition("/")[0] and path.suffix.lower() == ".json":
        return Result(Kind.SELECTION, source, config_document(read_config(path)))
    check_result(path, saved)
    kind = KINDS[saved.schema]
    # a bench compares methods, or embedding tables
    kind = Kind.TABLES if kind is Kind.BENCH and "tables" in saved.document else kind
    return Result(kind, source, saved.document)


def _once(presented: Sequence[Presented]) -> list[Presented]:
    """All results, but no feature config of which a selection or a copy tells the same."""
    told = [
        _kept(each.result.document)
        for each in presented
        if each.result.kind is Kind.SELECTION and each.result.document.get("evidence") is not None
    ]
    shown: list[Presented] = []
    for each in presented:
        if each.result.kind is Kind.SELECTION and each.result.document.get("evidence") is None:
            if _kept(each.result.document) in told:
                continue
            told.append(_kept(each.result.document))
        shown.append(each)
    return shown


def _kept(document: Mapping[str, Any]) -> object:
    names = ("name", "features", "of", "dim", "score")
    return (
        document["selection"]["method"],
        [[field.get(name) for name in names] for field in document["fields"]],
        [field["name"] for field in document["dropped"]],
        document["input"]["fingerprint"],
    )
