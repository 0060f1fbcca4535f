"""Columns of pandas are read as what they hold, without pandas being a dependency."""

import datetime
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from featsel.core.errors import DataError
from featsel.logs.pandas_columns import array_column, is_pandas_frame, read_pandas


@pytest.fixture(scope="module")
def pandas():
    return pytest.importorskip("pandas", reason="pandas is not installed")


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([1, 2], "int32", [1, 2]),
        ([1.5, float("nan")], "float64", [1.5, None]),
        ([1.5, 2.0], "float16", [1.5, 2.0]),
        ([True, False], "bool", [True, False]),
        ([1, None], "Int64", [1, None]),
        ([1.5, None], "Float32", [1.5, None]),
        ([True, None], "boolean", [True, None]),
        (["a", None], "string", ["a", None]),
        (["a", None], "object", ["a", None]),
        (["a", None, "b"], "category", ["a", None, "b"]),
        ([3, None, 2], "category", ["3", None, "2"]),
        ([3.0, 2.5], "category", ["3.0", "2.5"]),
        ([0, 0, 5], "Sparse[int]", [0, 0, 5]),
        (["2024-01", None], "period[M]", ["2024-01", None]),
        (["2024-01-02", None], "datetime64[s]", [datetime.datetime(2024, 1, 2), None]),
        (["2024-01-02", None], "datetime64[ns]", [datetime.datetime(2024, 1, 2), None]),
        (["2024-01-02", None], "datetime64[ns, Europe/Paris]", [datetime.datetime(2024, 1, 1, 23), None]),
        ([["a", "b"], None], "object", [["a", "b"], None]),
    ],
)
def test_columns_hold_what_pandas_shows(pandas, values, dtype, expected):
    column = read_pandas(pandas.DataFrame({"f": pandas.Series(values, dtype=dtype)}))["f"]
    assert (column.fill_nan(None) if column.dtype.is_float() else column).to_list() == expected


def test_arrow_columns_keep_their_type(pandas):
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"f": pandas.Series(["a", None], dtype="string[pyarrow]")})
    assert read_pandas(frame)["f"].to_list() == ["a", None]
    frame = pandas.DataFrame({"f": pandas.Series([3, None], dtype="int64[pyarrow]")})
    assert read_pandas(frame)["f"].to_list() == [3, None]


def test_the_index_is_left_out_and_names_become_text(pandas):
    frame = pandas.DataFrame({0: [1, 2], ("a", "b"): [3, 4]}, index=[7, 7])
    assert read_pandas(frame).to_dict(as_series=False) == {"0": [1, 2], "('a', 'b')": [3, 4]}


def test_a_name_that_occurs_twice_is_refused(pandas):
    with pytest.raises(DataError, match=r"^column 'a' occurs twice$") as raised:
        read_pandas(pandas.DataFrame([[1, 2]], columns=["a", "a"]))
    assert raised.value.hint == "Rename one of them, or drop it."


def test_complex_numbers_are_refused():
    with pytest.raises(
        DataError, match=r"^column 'f' holds values of type complex128, which are not supported$"
    ):
        array_column("f", np.array([1j]))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array(["a", "bc"]), pl.Series(["a", "bc"])),
        (np.array([b"a"]), pl.Series(["a"])),
        (
            np.array(["2024-01-02"], "datetime64[D]"),
            pl.Series([datetime.datetime(2024, 1, 2)], dtype=pl.Datetime("ms")),
        ),
        (np.array([1, 2])[::-1], pl.Series([2, 1])),
        (np.array([1.5], np.longdouble), pl.Series([1.5])),
    ],
)
def test_arrays_become_columns(values, expected):
    column = array_column("f", values)
    assert (column.dtype, column.to_list()) == (expected.dtype, expected.to_list())


def test_pandas_is_not_imported():
    program = (
        "import sys, polars, featsel\n"
        "featsel.rank(polars.DataFrame({'f': [0, 1] * 9, 'y': [0, 1, 1] * 6}))\n"
        "sys.exit(bool({'pandas', 'pyarrow', 'torch', 'sklearn', 'typer'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert not is_pandas_frame("a")
