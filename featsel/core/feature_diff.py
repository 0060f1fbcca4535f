"""What differs between two feature configs?"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import polars as pl

from featsel.core.feature_config import EncodedField, FeatureConfig


class Change(StrEnum):
    """What became of something."""

    ADDED = "added"
    DROPPED = "dropped"
    CHANGED = "changed"


@dataclass(frozen=True)
class KeyChange:
    """A key that says another thing.

    Parameters
    ----------
    key : str
        Its path, such as ``embedding.dim``.
    before, after : object
        What it said and says; None where it is absent.
    """

    key: str
    before: object
    after: object


@dataclass(frozen=True)
class FieldChange:
    """A field that is not what it was.

    Parameters
    ----------
    name : str
        The field.
    change : Change
        What became of it.
    features_added, features_removed : int
        Values that have an embedding in one config only. Of a hashed field the difference in number.
    keys : tuple of KeyChange
        What else is said of a field that is in both.
    """

    name: str
    change: Change
    features_added: int
    features_removed: int
    keys: tuple[KeyChange, ...] = ()


@dataclass(frozen=True)
class FeatureDiff:
    """What differs between two feature configs.

    Parameters
    ----------
    fields : tuple of FieldChange
        In the order of the first config, then of the second.
    keys : tuple of KeyChange
        All else, the checksum of the values file and the order of the fields included.
    """

    fields: tuple[FieldChange, ...]
    keys: tuple[KeyChange, ...]


def diff_features(
    before: FeatureConfig,
    after: FeatureConfig,
    *,
    values_before: pl.DataFrame,
    values_after: pl.DataFrame,
) -> FeatureDiff:
    """Compare two feature configs, fields by their names and features by their values.

    Parameters
    ----------
    before, after : FeatureConfig
        The configs.
    values_before, values_after : polars.DataFrame
        Their features, columns ``field`` and ``value`` among others.

    Returns
    -------
    FeatureDiff
        Empty for equal configs.
    """
    old = {field.name: field for field in before.fields}
    new = {field.name: field for field in after.fields}
    own_before = values_before.partition_by("field", as_dict=True)
    own_after = values_after.partition_by("field", as_dict=True)
    changes: list[FieldChange] = []
    for name in (*old, *(name for name in new if name not in old)):
        if name not in new:
            changes.append(FieldChange(name, Change.DROPPED, 0, old[name].features))
        elif name not in old:
            changes.append(FieldChange(name, Change.ADDED, new[name].features, 0))
        else:
            n_added, n_removed = _feature_changes(
                old[name], new[name], own_before.get((old[name].values,)), own_after.get((new[name].values,))
            )
            keys = _key_changes(dict(_leaves(old[name])), dict(_leaves(new[name])))
            if n_added or n_removed or keys:
                changes.append(FieldChange(name, Change.CHANGED, n_added, n_removed, keys))
    return FeatureDiff(tuple(changes), _key_changes(_other_keys(before, new), _other_keys(after, old)))


def _feature_changes(
    old: EncodedField, new: EncodedField, before: pl.DataFrame | None, after: pl.DataFrame | None
) -> tuple[int, int]:
    if before is None or after is None:
        return max(new.features - old.features, 0), max(old.features - new.features, 0)
    n_kept = before.join(after, on="value", how="semi", nulls_equal=True).height
    return after.height - n_kept, before.height - n_kept


def _other_keys(config: FeatureConfig, others: Mapping[str, EncodedField]) -> dict[str, object]:
    rest = dict(_leaves(dataclasses.replace(config, fields=(), dropped=())))
    del rest["fields"], rest["dropped"]
    # fields of one config alone are told anyway, and move the others
    rest["order of fields"] = tuple(field.name for field in config.fields if field.name in others)
    for field in config.dropped:
        rest |= {f"dropped.{field.name}.why": field.why, f"dropped.{field.name}.score": field.score}
    return rest


def _key_changes(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[KeyChange, ...]:
    keys = (*before, *(key for key in after if key not in before))
    return tuple(
        KeyChange(key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)
    )


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Paths of what a config says, each with what stands there."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        entries: Mapping[str, object] = {
            field.name: getattr(value, field.name) for field in dataclasses.fields(value)
        }
    elif isinstance(value, Mapping):
        entries = cast("Mapping[str, object]", value)  # metrics by name, the only mappings of a config
    else:
        yield path, value
        return
    for key, entry in entries.items():
        yield from _leaves(entry, f"{path}.{key}" if path else key)
