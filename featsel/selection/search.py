"""Which features does a model miss most?

Screening drops the fields that are noise. Two models learn from half of the rows each, as long as they do
better on validation rows, and tell on the other half what each feature gains over an embedding that stands
for unknown values: the mean of the features that are likely to be dropped. The order is that of the gains as
far as they are more than luck, and behind that of frequency: a rare value that was lucky in the training rows
misleads whoever learns from them again, a frequent one hardly can.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from featsel.selection.backbone import Backbone, with_full_table
from featsel.selection.candidates import Candidates
from featsel.selection.deletion import deletion_gains
from featsel.selection.order import FeatureOrder, Shadows
from featsel.selection.screening import Screening, screen
from featsel.selection.subsets import FoldRows, SubsetRows, subset_of, with_shadows

N_SHADOWS = 8
"""Fields of chance that are searched too, spread over all cardinalities."""

EVIDENT_NATS = 2.0
"""Gain from which a feature is no luck: for one that means nothing, twice the gain is about a chi-square of
one degree of freedom, and exceeds 4 once in twenty times."""

Scores = Callable[[Candidates, Backbone], NDArray[np.float64]]
"""What a search asks of the candidates that are left: a score of each id."""


def search_order(
    candidates: Candidates,
    backbone: Backbone,
    *,
    scores: Scores,
    evident: float = -np.inf,
    keeps_noise: bool = False,
    has_shadows: bool = True,
) -> FeatureOrder:
    """Order features by the search of this module.

    Parameters
    ----------
    candidates : Candidates
        All features.
    backbone : Backbone
        The model that is asked.
    scores : callable
        How features that are left are scored, such as :func:`held_out_gains`.
    evident : float
        Features of lower scores are ordered by frequency.
    keeps_noise : bool
        Let noise fields through to the model.
    has_shadows : bool
        Whether fields of chance are searched too.

    Returns
    -------
    FeatureOrder
        Features of fields that were dropped are absent, and those that no training row holds come last.
    """
    seed = backbone.settings.seed
    searched = with_shadows(candidates, n_shadows=N_SHADOWS, seed=seed) if has_shadows else candidates
    screening = screen(searched, keeps_noise=keeps_noise)
    ids = _left(searched, screening)
    found = np.full(searched.layout.n_ids, -np.inf)
    if ids.size:
        subset = subset_of(searched, ids)
        left = Candidates(
            with_full_table(subset.config),
            SubsetRows(searched.train, subset, searched.layout),
            SubsetRows(searched.valid, subset, searched.layout),
        )
        found[subset.ids] = scores(left, backbone)[left.is_feature]
    ranked = np.where(found > evident, found, -np.inf)
    order = ids[np.lexsort((-searched.counts.rows[ids], -ranked[ids]))]
    return _without_shadows(searched, candidates, order, found, screening)


def held_out_gains(candidates: Candidates, backbone: Backbone) -> NDArray[np.float64]:
    """What each feature gains on rows that a model did not learn from.

    Parameters
    ----------
    candidates : Candidates
        Features.
    backbone : Backbone
        The model.

    Returns
    -------
    ndarray of float64, shape (n_ids,)
        Nats over all training rows.
    """
    halves = [FoldRows(candidates.train, half, seed=backbone.settings.seed) for half in (0, 1)]
    models = [backbone.fit(candidates.config, half, valid=candidates.valid)[0] for half in halves]
    rows = candidates.counts.rows

    def gains(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        device, precision = backbone.settings.device, backbone.settings.precision
        found = [
            deletion_gains(model, other, weights, device=device, precision=precision)
            for model, other in zip(models, reversed(halves), strict=True)
        ]
        return (found[0] + found[1]).total

    # what would be dropped is not known yet: at first every feature stands for it
    first = gains((candidates.is_feature & (rows > 0)).astype(np.float64))
    is_dropped = (first <= EVIDENT_NATS) | ~candidates.is_feature
    return gains(np.where(is_dropped, rows, 0).astype(np.float64))


def _left(candidates: Candidates, screening: Screening) -> NDArray[np.int64]:
    is_dropped = np.zeros(candidates.layout.n_fields, np.bool_)
    is_dropped[list(screening.dropped)] = True
    return np.flatnonzero(candidates.is_feature & ~is_dropped[candidates.field_of_id])


def _without_shadows(
    searched: Candidates,
    candidates: Candidates,
    order: NDArray[np.int64],
    found: NDArray[np.float64],
    screening: Screening,
) -> FeatureOrder:
    layout = candidates.layout
    is_real = order < layout.n_ids
    ids = order[is_real]
    scores = np.where(np.isfinite(found), found, np.nan)[: layout.n_ids]
    of_fields = np.bincount(
        candidates.field_of_id[ids], np.nan_to_num(scores[ids]), minlength=layout.n_fields
    )
    is_left = np.bincount(candidates.field_of_id[ids], minlength=layout.n_fields) > 0
    fields = np.argsort(-np.where(is_left, of_fields, -np.inf), kind="stable")
    shadows = None
    if searched is not candidates:
        n_shadows = int(np.count_nonzero(searched.is_feature)) - int(np.count_nonzero(candidates.is_feature))
        places = np.cumsum(is_real, dtype=np.int64)[~is_real]
        shadows = Shadows(places, n_shadows)
    return FeatureOrder(
        ids=ids,
        fields=fields[: int(np.count_nonzero(is_left))],
        scores=scores,
        field_scores=np.where(is_left, of_fields, np.nan),
        dropped={field: why for field, why in screening.dropped.items() if field < layout.n_fields},
        shadows=shadows,
    )
