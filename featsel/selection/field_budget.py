"""Which fields does a budget of fields take first, where features were searched?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from featsel.selection.candidates import Candidates
from featsel.selection.mrmr import mrmr_order
from featsel.selection.order import FeatureOrder


def with_fused_fields(order: FeatureOrder, candidates: Candidates, *, seed: int) -> FeatureOrder:
    """Fuse the order of fields that a search found with that of :func:`mrmr_order`; features stay.

    What a model of all fields loses without one says little of a model of few: of two fields that say
    nearly the same each seems worthless, and both would come last. What a field tells beyond those before it
    finds no field that tells something only beside another one. A field scores 1 / (1 + place) in each order:
    what is first in either comes early, and places far behind hardly count.

    Parameters
    ----------
    order : FeatureOrder
        What a search found; fields that it leaves out stay out.
    candidates : Candidates
        The features.
    seed : int
        Of the rows that are sampled, not negative.

    Returns
    -------
    FeatureOrder
        With the same scores.

    References
    ----------
    Cormack, Clarke & Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning
    methods", SIGIR 2009; their constant of 60 is for lists of thousands.
    """
    plain = mrmr_order(candidates, seed=seed).fields
    plain = plain[np.isin(plain, order.fields)]
    scores = np.zeros(candidates.layout.n_fields)
    for fields in (order.fields, plain):
        scores[fields] += 1 / (2 + np.arange(fields.size))
    # of equals, the one that tells more by itself: it needs no other field beside it
    return replace(order, fields=plain[np.argsort(-scores[plain], kind="stable")])
