"""Which fields tell of the label what earlier ones do not?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featsel.selection.candidates import Candidates
from featsel.selection.field_information import field_information
from featsel.selection.order import FeatureOrder, order_by_field
from featsel.selection.redundancy import Redundancy, coarse_codes

LEAST_REDUNDANCY = 0.05
"""Mean redundancy below which a field counts as independent of the chosen ones; without it the quotient would
prefer a weak field of no redundancy at all to a strong one of hardly any."""


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
    redundancy = Redundancy(coarse_codes(candidates, rng=np.random.default_rng(seed)))
    chosen = _choose(np.flatnonzero(is_informative), information.corrected, redundancy)
    rest = np.flatnonzero(~is_informative)
    rest = rest[np.argsort(-information.corrected[rest], kind="stable")]
    scores = np.empty(candidates.layout.n_fields)
    scores[[*chosen, *rest.tolist()]] = 1.0 - np.arange(scores.size) / scores.size
    return order_by_field(candidates, scores)


def _choose(fields: NDArray[np.int64], relevance: NDArray[np.float64], redundancy: Redundancy) -> list[int]:
    chosen: list[int] = []
    total = np.zeros(fields.size)  # redundancy with all chosen fields
    while fields.size:
        mean = np.maximum(total / max(len(chosen), 1), LEAST_REDUNDANCY)
        best = int(np.argmax(relevance[fields] / mean))
        chosen.append(int(fields[best]))
        fields, total = np.delete(fields, best), np.delete(total, best)
        total += redundancy.of(chosen[-1], fields)
    return chosen
