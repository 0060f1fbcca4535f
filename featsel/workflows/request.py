"""Which log does a user mean, and how shall it be read?"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import polars as pl

from featsel.core.errors import ConfigError, DataError, EmptyLogError, MissingColumnError, did_you_mean
from featsel.core.patterns import matches_any, name_matcher
from featsel.core.schema import Field, FieldKind, LogSchema
from featsel.logs.formats import Format
from featsel.logs.kinds import has_criteo_columns, infer_fields
from featsel.logs.label import choose_label, usual_label
from featsel.logs.log import Log, RowSelection, open_log
from featsel.logs.sources import find_source
from featsel.logs.text import TextOptions
from featsel.logs.times import find_times
from featsel.workflows.reporter import Reporter

__all__ = [
    "Format",
    "LogRequest",
    "TextOptions",
    "choose_columns",
    "open_request",
    "prepared",
    "read_fields",
    "read_schema",
]


@dataclass(frozen=True)
class LogRequest:
    """What every command that reads a log is told of it.

    Parameters
    ----------
    paths : tuple of str
        Files, globs, folders, URLs, or ``-``.
    format : str, optional
        Format of the files where their extension does not say it.
    label : str, optional
        The label; one of the usual names where absent.
    positive : str, optional
        Label value that counts as 1.
    include, exclude : tuple of str
        Shell patterns of columns.
    categorical, numeric : tuple of str
        Shell patterns of columns of that kind.
    multivalued : tuple of str
        ``COLUMN=SEPARATOR``: text columns to split into lists.
    time, weight : str, optional
        Columns of row time and row weight; neither is a field.
    text : TextOptions
        How delimited text is read.
    rows, sample : int, optional
        First rows, and a uniform sample of them.
    seed : int
        Of the sample and of everything random.
    """

    paths: tuple[str, ...]
    format: str | None = None
    label: str | None = None
    positive: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    multivalued: tuple[str, ...] = ()
    time: str | None = None
    weight: str | None = None
    text: TextOptions = field(default_factory=TextOptions)
    rows: int | None = None
    sample: int | None = None
    seed: int = 0

    def as_options(self) -> Mapping[str, object]:
        """Options as they stand in a document: what changes its numbers."""
        return {
            "format": self.format,
            "positive": self.positive,
            "include": self.include,
            "exclude": self.exclude,
            "categorical": self.categorical,
            "numeric": self.numeric,
            "multivalued": self.multivalued,
            "time": self.time,
            "weight": self.weight,
            "columns": self.text.columns,
            "header": self.text.has_header,
            "separator": self.text.separator,
            "null_values": self.text.null_values,
            "rows": self.rows,
            "sample": self.sample,
            "seed": self.seed,
        }


@contextmanager
def open_request(request: LogRequest, reporter: Reporter, *, parses_times: bool = True) -> Generator[Log]:
    """Open the log that a request names.

    Parameters
    ----------
    request : LogRequest
        What the user asked for.
    reporter : Reporter
        Told how the log was read.
    parses_times : bool
        Whether text that spells points in time becomes such.

    Yields
    ------
    Log
        With the selected rows and with text columns split where asked.
    """
    source = find_source(
        request.paths, format=Format(request.format) if request.format else _delimited_format(request)
    )
    selection = RowSelection(request.rows, request.sample, request.seed)
    if request.text != TextOptions() and not source.format.is_delimited:
        reporter.warn(f"--columns, --no-header, --separator and --null-values do nothing for {source.format}")
    with (
        open_log(source, text=request.text, selection=selection) as log,
        prepared(log, request, reporter, parses_times=parses_times) as ready,
    ):
        yield ready


@contextmanager
def prepared(
    log: Log, request: LogRequest, reporter: Reporter, *, parses_times: bool = True
) -> Generator[Log]:
    """Make of the columns of an open log what a request says.

    Parameters
    ----------
    log : Log
        The log.
    request : LogRequest
        What the user said of it.
    reporter : Reporter
        Told how the log was read.
    parses_times : bool
        Whether text that spells points in time becomes such.

    Yields
    ------
    Log
        With text columns split where asked.

    Raises
    ------
    DataError, ConfigError
        A column has a name that cannot be asked for, or no text to split.
    """
    for note in log.notes:
        reporter.note(note)
    for name in log.dtypes:
        if name.startswith("^") and name.endswith("$"):
            raise DataError(
                f"column {name!r} has a name that is read as a pattern", "Rename it, without ^ or $."
            )
    split = _split_lists(log, request.multivalued)
    ready = _with_times(split, request) if parses_times else split
    yield ready
    for name, n_lost in ready.n_lost_times.items():
        if n_lost:
            reporter.warn(
                f"column {name!r}: {n_lost:,} of its values are no points in time and count as null "
                f"(if they mean something: --categorical {name!r})"
            )


def read_schema(log: Log, request: LogRequest, reporter: Reporter) -> LogSchema:
    """Roles and kinds of the columns of an open log.

    Parameters
    ----------
    log : Log
        The log.
    request : LogRequest
        What the user said of its columns.
    reporter : Reporter
        Told the choice of the label, what was left out, and the reason for every kind.

    Returns
    -------
    LogSchema
        At least one field.

    Raises
    ------
    MissingColumnError
        A named column does not exist.
    EmptyLogError
        There is no row or no field.
    ConfigError
        A pattern that should choose columns matches none.
    """
    columns = list(log.dtypes)
    label = choose_label(columns, request.label)
    if request.label is None:
        reporter.note(f"label: {label!r} (name another with --label)")
    for name in (request.time, request.weight):
        if name is not None and name not in log.dtypes:
            raise MissingColumnError(name, available=columns)
    if label in (request.time, request.weight):
        raise ConfigError(
            f"column {label!r} is the label and cannot be time or weight too", "Name another column."
        )
    if request.time is not None and request.time == request.weight:
        raise ConfigError(
            f"column {request.time!r} cannot be time and weight both", "Name another column for one of them."
        )
    fields = read_fields(log, request, {label, request.time, request.weight}, reporter)
    return LogSchema(fields, label, request.positive, request.weight, request.time)


def read_fields(
    log: Log, request: LogRequest, roles: Collection[str | None], reporter: Reporter
) -> tuple[Field, ...]:
    """Columns of an open log that are fields, with their kinds.

    Parameters
    ----------
    log : Log
        The log.
    request : LogRequest
        What the user said of its columns.
    roles : collection of str or None
        Columns that are no fields.
    reporter : Reporter
        Told what was left out, and the reason for every kind.

    Returns
    -------
    tuple of Field
        At least one, in the order of the log.

    Raises
    ------
    EmptyLogError
        There is no row or no field.
    ConfigError
        A pattern that should choose columns matches none.
    """
    names = choose_columns([name for name in log.dtypes if name not in roles], request, reporter)
    unusable = [name for name in names if not _is_usable(log.dtypes[name])]
    for name in unusable:
        reporter.warn(f"column {name!r} is left out: values of type {log.dtypes[name]} are not supported")
    names = [name for name in names if name not in unusable]
    if not names:
        raise EmptyLogError(
            "the log has no field: all columns are label, time, weight or excluded",
            f"Its columns are: {', '.join(list(log.dtypes)[:12])}.",
        )
    head = log.head(names)
    if head.is_empty():
        raise EmptyLogError(f"{log.source.title} holds no rows", "Give a log with rows.")
    fields = infer_fields(
        head,
        is_text=log.is_text,
        is_criteo=has_criteo_columns(log.dtypes),
        categorical=request.categorical,
        numeric=request.numeric,
    )
    _check_kinds(fields, log.dtypes)
    for each in fields:
        reporter.detail(f"{each.name}: {each.kind}, {each.reason}")
    return fields


def _delimited_format(request: LogRequest) -> Format | None:
    """A separator promises delimited text, whatever the extension says."""
    return Format.CSV if request.text.separator is not None else None


def _with_times(log: Log, request: LogRequest) -> Log:
    """Log whose text columns of points in time are such, but for label, weight and named categories."""
    roles = {request.label or usual_label(list(log.dtypes)), request.weight}
    is_named = name_matcher((*request.categorical, *request.exclude))
    text = [
        name
        for name, dtype in log.dtypes.items()
        if dtype == pl.String and name not in roles and not is_named(name)
    ]
    return log.with_times(find_times(log.head(text))) if text else log


def _split_lists(log: Log, rules: Sequence[str]) -> Log:
    splits: dict[str, pl.Expr] = {}
    for rule in rules:
        name, _, separator = rule.partition("=")
        if name not in log.dtypes:
            raise MissingColumnError(name, available=list(log.dtypes))
        if log.dtypes[name] != pl.String:
            raise ConfigError(
                f"--multivalued {rule!r}: column {name!r} holds {log.dtypes[name]}, not text",
                "Only text can be split.",
            )
        splits[name] = pl.col(name).str.split(separator or "|")
    return log.with_edits(splits) if splits else log


def choose_columns(names: Sequence[str], request: LogRequest, reporter: Reporter) -> list[str]:
    """Columns that the patterns of a request leave, in order."""
    known = frozenset(names)
    for pattern in request.include:
        if not matches_any(pattern, known):
            raise ConfigError(
                f"--include {pattern!r} matches no field",
                did_you_mean(pattern, list(names), what="The log has"),
            )
    for option in ("exclude", "categorical", "numeric"):
        for pattern in getattr(request, option):
            if not matches_any(pattern, known):
                reporter.warn(f"--{option} {pattern!r} matches no field")
    is_included, is_excluded = name_matcher(request.include), name_matcher(request.exclude)
    chosen = [name for name in names if not request.include or is_included(name)]
    return [name for name in chosen if not is_excluded(name)]


def _is_usable(dtype: pl.DataType) -> bool:
    if isinstance(dtype, pl.List | pl.Array):
        inner = dtype.inner
        return isinstance(inner, pl.DataType) and not inner.is_nested() and inner != pl.Object
    return not isinstance(dtype, pl.Struct | pl.Object)


def _check_kinds(fields: Sequence[Field], dtypes: Mapping[str, pl.DataType]) -> None:
    for each in fields:
        is_list = isinstance(dtypes[each.name], pl.List | pl.Array)
        if is_list and each.kind is not FieldKind.MULTIVALUED:
            raise ConfigError(
                f"--{each.kind} names column {each.name!r}, which holds lists",
                "Lists are multi-valued fields; drop the option.",
            )
