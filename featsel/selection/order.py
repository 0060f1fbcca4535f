"""In which order are features worth their embedding?

A selection is one order of all features, best first; a budget cuts it. One order for all budgets is what
makes a larger budget's features contain those of a smaller one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from featsel.selection.candidates import Candidates


@dataclass(frozen=True)
class Shadows:
    """Features of chance that went through the same search.

    Parameters
    ----------
    places : ndarray of int64
        For each that was not dropped, how many features stand before it in the order.
    n_features : int
        How many there were.
    """

    places: NDArray[np.int64]
    n_features: int

    def kept_share(self, n_kept: int) -> float:
        """Estimate the share of worthless features that is kept with the first features of the order."""
        return float(np.count_nonzero(self.places < n_kept)) / max(1, self.n_features)


@dataclass(frozen=True)
class FeatureOrder:
    """Features, best first.

    Parameters
    ----------
    ids : ndarray of int64
        Each feature once, out-of-vocabulary ones never; features that are not worth any budget are absent.
    fields : ndarray of int64
        Indexes of fields, best first, as a budget of fields takes them; those without a feature in ``ids``
        are absent.
    scores : ndarray of float64, shape (n_ids,)
        What the method thinks of each feature; NaN where it does not say.
    field_scores : ndarray of float64, shape (n_fields,)
        The same of each field.
    dropped : mapping of int to str
        Why a field has no feature here.
    shadows : Shadows, optional
        What the search thought of features that mean nothing; None where it had none.
    warnings : tuple of str
        What may be wrong with the order.
    odds : ndarray of float64, shape (n_ids,), optional
        Log odds that a feature is worth anything, minus infinity where it is not; None where the method does
        not say.
    """

    ids: NDArray[np.int64]
    fields: NDArray[np.int64]
    scores: NDArray[np.float64]
    field_scores: NDArray[np.float64]
    dropped: Mapping[int, str] = field(default_factory=dict[int, str])
    shadows: Shadows | None = None
    warnings: tuple[str, ...] = ()
    odds: NDArray[np.float64] | None = None


def order_by_field(candidates: Candidates, field_scores: NDArray[np.float64]) -> FeatureOrder:
    """Order whole fields, best first; within a field the most frequent feature comes first.

    Parameters
    ----------
    candidates : Candidates
        The features.
    field_scores : ndarray of float64, shape (n_fields,)
        Higher is better.

    Returns
    -------
    FeatureOrder
        Ties by position, frequency and code.
    """
    fields = np.argsort(-field_scores, kind="stable")
    rank = np.empty(fields.size, np.int64)
    rank[fields] = np.arange(fields.size)
    ids = np.flatnonzero(candidates.is_feature)
    rows = candidates.counts.rows
    keys = (-rows[ids], rank[candidates.field_of_id[ids]])
    return FeatureOrder(
        ids=ids[np.lexsort(keys)],
        fields=fields,
        scores=np.full(rows.size, np.nan),
        field_scores=field_scores,
    )


def order_by_feature(
    candidates: Candidates, scores: NDArray[np.float64], *, field_scores: NDArray[np.float64] | None = None
) -> FeatureOrder:
    """Order single features, best first.

    Parameters
    ----------
    candidates : Candidates
        The features.
    scores : ndarray of float64, shape (n_ids,)
        Higher is better; those of out-of-vocabulary features are not looked at.
    field_scores : ndarray of float64, shape (n_fields,), optional
        Higher is better; else fields are ordered by the best of their features.

    Returns
    -------
    FeatureOrder
        Ties by frequency, then by id.
    """
    ids = np.flatnonzero(candidates.is_feature)
    ids = ids[np.lexsort((-candidates.counts.rows[ids], -scores[ids]))]
    of_features = np.where(candidates.is_feature, scores, np.nan)
    if field_scores is None:
        field_scores = np.full(candidates.layout.n_fields, -np.inf)
        np.maximum.at(field_scores, candidates.field_of_id[ids], scores[ids])
    fields = np.argsort(-field_scores, kind="stable")
    return FeatureOrder(ids, fields, of_features, field_scores)
