"""Which rows does a feature config give a model to read?"""

from __future__ import annotations

import glob
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import polars as pl

from featsel.core.columns import EncodedLog
from featsel.core.errors import ConfigError, DataError, MissingColumnError
from featsel.core.feature_config import EncodedKind, FeatureConfig
from featsel.core.schema import FieldKind
from featsel.encoding.rows import FeatureReader
from featsel.logs.log import Log
from featsel.workflows.encode import EncodeResources, Roles, encoded
from featsel.workflows.request import LogRequest, open_request

KINDS = {
    EncodedKind.CATEGORICAL: FieldKind.CATEGORICAL,
    EncodedKind.NUMERIC: FieldKind.NUMERIC,
    EncodedKind.MULTIVALUED: FieldKind.MULTIVALUED,
}


@dataclass(frozen=True)
class ConfigRows:
    """A log as a feature config reads it.

    Parameters
    ----------
    log : Log
        The log, open.
    codes : EncodedLog
        Its columns as codes; beside those of the config, columns that were asked for.
    reader : FeatureReader
        Its rows as ids.
    """

    log: Log
    codes: EncodedLog
    reader: FeatureReader


@dataclass(frozen=True)
class ConfigShards:
    """Neighbouring shards of a log as a feature config reads them.

    Parameters
    ----------
    log : Log
        The whole log, open.
    shards : tuple of ConfigRows
        Those that were asked for.
    first : int
        Which shard of the log is the first of them.
    """

    log: Log
    shards: tuple[ConfigRows, ...]
    first: int


@dataclass(frozen=True)
class _Opened:
    """A log, open, and what is read of it."""

    log: Log
    request: LogRequest
    columns: Mapping[str, FieldKind]
    roles: Roles


@contextmanager
def open_config_rows(
    request: LogRequest,
    config: FeatureConfig,
    values: pl.DataFrame,
    *,
    resources: EncodeResources,
    needs_label: bool = True,
    time: str | None = None,
    extra: tuple[str, ...] = (),
    kept: tuple[str, ...] = (),
) -> Generator[ConfigRows]:
    """Open a log for a model.

    Parameters
    ----------
    request : LogRequest
        The log, and how its text is read; what columns are is in the config.
    config, values : FeatureConfig, polars.DataFrame
        What the model reads.
    resources : EncodeResources
        What encoding may use.
    needs_label : bool
        Whether the log must have label and weight; otherwise they are read where they exist.
    time : str, optional
        Column to split by.
    extra : tuple of str
        Further columns to read as categories; they group rows.
    kept : tuple of str
        Columns that must exist.

    Yields
    ------
    ConfigRows
        Valid until the block ends.

    Raises
    ------
    MissingColumnError
        The log lacks a column that the config names.
    DataError
        A column holds something else than the config says.
    ConfigError
        A column in ``extra`` holds lists.
    """
    with (
        _opened(
            request,
            config,
            resources=resources,
            needs_label=needs_label,
            time=time,
            extra=extra,
            kept=kept,
        ) as opened,
        encoded(opened.log, opened.request, opened.columns, opened.roles, resources) as codes,
    ):
        yield ConfigRows(opened.log, codes, FeatureReader(codes, config, values))


@contextmanager
def open_config_shards(
    request: LogRequest,
    config: FeatureConfig,
    values: pl.DataFrame,
    *,
    n_shards: int,
    part: Callable[[int], tuple[int, int]],
    is_exact: bool,
    resources: EncodeResources,
    time: str | None = None,
) -> Generator[ConfigShards]:
    """Open some shards of a log for a model; rows of the others are not read.

    Parameters
    ----------
    request, config, values, resources, time
        As of :func:`open_config_rows`.
    n_shards : int
        How many shards the log is cut into.
    part : callable
        Says, for a number of shards, which is the first to open, and which the first after them.
    is_exact : bool
        Whether fewer shards are an error, where the log cannot be cut into so many.

    Yields
    ------
    ConfigShards
        Valid until the block ends.

    Raises
    ------
    ConfigError
        The log cannot be cut into so many shards.
    DataError
        As of :func:`open_config_rows`.
    """
    with (
        _opened(request, config, resources=resources, time=time) as opened,
        ExitStack() as stack,
    ):
        cut = opened.log.cut(n_shards)
        if is_exact and len(cut) < n_shards:
            raise ConfigError(
                f"--shards {n_shards}: of {opened.log.source.title} only {len(cut)} shards can be made",
                "Ask for fewer. Text is cut between files alone; 'featsel convert' writes it as Parquet.",
            )
        start, stop = part(len(cut))
        shards: list[ConfigRows] = []
        for log in cut[start:stop]:
            codes = stack.enter_context(encoded(log, opened.request, opened.columns, opened.roles, resources))
            shards.append(ConfigRows(log, codes, FeatureReader(codes, config, values)))
        yield ConfigShards(opened.log, tuple(shards), start)


@contextmanager
def _opened(
    request: LogRequest,
    config: FeatureConfig,
    *,
    resources: EncodeResources,
    needs_label: bool = True,
    time: str | None = None,
    extra: tuple[str, ...] = (),
    kept: tuple[str, ...] = (),
) -> Generator[_Opened]:
    kinds = _kinds(config)
    positive = None if config.label.positive == 1 else str(config.label.positive)
    request = replace(
        request,
        label=request.label or config.label.name,
        positive=request.positive or positive,
        categorical=tuple(glob.escape(name) for name, kind in kinds.items() if kind is FieldKind.CATEGORICAL),
        multivalued=tuple(
            f"{field.name}={field.separator}" for field in config.fields if field.separator is not None
        ),
        weight=request.weight or config.weight,
    )
    with open_request(request, resources.reporter) as log:
        needed = (request.label, request.weight) if needs_label else ()
        for name in (*kinds, *needed, time, *extra, *kept):
            if name is not None and name not in log.dtypes:
                raise MissingColumnError(name, available=list(log.dtypes))
        _check_dtypes(kinds, log)
        for name in extra:
            if isinstance(log.dtypes[name], pl.List | pl.Array):
                raise ConfigError(
                    f"column {name!r} holds lists, not one value a row", "Name another one for --group."
                )
        label, weight = (name if name in log.dtypes else None for name in (request.label, request.weight))
        roles = Roles(label, request.positive, time, weight)
        columns = {**{name: FieldKind.CATEGORICAL for name in extra if name not in kinds}, **kinds}
        yield _Opened(log, request, columns, roles)


def _kinds(config: FeatureConfig) -> Mapping[str, FieldKind]:
    kinds: dict[str, FieldKind] = {}
    for field in config.fields:
        if field.kind is EncodedKind.CROSS:
            kinds.update(dict.fromkeys(field.of_fields, FieldKind.CATEGORICAL))
        else:
            kinds[field.name] = KINDS[field.kind]
    return kinds


def _check_dtypes(kinds: Mapping[str, FieldKind], log: Log) -> None:
    for name, kind in kinds.items():
        is_list = isinstance(log.dtypes[name], pl.List | pl.Array)
        if is_list != (kind is FieldKind.MULTIVALUED):
            raise DataError(
                f"column {name!r} holds {log.dtypes[name]}, but is {kind} in the feature config",
                "Give the log that the config was made for, or make a config for this one.",
            )
