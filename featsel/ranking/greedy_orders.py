"""In which order should fields be taken, if each is to add to those before it?

All strategies take the most relevant field first, and then, again and again, the one that adds most to the
chosen ones. They differ in what adding means.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from featsel.ranking.scores import Ranking, Score, Strategy, Verdict

FloatArray = NDArray[np.float64]

LEAST_REDUNDANCY = 0.05
"""Mean redundancy below which a field counts as independent of the chosen ones; without it the quotient would
prefer a weak field of no redundancy at all to a strong one of hardly any."""

AMOUNTS = frozenset({Score.USABLE, Score.FORWARD, Score.CORRECTED})
"""Orders by nats of the label."""


def order_fields(
    ranking: Ranking, redundancy: FloatArray, synergy: FloatArray, *, strategy: Strategy
) -> list[int]:
    """Order the fields of a ranking by what each adds to the ones before it.

    Relevance is the information that ordered the ranking, usable, forward or corrected; the latter where
    something else ordered it.

    Parameters
    ----------
    ranking : Ranking
        The fields.
    redundancy, synergy, strategy
        See :func:`greedy_order`; fields by their place in the ranking.

    Returns
    -------
    list of int
        Places in the ranking. Fields that tell nothing of the label stand last, as they are ranked.
    """
    fields = ranking.fields
    is_amount = ranking.score in AMOUNTS
    relevance = np.array([each.score if is_amount else each.corrected_mutual_information for each in fields])
    tells = {Verdict.INFORMATIVE, Verdict.LEAK}
    places = [place for place, each in enumerate(fields) if each.verdict in tells and relevance[place] > 0]
    among = np.ix_(places, places)
    order = greedy_order(relevance[places], redundancy[among], synergy[among], strategy=strategy)
    rest = sorted(set(range(len(fields))) - set(places))
    return [places[place] for place in order] + rest


def greedy_order(
    relevance: FloatArray, redundancy: FloatArray, synergy: FloatArray, *, strategy: Strategy
) -> list[int]:
    """Order fields by what each adds to the ones before it.

    Parameters
    ----------
    relevance : ndarray of float64, shape (n_fields,)
        What each tells of the label, nats.
    redundancy : ndarray of float64, shape (n_fields, n_fields)
        Share of the smaller entropy that two have in common, from 0 to 1.
    synergy : ndarray of float64, shape (n_fields, n_fields)
        What two tell of the label together beyond what each tells alone, nats; negative where they tell the
        same.
    strategy : Strategy
        What adding means:

        - ``MRMR``: relevance over the mean redundancy with the chosen fields, at least .05. A quotient, not
          the difference: a field of a click log tells hundredths of a nat of the label, while two fields may
          share several nats; the difference would be redundancy alone.
        - ``JMI``: the mean over the chosen fields of what both tell of the label, less what the chosen one
          tells: relevance plus mean synergy.
        - ``THREE_MR``: relevance times one minus the median redundancy, plus the median of the synergies that
          are positive: maximum relevance, minimum redundancy, maximum relation.

    Returns
    -------
    list of int
        Indexes of the fields; of equals the first one comes first.

    References
    ----------
    Peng, Long & Ding, "Feature selection based on mutual information", IEEE TPAMI 27, 2005, and Ding & Peng,
    JBCB 3, 2005, for the quotient; Yang & Moody, "Data visualization and feature selection", NeurIPS 1999,
    for JMI; Škrlj & Mramor, "OutRank", RecSys 2023, for 3MR.

    Examples
    --------
    >>> copies = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    >>> greedy_order(np.array([3.0, 2.9, 1.0]), copies, np.zeros((3, 3)), strategy=Strategy.MRMR)
    [0, 2, 1]
    """
    gain = _GAINS[strategy]
    left = list(range(relevance.size))
    chosen: list[int] = []
    while left:
        if chosen:
            gains = gain(relevance[left], redundancy[np.ix_(chosen, left)], synergy[np.ix_(chosen, left)])
        else:
            gains = relevance[left]
        chosen.append(left.pop(int(np.argmax(gains))))
    return chosen


def _mrmr(relevance: FloatArray, redundancy: FloatArray, synergy: FloatArray) -> FloatArray:  # noqa: ARG001
    gains: FloatArray = relevance / np.maximum(redundancy.mean(axis=0), LEAST_REDUNDANCY)
    return gains


def _jmi(relevance: FloatArray, redundancy: FloatArray, synergy: FloatArray) -> FloatArray:  # noqa: ARG001
    gains: FloatArray = relevance + synergy.mean(axis=0)
    return gains


def _three_mr(relevance: FloatArray, redundancy: FloatArray, synergy: FloatArray) -> FloatArray:
    relation = np.median(np.maximum(synergy, 0.0), axis=0)
    gains: FloatArray = relevance * (1.0 - np.median(redundancy, axis=0)) + relation
    return gains


_GAINS: dict[Strategy, Callable[[FloatArray, FloatArray, FloatArray], FloatArray]] = {
    Strategy.MRMR: _mrmr,
    Strategy.JMI: _jmi,
    Strategy.THREE_MR: _three_mr,
}
