"""Two feature configs differ in what was changed, and in nothing else."""

from dataclasses import replace

import polars as pl

from featsel.core.feature_config import (
    ConfigData,
    ConfigLabel,
    DroppedField,
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    Encoding,
    FeatureConfig,
    Selection,
    Used,
)
from featsel.core.feature_diff import Change, FeatureDiff, FieldChange, KeyChange, diff_features


def field(name, *, features=2, **others):
    return EncodedField(
        name, EncodedKind.CATEGORICAL, Encoding.VOCABULARY, features, 9, 4, values=name, **others
    )


def hashed(features):
    return EncodedField("h", EncodedKind.CATEGORICAL, Encoding.HASH, features, 9, 4)


def config(*fields, **others):
    return FeatureConfig(
        ConfigLabel("y"),
        ConfigData(("a.csv",), 10, "sha256:0"),
        Selection("all", 0, Used(0, 0, 0), metrics={"full": {"auc": 0.5}}),
        EmbeddingTable(EmbeddingScheme.FULL, 4),
        fields,
        "0",
        **others,
    )


def values(**texts):
    rows = [(name, text) for name, own in texts.items() for text in own]
    return pl.DataFrame(rows, schema={"field": pl.String, "value": pl.String}, orient="row")


NONE = values()


def diff(before, after, values_before=NONE, values_after=NONE):
    return diff_features(before, after, values_before=values_before, values_after=values_after)


def test_equal_configs_do_not_differ():
    own = values(a=["x", None])
    assert diff(config(field("a")), config(field("a")), own, own) == FeatureDiff((), ())


def test_fields_that_come_and_go_bring_and_take_their_features():
    found = diff(config(field("a"), field("b")), config(field("b"), field("c", features=5)))
    assert found.fields == (
        FieldChange("a", Change.DROPPED, 0, 2),
        FieldChange("c", Change.ADDED, 5, 0),
    )
    assert found.keys == ()


def test_features_are_compared_by_their_values():
    found = diff(
        config(field("a", features=3)),
        config(field("a", features=3)),
        values(a=["x", "y", None], b=["z"]),
        values(a=["y", None, "z"]),
    )
    assert found.fields == (FieldChange("a", Change.CHANGED, 1, 1),)


def test_hashed_features_are_compared_by_number():
    assert diff(config(hashed(9)), config(hashed(4))).fields == (
        FieldChange("h", Change.CHANGED, 0, 5, (KeyChange("features", 9, 4),)),
    )


def test_what_else_is_said_of_a_field_is_told():
    found = diff(config(field("a")), config(replace(field("a"), dim=8, score=0.5)))
    assert found.fields == (
        FieldChange("a", Change.CHANGED, 0, 0, (KeyChange("dim", 4, 8), KeyChange("score", None, 0.5))),
    )


def test_other_keys_are_told_by_their_path():
    before = config(field("a"), dropped=(DroppedField("d", "noise"),))
    after = replace(
        before,
        selection=replace(before.selection, method="optfs", metrics={"full": {"auc": 0.75}}),
        data=replace(before.data, paths=("b.csv",)),
        dropped=(DroppedField("d", "leak"), DroppedField("e", "noise", 0.25)),
    )
    assert diff(before, after).keys == (
        KeyChange("data.paths", ("a.csv",), ("b.csv",)),
        KeyChange("selection.method", "all", "optfs"),
        KeyChange("selection.metrics.full.auc", 0.5, 0.75),
        KeyChange("dropped.d.why", "noise", "leak"),
        KeyChange("dropped.e.why", None, "noise"),
        KeyChange("dropped.e.score", None, 0.25),
    )


def test_another_order_of_the_fields_is_told():
    found = diff(config(field("a"), field("b"), field("c")), config(field("b"), field("a")))
    assert found.keys == (KeyChange("order of fields", ("a", "b"), ("b", "a")),)
