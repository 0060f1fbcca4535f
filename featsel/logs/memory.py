"""How is a table that is in memory already read as a log?"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import polars as pl

from featsel.core.errors import DataError
from featsel.core.temporary import temporary_folder
from featsel.logs.formats import Format
from featsel.logs.log import Log, RowSelection
from featsel.logs.pandas_columns import is_pandas_frame, read_pandas
from featsel.logs.sources import Source
from featsel.logs.tables import ScannedTable

MEMORY = Source((), Format.IPC, ({},))
"""No file. A frame is read as an Arrow file would be: by columns, whose types are known."""


@contextmanager
def open_frame(frame: object, *, selection: RowSelection | None = None) -> Generator[Log]:
    """Open a table for reading.

    Parameters
    ----------
    frame : polars.DataFrame, polars.LazyFrame, pandas.DataFrame or Arrow table
        Or anything else that exports an Arrow stream, or the dataframe interchange protocol.
    selection : RowSelection, optional
        Which rows to read; all where absent.

    Yields
    ------
    Log
        Valid until the context ends: the rows of a lazy frame are kept in a temporary file until then, for a
        query that ran anew for each group of fields could give its rows in another order.

    Raises
    ------
    DataError
        Columns cannot be told apart, or mix types.
    TypeError
        It is no table.
    """
    with temporary_folder(prefix="featsel-") as folder:
        if isinstance(frame, pl.LazyFrame):
            target = Path(folder) / "frame.parquet"
            frame.sink_parquet(target, compression="lz4")
            rows = pl.scan_parquet(target, glob=False)
        else:
            rows = read_frame(frame).lazy()
        dtypes = dict(rows.collect_schema())
        log = Log(ScannedTable(rows, dtypes), dtypes, MEMORY, selection=selection or RowSelection())
        yield log.without_dictionaries()


def read_frame(frame: object) -> pl.DataFrame:
    """Table as polars has it.

    Parameters
    ----------
    frame : polars.DataFrame, pandas.DataFrame or Arrow table
        See :func:`open_frame`.

    Returns
    -------
    polars.DataFrame
        Its columns; no copy is made where none is needed.

    Raises
    ------
    DataError
        Columns cannot be told apart, or mix types.
    TypeError
        It is no table.
    """
    if isinstance(frame, pl.DataFrame):
        return frame
    if is_pandas_frame(frame):
        return read_pandas(frame)
    try:
        if hasattr(frame, "__arrow_c_stream__") and not isinstance(frame, pl.Series):
            return pl.DataFrame(cast("Any", frame))  # its types do not name this protocol
        if hasattr(frame, "__dataframe__"):
            return pl.from_dataframe(cast("Any", frame))
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise DataError(f"the frame cannot be read: {str(error).splitlines()[0]}") from error
    raise TypeError(
        f"a {type(frame).__name__} is no table; give a polars or pandas DataFrame, an Arrow table, or a path"
    )
