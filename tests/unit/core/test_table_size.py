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
    TableDtype,
    Used,
)
from featsel.core.table_size import field_bytes, stored_as, table_bytes


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


@pytest.mark.parametrize(
    ("embedding", "n_bytes"),
    [
        (EmbeddingTable(EmbeddingScheme.FULL, 8, TableDtype.INT8), (4 * 8 + 11 * 4) + 4 * (8 + 4)),
        (EmbeddingTable(EmbeddingScheme.HASH, 8, TableDtype.INT8, rows=100), 800 + 2 * 8 * 4),
        (EmbeddingTable(EmbeddingScheme.QR, 8, TableDtype.INT8, rows=100), 800 + 2 * 8 * 4),
        (EmbeddingTable(EmbeddingScheme.UNIFIED, 8, TableDtype.INT8, rows=100, lookups=2), 400 + 4 * 4),
    ],
)
def test_a_number_of_int8_takes_a_byte_and_a_column_of_a_block_a_scale(embedding, n_bytes):
    assert table_bytes(config(embedding)) == n_bytes


def test_a_config_says_how_many_bytes_the_type_that_is_stored_takes():
    plain = config(EmbeddingTable(EmbeddingScheme.FULL, 8))

    stored = stored_as(plain, TableDtype.INT8)

    assert stored.embedding.dtype is TableDtype.INT8
    assert stored.selection.used.bytes == table_bytes(stored) == 124
    assert stored_as(plain, None) is plain
    assert stored_as(stored, TableDtype.INT8) is stored
