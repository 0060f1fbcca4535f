"""TorchRec gets the arguments of its embedding tables."""

import json
from dataclasses import replace

from featsel.core.feature_config import EmbeddingScheme, EmbeddingTable, Pooling, Rest
from featsel.exports.torchrec import to_torchrec


def document(export):
    return json.loads(export.files["torchrec.json"])


def test_every_field_has_a_table(make_config, fields, values):
    export = to_torchrec(make_config(fields["city"], fields["tags"]), values, "features")
    city, tags = document(export)["tables"]
    assert city == {
        "name": "t_city",
        "num_embeddings": 4,
        "embedding_dim": 16,
        "feature_names": ["city"],
        "pooling": "SUM",
    }
    assert tags["pooling"] == "MEAN"
    assert export.notes == ()


def test_lists_may_be_summed(make_config, fields, values):
    config = make_config(replace(fields["tags"], pooling=Pooling.SUM))
    assert document(to_torchrec(config, values, "features"))["tables"][0]["pooling"] == "SUM"


def test_a_standardised_number_is_the_weight_of_its_code(make_config, fields, values):
    found = document(to_torchrec(make_config(fields["price"]), values, "features"))
    assert found["tables"] == []
    assert found["weighted_tables"][0]["num_embeddings"] == 3
    assert found["standard"] == {"price": {"mean": 2.0, "scale": 4.0}}


def test_what_the_library_cannot_say_is_told(make_config, fields, values):
    table = EmbeddingTable(EmbeddingScheme.HASH, 6, rows=10, salt=0)
    config = make_config(replace(fields["city"], dim=6), embedding=table, rest=Rest.ZERO)
    scheme, width, rest = to_torchrec(config, values, "features").notes
    assert "hash embedding table is not carried over" in scheme
    assert "width 6" in width
    assert "leave code 0 out" in rest
