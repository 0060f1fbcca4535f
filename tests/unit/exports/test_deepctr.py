"""DeepCTR-Torch gets arguments of its feature columns."""

import json
from dataclasses import replace

import pytest

from featsel.core.errors import ConfigError
from featsel.core.feature_config import Rest
from featsel.exports.deepctr import to_deepctr


def document(export):
    return json.loads(export.files["deepctr.json"])


def test_a_field_of_codes_has_a_row_for_each_and_one_for_the_rest(make_config, fields, values):
    export = to_deepctr(make_config(fields["city"]), values, "features")
    expected = {"name": "city", "vocabulary_size": 4, "embedding_dim": 16, "embedding_name": "city"}
    assert document(export)["sparse"] == [expected]
    assert document(export)["out_of_vocabulary"] == {"city": 0}
    assert export.notes == ()


@pytest.mark.parametrize(("rest", "size", "oov"), [(Rest.OOV, 4, 3), (Rest.ZERO, 3, 0)])
def test_a_list_is_padded_with_0(make_config, fields, values, rest, size, oov):
    found = document(to_deepctr(make_config(fields["tags"], rest=rest), values, "features"))
    (varlen,) = found["varlen"]
    assert (varlen["maxlen"], varlen["combiner"], varlen["sparsefeat"]["vocabulary_size"]) == (
        2,
        "mean",
        size,
    )
    assert found["out_of_vocabulary"] == {"tags": oov}


def test_a_standardised_number_is_dense(make_config, fields, values):
    export = to_deepctr(make_config(fields["price"]), values, "features")
    assert document(export)["dense"] == [{"name": "price", "dimension": 1}]
    assert document(export)["standard"] == {"price": {"mean": 2.0, "scale": 4.0}}
    assert "without an embedding" in export.notes[0]


def test_the_embedding_of_a_field_may_have_another_name(make_config, fields, values):
    found = document(to_deepctr(make_config(replace(fields["city"], name="type")), values, "features"))
    assert (found["sparse"][0]["name"], found["sparse"][0]["embedding_name"]) == ("type", "type_")


def test_the_largest_exact_id_passes(make_config, fields, values):
    config = make_config(replace(fields["device"], features=2**24))
    assert document(to_deepctr(config, values, "features"))["sparse"][0]["vocabulary_size"] == 2**24 + 1


@pytest.mark.parametrize(("name", "features"), [("device", 2**24 + 1), ("tags", 2**24)])
def test_ids_that_float32_mixes_up_are_refused(make_config, fields, values, name, features):
    config = make_config(fields["city"], replace(fields[name], features=features))
    with pytest.raises(ConfigError, match=f"'{name}' has ids up to 16,777,217: DeepCTR-Torch mixes up"):
        to_deepctr(config, values, "features")


def test_what_the_library_cannot_say_is_told(make_config, fields, values):
    config = make_config(fields["city"], replace(fields["device"], dim=8), rest=Rest.ZERO)
    notes = to_deepctr(config, values, "features").notes
    assert notes[0].startswith("embeddings of width 8 and 16")
    assert "rest: zero" in notes[1]
