from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from featsel.synth.design import PlantedField, Role, Storage
from featsel.synth.values import (
    DICTIONARY_LIMIT,
    MULTIPLIER_LIMIT,
    field_column,
    value_dictionary,
    value_names,
)


def make_field(storage: Storage, cardinality: int, multiplier: int = 1_234_567_891) -> PlantedField:
    return PlantedField("c01", Role.NOISE, storage, cardinality, 0.0, multiplier)


@pytest.mark.parametrize(
    ("storage", "cardinality"),
    [
        (Storage.TEXT, 2),
        (Storage.TEXT, 300_000),
        (Storage.INTEGER, 10_000),
        (Storage.COUNT, 200),
        (Storage.AMOUNT, 1_000),
    ],
)
def test_different_codes_have_different_names(storage, cardinality):
    names = value_names(make_field(storage, cardinality), np.arange(cardinality))

    assert names.n_unique() == cardinality


def test_names_of_hundred_million_values_do_not_overflow():
    field = make_field(Storage.INTEGER, 100_000_000, multiplier=MULTIPLIER_LIMIT - 1)

    numbers = value_names(field, np.array([0, 99_999_999]))

    product = 100_000_000 * (MULTIPLIER_LIMIT - 1)
    assert numbers[1] == 100_000_000 + product % 900_000_000


def test_amounts_ascend_with_their_codes():
    amounts = value_names(make_field(Storage.AMOUNT, 1_000), np.arange(1_000))

    assert amounts.is_sorted()
    assert amounts.dtype == pl.Float64


def test_looked_up_names_are_the_made_ones():
    field = make_field(Storage.TEXT, 500)
    codes = np.random.default_rng(0).integers(0, 500, 1_000)
    absent = np.arange(1_000) % 7 == 0

    looked_up = field_column(field, codes, absent=absent, dictionary=value_dictionary(field))

    made = field_column(field, codes, absent=absent, dictionary=None)
    assert looked_up.equals(made, check_names=True)
    assert looked_up.is_null().to_list() == absent.tolist()


def test_a_large_field_has_no_dictionary():
    assert value_dictionary(make_field(Storage.TEXT, DICTIONARY_LIMIT + 1)) is None
