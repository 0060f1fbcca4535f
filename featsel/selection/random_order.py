"""What does chance select?"""

from __future__ import annotations

import numpy as np

from featsel.selection.candidates import Candidates
from featsel.selection.order import FeatureOrder


def random_order(candidates: Candidates, *, seed: int) -> FeatureOrder:
    """Shuffle all features, and all fields.

    The lower end of every comparison, as in ERASE's protocol: a method that does no better has learned
    nothing.

    Parameters
    ----------
    candidates : Candidates
        The features.
    seed : int
        Of both permutations, not negative.

    Returns
    -------
    FeatureOrder
        No scores: they are NaN.

    References
    ----------
    Jia et al., "ERASE: benchmarking feature selection methods for deep recommender systems", KDD 2024.
    """
    rng = np.random.default_rng(seed)
    n_fields = candidates.layout.n_fields
    return FeatureOrder(
        ids=rng.permutation(np.flatnonzero(candidates.is_feature)),
        fields=rng.permutation(n_fields),
        scores=np.full(candidates.layout.n_ids, np.nan),
        field_scores=np.full(n_fields, np.nan),
    )
