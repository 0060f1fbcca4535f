"""Merlin gets a schema of TensorFlow Metadata."""

from dataclasses import replace

import pytest

from featsel.core.feature_config import Rest
from featsel.exports.merlin import to_merlin


def schema(make_config, values, *fields, **changes):
    return to_merlin(make_config(*fields, **changes), values, "features").files["schema.pbtxt"]


def test_codes_have_a_domain_and_an_embedding(make_config, fields, values):
    text = schema(make_config, values, fields["city"])
    head, _, rest = text.partition("  annotation {\n")
    assert head == (
        'feature {\n  name: "city"\n  type: INT\n  int_domain {\n    name: "city"\n    min: 0\n    max: 3\n'
        "    is_categorical: true\n  }\n"
    )
    assert 'tag: "categorical"' in rest
    assert 'key: "cardinality"' in rest
    assert "number_value: 4.0" in rest


def test_the_label_is_a_target(make_config, fields, values):
    _, _, label = schema(make_config, values, fields["city"]).rpartition("feature {")
    assert 'name: "click"' in label
    assert 'tag: "binary_classification"' in label


def test_a_list_has_a_length(make_config, fields, values):
    text = schema(make_config, values, fields["tags"])
    assert "  value_count {\n    min: 1\n    max: 2\n  }\n" in text
    assert 'tag: "list"' in text


def test_a_standardised_number_is_continuous(make_config, fields, values):
    text = schema(make_config, values, fields["price"])
    assert 'name: "price"\n  type: FLOAT\n' in text
    assert 'tag: "continuous"' in text


@pytest.mark.parametrize(("rest", "n_notes"), [(Rest.OOV, 0), (Rest.ZERO, 1)])
def test_a_missing_embedding_is_told(make_config, fields, values, rest, n_notes):
    config = make_config(replace(fields["city"]), rest=rest)
    assert len(to_merlin(config, values, "features").notes) == n_notes
