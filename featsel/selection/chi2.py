"""Which features stand out from independence of the label?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featsel.selection.candidates import Candidates, FeatureCounts
from featsel.selection.order import FeatureOrder, order_by_feature


def chi2_order(candidates: Candidates, *, seed: int) -> FeatureOrder:  # noqa: ARG001 - as all methods
    """Order features by the chi-square of their presence and the label.

    Each feature has a table of two by two: rows with and without it, by label. All these tables have one
    degree of freedom, so p-values, and the q-values of Benjamini and Hochberg, fall as the statistic rises:
    the features that are significant at whatever level are the first ones of this order, and nothing needs
    to be cut. The statistic is not corrected for continuity. Where a cell expects fewer than five rows it
    overstates: rare features of one label come too early, which is what this method is known for.

    A field counts as much as the best of its features. The sum over its features would be the field's own
    chi-square or nearly so, which without any information is about its cardinality: identifiers would win.

    Parameters
    ----------
    candidates : Candidates
        The features.
    seed : int
        Nothing is random here.

    Returns
    -------
    FeatureOrder
        Scores are chi-squares; zero for a feature of no row or of every row.

    References
    ----------
    Pearson, "On the criterion that a given system of deviations ... can be reasonably supposed to have arisen
    from random sampling", Philosophical Magazine 50, 1900; Liu & Setiono, "Chi2: feature selection and
    discretization of numeric attributes", ICTAI 1995.
    """
    return order_by_feature(candidates, _chi_squares(candidates.counts))


def _chi_squares(counts: FeatureCounts) -> NDArray[np.float64]:
    n_rows, rows = float(counts.n_rows), counts.rows.astype(np.float64)
    rate = counts.n_positives / n_rows
    excess = counts.positives - rows * rate
    # a hypergeometric count has this variance times n / (n - 1)
    variance = rows * (1.0 - rows / n_rows) * (rate * (1.0 - rate))
    return np.divide(excess * excess, variance, out=np.zeros_like(rows), where=variance > 0)
