"""Values keep their codes, whatever the library."""

import polars as pl
import pytest

from featsel.core.feature_config import Rest
from featsel.exports.codes import bin_codes, kept_values, padded_oov


def test_null_is_told_apart_from_the_values(make_config, fields, values):
    kept = kept_values(make_config(fields["city"]), values)["city"]
    assert kept.codes == {"Oslo": 1, "L'Aquila": 3}
    assert kept.null == 2


def test_a_null_without_a_feature_is_out_of_vocabulary(make_config, fields, values):
    assert kept_values(make_config(fields["tags"]), values)["tags"].null == 0


def test_hashed_fields_have_no_values(make_config, fields, values):
    assert kept_values(make_config(fields["device"]), values) == {}


def test_values_come_in_the_order_of_their_codes(make_config, fields, values):
    kept = kept_values(make_config(fields["tags"]), values.reverse())["tags"]
    assert list(kept.codes) == ["b", "a"]


def test_a_bin_that_was_not_kept_is_out_of_vocabulary(make_config, fields, values):
    kept = kept_values(make_config(fields["age"]), values)["age"]
    assert bin_codes(fields["age"], kept) == (2, 0, 1)


def test_without_values_every_bin_is_kept(fields):
    assert bin_codes(fields["age"], None) == (1, 2, 3)


@pytest.mark.parametrize(("rest", "code"), [(Rest.OOV, 3), (Rest.ZERO, 0)])
def test_out_of_vocabulary_in_a_list_is_no_padding_if_it_has_an_embedding(make_config, fields, rest, code):
    assert padded_oov(make_config(fields["tags"], rest=rest), fields["tags"]) == code


def test_a_field_may_share_the_values_of_another(make_config, fields):
    shared = pl.DataFrame({"field": ["city"], "value": ["Rome"], "code": [1]})
    assert kept_values(make_config(fields["city"]), shared)["city"].codes == {"Rome": 1}
