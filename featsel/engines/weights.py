"""How are weights added up?

One after the other, in the order of the rows: the last bit of a sum must not depend on how the rows are cut
into batches, and that of numpy's own sum does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

NO_WEIGHTS = np.empty(0, np.int64)
"""Stands for weights that are all 1."""


def sum_by_label(
    labels: NDArray[np.uint8], weights: NDArray[Any], *, start: tuple[float, float] = (0.0, 0.0)
) -> tuple[float, float]:
    """Add the weights of the rows of each label to two sums.

    Parameters
    ----------
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1.
    weights : ndarray, shape (n_rows,) or (0,)
        ``NO_WEIGHTS`` where all are 1.
    start : tuple of float
        The sums so far.

    Returns
    -------
    tuple of float
        Sum of the negatives and of the positives.
    """
    if not weights.size:
        n_positive = int(np.count_nonzero(labels))
        return start[0] + labels.size - n_positive, start[1] + n_positive
    negative, positive = (
        float(np.cumsum(np.append(start[label], weights[labels == label]))[-1]) for label in (0, 1)
    )
    return negative, positive
