"""How is a planted log written without holding it in memory?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from featsel.synth.design import DAY, LABEL, PlantedLog
from featsel.synth.draw import draw_rows
from featsel.synth.values import field_column, value_dictionary

BLOCK_ROWS = 65_536
"""Rows that share one random generator. Another number gives other logs for the same seed."""

ROW_STREAM = 1
"""Separates the seeds of rows from those of the design."""


def batches(plan: PlantedLog, batch_rows: int = 2 * BLOCK_ROWS) -> Iterator[pl.DataFrame]:
    """Rows of a planted log, in order.

    The rows depend on the design alone, not on ``batch_rows``, and memory does not depend on their number.

    Parameters
    ----------
    plan : PlantedLog
        The design.
    batch_rows : int
        Rows of each frame but the last, at least 1.

    Yields
    ------
    polars.DataFrame
        The label (Int8), the day (Int32, from 1) and the fields.

    Raises
    ------
    ValueError
        Where ``batch_rows`` is below 1.
    """
    if batch_rows < 1:
        raise ValueError(f"batch_rows must be at least 1, found {batch_rows}")
    pending: list[pl.DataFrame] = []
    n_pending = 0
    for block in _blocks(plan):
        pending.append(block)
        n_pending += block.height
        if n_pending >= batch_rows:
            rows = pl.concat(pending)
            n_whole = n_pending - n_pending % batch_rows
            for start in range(0, n_whole, batch_rows):
                yield rows.slice(start, batch_rows)
            pending = [rows.slice(n_whole)]
            n_pending -= n_whole
    if n_pending:
        yield pl.concat(pending)


def _blocks(plan: PlantedLog) -> Iterator[pl.DataFrame]:
    dictionaries = {field.name: value_dictionary(field) for field in plan.fields}
    for index, start in enumerate(range(0, plan.n_rows, BLOCK_ROWS)):
        rng = np.random.default_rng([plan.seed, ROW_STREAM, index])
        positions = np.arange(start, min(start + BLOCK_ROWS, plan.n_rows))
        rows = draw_rows(plan, positions, rng)
        columns = [pl.Series(LABEL, rows.labels), pl.Series(DAY, rows.days + 1)]
        for field in plan.fields:
            absent, dictionary = rows.absent.get(field.name), dictionaries[field.name]
            columns.append(field_column(field, rows.codes[field.name], absent=absent, dictionary=dictionary))
        yield pl.DataFrame(columns)
