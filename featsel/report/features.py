"""Which columns and sentences show a feature config, and what differs between two?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from featsel.core.feature_config import EmbeddingScheme, FeatureConfig
from featsel.core.feature_diff import Change, FeatureDiff, KeyChange
from featsel.core.table_size import field_bytes, table_bytes
from featsel.report.ranking import NAME_WIDTH, REASON_WIDTH, counted
from featsel.report.table import Align, Cell, Column, Table

CHANGE_STYLES = {Change.ADDED.value: "green", Change.DROPPED.value: "red", Change.CHANGED.value: "yellow"}
"""Terminal style of each change; the words carry the meaning, so no colour has to."""

LONGEST_LIST = 8
"""Values of a list that a diff shows; JSON has them all."""


def features_table(config: FeatureConfig) -> Table:
    """Fields of a config, then those it dropped.

    Parameters
    ----------
    config : FeatureConfig
        What to show.

    Returns
    -------
    Table
        Its title has the totals. Fields that share the rows of a table have no bytes of their own.
    """
    columns = (
        Column("name", wrap_at=NAME_WIDTH),
        Column("kind", drop_order=3),
        Column("encoding", drop_order=2),
        Column("features", Align.RIGHT, ","),
        Column("of", Align.RIGHT, ",", drop_order=1),
        Column("dim", Align.RIGHT, ","),
        Column("bytes", Align.RIGHT, ","),
        Column("score", Align.RIGHT, "z.6f"),
        Column("dropped", wrap_at=REASON_WIDTH),
    )
    is_full = config.embedding.scheme is EmbeddingScheme.FULL
    fields: list[tuple[Cell, ...]] = [
        (
            field.name,
            field.kind.value,
            field.encoding.value,
            field.features,
            field.of,
            field.dim,
            field_bytes(field, config.rest, config.embedding.dtype) if is_full else None,
            field.score,
            "",
        )
        for field in config.fields
    ]
    dropped: list[tuple[Cell, ...]] = [
        (field.name, "", "", None, None, None, None, field.score, field.why) for field in config.dropped
    ]
    return Table(features_summary(config), columns, (*fields, *dropped))


def features_summary(config: FeatureConfig) -> str:
    """Totals of a config and how it came to be, in one line.

    Parameters
    ----------
    config : FeatureConfig
        What to sum up.

    Returns
    -------
    str
        Such as ``"21 fields, 31,250 of 104,000 features, 2,000,000 bytes (optfs, deepfm, budget 30%)"``.
    """
    n_features = sum(field.features for field in config.fields)
    n_before = sum(field.of for field in config.fields)
    selection = config.selection
    how = [selection.method, *([selection.model] if selection.model is not None else [])]
    how += [f"budget {selection.budget}"] if selection.budget is not None else []
    scheme = config.embedding.scheme
    how += [f"{scheme} table"] if scheme is not EmbeddingScheme.FULL else []
    return (
        f"{counted(len(config.fields), 'field')}, {n_features:,} of {counted(n_before, 'feature')}, "
        f"{counted(table_bytes(config), 'byte')} ({', '.join(how)})"
    )


def diff_table(diff: FeatureDiff) -> Table:
    """What differs between two configs, a line for each field and each other key.

    Parameters
    ----------
    diff : FeatureDiff
        What to show.

    Returns
    -------
    Table
        Without rows where nothing differs.
    """
    columns = (
        Column("what"),
        Column("name", wrap_at=NAME_WIDTH),
        Column("change", styles=CHANGE_STYLES),
        Column("features_added", Align.RIGHT, ","),
        Column("features_removed", Align.RIGHT, ","),
        Column("detail", wrap_at=REASON_WIDTH),
    )
    fields: Iterator[tuple[Cell, ...]] = (
        (
            "field",
            change.name,
            change.change.value,
            change.features_added,
            change.features_removed,
            "; ".join(f"{key.key}: {_told(key)}" for key in change.keys),
        )
        for change in diff.fields
    )
    keys: Iterator[tuple[Cell, ...]] = (
        ("key", key.key, _change(key).value, None, None, _told(key)) for key in diff.keys
    )
    return Table(_diff_summary(diff), columns, (*fields, *keys))


def _diff_summary(diff: FeatureDiff) -> str:
    if not diff.fields and not diff.keys:
        return "no difference"
    n_added = sum(change.features_added for change in diff.fields)
    n_removed = sum(change.features_removed for change in diff.fields)
    facts = [
        f"{counted(n, 'field')} {change}"
        for change in Change
        if (n := sum(each.change is change for each in diff.fields))
    ]
    facts += [f"{counted(n_added, 'feature')} added, {n_removed:,} removed"] if n_added or n_removed else []
    facts += [f"{counted(len(diff.keys), 'other key')} changed"] if diff.keys else []
    return ", ".join(facts)


def _change(key: KeyChange) -> Change:
    if key.before is None:
        return Change.ADDED
    return Change.DROPPED if key.after is None else Change.CHANGED


def _told(key: KeyChange) -> str:
    return f"{_value(key.before)} to {_value(key.after)}"


def _value(value: object) -> str:
    if value is None:
        return "nothing"
    if not isinstance(value, tuple):
        return str(value)
    items = [str(item) for item in cast("tuple[object, ...]", value)]
    shown = items if len(items) <= LONGEST_LIST else [*items[:LONGEST_LIST], f"... {len(items):,} in all"]
    return f"[{', '.join(shown)}]"
