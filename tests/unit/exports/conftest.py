from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from featsel.core.bins import bin_name
from featsel.core.feature_config import (
    ConfigData,
    ConfigLabel,
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    Encoding,
    FeatureConfig,
    Pooling,
    Selection,
    Used,
    ValuesFile,
)

EDGES = (0.5, 9.0)
CITY = EncodedField("city", EncodedKind.CATEGORICAL, Encoding.VOCABULARY, 3, 9, 16, values="city")
AGE = EncodedField("age", EncodedKind.NUMERIC, Encoding.QUANTILE, 3, 4, 16, values="age", edges=EDGES)
PRICE = EncodedField(
    "price", EncodedKind.NUMERIC, Encoding.STANDARD, 2, 2, 16, values="price", mean=2.0, scale=4.0
)
TAGS = EncodedField(
    *("tags", EncodedKind.MULTIVALUED, Encoding.VOCABULARY, 2, 5, 16),
    values="tags",
    separator="|",
    pooling=Pooling.MEAN,
    max_length=2,
)
PAIR = EncodedField(
    "city*age",
    EncodedKind.CROSS,
    Encoding.VOCABULARY,
    2,
    20,
    16,
    values="city*age",
    of_fields=("city", "sex"),
)
DEVICE = EncodedField("device", EncodedKind.CATEGORICAL, Encoding.HASH, 8, 8, 16)

KEPT = {
    "city": ["Oslo", None, "L'Aquila"],
    "age": [bin_name(EDGES, 2), bin_name(EDGES, 0), None],
    "price": ["x", None],
    "tags": ["b", "a"],
    "city*age": ['["Oslo","f"]', '[null, "m"]'],
}
"""Values by field, in the order of their codes."""


@pytest.fixture
def values():
    rows = [
        (field, value, code, 10, None)
        for field, kept in KEPT.items()
        for code, value in enumerate(kept, start=1)
    ]
    return pl.DataFrame(
        rows,
        schema={
            "field": pl.String,
            "value": pl.String,
            "code": pl.UInt32,
            "count": pl.Int64,
            "score": pl.Float64,
        },
        orient="row",
    )


@pytest.fixture
def make_config():
    def make(*fields: EncodedField, **changes: object) -> FeatureConfig:
        config = FeatureConfig(
            label=ConfigLabel("click"),
            data=ConfigData(("log.parquet",), 100, "sha256:0"),
            selection=Selection("all", 0, Used(len(fields), 1, 1)),
            embedding=EmbeddingTable(EmbeddingScheme.FULL, 16),
            fields=fields,
            featsel="0.1.0",
            values=ValuesFile("features.values.parquet", "0" * 64),
        )
        return replace(config, **changes)

    return make


@pytest.fixture
def fields():
    """One field of every sort, by name."""
    return {field.name: field for field in (CITY, AGE, PRICE, TAGS, PAIR, DEVICE)}
