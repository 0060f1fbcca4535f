import polars as pl
import pytest

from featsel.core.errors import DataError
from featsel.logs.log import Log, RowSelection
from featsel.logs.memory import MEMORY, open_frame, read_frame
from featsel.logs.tables import ScannedTable

FRAME = pl.DataFrame(
    {"a": [3, 1, 2], "b": pl.Series(["x", None, "y"], dtype=pl.Categorical), "c": [None] * 3}
)


class ArrowOnly:
    """An Arrow stream and nothing else."""

    def __arrow_c_stream__(self, requested_schema=None):
        return FRAME.__arrow_c_stream__(requested_schema)


def rows(frame, **selection):
    with open_frame(frame, selection=RowSelection(**selection)) as log:
        return pl.concat(log.batches(["b", "a", "c"]))


@pytest.mark.parametrize("make", [lambda: FRAME, FRAME.lazy, ArrowOnly], ids=["frame", "lazy", "arrow"])
def test_rows_are_read_in_order_and_dictionaries_as_text(make):
    read = rows(make())
    assert dict(read.schema) == {"b": pl.String(), "a": pl.Int64(), "c": pl.String()}
    assert read.rows() == [("x", 3, None), (None, 1, None), ("y", 2, None)]
    assert rows(make(), first=2).height == 2


def test_a_lazy_query_runs_once():
    runs = []

    def count(frame):
        runs.append(frame.height)
        return frame

    lazy = FRAME.lazy().map_batches(count, streamable=True)
    with open_frame(lazy) as log:
        assert log.count_rows() == 3
        assert [batch.height for _ in range(3) for batch in log.batches(["a"])] == [3, 3, 3]
    assert sum(runs) == 3


def test_a_pyarrow_table_is_read():
    pytest.importorskip("pyarrow")
    assert read_frame(FRAME.to_arrow())["b"].to_list() == ["x", None, "y"]


def test_an_arrow_table_with_a_name_twice_is_refused():
    pyarrow = pytest.importorskip("pyarrow")
    with pytest.raises(DataError, match=r"^the frame cannot be read: "):
        read_frame(pyarrow.table([[1], [2]], names=["a", "a"]))


@pytest.mark.parametrize("thing", [3, {"a": [1]}, pl.Series([1])])
def test_what_is_no_table_is_refused(thing):
    expected = (
        f"a {type(thing).__name__} is no table; give a polars or pandas DataFrame, an Arrow table, or a path"
    )
    with pytest.raises(TypeError, match=f"^{expected}$"):
        read_frame(thing)


def test_a_frame_that_polars_cannot_read_is_named():
    broken = pl.LazyFrame({"a": ["x"]}).select(pl.col("a").cast(pl.Int64))
    log = Log(ScannedTable(broken, {"a": pl.Int64()}), {"a": pl.Int64()}, MEMORY)
    with pytest.raises(DataError, match=r"^the frame cannot be read: ") as raised:
        list(log.batches(["a"]))
    assert raised.value.hint == "Collect it with polars, to see why."
