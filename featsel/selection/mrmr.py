"""Which fields tell of the label what earlier ones do not?"""

from __future__ import annotations

import numpy as np

from featsel.engines.coarse_codes import CoarseCodes
from featsel.ranking.field_pairs import screen_pairs
from featsel.ranking.greedy_orders import greedy_order
from featsel.ranking.scores import Strategy
from featsel.selection.candidates import Candidates
from featsel.selection.coarse_samples import coarse_sample
from featsel.selection.field_information import field_information
from featsel.selection.order import FeatureOrder, order_by_field


def mrmr_order(candidates: Candidates, *, seed: int) -> FeatureOrder:
    """Order fields greedily by relevance over redundancy.

    The next field is the one with the largest quotient of relevance, its corrected mutual information with
    the label, and its mean redundancy with the fields chosen before it. A quotient, not the difference: the
    label of a click log has a few tenths of a nat, of which a field tells a hundredth, while two fields may
    share several nats. The difference would be redundancy alone, and noise would come first.

    Redundancy is the adjusted mutual information of two fields on at most 200,000 sampled rows, with codes of
    256 values a field; of a list, the first value is taken. Fields without significant information, at a
    false discovery rate of .05, stand behind the others, ordered by relevance.

    Parameters
    ----------
    candidates : Candidates
        The features.
    seed : int
        Of the sampled rows, not negative.

    Returns
    -------
    FeatureOrder
        A field's score is its place: 1 for the first field, 1 / n_fields for the last one. A quotient means
        something only among the fields that were left at its step.

    References
    ----------
    Peng, Long & Ding, "Feature selection based on mutual information: criteria of max-dependency,
    max-relevance, and min-redundancy", IEEE TPAMI 27, 2005; Ding & Peng, "Minimum redundancy feature
    selection from microarray gene expression data", JBCB 3, 2005, for the quotient.
    """
    information = field_information(candidates)
    is_informative = information.is_informative & (information.corrected > 0)
    chosen = np.flatnonzero(is_informative)
    sample = coarse_sample(candidates, rng=np.random.default_rng(seed))
    if chosen.size:
        screen = screen_pairs(CoarseCodes(sample.codes[chosen], sample.labels))
        relevance = information.corrected[chosen]
        order = greedy_order(relevance, screen.redundancy, screen.synergy, strategy=Strategy.MRMR)
        chosen = chosen[order]
    rest = np.flatnonzero(~is_informative)
    rest = rest[np.argsort(-information.corrected[rest], kind="stable")]
    scores = np.empty(candidates.layout.n_fields)
    scores[np.concatenate([chosen, rest])] = 1.0 - np.arange(scores.size) / scores.size
    return order_by_field(candidates, scores)
