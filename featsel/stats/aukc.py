"""How good is an order of fields, over all numbers of first fields that one may take?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def aukc(sizes: Sequence[int], aucs: Sequence[float]) -> float:
    r"""Area under the curve of AUC over k, the number of first fields that a model reads.

    .. math:: \frac1K \int_0^K 2\,(\mathrm{AUC}_k - \tfrac12)\,dk

    by the trapezoid between the measured sizes, with an AUC of one half for no field at all.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of fields, ascending from 1 at least; K is the last one.
    aucs : sequence of float
        AUC of a model that reads so many.

    Returns
    -------
    float
        1 where one field predicts perfectly and K is far, 0 where nothing is better than chance. Orders are
        comparable only over the same sizes.

    References
    ----------
    Jia et al., "ERASE: benchmarking feature selection methods for deep recommender systems", KDD 2024, name
    the measure; their repository has no code of it, and this is our reading.

    Examples
    --------
    >>> round(aukc([1, 2, 4], [0.6, 0.7, 0.75]), 3)
    0.325
    """
    assert len(sizes) == len(aucs) > 0, "each size has an AUC"
    heights = 2 * (np.array([0.5, *aucs], np.float64) - 0.5)
    return float(np.trapezoid(heights, np.array([0, *sizes], np.float64)) / sizes[-1])
