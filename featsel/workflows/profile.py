"""How does a log become a profile?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from featsel.core.errors import ConfigError, MissingColumnError
from featsel.core.profile import ColumnType, FieldProfile, LogProfile, Oddity, ValueType
from featsel.core.schema import Field, FieldKind, LogSchema
from featsel.engines.local import Resources
from featsel.engines.profiles import ProfiledLog
from featsel.logs.fingerprint import fingerprint
from featsel.logs.label import BOOLEAN_WORDS, usual_label
from featsel.logs.log import Log
from featsel.quality.relations import relate
from featsel.quality.scores import with_scores
from featsel.workflows.counting import profile_rows
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest, open_request, read_fields

NUMBER_SHARE = 0.9
"""Text of which so much spells numbers is a column of numbers; what is none is damage."""

TEXTS = (pl.String, pl.Categorical, pl.Enum, pl.Binary)
"""Ways to store text, which say nothing of what it means."""


@dataclass(frozen=True)
class ReadProfile:
    """A profile and where it comes from.

    Parameters
    ----------
    profile : LogProfile
        Of the log.
    fingerprint : str
        Of its files.
    """

    profile: LogProfile
    fingerprint: str


def read_log_profile(
    request: LogRequest, resources: Resources, reporter: Reporter, *, like: LogProfile | None = None
) -> ReadProfile:
    """Profile a log in one pass.

    Parameters
    ----------
    request : LogRequest
        The log.
    resources : Resources
        Threads and memory.
    reporter : Reporter
        Told of progress and of what is worth knowing.
    like : LogProfile, optional
        Of a log that it will be compared with: fields are read as they were there, and a label or time that
        it has may be missing.

    Returns
    -------
    ReadProfile
        The same for any number of threads.

    Raises
    ------
    ConfigError, DataError
        The request is wrong, or the log cannot be read.
    """
    with open_request(request, reporter) as stored:
        log = _as_in_any_format(stored)
        schema = _schema(log, request, reporter, like)
        profiled = profile_rows(log, schema, resources=resources, reporter=reporter)
        columns = _columns(stored, profiled.fields, like)
        mark = fingerprint(log.source.paths)
    return ReadProfile(_scored(profiled, columns), mark)


def _as_in_any_format(log: Log) -> Log:
    """Log whose values are those that it has in any format: booleans as text, times in microseconds.

    Some writers do not say that their bytes are text.
    """
    edits: dict[str, pl.Expr] = {}
    for name, dtype in log.dtypes.items():
        if dtype == pl.Boolean:
            edits[name] = pl.col(name).cast(pl.String)
        elif dtype == pl.Binary:
            edits[name] = pl.col(name).map_batches(_decoded, return_dtype=pl.String)
        elif dtype == pl.Date:
            edits[name] = pl.col(name).cast(pl.Datetime("us"))
        elif isinstance(dtype, pl.Datetime) and dtype.time_unit != "us":
            edits[name] = pl.col(name).dt.cast_time_unit("us")
    return log.with_edits(edits) if edits else log


def _decoded(values: pl.Series) -> pl.Series:
    """Text of bytes, with escapes for those that are none."""
    try:
        return values.cast(pl.String)
    except pl.exceptions.ComputeError:
        texts = [None if each is None else each.decode("utf-8", "backslashreplace") for each in values]
        return pl.Series(values.name, texts, pl.String)


def _scored(profiled: ProfiledLog, columns: tuple[ColumnType, ...]) -> LogProfile:
    fields = profiled.fields
    agreement = float("nan")
    if profiled.label is not None:
        n_positive = profiled.label.n_positive
        scored = with_scores(fields, profiled.counts, n_rows=profiled.n_rows, n_positive=n_positive)
        fields, agreement = scored.fields, scored.rank_agreement
    return LogProfile(
        n_rows=profiled.n_rows,
        columns=columns,
        fields=fields,
        label=profiled.label,
        time=profiled.time,
        rows=profiled.rows,
        relations=relate(profiled.sample, fields),
        rank_agreement=agreement,
    )


def _schema(log: Log, request: LogRequest, reporter: Reporter, like: LogProfile | None) -> LogSchema:
    columns = list(log.dtypes)
    label = request.label or usual_label(columns) or ""
    if request.label is None and label:
        reporter.note(f"label: {label!r} (name another with --label)")
    if label not in columns:
        if request.label is not None and not _had(like, request.label):
            raise MissingColumnError(request.label, available=columns)
        label = ""
    time = request.time
    if time is not None and time not in columns:
        if not _had(like, time):
            raise MissingColumnError(time, available=columns)
        time = None
    if request.weight is not None and request.weight not in columns and not _had(like, request.weight):
        raise MissingColumnError(request.weight, available=columns)
    if time is not None and time == label:
        raise ConfigError(f"column {time!r} cannot be label and time both", "Name another column.")
    fields = read_fields(log, request, {label, time, request.weight}, reporter)
    if like is not None:
        fields = tuple(_read_alike(field, log, like) for field in fields)
    return LogSchema(fields, label, request.positive, None, time)


def _had(like: LogProfile | None, name: str) -> bool:
    return like is not None and any(column.name == name for column in like.columns)


def _read_alike(field: Field, log: Log, like: LogProfile) -> Field:
    """Field with the kind that it has in the reference, where its values can be read so."""
    before = like.by_name.get(field.name)
    if before is None or before.kind is field.kind or field.reason.startswith("--"):
        return field
    is_list = isinstance(log.dtypes[field.name], pl.List | pl.Array)
    if is_list or before.kind is FieldKind.MULTIVALUED:
        return field
    if before.kind is FieldKind.NUMERIC and not log.is_text and log.dtypes[field.name] == pl.String:
        return field
    return replace(field, kind=before.kind, reason="as in the reference")


def _columns(log: Log, fields: Sequence[FieldProfile], like: LogProfile | None) -> tuple[ColumnType, ...]:
    profiles = {field.name: field for field in fields}
    before = {column.name: column.type for column in like.columns} if like is not None else {}
    # label and time, too, are text in a log of text, and so are columns that nobody reads
    others = [
        name
        for name, dtype in log.dtypes.items()
        if log.is_text and dtype == pl.String and name not in profiles
    ]
    spelled = {column.name: _spelled(column) for column in log.head(others)} if others else {}
    columns: list[ColumnType] = []
    for name, dtype in log.dtypes.items():
        found = spelled.get(name) or _type(dtype, profiles.get(name), is_text=log.is_text)
        if found is ValueType.NUMBER and before.get(name) is ValueType.TEXT:
            # codes of digits are text where a format can say so
            found = ValueType.TEXT
        columns.append(ColumnType(name, found, str(dtype)))
    return tuple(columns)


def _spelled(texts: pl.Series) -> ValueType:
    """What the texts of a column mean, from the first of them."""
    words = texts.drop_nulls().str.strip_chars()
    if words.is_empty():
        return ValueType.TEXT
    if words.str.to_lowercase().is_in(tuple(BOOLEAN_WORDS)).all():
        return ValueType.BOOLEAN
    n_numbers = words.len() - words.cast(pl.Float64, strict=False).null_count()
    return ValueType.NUMBER if n_numbers >= NUMBER_SHARE * words.len() else ValueType.TEXT


def _type(  # noqa: PLR0911 - one answer per type
    dtype: pl.DataType, field: FieldProfile | None, *, is_text: bool
) -> ValueType:
    if isinstance(dtype, pl.List | pl.Array):
        return ValueType.LIST
    if dtype == pl.Boolean:
        return ValueType.BOOLEAN
    if dtype.is_integer():
        return ValueType.INTEGER
    if dtype.is_numeric():
        return ValueType.FLOAT
    if dtype.is_temporal():
        return ValueType.TIME
    if not isinstance(dtype, TEXTS):
        return ValueType.OTHER
    return _spelled_field(field) if is_text and field is not None else ValueType.TEXT


def _spelled_field(field: FieldProfile) -> ValueType:
    """What the texts of a field mean."""
    if field.kind is FieldKind.NUMERIC:
        return ValueType.NUMBER
    if field.texts and {text.lower() for text in field.texts.values()} <= BOOLEAN_WORDS.keys():
        return ValueType.BOOLEAN
    n_present = field.n_rows - field.n_null
    if n_present and field.odd.get(Oddity.NUMBER, 0) >= NUMBER_SHARE * n_present:
        return ValueType.NUMBER
    return ValueType.TEXT
