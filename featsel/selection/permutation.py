"""What does a model lose on rows that it did not learn from when a field is shuffled among them?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from featsel.models.layout import Layout
from featsel.models.model import CTRModel
from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.order import FeatureOrder, order_by_field
from featsel.selection.samples import sample_rows
from featsel.training.batches import ArrayRows, Block
from featsel.training.metrics import log_loss
from featsel.training.predictions import labelled_predictions
from featsel.training.settings import TrainSettings

N_REPEATS = 3
"""Shuffles of a field: their mean has a third of the variance that one has."""

VALID_ROWS = 50_000
"""Validation rows: each is predicted anew for every field and shuffle."""


def permutation_order(candidates: Candidates, backbone: Backbone) -> FeatureOrder:
    """Order fields by how much the log loss of validation rows rises when they are shuffled.

    Parameters
    ----------
    candidates : Candidates
        The features, and the rows; at most 50,000 validation rows are drawn.
    backbone : Backbone
        The model, which is trained first.

    Returns
    -------
    FeatureOrder
        Field scores in nats a row: about 0 for noise, and below it for what the model learnt by heart. Of
        copies each seems worth little, and of fields that matter only together each all that both are.

    References
    ----------
    Breiman, "Random forests", Machine Learning 45, 2001, section 10; Fisher, Rudin & Dominici, "All Models
    are Wrong, but Many are Useful", JMLR 20, 2019.
    """
    settings = backbone.settings
    model, _ = backbone.fit(candidates.config, candidates.train, valid=candidates.valid)
    rng = np.random.default_rng(settings.seed)
    n_slots = candidates.layout.n_slots
    block = sample_rows(candidates.valid, rng=rng, n_slots=n_slots, n_rows=VALID_ROWS)
    return order_by_field(candidates, permutation_losses(model, block, settings, rng=rng))


def permutation_losses(
    model: CTRModel, block: Block, settings: TrainSettings, *, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Rise of the log loss when each field in turn is shuffled among rows.

    Parameters
    ----------
    model : CTRModel
        Of any table and head.
    block : Block
        Rows; their weights count, and stay where they are.
    settings : TrainSettings
        Device and precision.
    rng : Generator
        Of the shuffles.

    Returns
    -------
    ndarray of float64, shape (n_fields,)
        Nats a row, mean of three shuffles; exactly 0 for a field that has one value.
    """

    def loss(rows: Block) -> float:
        labels, chances, weights = labelled_predictions(
            model, ArrayRows(rows), device=settings.device, precision=settings.precision
        )
        return log_loss(labels, chances, weights=weights)

    least = loss(block)
    rises = np.zeros(model.layout.n_fields)
    for field in range(rises.size):
        for _ in range(N_REPEATS):
            order = rng.permutation(block.labels.size)
            rises[field] += (loss(shuffled(block, model.layout, field, order)) - least) / N_REPEATS
    return rises


def shuffled(block: Block, layout: Layout, field: int, order: NDArray[np.int64]) -> Block:
    """Rows of which one field comes from other rows.

    Parameters
    ----------
    block : Block
        Rows.
    layout : Layout
        Which slots are the field's; all move together, with their weights.
    field : int
        Which one.
    order : ndarray of int64, shape (n_rows,)
        Where each row takes the field from.

    Returns
    -------
    Block
        A copy.
    """
    slots = np.flatnonzero(np.array(layout.field_of_slot) == field)
    ids = block.ids.copy()
    ids[:, slots] = block.ids[order[:, None], slots]
    weights = None
    if block.weights is not None:
        weights = block.weights.copy()
        weighted = np.flatnonzero(np.isin(layout.weighted_slots, slots))
        weights[:, weighted] = block.weights[order[:, None], weighted]
    return replace(block, ids=ids, weights=weights)
