"""Which features are seen most often?"""

from __future__ import annotations

import numpy as np

from featsel.selection.candidates import Candidates
from featsel.selection.order import FeatureOrder, order_by_feature


def frequency_order(candidates: Candidates, *, seed: int) -> FeatureOrder:  # noqa: ARG001 - as all methods
    """Order features by the training rows that hold them.

    This is the rule of thumb of every trainer (a minimum count), and the first thing that any other method
    has to beat. A field counts as much as its most frequent feature.

    Parameters
    ----------
    candidates : Candidates
        The features.
    seed : int
        Nothing is random here.

    Returns
    -------
    FeatureOrder
        Scores are rows.
    """
    return order_by_feature(candidates, candidates.counts.rows.astype(np.float64))
