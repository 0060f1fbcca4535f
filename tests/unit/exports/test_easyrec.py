"""EasyRec gets a pipeline config and vocabularies of which the line is the code."""

from dataclasses import replace

import polars as pl

from featsel.core.feature_config import Rest
from featsel.exports.easyrec import to_easyrec


def exported(make_config, values, *fields, **changes):
    return to_easyrec(make_config(*fields, **changes), values, "features")


def feature(export, name):
    """Text of one feature of the config."""
    parts = export.files["pipeline.config"].split("  features {\n")[1:]
    return next(part.partition("  }\n")[0] for part in parts if f'feature_name: "{name}"' in part)


def test_the_line_is_the_code(make_config, fields, values):
    export = exported(make_config, values, fields["city"])
    assert export.files["vocabulary/city.txt"] == "<oov>\nOslo\n<null>\nL'Aquila\n"
    assert "feature_type: IdFeature" in feature(export, "city")
    assert 'vocab_file: "vocabulary/city.txt"' in feature(export, "city")
    assert (
        'input_name: "city"\n    input_type: STRING\n    default_val: "<null>"'
        in (export.files["pipeline.config"])
    )
    assert export.notes == ()


def test_a_missing_value_without_a_feature_is_out_of_vocabulary(make_config, fields, values):
    export = exported(make_config, values, fields["tags"])
    assert export.files["vocabulary/tags.txt"] == "<oov>\nb\na\n"
    assert 'default_val: "<oov>"' in export.files["pipeline.config"]


def test_a_list_is_a_tag_feature(make_config, fields, values):
    text = feature(exported(make_config, values, fields["tags"]), "tags")
    assert "feature_type: TagFeature" in text
    assert 'separator: "|"' in text
    assert 'combiner: "mean"' in text


def test_bins_are_boundaries(make_config, fields, values):
    export = exported(make_config, values, fields["age"])
    assert "boundaries: 0.5\n      boundaries: 9.0\n".replace("      ", "    ") in feature(export, "age")
    assert "every bin has an embedding" in export.notes[0]


def test_a_cross_is_read_as_codes(make_config, fields, values):
    export = exported(make_config, values, fields["city*age"])
    text = feature(export, "city_age")
    assert "num_buckets: 3" in text
    assert 'input_names: "city*age"' in text
    assert "is called 'city_age'" in export.notes[0]
    assert "column of codes" in export.notes[1]


def test_a_hash_has_as_many_buckets(make_config, fields, values):
    export = exported(make_config, values, fields["device"])
    assert "hash_bucket_size: 8" in feature(export, "device")
    assert "another one" in export.notes[0]


def test_a_standardised_number_is_raw(make_config, fields, values):
    export = exported(make_config, values, fields["price"])
    assert "feature_type: RawFeature" in feature(export, "price")
    assert "standardised" in export.notes[0]


def test_a_value_with_a_line_feed_is_listed_in_the_config(make_config, fields):
    values = pl.DataFrame({"field": ["city"] * 3, "value": ["a\nb", "<oov>", "c"], "code": [1, 2, 3]})
    export = exported(make_config, values, fields["city"])
    assert 'vocab_list: "<<oov>>"\n    vocab_list: "a\\nb"\n' in feature(export, "city")
    assert list(export.files) == ["pipeline.config"]


def test_the_empty_text_is_told(make_config, fields, values):
    empty = values.with_columns(value=values["value"].replace("Oslo", ""))
    assert "empty text" in exported(make_config, empty, fields["city"]).notes[0]


def test_weights_and_widths_are_told(make_config, fields, values):
    narrow = replace(fields["city"], dim=8)
    export = exported(make_config, values, narrow, fields["tags"], weight="w", rest=Rest.OOV)
    assert 'sample_weight: "w"' in export.files["pipeline.config"]
    assert "embeddings of width 8 and 16" in export.notes[0]
