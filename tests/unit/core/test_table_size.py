"""Bytes of an embedding table, worked out by hand."""

import pytest

from featsel.core.feature_config import (
    ConfigData,
    ConfigLabel,
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    Encoding,
    FeatureConfig,
    Rest,
    Selection,
    Used,
)
from featsel.core.table_size import field_bytes, table_bytes


def field(features, dim):
    return EncodedField("f", EncodedKind.CATEGORICAL, Encoding.HASH, features, features, dim)


def config(embedding, rest=Rest.OOV):
    return FeatureConfig(
        ConfigLabel("y"),
        ConfigData((), 0, ""),
        Selection("all", 0, Used(0, 0, 0)),
        embedding,
        (field(3, 8), field(10, 4)),
        "0",
        rest,
    )


@pytest.mark.parametrize(("rest", "n_bytes"), [(Rest.OOV, 4 * 8 * 4), (Rest.ZERO, 3 * 8 * 4)])
def test_an_out_of_vocabulary_feature_has_a_row_unless_the_rest_is_zero(rest, n_bytes):
    assert field_bytes(field(3, 8), rest) == n_bytes


@pytest.mark.parametrize(("rest", "n_bytes"), [(Rest.OOV, 128 + 176), (Rest.ZERO, 96 + 160)])
def test_a_full_table_has_the_rows_of_its_fields(rest, n_bytes):
    assert table_bytes(config(EmbeddingTable(EmbeddingScheme.FULL, 8), rest)) == n_bytes


@pytest.mark.parametrize(
    ("embedding", "n_bytes"),
    [
        (EmbeddingTable(EmbeddingScheme.HASH, 8, rows=100), 3200),
        (EmbeddingTable(EmbeddingScheme.QR, 8, rows=100), 3200),
        (EmbeddingTable(EmbeddingScheme.UNIFIED, 8, rows=100, lookups=2), 1600),
    ],
)
def test_a_shared_table_has_the_rows_it_says(embedding, n_bytes):
    assert table_bytes(config(embedding)) == n_bytes
