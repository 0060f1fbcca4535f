"""Tables of feature configs tell every number, and what differs in words."""

import pytest

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
from featsel.core.feature_diff import Change, FeatureDiff, FieldChange, KeyChange
from featsel.report.features import diff_table, features_summary, features_table
from featsel.report.table import to_tsv

FIELDS = (
    EncodedField("C1", EncodedKind.CATEGORICAL, Encoding.VOCABULARY, 1000, 2000, 4, values="C1", score=0.5),
    EncodedField("C2", EncodedKind.CATEGORICAL, Encoding.HASH, 9, 9, 4),
)


def config(embedding, **selection):
    return FeatureConfig(
        ConfigLabel("y"),
        ConfigData((), 10, "sha256:0"),
        Selection("optfs", 0, Used(0, 0, 0), **selection),
        embedding,
        FIELDS,
        "0",
        dropped=(DroppedField("C3", "noise", 0.125), DroppedField("C4", "constant")),
    )


FULL = EmbeddingTable(EmbeddingScheme.FULL, 4)
SHARED = EmbeddingTable(EmbeddingScheme.HASH, 4, rows=100)


def test_fields_stand_before_the_dropped_ones():
    assert to_tsv(features_table(config(FULL))).splitlines() == [
        "name\tkind\tencoding\tfeatures\tof\tdim\tbytes\tscore\tdropped",
        "C1\tcategorical\tvocabulary\t1000\t2000\t4\t16016\t0.5\t",
        "C2\tcategorical\thash\t9\t9\t4\t160\t\t",
        "C3\t\t\t\t\t\t\t0.125\tnoise",
        "C4\t\t\t\t\t\t\t\tconstant",
    ]


def test_fields_that_share_rows_have_no_bytes_of_their_own():
    assert [row[6] for row in features_table(config(SHARED)).rows] == [None] * 4


@pytest.mark.parametrize(
    ("made", "summary"),
    [
        (config(FULL), "2 fields, 1,009 of 2,009 features, 16,176 bytes (optfs)"),
        (
            config(SHARED, model="fm", budget="30%"),
            "2 fields, 1,009 of 2,009 features, 1,600 bytes (optfs, fm, budget 30%, hash table)",
        ),
    ],
)
def test_the_summary_has_the_totals_and_how_they_came_to_be(made, summary):
    assert features_summary(made) == summary
    assert features_table(made).title == summary


def test_a_diff_has_a_line_for_every_change():
    table = diff_table(
        FeatureDiff(
            (
                FieldChange("C1", Change.ADDED, 5, 0),
                FieldChange("C2", Change.CHANGED, 1, 2, (KeyChange("dim", 8, 4), KeyChange("of", 9, 8))),
            ),
            (
                KeyChange("time", None, "hour"),
                KeyChange("weight", "w", None),
                KeyChange("data.paths", ("a",), tuple("bcdefghijk")),
            ),
        )
    )
    assert to_tsv(table).splitlines() == [
        "what\tname\tchange\tfeatures_added\tfeatures_removed\tdetail",
        "field\tC1\tadded\t5\t0\t",
        "field\tC2\tchanged\t1\t2\tdim: 8 to 4; of: 9 to 8",
        "key\ttime\tadded\t\t\tnothing to hour",
        "key\tweight\tdropped\t\t\tw to nothing",
        "key\tdata.paths\tchanged\t\t\t[a] to [b, c, d, e, f, g, h, i, ... 10 in all]",
    ]
    assert table.title == "1 field added, 1 field changed, 6 features added, 2 removed, 3 other keys changed"


def test_no_difference_is_said():
    table = diff_table(FeatureDiff((), ()))
    assert (table.title, table.rows) == ("no difference", ())
