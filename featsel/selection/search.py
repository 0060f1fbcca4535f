"""Which features does a model miss most?

Screening drops the fields that are noise. Two models learn from half of the rows each, as long as they do
better on validation rows, and are asked about the other half. A feature is evident where it gains more than
luck over an embedding that stands for unknown values, the mean of the features that are likely to be
dropped; or where its rows are clicked more or less often than these models expect without it, which needs no
model that learnt a rare value from half of its few rows. Behind the evident features the order is that of
frequency: a rare value that was lucky in the training rows misleads whoever learns from them again, a
frequent one hardly can.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.selection.backbone import Backbone, with_full_table
from featsel.selection.candidates import Candidates
from featsel.selection.deletion import Gains, deletion_gains
from featsel.selection.order import FeatureOrder, Shadows
from featsel.selection.screening import Screening, screen
from featsel.selection.subsets import FoldRows, SubsetRows, subset_of, with_shadows
from featsel.stats.effects import effect_log_odds

N_SHADOWS = 8
"""Fields of chance that are searched too, spread over all cardinalities."""

EVIDENT_NATS = 2.0
"""Gain from which a feature is no luck: for one that means nothing, twice the gain is about a chi-square of
one degree of freedom, and exceeds 4 once in twenty times."""


@dataclass(frozen=True)
class Judgement:
    """What a search makes of features.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_ids,)
        What each is worth.
    odds : ndarray of float64, shape (n_ids,), optional
        Log odds that it is worth anything, which the order then follows as far as they are above 0; where
        absent, it follows the scores.
    """

    scores: NDArray[np.float64]
    odds: NDArray[np.float64] | None = None


Judge = Callable[[Candidates, Backbone], Judgement]
"""What a search asks of the candidates that are left."""


def search_order(
    candidates: Candidates,
    backbone: Backbone,
    *,
    judge: Judge,
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
    judge : callable
        What is made of the features that are left, such as :func:`held_out_gains`.
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
    scores, odds = np.full((2, searched.layout.n_ids), -np.inf)
    ranked = scores
    if ids.size:
        subset = subset_of(searched, ids)
        left = Candidates(
            with_full_table(subset.config),
            SubsetRows(searched.train, subset, searched.layout),
            SubsetRows(searched.valid, subset, searched.layout),
        )
        found = judge(left, backbone)
        scores[subset.ids] = found.scores[left.is_feature]
        if found.odds is not None:
            odds[subset.ids] = found.odds[left.is_feature]
            ranked = np.where(odds > 0, odds, -np.inf)
    order = ids[np.lexsort((-searched.counts.rows[ids], -ranked[ids]))]
    has_odds = bool(np.isfinite(odds).any())
    return _without_shadows(searched, candidates, order, screening, scores, odds if has_odds else None)


def held_out_gains(candidates: Candidates, backbone: Backbone) -> Judgement:
    """What each feature gains on rows that a model did not learn from, and how sure that is.

    Parameters
    ----------
    candidates : Candidates
        Features.
    backbone : Backbone
        The model.

    Returns
    -------
    Judgement
        Gains in nats over all training rows. A gain of 2 nats makes even odds, and each further nat adds one
        to their logarithm; or they are those of :func:`featsel.stats.effects.effect_log_odds`, if better.
    """
    halves = [FoldRows(candidates.train, half, seed=backbone.settings.seed) for half in (0, 1)]
    models = [backbone.fit(candidates.config, half, valid=candidates.valid)[0] for half in halves]
    rows = candidates.counts.rows

    def gains(weights: NDArray[np.float64]) -> Gains:
        device, precision = backbone.settings.device, backbone.settings.precision
        found = [
            deletion_gains(model, other, weights, device=device, precision=precision)
            for model, other in zip(models, reversed(halves), strict=True)
        ]
        return found[0] + found[1]

    # what would be dropped is not known yet: at first every feature stands for it
    first = gains((candidates.is_feature & (rows > 0)).astype(np.float64))
    is_dropped = (first.total <= EVIDENT_NATS) | ~candidates.is_feature
    last = gains(np.where(is_dropped, rows, 0).astype(np.float64))
    return Judgement(last.total, np.maximum(last.total - EVIDENT_NATS, _log_odds(candidates, last)))


def _log_odds(candidates: Candidates, gains: Gains) -> NDArray[np.float64]:
    """Log odds that a feature's rows have labels of their own kind, found for each field by itself."""
    odds = np.full(gains.rows.size, -np.inf)
    for offset, size in zip(candidates.layout.offsets, candidates.layout.sizes, strict=True):
        span = slice(offset + 1, offset + size)
        odds[span] = effect_log_odds(gains.rows[span], gains.positives[span], gains.expected[span])
    return odds


def _left(candidates: Candidates, screening: Screening) -> NDArray[np.int64]:
    is_dropped = np.zeros(candidates.layout.n_fields, np.bool_)
    is_dropped[list(screening.dropped)] = True
    return np.flatnonzero(candidates.is_feature & ~is_dropped[candidates.field_of_id])


def _without_shadows(
    searched: Candidates,
    candidates: Candidates,
    order: NDArray[np.int64],
    screening: Screening,
    scores: NDArray[np.float64],
    odds: NDArray[np.float64] | None,
) -> FeatureOrder:
    layout = candidates.layout
    is_real = order < layout.n_ids
    ids = order[is_real]
    scores = np.where(np.isfinite(scores), scores, np.nan)[: layout.n_ids]
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
        odds=None if odds is None else odds[: layout.n_ids],
    )
