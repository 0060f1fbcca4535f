"""Which fields does a boosted forest of decision trees rest on, on rows that it was not fitted to?"""

# scikit-learn and threadpoolctl come without types
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from featsel.core.feature_config import Encoding
from featsel.selection.candidates import Candidates, filled_slots
from featsel.selection.order import FeatureOrder, order_by_field
from featsel.selection.samples import SAMPLE_ROWS, sample_rows, select_rows
from featsel.training.batches import Block
from featsel.training.metrics import log_loss

FloatArray = NDArray[np.float64]

VALID_ROWS = 50_000
"""Validation rows: each is predicted anew for every field and repeat."""

N_REPEATS = 2
"""Permutations of a field."""

N_FOLDS = 5
"""Rows of a fold are encoded by the rows of all others, so that a rate never contains its own label."""

PRIOR_ROWS = 10.0
"""Rows of the base rate that every value starts with; a rate of fewer rows is mostly chance."""


def gbdt_order(candidates: Candidates, *, seed: int) -> FeatureOrder:
    """Order fields by permutation importance in gradient-boosted trees.

    Trees read fields as numbers: a value becomes its smoothed click rate, counted on all training rows but
    those of its own fold; a list becomes the mean of its values, a scaled number stays what it is. Codes
    themselves would not do, for their order is arbitrary. The importance of a field is how much the log loss
    of validation rows rises when the field is permuted among them. Fields that matter only together with
    others have rates that hardly differ, and are mostly missed; of copies, one may take all the credit.

    At most 200,000 training and 50,000 validation rows are drawn.

    Parameters
    ----------
    candidates : Candidates
        The features.
    seed : int
        Of rows, folds and permutations, not negative.

    Returns
    -------
    FeatureOrder
        Field scores in nats a row; about zero for noise.

    References
    ----------
    Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29, 2001;
    Breiman, "Random forests", Machine Learning 45, 2001, for the importance; Micci-Barreca, "A preprocessing
    scheme for high-cardinality categorical attributes", SIGKDD Explorations 3, 2001, for the rates.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # noqa: PLC0415

    rng = np.random.default_rng(seed)
    n_slots = candidates.layout.n_slots
    train = sample_rows(candidates.train, rng=rng, n_slots=n_slots, n_rows=SAMPLE_ROWS)
    valid = sample_rows(candidates.valid, rng=rng, n_slots=n_slots, n_rows=VALID_ROWS)
    scores = np.zeros(candidates.layout.n_fields)
    if train.labels.any() and not train.labels.all():
        encoded = _encode_by_fold(train, candidates, rng)
        # sums over threads depend on their number in the last bit, and a tie between two splits on that
        with threadpool_limits(limits=1, user_api="openmp"):
            predict = _fit(encoded, train.labels, rng)
            scores = _importances(predict, _encode(valid, candidates), valid.labels, rng)
    return order_by_field(candidates, scores)


def _encode_by_fold(block: Block, candidates: Candidates, rng: np.random.Generator) -> FloatArray:
    folds = rng.integers(N_FOLDS, size=block.labels.size)
    encoded = np.empty((block.labels.size, candidates.layout.n_fields))
    for fold in range(N_FOLDS):
        places = np.flatnonzero(folds == fold)
        part = select_rows(block, places)
        encoded[places] = _encode(part, candidates, without=part)
    return encoded


def _encode(block: Block, candidates: Candidates, *, without: Block | None = None) -> FloatArray:
    layout = candidates.layout
    filled = filled_slots(block, layout)
    rates = np.where(filled, _rates(candidates, without)[block.ids], 0.0)
    first_slots = np.searchsorted(layout.field_of_slot, np.arange(layout.n_fields))
    sums = np.add.reduceat(rates, first_slots, axis=1)
    n_filled = np.add.reduceat(filled, first_slots, axis=1, dtype=np.int64)
    # trees have a branch for what is missing, such as an empty list
    encoded: FloatArray = np.full(sums.shape, np.nan)
    np.divide(sums, n_filled, out=encoded, where=n_filled > 0)
    if block.weights is not None:
        for index, field in enumerate(candidates.config.fields):
            if field.encoding is Encoding.STANDARD:
                encoded[:, index] = block.weights[:, layout.weighted_slots.index(int(first_slots[index]))]
    return encoded


def _rates(candidates: Candidates, without: Block | None) -> FloatArray:
    counts, layout = candidates.counts, candidates.layout
    rows, positives = counts.rows, counts.positives
    if without is not None:
        filled = filled_slots(without, layout)
        is_positive = filled & without.labels.astype(np.bool_)[:, None]
        rows = rows - np.bincount(without.ids[filled], minlength=layout.n_ids)
        positives = positives - np.bincount(without.ids[is_positive], minlength=layout.n_ids)
    base = counts.n_positives / counts.n_rows
    rates: FloatArray = (positives + PRIOR_ROWS * base) / (rows + PRIOR_ROWS)
    return rates


def _fit(
    encoded: FloatArray, labels: NDArray[np.uint8], rng: np.random.Generator
) -> Callable[[FloatArray], FloatArray]:
    # only this method pays for scikit-learn
    from sklearn.ensemble import (  # noqa: PLC0415
        HistGradientBoostingClassifier,
    )

    trees = HistGradientBoostingClassifier(
        early_stopping=False,  # pyright: ignore[reportArgumentType] - inferred from the default 'auto'
        random_state=int(rng.integers(1 << 31)),
    )
    trees.fit(encoded, labels)

    def predict(columns: FloatArray) -> FloatArray:
        chances: FloatArray = np.asarray(trees.predict_proba(columns), np.float64)[:, 1]
        return chances

    return predict


def _importances(
    predict: Callable[[FloatArray], FloatArray],
    encoded: FloatArray,
    labels: NDArray[np.uint8],
    rng: np.random.Generator,
) -> FloatArray:
    least = log_loss(labels, predict(encoded))
    scores = np.zeros(encoded.shape[1])
    for index in range(scores.size):
        column = encoded[:, index].copy()
        for _ in range(N_REPEATS):
            encoded[:, index] = rng.permutation(column)
            scores[index] += (log_loss(labels, predict(encoded)) - least) / N_REPEATS
        encoded[:, index] = column
    return scores
