"""Which features gain most on rows that were not counted, each by itself?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.core.feature_config import Encoding
from featsel.selection.candidates import Candidates
from featsel.selection.field_information import field_information
from featsel.selection.order import FeatureOrder, order_by_feature
from featsel.stats import usable_information

FloatArray = NDArray[np.float64]


def information_order(candidates: Candidates, *, seed: int) -> FeatureOrder:  # noqa: ARG001 - as all methods
    r"""Order features by their share of the usable information of their field.

    The usable information of a field is the log-loss gain a row of its smoothed click-rate table over the
    base rate, where every row is predicted from the other rows
    (:func:`featsel.stats.usable_information`). It is a sum over values, and a feature's score is its term:
    of a value with ``b`` positives in ``a`` rows, B and n of the field, the gain

    .. math::
        b \ln\frac{(n-1)(b-1)/(B-1) + \alpha}{a-1+\alpha}
        + (a-b) \ln\frac{(n-1)(a-b-1)/(n-B-1) + \alpha}{a-1+\alpha}

    over n, with the prior strength :math:`\alpha` of the field. The scores of a field, that of its
    out-of-vocabulary feature included, add up to its usable information. A value that was seen once scores
    exactly zero, for without its row it is like the base rate. A few rows with the same label by luck score
    next to nothing: a score grows with rows, and is negative where a value's rows disagree with each other
    more than with the base rate. Features of all fields compete.

    Fields are ordered by corrected mutual information. Those that show no more of it than chance explains, at
    a false discovery rate of .05, are dropped. A scaled numeric field is one feature, whose counts cannot
    judge it: it is not dropped.

    Parameters
    ----------
    candidates : Candidates
        The features.
    seed : int
        Nothing is random here.

    Returns
    -------
    FeatureOrder
        Scores in nats a row; those of dropped fields too.

    References
    ----------
    Vinh, Epps & Bailey, "Information theoretic measures for clusterings comparison", JMLR 11, 2010, for the
    correction; Benjamini & Hochberg, "Controlling the false discovery rate", JRSS B 57, 1995, for the cut.
    """
    information = field_information(candidates)
    counts, offsets = candidates.counts, candidates.layout.offsets[1:]
    parts = zip(
        np.split(counts.rows, offsets), np.split(counts.positives, offsets), information.tables, strict=True
    )
    scores = np.concatenate([_shares(rows, positives, table) for rows, positives, table in parts])
    dropped = {
        index: _reason(information.tables[index], float(information.q_values[index]))
        for index in np.flatnonzero(~information.is_informative).tolist()
        if candidates.config.fields[index].encoding is not Encoding.STANDARD
    }
    order = order_by_feature(candidates, scores, field_scores=information.corrected)
    is_kept = np.ones(candidates.layout.n_fields, np.bool_)
    is_kept[list(dropped)] = False
    return replace(
        order,
        ids=order.ids[is_kept[candidates.field_of_id[order.ids]]],
        fields=order.fields[is_kept[order.fields]],
        dropped=dropped,
    )


def _shares(rows: NDArray[np.int64], positives: NDArray[np.int64], table: ContingencyTable) -> FloatArray:
    usable = usable_information(table)
    shares: FloatArray = np.zeros(rows.size)
    if math.isinf(usable.prior_strength):
        return shares
    total = table.total
    for counts, label_total in zip((rows - positives, positives), table.label_totals, strict=True):
        # without the row itself; a value that has none of this label adds nothing
        others = np.maximum(rows - 1, 0)
        alike = (total - 1.0) * np.maximum(counts - 1, 0) / max(label_total - 1.0, 1.0)
        shares += counts * np.log1p((alike - others) / (usable.prior_strength + others))
    return shares / total


def _reason(table: ContingencyTable, q_value: float) -> str:
    return "constant: one value in all rows" if table.n_values <= 1 else f"noise: q = {q_value:.2g}"
