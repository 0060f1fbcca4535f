"""Which code has which value of a field?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from featsel.core.bins import bin_name
from featsel.core.feature_config import (
    OUT_OF_VOCABULARY,
    EncodedField,
    Encoding,
    FeatureConfig,
    Pooling,
    Rest,
)


@dataclass(frozen=True)
class KeptValues:
    """The values of a field that have a feature.

    Parameters
    ----------
    codes : mapping of str to int
        Codes by value, in the order of the codes; the null feature is not among them.
    null : int
        Code of null, ``OUT_OF_VOCABULARY`` where it has no feature.
    """

    codes: Mapping[str, int]
    null: int


def kept_values(config: FeatureConfig, values: pl.DataFrame) -> dict[str, KeptValues]:
    """Codes of the values of every field that has values of its own.

    Parameters
    ----------
    config : FeatureConfig
        The config.
    values : polars.DataFrame
        Its values: columns ``field``, ``value`` (null is the null feature) and ``code``.

    Returns
    -------
    dict of str to KeptValues
        By the name of the field.
    """
    parts = values.partition_by("field", as_dict=True)
    found: dict[str, KeptValues] = {}
    for field in config.fields:
        if field.values is None:
            continue
        part = parts.get((field.values,), values.clear()).sort("code")
        nulls = part.filter(pl.col("value").is_null())["code"].to_list()
        rest = part.filter(pl.col("value").is_not_null())
        codes = dict(zip(rest["value"].to_list(), rest["code"].to_list(), strict=True))
        found[field.name] = KeptValues(codes, nulls[0] if nulls else OUT_OF_VOCABULARY)
    return found


def bin_codes(field: EncodedField, kept: KeptValues | None) -> tuple[int, ...]:
    """Codes of the bins of a field, from the lowest to the highest.

    Parameters
    ----------
    field : EncodedField
        A field with edges.
    kept : KeptValues or None
        Its values: names of bins. Without them every bin is kept, in order.

    Returns
    -------
    tuple of int
        One more than there are edges; ``OUT_OF_VOCABULARY`` for bins that were not kept.
    """
    n_bins = len(field.edges) + 1
    if kept is None:
        return tuple(range(1, n_bins + 1))
    return tuple(kept.codes.get(bin_name(field.edges, index), OUT_OF_VOCABULARY) for index in range(n_bins))


def is_weighted(field: EncodedField) -> bool:
    """Whether a field is a number that multiplies one embedding, instead of codes that choose one."""
    return field.encoding is Encoding.STANDARD


def n_embeddings(field: EncodedField) -> int:
    """Rows of the embedding table of a field that is read as codes 0 to ``features``."""
    return field.features + 1


def padded_oov(config: FeatureConfig, field: EncodedField) -> int:
    """Code of an out-of-vocabulary value in a list that is padded with 0.

    Where it has an embedding it must not be the padding, and follows the features.
    """
    return field.features + 1 if config.rest is Rest.OOV else OUT_OF_VOCABULARY


def list_length(field: EncodedField) -> int:
    """Values that are read of a list."""
    assert field.max_length is not None, f"field {field.name!r} is multi-valued and has no max_length"
    return field.max_length


def pooling(field: EncodedField) -> str:
    """How the embeddings of a list become one: ``mean`` or ``sum``."""
    return (field.pooling or Pooling.MEAN).value
