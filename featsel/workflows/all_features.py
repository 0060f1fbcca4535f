"""Which features has a log, as far as its training rows tell, before any is chosen?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel import __version__
from featsel.core.columns import CategoricalColumn, EncodedLog
from featsel.core.errors import LabelError
from featsel.core.feature_config import (
    ConfigData,
    ConfigLabel,
    ConfigSplit,
    DroppedField,
    EmbeddingScheme,
    EmbeddingTable,
    FeatureConfig,
    Method,
    Rest,
    Selection,
    Used,
)
from featsel.core.schema import LogSchema
from featsel.core.table_size import table_bytes
from featsel.encoding.fit import FitOptions, FittedField, fit_cross, fit_field


@dataclass(frozen=True)
class FeaturePlan:
    """How the fields of a log become features.

    Parameters
    ----------
    split : ConfigSplit
        Which rows are held out.
    fit : FitOptions
        How fields are encoded.
    embedding : EmbeddingTable
        How the trainer stores the table.
    rest : Rest
        What embedding an out-of-vocabulary feature has.
    crosses : tuple of tuple of str
        Categorical fields that are crossed.
    multivalued : tuple of str
        ``COLUMN=SEP`` of text that holds lists.
    """

    split: ConfigSplit
    fit: FitOptions = field(default_factory=FitOptions)
    embedding: EmbeddingTable = field(default_factory=lambda: EmbeddingTable(EmbeddingScheme.FULL, 16))
    rest: Rest = Rest.OOV
    crosses: tuple[tuple[str, ...], ...] = ()
    multivalued: tuple[str, ...] = ()


def check_classes(codes: EncodedLog, schema: LogSchema) -> None:
    """Refuse a log whose label is the same in all rows.

    Parameters
    ----------
    codes : EncodedLog
        The log, with its label.
    schema : LogSchema
        How the label is named.

    Raises
    ------
    LabelError
        With the value that was found.
    """
    assert codes.label is not None
    labels = codes.label.read()
    if labels.min() == labels.max():
        hint = "Is this the right column, and is the log complete?"
        if schema.positive is not None:
            hint = f"Is {schema.positive!r} the value that --positive should name?"
        raise LabelError(f"label {schema.label!r} is {labels[0]} in all {labels.size:,} rows", hint)


def fit_features(
    codes: EncodedLog, is_train: NDArray[np.bool_], schema: LogSchema, plan: FeaturePlan
) -> tuple[FittedField, ...]:
    """Features of every field and every cross.

    Parameters
    ----------
    codes : EncodedLog
        The log.
    is_train : ndarray of bool, shape (n_rows,)
        Rows that may be looked at.
    schema : LogSchema
        Its fields.
    plan : FeaturePlan
        How they are encoded.

    Returns
    -------
    tuple of FittedField
        Fields in the order of the schema, then crosses; some may have no feature.
    """
    separators = {rule.partition("=")[0]: rule.partition("=")[2] or "|" for rule in plan.multivalued}
    fields = [
        fit_field(
            each.name, codes.columns[each.name], is_train, plan.fit, separator=separators.get(each.name)
        )
        for each in schema.fields
    ]
    for cross in plan.crosses:
        columns = [(name, codes.columns[name]) for name in cross]
        categorical = [(name, column) for name, column in columns if isinstance(column, CategoricalColumn)]
        fields.append(fit_cross(categorical, is_train, plan.fit))
    return tuple(fields)


def config_of_all(
    fitted: Sequence[FittedField],
    schema: LogSchema,
    plan: FeaturePlan,
    *,
    paths: tuple[str, ...],
    n_rows: int,
    mark: str,
) -> FeatureConfig:
    """Feature config that keeps every feature.

    Parameters
    ----------
    fitted : sequence of FittedField
        The features.
    schema : LogSchema
        Label, time and weight of the log.
    plan : FeaturePlan
        How the features were made.
    paths : tuple of str
        The log, as it was given.
    n_rows : int
        Its rows.
    mark : str
        Its fingerprint.

    Returns
    -------
    FeatureConfig
        Fields without any feature are dropped.
    """
    fields = tuple(each.field for each in fitted if each.field.features)
    why = f"none of its values stands in {plan.fit.min_count:,} training rows"
    config = FeatureConfig(
        label=ConfigLabel(schema.label, schema.positive if schema.positive is not None else 1),
        data=ConfigData(paths, n_rows, mark, plan.split),
        selection=Selection(
            Method.ALL, plan.split.seed, Used(len(fields), sum(each.features for each in fields), 0)
        ),
        embedding=plan.embedding,
        fields=fields,
        featsel=__version__,
        rest=plan.rest,
        time=schema.time,
        weight=schema.weight,
        dropped=tuple(DroppedField(each.field.name, why) for each in fitted if not each.field.features),
    )
    used = replace(config.selection.used, bytes=table_bytes(config))
    return replace(config, selection=replace(config.selection, used=used))


def values_of_all(fitted: Sequence[FittedField], config: FeatureConfig) -> pl.DataFrame:
    """Values of every feature of a config.

    Parameters
    ----------
    fitted : sequence of FittedField
        The features.
    config : FeatureConfig
        Its fields.

    Returns
    -------
    polars.DataFrame
        Columns field, value, code, count and score, which is null.
    """
    kept = {each.name for each in config.fields}
    return pl.concat(
        each.features.select(
            pl.lit(each.field.name).alias("field"),
            "value",
            "code",
            "count",
            pl.lit(None, pl.Float64).alias("score"),
        )
        for each in fitted
        if each.field.name in kept
    )
