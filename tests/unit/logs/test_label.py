"""A label column becomes 0/1, or an error shows what it holds."""

import polars as pl
import pytest

from featsel.core.errors import LabelError, MissingColumnError
from featsel.logs.label import LabelReader, choose_label


@pytest.mark.parametrize(
    ("values", "positive"),
    [
        ([0, 1, 1], None),
        ([0.0, 1.0, 1.0], None),
        ([False, True, True], None),
        (["0", "1", "1.0"], None),
        ([" 0", "1 ", " 1"], None),
        (["false", "TRUE", "True"], None),
        (["no", "yes", "yes"], "yes"),
        ([-1, 1, 1], "1"),
        ([-1.0, 1.0, 1.0], "1"),
        ([False, True, True], "True"),
        (["<=50K", ">50K", " >50K"], ">50K"),
    ],
)
def test_two_values_are_0_and_1(values, positive):
    assert LabelReader("y", positive).read(pl.Series("y", values)).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("values", "positive", "message", "hint"),
    [
        ([0, 1, 2], None, "label 'y' is not 0/1; found: '0', '1', '2'", "--label"),
        (["no", "yes"], None, "label 'y' is not 0/1; found: 'no', 'yes'", "--positive 'yes'"),
        (["a", "b", "c"], "a", "label 'y' has more than two values: 'a', 'b', 'c'", "two classes"),
        (["no", "yes"], "ja", "label 'y' never has the value 'ja'; found: 'no', 'yes'", "--positive"),
        ([1, None], None, "label 'y' is null in row 2", "Drop or fill"),
        (list("abcdefgh"), None, "'e', 'f', …", "--label"),
    ],
)
def test_other_values_are_shown(values, positive, message, hint):
    with pytest.raises(LabelError) as caught:
        LabelReader("y", positive).read(pl.Series("y", values))
    assert message in caught.value.message
    assert hint in str(caught.value.hint)


def test_the_row_of_a_null_is_counted_from_the_start_of_the_log():
    reader = LabelReader("y", None)
    reader.read(pl.Series("y", [0, 1, 1]))
    with pytest.raises(LabelError, match="is null in row 5"):
        reader.read(pl.Series("y", [0, None]))


@pytest.mark.parametrize(
    ("values", "positive", "message"),
    [
        ([1, 1], None, "all 2 rows are 1"),
        ([0, 0], None, "all 2 rows are 0"),
        (["yes", "yes"], "yes", "all 2 rows are 'yes'"),
        (["no", "no"], "yes", "never has the value 'yes'; found: 'no'"),
    ],
)
def test_one_value_is_an_error(values, positive, message):
    reader = LabelReader("y", positive)
    n_positive = int(reader.read(pl.Series("y", values)).sum())
    with pytest.raises(LabelError, match=message):
        reader.check_two_classes(n_rows=2, n_positive=n_positive)


def test_the_first_usual_name_is_the_label():
    assert choose_label(["y", "click", "a"], None) == "click"


def test_a_named_label_must_exist():
    with pytest.raises(MissingColumnError) as caught:
        choose_label(["click", "a"], "clik")
    assert caught.value.hint == "Did you mean 'click'?"


@pytest.mark.parametrize(("columns", "advice"), [(["a", "b"], False), (["39", "State-gov"], True)])
def test_without_a_label_the_columns_are_shown(columns, advice):
    with pytest.raises(LabelError, match="no label was named") as caught:
        choose_label(columns, None)
    assert f"The log has: {', '.join(columns)}." in str(caught.value.hint)
    assert ("--no-header" in str(caught.value.hint)) is advice
