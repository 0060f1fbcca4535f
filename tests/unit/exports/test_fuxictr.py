"""FuxiCTR gets a feature map, a vocabulary and settings."""

import json
from dataclasses import replace

import pytest
import yaml

from featsel.core.feature_config import Pooling, Rest
from featsel.exports.fuxictr import to_fuxictr


def feature_map(export):
    return json.loads(export.files["features/feature_map.json"])


def specs(export):
    return {name: spec for entry in feature_map(export)["features"] for name, spec in entry.items()}


def vocabulary(export):
    return json.loads(export.files["features/feature_vocab.json"])


def test_codes_stay_as_they_are(make_config, fields, values):
    export = to_fuxictr(make_config(fields["city"]), values, "features")
    assert specs(export) == {"city": {"source": "", "type": "categorical", "vocab_size": 4}}
    assert vocabulary(export) == {"city": {"__OOV__": 0, "Oslo": 1, "": 2, "L'Aquila": 3}}


def test_a_dropped_feature_may_have_no_embedding(make_config, fields, values):
    export = to_fuxictr(make_config(fields["city"], rest=Rest.ZERO), values, "features")
    assert specs(export)["city"]["padding_idx"] == 0


@pytest.mark.parametrize(
    ("pooling", "encoder"),
    [(Pooling.MEAN, "layers.MaskedAveragePooling()"), (Pooling.SUM, "layers.MaskedSumPooling()")],
)
def test_a_list_is_a_padded_sequence(make_config, fields, values, pooling, encoder):
    export = to_fuxictr(make_config(replace(fields["tags"], pooling=pooling)), values, "features")
    assert specs(export)["tags"] == {
        "source": "",
        "type": "sequence",
        "vocab_size": 4,
        "max_len": 2,
        "padding_idx": 0,
        "feature_encoder": encoder,
    }
    assert vocabulary(export)["tags"] == {"__PAD__": 0, "b": 1, "a": 2, "__OOV__": 3}


def test_a_narrow_embedding_is_widened(make_config, fields, values):
    export = to_fuxictr(make_config(fields["city"], replace(fields["tags"], dim=8)), values, "features")
    tags = specs(export)["tags"]
    assert (tags["embedding_dim"], tags["emb_output_dim"]) == (8, 16)
    assert tags["feature_encoder"] == ["layers.MaskedAveragePooling()", "nn.Linear(8, 16, bias=False)"]
    assert export.notes == ("embeddings narrower than 16 (tags) are widened by a linear layer",)


def test_a_standardised_number_is_numeric_and_has_no_vocabulary(make_config, fields, values):
    export = to_fuxictr(make_config(fields["price"]), values, "features")
    assert specs(export) == {"price": {"source": "", "type": "numeric"}}
    assert vocabulary(export) == {}


def test_totals_count_rows_and_columns(make_config, fields, values):
    found = feature_map(to_fuxictr(make_config(*fields.values()), values, "features"))
    assert found["num_fields"] == 6
    # codes of city, age, the pair and device, padded codes of tags, and the price
    assert found["total_features"] == 4 + 4 + 3 + 9 + 4 + 1
    assert found["input_length"] == 7
    assert found["labels"] == ["click"]


def test_a_field_that_a_module_cannot_have_is_renamed(make_config, fields, values):
    export = to_fuxictr(make_config(replace(fields["city"], name="device.type")), values, "features")
    assert list(specs(export)) == ["device_type"]
    assert "is called 'device_type' in FuxiCTR" in export.notes[0]


def test_the_settings_name_the_data_set(make_config, fields, values):
    export = to_fuxictr(make_config(fields["city"]), values, "my features")
    data = yaml.safe_load(export.files["dataset_config.yaml"])["my_features"]
    assert data["label_col"] == {"name": "click", "dtype": "float"}
    assert data["train_data"] == "./my_features/train.parquet"
    model = yaml.safe_load(export.files["model_config.yaml"])["DeepFM_my_features"]
    assert (model["dataset_id"], model["embedding_dim"], model["learning_rate"]) == ("my_features", 16, 1e-3)
    assert "my_features/feature_map.json" in export.files


def test_a_name_of_digits_is_no_number(make_config, fields, values):
    export = to_fuxictr(make_config(fields["city"]), values, "2024")
    assert list(yaml.safe_load(export.files["dataset_config.yaml"])) == ["2024"]
    assert yaml.safe_load(export.files["model_config.yaml"])["DeepFM_2024"]["dataset_id"] == "2024"


def test_the_empty_text_keeps_its_code_beside_null(make_config, fields, values):
    empty = values.with_columns(value=values["value"].replace("Oslo", ""))
    export = to_fuxictr(make_config(fields["city"]), empty, "features")
    assert vocabulary(export)["city"][""] == 1
