"""Which rows are held out?"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from featsel.core.errors import DataError
from featsel.core.feature_config import ConfigSplit, SplitOrder


class Part(IntEnum):
    """What a row is used for."""

    TRAIN = 0
    VALID = 1
    TEST = 2


def split_rows(
    n_rows: int, split: ConfigSplit, *, times: NDArray[np.float64] | None = None
) -> NDArray[np.uint8]:
    """Part of every row.

    Parameters
    ----------
    n_rows : int
        Rows.
    split : ConfigSplit
        Shares and order. Ordered splits hold out the last rows for test and those before them for validation.
    times : ndarray of float64, shape (n_rows,), optional
        Row times, for a split in time. Rows of one moment stay together, so that no part knows the future of
        an earlier one; the later part gets them, and can be larger than its share.

    Returns
    -------
    ndarray of uint8, shape (n_rows,)
        A :class:`Part` each.

    Raises
    ------
    DataError
        No row is left to train on.
    """
    n_test = min(round(n_rows * split.test), n_rows)
    n_valid = min(round(n_rows * split.valid), n_rows - n_test)
    parts = np.full(n_rows, Part.TRAIN, np.uint8)
    if n_valid + n_test == 0:
        pass  # an order of all rows would take eight bytes each
    elif split.order is SplitOrder.RANDOM:
        rows = np.random.default_rng(split.seed).permutation(n_rows)
        parts[rows[:n_test]] = Part.TEST
        parts[rows[n_test : n_test + n_valid]] = Part.VALID
    elif split.order is SplitOrder.ORDERED:
        parts[n_rows - n_test - n_valid :] = Part.VALID
        parts[n_rows - n_test :] = Part.TEST
    else:
        assert times is not None, "a split in time needs times"
        for part, n_held in ((Part.VALID, n_test + n_valid), (Part.TEST, n_test)):
            if n_held:
                first = np.partition(times, n_rows - n_held)[n_rows - n_held]
                parts[times >= first] = part
    if not np.any(parts == Part.TRAIN):
        raise DataError(
            f"--split {split.order} with {split.valid:g} for validation and {split.test:g} for test leaves "
            f"none of the {n_rows:,} rows to train on",
            "Ask for smaller shares, or for another --split.",
        )
    return parts
