"""How is a table that is in memory already ranked?"""

from __future__ import annotations

from featsel.engines.local import Resources
from featsel.logs.log import RowSelection
from featsel.logs.memory import open_frame, read_frame
from featsel.logs.pandas_columns import array_column, check_names, is_pandas_frame
from featsel.workflows.rank import RankOptions, RankResult, rank_log
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest, prepared

__all__ = ["array_column", "check_names", "is_pandas_frame", "rank_frame", "read_frame"]


def rank_frame(
    frame: object, request: LogRequest, options: RankOptions, resources: Resources, reporter: Reporter
) -> RankResult:
    """Score every field of a table against its label.

    Parameters
    ----------
    frame : polars.DataFrame, polars.LazyFrame, pandas.DataFrame or Arrow table
        See :func:`featsel.logs.memory.open_frame`.
    request : LogRequest
        What the user said of it; its paths are passed over.
    options : RankOptions
        How to score; nothing is written.
    resources : Resources
        Threads and memory.
    reporter : Reporter
        Told of progress and of what is worth knowing.

    Returns
    -------
    RankResult
        All fields, best first. In its document the table has no paths and no fingerprint.

    Raises
    ------
    ConfigError, DataError
        The request or the data is wrong.
    TypeError
        It is no table.
    """
    selection = RowSelection(request.rows, request.sample, request.seed)
    with (
        open_frame(frame, selection=selection) as log,
        prepared(log, request, reporter) as ready,
    ):
        return rank_log(ready, request, options, resources, reporter)
