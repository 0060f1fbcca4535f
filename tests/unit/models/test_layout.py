"""Where do the features of a config stand in a batch?"""

from __future__ import annotations

from dataclasses import replace

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
    Rest,
    Selection,
    Used,
)
from featsel.models import layout_of

CONFIG = FeatureConfig(
    label=ConfigLabel("click"),
    data=ConfigData(("log.parquet",), 100, "sha256:0"),
    selection=Selection("all", 0, Used(4, 16, 256)),
    embedding=EmbeddingTable(EmbeddingScheme.FULL, 4),
    featsel="0.2.0",
    fields=(
        EncodedField(
            "site", EncodedKind.CATEGORICAL, Encoding.VOCABULARY, features=9, of=9, dim=4, values="site"
        ),
        EncodedField(
            "tags",
            EncodedKind.MULTIVALUED,
            Encoding.VOCABULARY,
            features=3,
            of=5,
            dim=2,
            values="tags",
            pooling=Pooling.MEAN,
            max_length=3,
        ),
        EncodedField(
            "age", EncodedKind.NUMERIC, Encoding.QUANTILE, features=3, of=3, dim=4, edges=(1.0, 2.0)
        ),
        EncodedField(
            "price", EncodedKind.NUMERIC, Encoding.STANDARD, features=1, of=1, dim=4, mean=0.0, scale=1.0
        ),
    ),
)


def test_ids_of_a_field_follow_those_of_the_fields_before() -> None:
    layout = layout_of(CONFIG)

    assert layout.offsets == (0, 10, 14, 18)
    assert layout.n_ids == 20
    assert layout.n_fields == 4


def test_a_list_has_as_many_slots_as_values() -> None:
    layout = layout_of(CONFIG)

    assert layout.field_of_slot == (0, 1, 1, 1, 2, 3)
    assert layout.n_slots == 6


def test_lists_and_standardised_numbers_are_weighted() -> None:
    assert layout_of(CONFIG).weighted_slots == (1, 2, 3, 5)


def test_every_embedding_is_padded_to_the_widest() -> None:
    layout = layout_of(CONFIG)

    assert layout.dims == (4, 2, 4, 4)
    assert layout.dim == 4


def test_the_rest_is_that_of_the_config() -> None:
    assert layout_of(replace(CONFIG, rest=Rest.ZERO)).rest is Rest.ZERO
