import datetime
import decimal
import uuid

import numpy as np
import polars as pl
import pytest

from featsel.core.errors import DataError
from featsel.logs.objects import object_column


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", None, "b"], pl.Series(["a", None, "b"])),
        (["a", float("nan")], pl.Series(["a", None])),
        ([True, None, np.False_], pl.Series([True, None, False])),
        ([1, None, np.int64(3)], pl.Series([1, None, 3])),
        ([1, 2.5, np.float32("nan")], pl.Series([1.0, 2.5, None])),
        ([decimal.Decimal("1.5"), None], pl.Series([decimal.Decimal("1.5"), None])),
        ([datetime.date(2024, 1, 2), None], pl.Series([datetime.date(2024, 1, 2), None])),
        ([datetime.datetime(2024, 1, 2), None], pl.Series([datetime.datetime(2024, 1, 2), None])),
        ([["a", "b"], None, ("c",), np.array(["d"])], pl.Series([["a", "b"], None, ["c"], ["d"]])),
        ([None, float("nan")], pl.Series([None, None], dtype=pl.Null)),
    ],
)
def test_values_say_the_type_of_a_column(values, expected):
    column = object_column("f", values)
    assert (column.name, column.dtype, column.to_list()) == ("f", expected.dtype, expected.to_list())


def test_a_value_of_no_known_type_is_kept_as_an_object():
    assert object_column("f", [uuid.uuid4()]).dtype == pl.Object


def test_mixed_types_are_refused_and_named():
    with pytest.raises(DataError) as raised:
        object_column("f", ["a", 1, True])
    assert raised.value.message == "column 'f' mixes booleans and numbers and text"
    assert raised.value.hint == "Give its values one type, such as text."


def test_values_that_make_no_column_are_refused():
    with pytest.raises(DataError, match=r"^column 'f' holds values that make no column: "):
        object_column("f", [[1], ["a"]])


def test_a_number_beyond_all_integers_is_refused():
    with pytest.raises(DataError, match=r"^column 'f' holds values that make no column: "):
        object_column("f", [1, 10**60])
