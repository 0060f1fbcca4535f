"""Which rows does a feature config give a model to read?"""

from __future__ import annotations

import glob
from collections.abc import Generator, Mapping
from contextlib import contextmanager
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
        with encoded(log, request, columns, roles, resources) as codes:
            yield ConfigRows(log, codes, FeatureReader(codes, config, values))


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
