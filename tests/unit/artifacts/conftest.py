"""A small feature config that has one field of every encoding."""

from dataclasses import replace

import polars as pl
import pytest

from featsel.artifacts.feature_values import VALUES_SCHEMA
from featsel.core.feature_config import (
    ConfigData,
    ConfigLabel,
    ConfigSplit,
    DroppedField,
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    Encoding,
    FeatureConfig,
    Pooling,
    Selection,
    SplitOrder,
    Used,
    ValuesFile,
)
from featsel.core.table_size import table_bytes

FIELDS = (
    EncodedField("C1", EncodedKind.CATEGORICAL, Encoding.VOCABULARY, 3, 5, 16, values="C1", score=0.0123),
    EncodedField(
        "I1", EncodedKind.NUMERIC, Encoding.QUANTILE, 3, 4, 8, values="I1", edges=(0.5, 9.0, 10.0000001)
    ),
    EncodedField("I2", EncodedKind.NUMERIC, Encoding.STANDARD, 2, 2, 8, values="I2", mean=1.5, scale=1e-5),
    EncodedField("I3", EncodedKind.NUMERIC, Encoding.LOG2, 2, 9, 8, values="I3"),
    EncodedField("yes", EncodedKind.CATEGORICAL, Encoding.HASH, 100, 50, 16),
    EncodedField(
        "tags",
        EncodedKind.MULTIVALUED,
        Encoding.VOCABULARY,
        1,
        1,
        16,
        values="tags",
        separator="|",
        pooling=Pooling.MEAN,
        max_length=5,
    ),
    EncodedField(
        "C1*C9",
        EncodedKind.CROSS,
        Encoding.VOCABULARY,
        2,
        2,
        16,
        values="C1*C9",
        of_fields=("C1", "C9"),
    ),
)
VALUES = [
    ("C1", "a", 1, 50, 0.1),
    ("C1", None, 2, 5, None),
    ("C1", "b", 3, 5, None),
    ("I1", None, 1, 5, None),
    ("I1", "[0.5, 9)", 2, 1, 1.0),
    ("I1", "[9, 10.0000001)", 3, 1, 1.0),
    ("I2", "x", 1, 1, None),
    ("I2", None, 2, 1, None),
    ("I3", "0", 1, 7, None),
    ("I3", "4", 2, 3, None),
    ("tags", "t", 1, 1, None),
    ("C1*C9", '["a",null]', 1, 1, None),
    ("C1*C9", '["b","ü"]', 2, 1, None),
]


@pytest.fixture
def config():
    drafted = FeatureConfig(
        label=ConfigLabel("click"),
        data=ConfigData(
            ("day 1.parquet", "day2.parquet"),
            100,
            "sha256:" + "0" * 64,
            ConfigSplit(SplitOrder.TIME, 0.1, 0.1),
        ),
        selection=Selection(
            "optfs",
            0,
            Used(7, 113, 0),
            "deepfm",
            "30%",
            {"full": {"auc": 0.7, "log_loss": 0.125}, "selected": {"auc": 0.71}},
        ),
        embedding=EmbeddingTable(EmbeddingScheme.FULL, 16),
        fields=FIELDS,
        featsel="0.1.0",
        time="hour",
        dropped=(DroppedField("C9", "noise", 1e-05),),
        values=ValuesFile("features.values.parquet", "0" * 64),
    )
    used = replace(drafted.selection.used, bytes=table_bytes(drafted))
    return replace(drafted, selection=replace(drafted.selection, used=used))


@pytest.fixture
def values():
    return pl.DataFrame(VALUES, schema=VALUES_SCHEMA, orient="row")
